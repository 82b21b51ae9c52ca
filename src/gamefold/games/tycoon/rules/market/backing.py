"""What stands behind a position, changed by its owner: more against liquidation, or less where it is not needed."""

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.intents.market import (
    AMOUNT_INVALID,
    INSUFFICIENT_FUNDS,
    MARGIN_NEEDED,
    MARGIN_NEEDLESS,
    AdjustMargin,
)
from gamefold.games.tycoon.rules.market.crossings import arrive, arriving
from gamefold.games.tycoon.rules.market.holdings import OPEN, found_position, table_of, tell_position
from gamefold.games.tycoon.rules.market.margins import initial
from gamefold.games.tycoon.state.market import Account, Listing, Market
from gamefold.games.tycoon.state.units import in_usd


def adjust_margin(market: Market, intent: AdjustMargin, _ctx: Context) -> list[Event]:
    """Handle `AdjustMargin`."""
    listing, row = found_position(market, intent.company, intent.position)
    table, number = table_of(listing), market.numbers[intent.company]
    account = market.accounts[number]
    if not intent.usd_micro:
        raise Rejected(AMOUNT_INVALID, "Say how much margin is put in or taken out.")
    if table.paid_up and table.lots[row] > 0:
        raise Rejected(MARGIN_NEEDLESS, "An option that was bought is paid for; it has no margin.")
    free = account.usd_free
    if intent.arrived is not None:
        free += arriving(market, intent.arrived, intent.company)[0]
    if free < intent.usd_micro:
        raise Rejected(INSUFFICIENT_FUNDS, f"This needs {in_usd(intent.usd_micro)}; {in_usd(free)} are free.")
    spare = spare_micro(market, listing, row, account)
    if -intent.usd_micro > max(0, spare):
        raise Rejected(MARGIN_NEEDED, f"This position can spare {in_usd(max(0, spare))} of its margin.")

    told: list[Event] = [] if intent.arrived is None else arrive(market, intent.arrived)
    account.usd_free -= intent.usd_micro
    table.margin[row] += intent.usd_micro
    market.touch(number)
    tell_position(market, listing, row, table.read(row).side, 0, OPEN, told)
    return told


def missing_margin(market: Market, intent: AdjustMargin) -> int:
    """Give the micro-USD that are missing at the market for what is asked; 0 where it would be refused anyway."""
    account = market.account_of(intent.company)
    if account is None:
        return 0
    found_position(market, intent.company, intent.position)
    return max(0, intent.usd_micro - account.usd_free)


def spare_micro(market: Market, listing: Listing, row: int, account: Account) -> int:
    """Give the margin (micro-USD) beyond what the position would need if it were opened at the mark; may be below 0.

    A short option's margin holds what buying it back costs. A perpetual's gain is not there to be taken until it is
    realised, and its loss has to be borne.
    """
    table = table_of(listing)
    lots, margin = table.lots[row], table.margin[row]
    sign = 1 if lots > 0 else -1
    # Where a vote has lowered the cap, nobody goes beyond it this way.
    leverage = min(table.leverage[row], market.terms.leverage_max)
    needed = initial(market.terms, listing, 0, sign, abs(lots), listing.mark, leverage, account.margin_discount_bp)
    return (margin if table.paid_up else min(margin, table.equity(row, listing.mark))) - needed
