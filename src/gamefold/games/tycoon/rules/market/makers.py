"""Seeded market makers: whoever is alone in the market finds both sides of every book.

Each tick they take their quotes back, trade a part of what they have too much or too little of with the world outside
at the index (counted in `Flows`), keep their positions well backed, and quote again around the index (spot) or the
mark, lower when they have much and higher when they have little. They use the same orders as everybody. A quote for an
option stays while the mark has hardly moved: there are many options, and most of them hardly move in a tick.
"""

from contextlib import suppress

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.rules.chance import draw_one, key_of
from gamefold.games.tycoon.rules.market.margins import maintenance
from gamefold.games.tycoon.rules.market.needs import held_lots
from gamefold.games.tycoon.rules.market.orders import place
from gamefold.games.tycoon.rules.market.resting import CANCELLED, withdraw
from gamefold.games.tycoon.state.book import Order
from gamefold.games.tycoon.state.market import (
    MAKERS,
    OPTION_KIND,
    PERP,
    SPOT,
    Account,
    Listing,
    Market,
)
from gamefold.games.tycoon.state.units import BP, LOT_SAT, LOT_TICK_MICRO, MICRO, SAT

GROUP = "makers"  # they don't trade with each other
LEVERAGE = 5  # of their orders for perpetuals
BACKED_BP = 5_000  # of a perpetual position's value, what they keep it backed with
QUOTES_MOST = 64  # of one maker in one instrument
OPTION_LEAST_BP = 5  # of the index: the least distance of an option quote from the mark


def open_makers(market: Market, ctx: Context) -> None:
    """Give the makers their accounts and what they work with."""
    for maker in MAKERS:
        usd, sat = ctx.balance["maker_usd"] * MICRO, ctx.balance["maker_btc"] * SAT
        market.open_account(Account(maker, "", GROUP, usd_free=usd, sat_free=sat))
        market.flows.count("makers", usd, sat)


def quote_makers(market: Market, ctx: Context) -> list[Event]:
    """Let every maker renew its quotes."""
    told: list[Event] = []
    options = sorted(name for name, listing in market.listings.items() if listing.kind == OPTION_KIND)
    own = {maker: options[place_in_line :: len(MAKERS)] for place_in_line, maker in enumerate(MAKERS)}
    kept = {maker: _take_back(market, market.numbers[maker], {*own[maker]}, ctx, told) for maker in MAKERS}
    for maker in MAKERS:
        number = market.numbers[maker]
        market.touch(number)
        _recover(market, number, ctx)
        _back_positions(market, number)
        key = key_of(ctx.rng("quotes", maker))
        for nth, name in enumerate((SPOT, PERP)):
            _quote(market, market.listings[name], number, (key, nth), ctx, told)
        for nth, name in enumerate(own[maker], 2):
            _quote_option(market, market.listings[name], number, (key, nth), kept[maker], ctx, told)
    return told


def _take_back(market: Market, number: int, own: set[str], ctx: Context, told: list[Event]) -> set[tuple[str, int]]:
    """Withdraw a maker's quotes, but not those for its `own` options that still fit: give which options and signs."""
    kept: set[tuple[str, int]] = set()
    for order in list(market.open_orders[number].values()):
        listing = market.listings[order.instrument]
        if order.instrument in own and _fits(market, listing, order, ctx):
            kept.add((order.instrument, order.sign))
        else:
            withdraw(market, listing, CANCELLED, told, order)
    return kept


def _fits(market: Market, listing: Listing, order: Order, ctx: Context) -> bool:
    """Tell whether an option quote is whole, and about where it would be placed now."""
    half = _half_of_option(market, listing, ctx)
    off = abs(order.price - (listing.mark - order.sign * half))
    most: int = ctx.balance["maker_position_lots"][OPTION_KIND]
    return (
        order.lots == order.placed
        and off * BP <= half * int(ctx.balance["maker_option_stay_bp"])
        and listing.low <= order.price <= listing.high
        and held_lots(listing, order.account) * order.sign < most
    )


def _half_of_option(market: Market, listing: Listing, ctx: Context) -> int:
    """Give the distance of a quote from an option's mark, ticks."""
    least = max(1, market.index() * OPTION_LEAST_BP // BP)
    spread_bp: int = ctx.balance["maker_option_spread_bp"]
    return max(least, listing.mark * spread_bp // BP)


def _recover(market: Market, number: int, ctx: Context) -> None:
    """Trade with the world outside, which is as large as it needs to be: BTC at the index, then USD as a loan."""
    account, ticks = market.accounts[number], ctx.balance["maker_recovery_ticks"]
    sat = _part(ctx.balance["maker_btc"] * SAT - account.sat_free, ticks)
    usd = -(sat * market.world.price.index_micro // SAT)
    if account.usd_free + usd < 0:
        sat = usd = 0
    usd += _part(ctx.balance["maker_usd"] * MICRO - account.usd_free - account.usd_held - usd, ticks)
    usd = max(usd, -account.usd_free)
    account.sat_free += sat
    account.usd_free += usd
    market.flows.count("makers", usd, sat)


def _part(missing: int, ticks: int) -> int:
    """Give a share of what is missing (or too much, below 0), rounded towards 0."""
    return missing // ticks if missing >= 0 else -(-missing // ticks)


def _back_positions(market: Market, number: int) -> None:
    """Move USD between a maker's account and its positions, so that these are as well backed as they should be."""
    account = market.accounts[number]
    for _, listing in sorted(market.listings.items()):
        table = listing.positions
        row = None if table is None else table.rows.get(number)
        if table is None or row is None:
            continue
        lots = table.lots[row]
        wanted = maintenance(market.terms, listing, lots)
        if listing.option is None:
            wanted = max(2 * wanted, abs(lots) * listing.mark * LOT_TICK_MICRO * BACKED_BP // BP)
        elif lots > 0:
            continue
        else:
            wanted *= 2
        missing = min(wanted - table.equity(row, listing.mark), account.usd_free)
        account.usd_free -= missing
        table.margin[row] += missing


def _quote(
    market: Market, listing: Listing, number: int, luck: tuple[int, int], ctx: Context, told: list[Event]
) -> None:
    """Quote some levels on both sides of spot or the perpetual. `luck` is a key, and which instrument it is for."""
    balance, account, mark = ctx.balance, market.accounts[number], listing.mark
    if listing.name == SPOT:
        most = balance["maker_btc"] * SAT // LOT_SAT
        have = account.sat_free // LOT_SAT - most
    else:
        most, have = balance["maker_position_lots"][listing.kind], held_lots(listing, number)
    have = max(-most, min(most, have))
    half = max(2, mark * balance["maker_half_spread_bp"][account.company] // BP)
    step = max(1, mark * balance["maker_step_bp"] // BP)
    # Never by a whole half, so that no maker bids above the mark or asks below it, and none crosses another.
    middle = mark - have * half * 3 // (4 * most)
    size = balance["maker_lots"][listing.kind]
    for sign in (1, -1):
        if listing.name != SPOT and have * sign >= most:
            continue
        for level in range(balance["maker_levels"]):
            lots = size // 2 + _drawn(luck, 2 * level + (sign > 0)) % (size + 1)
            price = middle - sign * (half + level * step)
            _place(market, listing, number, sign, lots, price, told)


def _quote_option(
    market: Market,
    listing: Listing,
    number: int,
    luck: tuple[int, int],
    kept: set[tuple[str, int]],
    ctx: Context,
    told: list[Event],
) -> None:
    """Quote one level on each side of an option's mark, besides what was kept."""
    most, have = ctx.balance["maker_position_lots"][OPTION_KIND], held_lots(listing, number)
    half, size = _half_of_option(market, listing, ctx), ctx.balance["maker_lots"][OPTION_KIND]
    for sign in (1, -1):
        if have * sign < most and (listing.name, sign) not in kept:
            lots = size // 2 + _drawn(luck, sign > 0) % (size + 1)
            _place(market, listing, number, sign, lots, listing.mark - sign * half, told)


def _drawn(luck: tuple[int, int], quote: int) -> int:
    key, nth = luck
    return draw_one(key, nth * QUOTES_MOST + quote)


def _place(market: Market, listing: Listing, number: int, sign: int, lots: int, price: int, told: list[Event]) -> None:
    # Where its money or a band does not allow a quote, a maker goes without it until the next tick.
    with suppress(Rejected):
        leverage = LEVERAGE if listing.name == PERP else 1
        leverage = min(leverage, market.terms.leverage_max)
        place(market, listing, number, market.accounts[number], sign, lots, price, told, leverage=leverage)
