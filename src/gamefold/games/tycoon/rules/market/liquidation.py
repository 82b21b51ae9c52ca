"""Positions that lost their margin are closed by force, the poorest first.

An account's orders in the instrument are cancelled; then just enough is sold (or bought back) into the book, at its
bankruptcy price or better. Only where the position is bankrupt at the mark and nobody is there does the insurance fund
pay for worse prices, and where it cannot, the opposite side is deleveraged (tycoon-simulation.md section 4.5). What is
left of a margin when all is closed goes to the fund.
"""

from functools import partial

import numpy as np

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.market import Liquidated
from gamefold.games.tycoon.rules.market.deleverage import deleverage
from gamefold.games.tycoon.rules.market.holdings import (
    LIQUIDATED,
    break_even,
    close_part,
    pay_for,
    settle_row,
    table_of,
)
from gamefold.games.tycoon.rules.market.margins import maintenance, maintenance_column
from gamefold.games.tycoon.rules.market.matching import match
from gamefold.games.tycoon.rules.market.resting import LIQUIDATION, SELF_TRADE, withdraw, withdraw_all
from gamefold.games.tycoon.rules.market.settle import fill_maker, tell_trade
from gamefold.games.tycoon.state.book import Order, id_name
from gamefold.games.tycoon.state.market import Listing, Market
from gamefold.games.tycoon.state.units import BP, LOT_TICK_MICRO, share_up

_RATIO_UNIT = 1_000_000


def liquidate(market: Market, ctx: Context) -> list[Event]:
    """Liquidate every position whose equity at the mark is below its maintenance margin."""
    told: list[Event] = []
    for _, listing in sorted(market.listings.items()):
        for serial, account in poor(market, listing):
            liquidate_one(market, listing, serial, account, ctx.balance, told)
    return told


def poor(market: Market, listing: Listing) -> list[tuple[int, int]]:
    """Give position and account of all that are to be liquidated, by ascending (equity / value, position)."""
    table = listing.positions
    if table is None or not len(table):
        return []
    lots = table.column("lots")
    equity = table.column("margin") + lots * np.int64(listing.mark * LOT_TICK_MICRO)
    if not table.paid_up:
        equity -= table.column("cost")
    needed = maintenance_column(market.terms, listing, lots)
    rows: list[int] = np.flatnonzero(equity < needed).tolist()
    unit = max(1, listing.mark * LOT_TICK_MICRO)
    ranked = sorted(
        (int(equity[row]) * _RATIO_UNIT // (abs(table.lots[row]) * unit), table.ids[row], row) for row in rows
    )
    return [(serial, table.accounts[row]) for _, serial, row in ranked]


def liquidate_one(
    market: Market, listing: Listing, serial: int, number: int, balance: Values, told: list[Event]
) -> None:
    """Close enough of one position, unless what happened before it has saved it."""
    table = table_of(listing)
    row = table.rows.get(number)
    if row is None or table.ids[row] != serial or not _is_poor(market, listing, row):
        return
    withdraw_all(market, listing, number, LIQUIDATION, told)
    before, account, fund = table.read(table.rows[number]), market.accounts[number], market.fund_micro
    forced = Forced(market, listing, number)
    row = table.rows[number]
    forced.sweep(lots_to_close(market, listing, row, balance), break_even(table, row), told)
    row = table.rows[number]
    if table.lots[row] and table.equity(row, listing.mark) < 0:
        forced.sweep_with_the_fund(told)
        left = abs(table.lots[table.rows[number]])
        if left:
            forced.realised += deleverage(market, listing, number, told)
            forced.closed += left
    row = table.rows[number]
    if not forced.closed:
        return  # nobody is there, and the position is not bankrupt yet
    fee = share_up(forced.value, balance["liquidation_fee_bp"])
    fee = min(fee, max(0, table.equity(row, listing.mark)))
    table.margin[row] -= fee
    market.fund_micro += fee
    if not table.lots[row]:
        left_over, table.margin[row] = table.margin[row], 0
        if left_over < 0:
            pay_for(market, listing, account, -left_over, told)
        else:
            market.fund_micro += left_over
    account.liquidations += 1
    account.realised_micro += forced.realised
    if account.home:
        told.append(
            Liquidated(
                company=account.company,
                position=id_name(serial),
                instrument=listing.name,
                side=before.side,
                lots=forced.closed,
                lots_left=abs(table.lots[row]),
                mark=listing.mark,
                fund_micro=market.fund_micro - fund,
            )
        )
    settle_row(market, listing, row, before.side, forced.realised, LIQUIDATED, told)


def lots_to_close(market: Market, listing: Listing, row: int, balance: Values) -> int:
    """Give the fewest lots without which the equity is enough again, were they closed at the mark, with their fee."""
    table, mark = table_of(listing), listing.mark
    lots, equity = table.lots[row], table.equity(row, mark)
    size, sign = abs(lots), 1 if lots > 0 else -1
    fee_bp, target_bp = balance["liquidation_fee_bp"], balance["liquidation_target_bp"]
    least, most = 1, size
    while least < most:
        tried = (least + most) // 2
        fee = share_up(tried * mark * LOT_TICK_MICRO, fee_bp)
        needed = maintenance(market.terms, listing, sign * (size - tried)) * target_bp // BP
        if equity - fee >= needed:
            most = tried
        else:
            least = tried + 1
    return least


class Forced:
    """A liquidation's orders. What they bring stays in the margin until the position is settled."""

    def __init__(self, market: Market, listing: Listing, number: int) -> None:
        self.market, self.listing, self.number = market, listing, number
        self.closed = 0  # lots
        self.value = 0  # what they were closed for, micro-USD
        self.realised = 0

    def sweep(self, lots: int, limit: int, told: list[Event]) -> None:
        """Close up to `lots` against the book, at `limit` ticks or better."""
        listing, table = self.listing, table_of(self.listing)
        sign = -1 if table.lots[table.rows[self.number]] > 0 else 1
        match(
            listing.book.side(-sign),
            lots,
            sign * limit,
            self.market.accounts[self.number].group,
            self.market.accounts,
            partial(self._fill, sign, told),
            partial(withdraw, self.market, listing, SELF_TRADE, told),
        )

    def sweep_with_the_fund(self, told: list[Event]) -> None:
        """Close beyond the bankruptcy price as far as the insurance fund can pay, within the band of prices."""
        market, listing, table = self.market, self.listing, table_of(self.listing)
        row = table.rows[self.number]
        lots, margin, broke = table.lots[row], table.margin[row], break_even(table, row)
        extra = market.fund_micro // (abs(lots) * LOT_TICK_MICRO)
        limit = max(listing.low, broke - extra) if lots > 0 else min(listing.high, broke + extra)
        self.sweep(abs(lots), limit, told)
        row = table.rows[self.number]
        # What is left must not pay for what was closed. Where nothing is left, the settlement asks the fund.
        owed = margin * table.lots[row] // lots - table.margin[row]
        if table.lots[row] and owed > 0:
            paid = min(owed, market.fund_micro)
            market.fund_micro -= paid
            table.margin[row] += paid

    def _fill(self, sign: int, told: list[Event], order: Order, lots: int) -> None:
        market, listing, table = self.market, self.listing, table_of(self.listing)
        maker, price = market.accounts[order.account], order.price
        value = lots * price * LOT_TICK_MICRO
        maker_fee = fill_maker(market, listing, maker, order, lots, value, told)
        row = table.rows[self.number]
        payout, realised = close_part(table, row, lots, value)
        table.margin[row] += payout
        self.closed += lots
        self.value += value
        self.realised += realised
        account = market.accounts[self.number]
        account.volume_micro += value
        tell_trade(market, listing, account.company, "", sign, maker, order, price, lots, value, maker_fee, 0, told)


def _is_poor(market: Market, listing: Listing, row: int) -> bool:
    table = table_of(listing)
    return table.equity(row, listing.mark) < maintenance(market.terms, listing, table.lots[row])
