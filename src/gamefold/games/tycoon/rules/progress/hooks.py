"""What the region's other rules tell progress: companies, sites, rigs, trades, bills.

What happens in a branch is noted there, and counts at home once it is reported.
"""

from collections.abc import Iterator

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.rules.branches import noted
from gamefold.games.tycoon.rules.plant.sums import sites_of
from gamefold.games.tycoon.rules.progress.quests import complete, count_mined_away, count_trades
from gamefold.games.tycoon.rules.progress.reputation import (
    BILL_UNPAID,
    LIQUIDATED,
    PROFITABLE_TRADES,
    RIGS_ADDED,
    SITE_BUILT,
    deed,
    move_score,
)
from gamefold.games.tycoon.state.border import BranchReport, Prize, TradeReport
from gamefold.games.tycoon.state.progress import NEVER, REPUTATION_MIDDLE, REPUTATIONS
from gamefold.games.tycoon.state.quest_list import FIRST_PROFIT, FIRST_RIG, FIRST_SITE, FIRST_TRADE, HASHRATE_100
from gamefold.games.tycoon.state.region import Region


def on_company_opened(region: Region, row: int) -> None:
    """Give a new company its standing; a branch's never counts. It is the last row of the ledger and the companies."""
    assert row == len(region.standings), row
    company = region.companies[row]
    scores = dict.fromkeys(REPUTATIONS, REPUTATION_MIDDLE)
    region.standings.append(research_due=NEVER, voter=int(not company.guest and not company.home), **scores)


def on_company_upgraded(region: Region, row: int) -> None:
    """Give the company of a guest who has an account now a vote, from the next proposal on."""
    region.standings["voter"][row] = 1


def on_site_created(region: Region, row: int, ctx: Context) -> Iterator[Event]:
    """Notice a new site."""
    if noted(region, row, "sites_built"):
        return
    yield from complete(region, row, FIRST_SITE)
    yield from deed(region, row, SITE_BUILT, ctx)


def on_rigs_added(region: Region, row: int, hashrate_ghs: int, ctx: Context) -> Iterator[Event]:
    """Notice new rigs. `hashrate_ghs` is of all the rigs the company has here that work."""
    if noted(region, row, "rigs_added"):
        return
    yield from complete(region, row, FIRST_RIG)
    progress = region.companies[row].progress
    hashrate_ghs += int(region.ledger["away"][row])
    if hashrate_ghs > progress.best_ghs:
        progress.best_ghs = hashrate_ghs
        region.touched(row)
        if hashrate_ghs >= ctx.balance["quest_hashrate_ghs"]:
            yield from complete(region, row, HASHRATE_100)
    yield from deed(region, row, RIGS_ADDED, ctx)


def on_branch_report(region: Region, row: int, report: BranchReport, ctx: Context) -> Iterator[Event]:
    """Notice what happened in a branch as if it had happened at home. Its hashrate is in `Ledger.away` already."""
    for _ in range(report.sites_built):
        yield from on_site_created(region, row, ctx)
    for _ in range(report.rigs_added):
        yield from on_rigs_added(region, row, int(region.sites["hash"][sites_of(region, row)].sum()), ctx)
    for _ in range(report.bills_unpaid):
        yield from on_bill_unpaid(region, row, ctx)
    yield from count_mined_away(region, row, report.mined_sat, ctx)


def on_bill_unpaid(region: Region, row: int, ctx: Context) -> Iterator[Event]:
    """Notice that the sites of a company were cut: once, not at every tick it stays so."""
    if noted(region, row, "bills_unpaid"):
        return
    yield from deed(region, row, BILL_UNPAID, ctx)


def on_trade_report(region: Region, row: int, report: TradeReport, ctx: Context) -> Iterator[Event]:
    """Notice what a company traded in a tick of the market."""
    if report.trades > 0:
        yield from complete(region, row, FIRST_TRADE)
        yield from count_trades(region, row, report.trades, ctx)
    if report.profitable_trades > 0:
        yield from complete(region, row, FIRST_PROFIT)
        yield from deed(region, row, PROFITABLE_TRADES, ctx)
    if report.liquidations > 0:
        yield from deed(region, row, LIQUIDATED, ctx)


def on_prize(region: Region, row: int, prize: Prize, ctx: Context) -> Iterator[Event]:
    """Move a score because of something the market world knows of."""
    if prize.reputation in REPUTATIONS:
        yield from move_score(region, row, prize.reputation, prize.points, "PRIZE", ctx)
