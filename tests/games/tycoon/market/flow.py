"""Random trading: every kind of order, jumps of the index, liquidations, funding; and what must hold all the time."""

from collections import Counter
from typing import Final

from gamefold.engine.refusal import Rejected
from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.intents.market import (
    AdjustMargin,
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    LinkAccounts,
    PlaceOrder,
    SendHome,
)
from gamefold.games.tycoon.rules.market import HANDLERS
from gamefold.games.tycoon.rules.market.crossings import send_all_home
from gamefold.games.tycoon.rules.market.funding import pay
from gamefold.games.tycoon.rules.market.liquidation import liquidate
from gamefold.games.tycoon.rules.market.marks import set_marks, withdraw_stale
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.state.book import Order
from gamefold.games.tycoon.state.market import OPTION_KIND, PERP, SPOT, Listing, Market
from gamefold.games.tycoon.state.market_codec import decode_market, digest_market, encode_market
from gamefold.games.tycoon.state.market_views import orders_of, positions_of
from gamefold.games.tycoon.state.units import LOT_SAT

from .builders import a_context, a_market, fund, pass_ticks

COMPANIES: Final = ("a", "b", "c", "d", "e")
QUIET: Final = {"option_strikes_each_side": 0, "maker_levels": 2}  # few instruments: a run is about orders

Step = tuple[str, int, int, int, int, int]  # what, who, which instrument, way, size, price


def a_flow_market(*, makers: bool) -> Market:
    """A market with five companies, some of them poor."""
    market = a_market(makers=makers, **QUIET)
    fund_all(market)
    return market


def fund_all(market: Market) -> None:
    """Let everybody have money at work again."""
    for number, company in enumerate(COMPANIES):
        fund(market, company, usd=(2_000, 20_000, 1_000_000)[number % 3], btc=number)


def drawn(seed: int, steps: int) -> list[Step]:
    """Draw a flow of steps."""
    rng = Rng(seed.to_bytes(32, "big"), "flow")
    others = ("amend", "cancel", "close", "margin", "jump", "settle", "fund", "all", "home")
    kinds = ("place",) * 14 + ("market",) * 3 + others
    return [
        (rng.choice(kinds), rng.below(5), rng.below(8), rng.below(2), rng.below(1 << 20), rng.below(1 << 20))
        for _ in range(steps)
    ]


def play_step(market: Market, step: Step) -> list[Event]:
    """Do one step; a refusal is one outcome."""
    kind, who, _, way, size, price = step
    company = COMPANIES[who]
    context = a_context(market.tick, **QUIET)
    if kind == "jump":
        index = market.index() * (10_000 + (size % 1_601 - 800) * (1 if way else -1)) // 10_000
        market.world.price.index_micro = max(10_000, index) * 100_000
        market.listings[PERP].tape.last = market.index()
        return set_marks(market, context) + withdraw_stale(market, context)
    if kind == "settle":
        return set_marks(market, context) + withdraw_stale(market, context) + liquidate(market, context)
    if kind == "fund":
        if size % 4 == 0:
            told = send_all_home(market)
            fund_all(market)
            return told
        if size % 4 == 1:
            fund(market, company, usd=size % 30_000, btc=size % 3)
            return []
        return pay(market, market.listings[PERP], price % 15_000_001 - 7_500_000)
    intent = an_intent(market, step, company)
    if intent is None:
        return []
    try:
        return [*HANDLERS[type(intent)](market, intent, context)]
    except Rejected:
        return []


def an_intent(market: Market, step: Step, company: str) -> object | None:
    """Give what a step asks for; None where there is nothing to ask it of."""
    kind, _, which, way, size, price = step
    orders, positions = orders_of(market, company), positions_of(market, company)
    if kind == "home":
        group = "pair" if price % 3 == 0 else ""
        return LinkAccounts((company, COMPANIES[way]), group, "test") if size % 3 == 0 else SendHome(company)
    if kind == "all":
        return CancelAll(company, (None, SPOT, PERP)[size % 3]) if size % 2 else None
    if kind in ("amend", "cancel"):
        if not orders:
            return None
        order = orders[size % len(orders)]
        if kind == "cancel":
            return CancelOrder(company, order.id)
        return AmendOrder(company, order.id, lots=size % (2 * order.lots + 2), price=order.price + price % 3 - 1)
    if kind == "close":
        return ClosePosition(company, positions[size % len(positions)].id) if positions else None
    if kind == "margin":
        amount = (price % 2_000_000 - 1_000_000) * 1_000
        return AdjustMargin(company, positions[size % len(positions)].id, amount) if positions else None
    options = sorted(name for name, listing in market.listings.items() if listing.kind == OPTION_KIND)
    name = (SPOT, SPOT, PERP, PERP, PERP, PERP, options[0], options[-1])[which]
    listing = market.listings[name]
    reach = max(3, (listing.high - listing.low) // (40 if price % 5 else 3))
    at = None if kind == "market" else max(1, listing.mark + price % reach - reach // 2)
    lots = 1 + size % (300 if price % 7 else 60_000)
    return PlaceOrder(
        company,
        name,
        "BUY" if way else "SELL",
        lots,
        kind="MARKET" if at is None else "LIMIT",
        price=at,
        tif=("GTC", "GTC", "GTC", "GTC", "IOC", "FOK")[price % 6],
        post_only=at is not None and size % 11 == 0,
        reduce_only=size % 13 == 0,
        leverage=(1, 5, 20)[size % 3] if name == PERP else 1,
        client_order_id="mine" if size % 17 == 0 else "",
    )


def check(market: Market) -> None:
    """Hold what must be true after every entry."""
    prove(market, a_context(market.tick))
    # What is kept up to date by differences, against a walk over everything.
    assert market.holdings() == market.flows.balance()
    assert digest_market(decode_market(encode_market(market))) == digest_market(market)
    assert market.fund_micro >= 0 <= market.fees_micro
    held_usd: Counter[int] = Counter()
    held_sat: Counter[int] = Counter()
    count = 0
    for listing in market.listings.values():
        count += _check_book(market, listing, held_usd, held_sat)
        _check_positions(market, listing)
    assert count == sum(map(len, market.open_orders))
    for number, account in enumerate(market.accounts):
        assert min(account.usd_free, account.sat_free) >= 0, account
        assert (account.usd_held, account.sat_held) == (held_usd[number], held_sat[number]), account
        assert account.active or not (account.home and (account.usd_free or account.sat_free))


def _check_book(market: Market, listing: Listing, held_usd: "Counter[int]", held_sat: "Counter[int]") -> int:
    bid, ask = listing.book.bid(), listing.book.ask()
    assert bid is None or ask is None or bid < ask, (listing.name, bid, ask)
    reducing: Counter[int] = Counter()
    orders: list[Order] = listing.book.orders()
    assert orders == sorted(orders, key=lambda order: (-order.sign, order.rank, order.id))
    for order in orders:
        assert 0 < order.lots <= order.placed
        assert market.open_orders[order.account][order.name] is order
        held_usd[order.account] += order.hold
        if listing.kind == "SPOT" and order.sign < 0:
            held_sat[order.account] += order.lots * LOT_SAT
        if order.reduce_only:
            assert order.hold == 0
            reducing[order.account] += order.lots
    assert listing.reducing == dict(reducing)
    return len(orders)


def _check_positions(market: Market, listing: Listing) -> None:
    table = listing.positions
    if table is None:
        return
    for row, lots in enumerate(table.lots):
        number = table.accounts[row]
        assert lots != 0
        assert table.rows[number] == row
        assert (table.cost[row] > 0) == (lots > 0)
        assert listing.reducing.get(number, 0) <= abs(lots)
    assert len(table.rows) == len(table)
    assert set(listing.reducing) <= set(table.rows)


def play_flow(market: Market, steps: list[Step], *, every: int = 1, ticks: int = 0) -> list[Event]:
    """Play steps and check after `every` so many; a whole tick passes after `ticks` so many, if any."""
    told: list[Event] = []
    for number, step in enumerate(steps, 1):
        told += play_step(market, step)
        if ticks and number % ticks == 0:
            told += pass_ticks(market, **QUIET)
            fund_all(market)
        if number % every == 0:
            check(market)
    check(market)
    return told
