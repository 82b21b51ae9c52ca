"""Auto-deleveraging: a bankrupt position is closed against those who gain most from it, at its bankruptcy price."""

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import Deleveraged
from gamefold.games.tycoon.rules.market.holdings import CLOSED, close_part, pay_for, settle_row, table_of
from gamefold.games.tycoon.state.book import id_name
from gamefold.games.tycoon.state.market import Listing, Market
from gamefold.games.tycoon.state.units import LOT_TICK_MICRO

_UNIT = 1_000_000


def deleverage(market: Market, listing: Listing, number: int, told: list[Event]) -> int:
    """Close all of an account's position against the opposite side. Gives its gain or loss; its margin pays exactly.

    The row stays, without lots, for its caller to settle.
    """
    table = table_of(listing)
    row = table.rows[number]
    sign = 1 if table.lots[row] > 0 else -1
    left = abs(table.lots[row])
    owed = 0 if table.paid_up else table.cost[row]
    value = max(0, sign * (owed - table.margin[row]))
    total = 0
    for other in ranked(listing, -sign):
        if not left:
            break
        there = table.rows[other]
        before = table.read(there)
        lots = min(left, abs(before.lots))
        part = value * lots // left
        value, left = value - part, left - lots
        account = market.accounts[other]
        payout, realised = close_part(table, there, lots, part)
        if payout < 0:
            pay_for(market, listing, account, -payout, told)
        account.usd_free += max(0, payout)
        account.realised_micro += realised
        account.profitable_trades += realised > 0
        settle_row(market, listing, there, before.side, realised, CLOSED, told)
        if account.home:
            told.append(
                Deleveraged(account.company, id_name(before.id), listing.name, before.side, lots, part, listing.mark)
            )
        row = table.rows[number]
        payout, realised = close_part(table, row, lots, part)
        table.margin[row] += payout
        total += realised
    assert not left, "whoever is long has somebody who is short"
    return total


def ranked(listing: Listing, sign: int) -> list[int]:
    """Give the accounts on one side, first to be deleveraged first.

    By gain in parts of the cost times effective leverage (value / equity), or divided by it where it is a loss; then by
    position.
    """
    table, mark = table_of(listing), listing.mark
    scored: list[tuple[int, int, int]] = []
    for row, lots in enumerate(table.lots):
        if lots * sign <= 0:
            continue
        value, cost = lots * mark * LOT_TICK_MICRO, table.cost[row]
        gain = (value - cost) * _UNIT // max(1, abs(cost))
        leverage = abs(value) * _UNIT // max(1, table.equity(row, mark))
        score = gain * leverage if gain > 0 else gain * _UNIT // max(1, leverage)
        scored.append((-score, table.ids[row], table.accounts[row]))
    return [account for _, _, account in sorted(scored)]
