"""A flow of orders like a busy exchange's, recorded once so that it can be played again and again.

Per 100 commands: 44 limit orders that rest (GTC), 32 cancels, 8 post-only, 5 each of MARKET, IOC and amend, 1 FOK; 12
of 100 limits cross (tycoon-simulation.md section 3.1). Prices lie within 2,000 ticks of a middle that wanders, 5,000
companies trade, and every tenth belongs to a group with its neighbour, so that self-trades are prevented.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from bench.tycoon_worlds import a_context, a_market
from gamefold.engine.refusal import Rejected
from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Context, Event, Intent
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import (
    BUY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    SELL,
    AmendOrder,
    CancelOrder,
    LinkAccounts,
    PlaceOrder,
)
from gamefold.games.tycoon.rules.market import HANDLERS
from gamefold.games.tycoon.rules.market.resting import CANCELLED, withdraw_all
from gamefold.games.tycoon.state.book import id_name
from gamefold.games.tycoon.state.border import Money
from gamefold.games.tycoon.state.market import MAKERS, PERP, SPOT, Market
from gamefold.games.tycoon.state.units import MICRO, REGIONS, SAT
from gamefold.testkit.play import SEED

COMPANIES: Final = 5_000
SPREAD: Final = 2_000  # ticks from the middle

Command = tuple[Callable[[Market, Any, Context], Any], Intent]


def a_trading_market() -> Market:
    """Give a market of 5,000 rich companies and empty books for spot and the perpetual."""
    market = a_market()
    for maker in MAKERS:
        for name in (SPOT, PERP):
            withdraw_all(market, market.listings[name], market.numbers[maker], CANCELLED, [])
    for region_no, region in enumerate(REGIONS):
        names = [name_of(number) for number in range(region_no, COMPANIES, len(REGIONS))]
        money = tuple(Money(name, 100_000_000 * MICRO, 10_000 * SAT) for name in names)
        HANDLERS[Receive](market, Receive(region, 1, money), a_context(1))
    for number in range(0, COMPANIES, 10):
        pair = (name_of(number), name_of(number + 1))
        HANDLERS[LinkAccounts](market, LinkAccounts(pair, f"g{number}", "measured"), a_context(1))
    return market


def name_of(number: int) -> str:
    """Give a company's id, as long as those of people."""
    return f"company-{number:06}"


def record(count: int, instrument: str = SPOT) -> list[Command]:
    """Give `count` commands that are accepted, in the order in which they were, each with its handler."""
    market, dice, ctx = a_trading_market(), Rng(SEED, "flow"), a_context(1)
    listing = market.listings[instrument]
    middle = listing.mark
    live: list[tuple[str, int]] = []  # company and order
    where: dict[int, int] = {}
    commands: list[Command] = []
    while len(commands) < count:
        middle += dice.choice((-1, 0, 1))
        intent = _wish(market, instrument, middle, live, dice)
        handler = HANDLERS[type(intent)]
        try:
            told = handler(market, intent, ctx)
        except Rejected:
            continue
        commands.append((handler, intent))
        _follow(told, live, where)
    return commands


def play(market: Market, commands: Sequence[Command], ctx: Context) -> int:
    """Play a flow on the market it was recorded on, as it was then; give how many events it told."""
    told = 0
    for handler, intent in commands:
        told += len(handler(market, intent, ctx))
    return told


def _wish(market: Market, instrument: str, middle: int, live: list[tuple[str, int]], dice: Rng) -> Intent:
    drawn = dice.below(100)
    if drawn < 37 and live:
        company, serial = dice.choice(live)
        if drawn < 32:
            return CancelOrder(company, id_name(serial))
        order = market.open_orders[market.numbers[company]][id_name(serial)]
        lots = max(1, order.lots // 2) if dice.below(2) else order.lots
        return AmendOrder(company, id_name(serial), lots, order.price - order.sign * dice.between(0, 2))
    side, lots, company = dice.choice((BUY, SELL)), dice.between(1, 100), name_of(dice.below(COMPANIES))
    if drawn < 42:
        return PlaceOrder(company, instrument, side, lots, MARKET)
    tif = IOC if drawn < 47 else FOK if drawn < 48 else GTC
    crosses = tif != GTC or dice.below(100) < 12
    sign = 1 if side == BUY else -1
    away = dice.between(1, 20) if crosses else -dice.between(1, SPREAD)
    price = middle + sign * away
    post_only = not crosses and dice.below(100) < 15
    return PlaceOrder(company, instrument, side, lots, LIMIT, price, tif, post_only=post_only)


def _follow(told: list[Event], live: list[tuple[str, int]], where: dict[int, int]) -> None:
    """Keep track of the orders that rest, so that only those are cancelled."""
    for event in told:
        name = type(event).__name__
        if name == "OrderPlaced":
            serial = _serial(event.order)  # type: ignore[attr-defined]
            where[serial] = len(live)
            live.append((event.company, serial))  # type: ignore[attr-defined]
        elif name == "OrderClosed":
            serial = _serial(event.order)  # type: ignore[attr-defined]
            at = where.pop(serial)
            last = live.pop()
            if last[1] != serial:
                live[at] = last
                where[last[1]] = at


def _serial(order: str) -> int:
    tick, _, number = order.partition("-")
    return int(tick) << 24 | int(number)
