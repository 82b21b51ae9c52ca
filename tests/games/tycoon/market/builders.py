"""Markets for tests: with or without makers, with companies that have money at work."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from gamefold.engine.ruleset import Context, Event, Ruleset, Tick
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.border import Crossed, MarketTicked
from gamefold.games.tycoon.events.market import MARKET_EVENTS
from gamefold.games.tycoon.events.world import WORLD_EVENTS
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import MarketSpec, PlaceOrder
from gamefold.games.tycoon.rules.market import HANDLERS, new_market
from gamefold.games.tycoon.rules.market.marks import set_marks
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.rules.market.resting import CANCELLED, withdraw
from gamefold.games.tycoon.state.border import Money
from gamefold.games.tycoon.state.market import MAKERS, PERP, SPOT, Market
from gamefold.games.tycoon.state.market_codec import decode_market, digest_market, encode_market
from gamefold.games.tycoon.state.market_views import PositionView, positions_of
from gamefold.games.tycoon.state.units import MICRO, SAT
from gamefold.testkit.play import SEED

RULES: Final = Ruleset(
    name="tycoon-market",
    version=1,
    state=Market,
    spec=MarketSpec,
    new_world=new_market,
    handlers=HANDLERS,
    events=(*MARKET_EVENTS, *WORLD_EVENTS, Crossed, MarketTicked),
    balance=SHEET,
    tick_ms=5_000,
    encode=encode_market,
    decode=decode_market,
    digest=digest_market,
)

HOME: Final = "EUROPE"
INDEX: Final = 432_500  # ticks: 43,250 USD


def a_context(tick: int = 0, seq: int = 1, **changes: Any) -> Context:
    """What rules know at an entry: `changes` are of the balance."""
    balance = {**SHEET.values(), **changes}
    return Context(
        world="tycoon-market/s1",
        seq=seq,
        tick=tick,
        now_ms=0,
        actor="test",
        balance=balance,
        _seed=SEED,
        _coordinate=("seq", seq),
    )


def a_market(*, makers: bool = False, **changes: Any) -> Market:
    """A market at the start of its season; without makers all books are empty."""
    market, _ = new_market(MarketSpec(1), a_context(**changes))
    if not makers:
        for maker in MAKERS:
            for order in list(market.open_orders[market.numbers[maker]].values()):
                withdraw(market, market.listings[order.instrument], CANCELLED, [], order)
    return market


def fund(market: Market, company: str, *, usd: int = 1_000_000, btc: int = 0, home: str = HOME) -> None:
    """Let money of a company arrive from home: whole USD and BTC."""
    no = market.border.through.get(home, 0) + 1
    play(market, Receive(home, no, (Money(company, usd * MICRO, btc * SAT),)))


def play(market: Market, *intents: Any, **changes: Any) -> list[Event]:
    """Play intents one after the other and prove the market's money after each; give what happened."""
    told: list[Event] = []
    for intent in intents:
        handler = HANDLERS[type(intent)]
        told += handler(market, intent, a_context(market.tick, **changes))
        prove(market, a_context(market.tick))
        for account in market.accounts:
            assert min(account.usd_free, account.usd_held, account.sat_free, account.sat_held) >= 0, account
    return told


def pass_ticks(market: Market, count: int = 1, **changes: Any) -> list[Event]:
    """Let ticks pass; give what happened."""
    told: list[Event] = []
    for _ in range(count):
        number = market.tick + 1
        context = a_context(number, **changes)
        context._coordinate = ("tick", number)
        told += HANDLERS[Tick](market, Tick(), context)
    return told


def an_order(
    company: str = "c1", side: str = "BUY", lots: int = 100, price: int | None = INDEX, **more: Any
) -> PlaceOrder:
    """A limit order for spot, unless `more` says otherwise; without a price it is a MARKET order."""
    more.setdefault("kind", "MARKET" if price is None else "LIMIT")
    return PlaceOrder(company, more.pop("instrument", SPOT), side, lots, price=price, **more)


def a_perp(
    company: str = "c1", side: str = "BUY", lots: int = 100, price: int | None = INDEX, **more: Any
) -> PlaceOrder:
    """A limit order for the perpetual."""
    return an_order(company, side, lots, price, instrument=PERP, **more)


def of(told: Sequence[Event], kind: type[Event]) -> list[Any]:
    """Give the events of one type."""
    return [event for event in told if isinstance(event, kind)]


def move_index(market: Market, price: int) -> None:
    """Let the index be `price` ticks from now on, and all marks follow."""
    market.world.price.index_micro = price * 100_000
    market.listings[PERP].tape.last = price
    set_marks(market, a_context(market.tick))
    prove(market, a_context(market.tick))


def stage(market: Market, run: Callable[[Market, Context], list[Event]], **changes: Any) -> list[Event]:
    """Run one stage of the tick and prove the market's money; give what happened."""
    told = run(market, a_context(market.tick, **changes))
    prove(market, a_context(market.tick))
    return told


def position(market: Market, company: str, instrument: str = PERP) -> PositionView | None:
    """Give a company's position in an instrument."""
    return next((one for one in positions_of(market, company) if one.instrument == instrument), None)


def the_position(market: Market, company: str, instrument: str = PERP) -> PositionView:
    """Give a position that must be there."""
    found = position(market, company, instrument)
    assert found is not None, company
    return found
