"""Seeded market makers: whoever is alone in the market finds both sides of every book.

Each tick they take their quotes back, trade a part of what they have too much or too little of with the world outside
at the index (counted in `Flows`), keep their positions well backed, and quote again around the index (spot) or the
mark, lower when they have much and higher when they have little. They use the same orders as everybody.
"""

from contextlib import suppress

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.rules.chance import draw_one, key_of
from gamefold.games.tycoon.rules.market.margins import maintenance
from gamefold.games.tycoon.rules.market.needs import held_lots
from gamefold.games.tycoon.rules.market.orders import place
from gamefold.games.tycoon.rules.market.resting import CANCELLED, withdraw
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
    for maker in MAKERS:
        number = market.numbers[maker]
        for order in list(market.open_orders[number].values()):
            withdraw(market, market.listings[order.instrument], CANCELLED, told, order)
    options = sorted(name for name, listing in market.listings.items() if listing.kind == OPTION_KIND)
    for place_in_line, maker in enumerate(MAKERS):
        number = market.numbers[maker]
        market.touch(number)
        _recover(market, number, ctx)
        _back_positions(market, number)
        for name in (SPOT, PERP):
            _quote(market, market.listings[name], number, ctx, told)
        for name in options[place_in_line :: len(MAKERS)]:
            _quote_option(market, market.listings[name], number, ctx, told)
    return told


def _recover(market: Market, number: int, ctx: Context) -> None:
    """Trade with the world outside, which is as large as it needs to be: BTC at the index, then USD as a loan."""
    account, ticks = market.accounts[number], ctx.balance["maker_recovery_ticks"]
    sat = _part(ctx.balance["maker_btc"] * SAT - account.sat_free, ticks)
    usd = -(sat * market.world.price.index_micro // SAT)
    if account.usd_free + usd < 0:
        sat = usd = 0
    usd += _part(ctx.balance["maker_usd"] * MICRO - account.usd_free - usd, ticks)
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


def _quote(market: Market, listing: Listing, number: int, ctx: Context, told: list[Event]) -> None:
    """Quote some levels on both sides of spot or the perpetual."""
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
    key = key_of(ctx.rng("quotes", account.company, listing.name))
    size = balance["maker_lots"][listing.kind]
    for sign in (1, -1):
        if listing.name != SPOT and have * sign >= most:
            continue
        for level in range(balance["maker_levels"]):
            lots = size // 2 + draw_one(key, 2 * level + (sign > 0)) % (size + 1)
            price = middle - sign * (half + level * step)
            _place(market, listing, number, sign, lots, price, told)


def _quote_option(market: Market, listing: Listing, number: int, ctx: Context, told: list[Event]) -> None:
    """Quote one level on both sides of an option's mark."""
    balance, company = ctx.balance, market.accounts[number].company
    most, have = balance["maker_position_lots"][OPTION_KIND], held_lots(listing, number)
    least = max(1, market.index() * OPTION_LEAST_BP // BP)
    half = max(least, listing.mark * balance["maker_option_spread_bp"] // BP)
    key = key_of(ctx.rng("quotes", company, listing.name))
    size = balance["maker_lots"][OPTION_KIND]
    for sign in (1, -1):
        if have * sign < most:
            lots = size // 2 + draw_one(key, sign > 0) % (size + 1)
            _place(market, listing, number, sign, lots, listing.mark - sign * half, told)


def _place(market: Market, listing: Listing, number: int, sign: int, lots: int, price: int, told: list[Event]) -> None:
    # Where its money or a band does not allow a quote, a maker goes without it until the next tick.
    with suppress(Rejected):
        leverage = LEVERAGE if listing.name == PERP else 1
        leverage = min(leverage, market.terms.leverage_max)
        place(market, listing, number, market.accounts[number], sign, lots, price, told, leverage=leverage)
