"""Opening and closing positions: margin, gains, and who pays a loss that a margin cannot.

Every sum here is exact. What is rounded off a share stays with the position, and leaves with its last lot.
"""

from typing import Final

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import Bailout, PositionChanged
from gamefold.games.tycoon.intents.market import POSITION_NOT_FOUND
from gamefold.games.tycoon.rules.market.margins import initial
from gamefold.games.tycoon.rules.market.resting import trim
from gamefold.games.tycoon.state.book import id_name, id_of
from gamefold.games.tycoon.state.market import Account, Listing, Market
from gamefold.games.tycoon.state.positions import Positions
from gamefold.games.tycoon.state.units import LOT_TICK_MICRO

OPEN: Final = "OPEN"
CLOSED: Final = "CLOSED"
LIQUIDATED: Final = "LIQUIDATED"
EXPIRED: Final = "EXPIRED"


def table_of(listing: Listing) -> Positions:
    """Give the positions of an instrument that has them."""
    assert listing.positions is not None, listing.name
    return listing.positions


def found_position(market: Market, company: str, name: str) -> tuple[Listing, int]:
    """Give a company's position by its id: the instrument, and the row there. Rejected POSITION_NOT_FOUND."""
    number, serial = market.numbers.get(company), id_of(name)
    for listing in market.listings.values():
        table = listing.positions
        row = None if table is None or number is None else table.rows.get(number)
        if table is not None and row is not None and table.ids[row] == serial:
            return listing, row
    raise Rejected(POSITION_NOT_FOUND, "This company has no such open position.")


def trade(
    market: Market,
    listing: Listing,
    number: int,
    account: Account,
    sign: int,
    lots: int,
    value: int,
    fee: int,
    leverage: int,
    tell: list[Event],
) -> int:
    """Let an account buy or sell `lots` for `value` micro-USD: close what is open the other way, then open the rest.

    Everything is paid from and to the account's free funds. Gives the fee paid, which is less than `fee` only where
    what was closed does not leave that much.
    """
    table = table_of(listing)
    row = table.rows.get(number)
    held = 0 if row is None else table.lots[row]
    closing = 0
    if row is not None and held * sign < 0:
        closing = min(lots, abs(held))
        part = value * closing // lots
        payout, realised = close_part(table, row, closing, part)
        account.usd_free += payout
        if account.usd_free < 0:
            shortfall, account.usd_free = -account.usd_free, 0
            pay_for(market, listing, account, shortfall, tell)
        _count(account, realised)
        settle_row(market, listing, row, "LONG" if held > 0 else "SHORT", realised, CLOSED, tell)
        value -= part
    fee = min(fee, account.usd_free)
    account.usd_free -= fee
    if lots > closing:
        _open(market, listing, number, account, sign, lots - closing, value, leverage, tell)
    return fee


def close_part(table: Positions, row: int, lots: int, value: int) -> tuple[int, int]:
    """Take `lots` off a row for `value`. Gives what that pays out (below 0: what is missing), and its gain or loss."""
    have, cost, margin = table.lots[row], table.cost[row], table.margin[row]
    sign, size = (1, have) if have > 0 else (-1, -have)
    share = margin * lots // size
    spent = sign * (abs(cost) * lots // size)
    realised = sign * value - spent
    table.lots[row] = have - sign * lots
    table.cost[row] = cost - spent
    table.margin[row] = margin - share
    return share + (sign * value if table.paid_up else realised), realised


def settle_row(
    market: Market, listing: Listing, row: int, side: str, realised: int, over: str, tell: list[Event]
) -> None:
    """Remove a row that has no lots left, cancel reduce-only orders that are too many, and tell what became of it."""
    table = table_of(listing)
    number, left = table.accounts[row], abs(table.lots[row])
    market.touch(number)
    tell_position(market, listing, row, side, realised, OPEN if left else over, tell)
    if not left:
        assert table.margin[row] == table.cost[row] == 0, "a closed position leaves nothing behind"
        table.close(row)
    if number in listing.reducing:
        trim(market, listing, number, left, tell)


def tell_position(
    market: Market, listing: Listing, row: int, side: str, realised: int, status: str, tell: list[Event]
) -> None:
    """Tell how a position is now, where it is a player's."""
    table = table_of(listing)
    account = market.accounts[table.accounts[row]]
    if account.home:
        tell.append(
            PositionChanged(
                id_name(table.ids[row]),
                account.company,
                listing.name,
                side,
                abs(table.lots[row]),
                abs(table.cost[row]),
                table.margin[row],
                table.leverage[row],
                realised,
                status,
            )
        )


def pay_for(market: Market, listing: Listing, account: Account, shortfall: int, tell: list[Event]) -> None:
    """Pay a loss that its owner cannot: from the insurance fund, else with money that comes into being, and is told."""
    from_fund = min(shortfall, market.fund_micro)
    market.fund_micro -= from_fund
    if shortfall > from_fund:
        market.flows.count("bailout", shortfall - from_fund)
        tell.append(Bailout(account.company, listing.name, shortfall - from_fund))


def break_even(table: Positions, row: int) -> int:
    """Give the bankruptcy price in ticks: the worst at which a position still pays its own loss."""
    lots, owed = table.lots[row], 0 if table.paid_up else table.cost[row]
    if lots > 0:
        return max(0, -((table.margin[row] - owed) // (lots * LOT_TICK_MICRO)))
    return (table.margin[row] - owed) // (-lots * LOT_TICK_MICRO)


def _open(
    market: Market,
    listing: Listing,
    number: int,
    account: Account,
    sign: int,
    lots: int,
    value: int,
    leverage: int,
    tell: list[Event],
) -> None:
    table = table_of(listing)
    row = table.rows.get(number)
    if row is None:
        row = table.open(market.new_serial(), number, leverage)
    held = table.lots[row]
    price = value // (lots * LOT_TICK_MICRO)
    if table.paid_up:
        account.usd_free -= sign * value
    need = initial(market.terms, listing, held, sign, lots, price, leverage, account.margin_discount_bp)
    posted = min(need, account.usd_free)
    account.usd_free -= posted
    table.lots[row] = held + sign * lots
    table.cost[row] += sign * value
    table.margin[row] += posted
    table.leverage[row] = leverage
    tell_position(market, listing, row, "LONG" if sign > 0 else "SHORT", 0, OPEN, tell)


def _count(account: Account, realised: int) -> None:
    account.realised_micro += realised
    if realised > 0:
        account.profitable_trades += 1
