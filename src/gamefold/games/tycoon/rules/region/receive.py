"""What arrives from the market world, and from other regions."""

from collections.abc import Iterator

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import FundsUnclaimed
from gamefold.games.tycoon.intents.border import TOO_EARLY, Receive
from gamefold.games.tycoon.rules.border import check_new, take_in
from gamefold.games.tycoon.rules.progress import hear_royalty, on_prize, on_trade_report
from gamefold.games.tycoon.rules.purse import move
from gamefold.games.tycoon.rules.region.branches import hear_branch, hear_home
from gamefold.games.tycoon.state.border import (
    BranchOpened,
    BranchReport,
    BranchTerms,
    FundsWanted,
    Money,
    Prize,
    Royalty,
    SitePerks,
    TradeReport,
)
from gamefold.games.tycoon.state.region import Region


def receive(region: Region, intent: Receive, ctx: Context) -> Iterator[Event]:
    """Take a crossing in. What is for a company nobody knows here waits, if it is money.

    Refused ALREADY_RECEIVED, and TOO_EARLY where it left in a tick that this region has not had.
    """
    check_new(region.border, intent)
    if intent.tick > region.tick:
        raise Rejected(TOO_EARLY, f"This left in tick {intent.tick}, and here it is {region.tick}.")

    take_in(region.border, intent)
    for cargo in intent.cargo:
        row = region.row_of(cargo.company)
        home = None if row is None else region.companies[row].home
        match cargo:
            case Money() if row is None:
                yield _let_wait(region, cargo)
            case Royalty():
                assert row is not None, "a holder is at home in the region its patent names"
                yield from hear_royalty(region, row, cargo, ctx)
            case Money():
                assert row is not None
                region.ledger["received_usd"][row] += cargo.usd_micro
                region.ledger["received_sat"][row] += cargo.sat
                yield move(region, row, "received", cargo.usd_micro, cargo.sat)
            case TradeReport() if row is not None:
                yield from on_trade_report(region, row, cargo, ctx)
            case Prize() if row is not None:
                yield from on_prize(region, row, cargo, ctx)
            case BranchOpened() | BranchReport() | FundsWanted() if row is not None and not home:
                yield from hear_branch(region, row, intent.sender, cargo, ctx)
            case SitePerks() | BranchTerms() if row is not None and home == intent.sender:
                yield from hear_home(region, row, cargo)
            case _:
                pass  # ballots and the like go the other way


def _let_wait(region: Region, money: Money) -> Event:
    usd_micro, sat = region.unclaimed.get(money.company, (0, 0))
    region.unclaimed[money.company] = (usd_micro + money.usd_micro, sat + money.sat)
    region.flows.count("unclaimed", money.usd_micro, money.sat)
    return FundsUnclaimed(money.company, money.usd_micro, money.sat)
