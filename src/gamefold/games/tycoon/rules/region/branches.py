"""Branches: founding them, what they settle with home at every tick, and what home makes of it.

A branch keeps what it needs to pay for energy and repairs for a while; everything else it has goes home. It asks home
for money before it runs out. Deeds count at home, where it reports them.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import BranchChanged, BranchFounded, BranchJoined
from gamefold.games.tycoon.intents.region import REGION_UNKNOWN, OpenBranch, SendToRegion
from gamefold.games.tycoon.rules.branches import perks_at, send_to, terms_at
from gamefold.games.tycoon.rules.plant.maintenance import repairs_micro
from gamefold.games.tycoon.rules.progress import on_branch_report
from gamefold.games.tycoon.rules.purse import check_amounts, check_funds, company_row, move
from gamefold.games.tycoon.rules.region.companies import check_new_company, checked_name, claim, enter_company
from gamefold.games.tycoon.rules.region.energy import expected_bill
from gamefold.games.tycoon.state.border import (
    AnyCargo,
    BranchOpened,
    BranchReport,
    BranchTerms,
    FundsWanted,
    Money,
    SitePerks,
)
from gamefold.games.tycoon.state.region import PERKS, Company, Region
from gamefold.games.tycoon.state.units import REGIONS

_BILL_MOST: Final = 1 << 50  # micro-USD; times the ticks of a float it fits 64 bits


def open_branch(region: Region, intent: OpenBranch, _ctx: Context) -> Iterator[Event]:
    """Enter a branch, with whatever came for it before it was known, and tell its home."""
    check_new_company(region, intent.company, intent.owner)
    name = checked_name(intent.name)
    _check_other(region, intent.home)

    row = enter_company(
        region, Company(intent.company, intent.owner, name, intent.guest, region.tick, home=intent.home)
    )
    region.branches.append(company=row)
    yield BranchFounded(intent.company, intent.owner, name, intent.guest, intent.home, region.region, region.tick)
    if intent.company in region.unclaimed:
        yield claim(region, row)
    yield send_to(region, intent.home, [BranchOpened(intent.company, region.region)])


def send_to_region(region: Region, intent: SendToRegion, _ctx: Context) -> Iterator[Event]:
    """Let funds leave for another region."""
    row = company_row(region, intent.company)
    _check_other(region, intent.to)
    check_amounts(intent.usd_micro, intent.sat)
    check_funds(region, row, intent.usd_micro, intent.sat)

    yield from _send_money(region, row, intent.to, intent.usd_micro, intent.sat)


def settle_branches(region: Region, mined_sat: NDArray[np.int64], ctx: Context) -> Iterator[Event]:
    """Let every branch send home what it can spare, ask for what it needs, and report what happened.

    One crossing for each home, however many branches. `mined_sat` is what each company mined in this tick, by row.
    """
    branches, ledger = region.branches, region.ledger
    if not len(branches):
        return
    rows = branches["company"]
    least, keep = _needs(region, ctx)
    spare_usd, spare_sat = (ledger["usd"].take(rows) - keep).clip(0), ledger["sat"].take(rows)
    wanted = np.where(branches["ask_from"] <= region.tick, _wanted(region, least, keep), 0)
    hashes, mined = ledger["hash"].take(rows), mined_sat.take(rows)
    deeds = branches["sites_built"] + branches["rigs_added"] + branches["bills_unpaid"]
    told = (mined > 0) | (deeds > 0) | (hashes != branches["hash"])

    for name, change in (("usd", -spare_usd), ("sent_usd", spare_usd), ("sat", -spare_sat), ("sent_sat", spare_sat)):
        ledger[name][rows] += change
    region.flows.count("sent", -int(spare_usd.sum()), -int(spare_sat.sum()))
    branches["ask_from"][wanted > 0] = region.tick + ctx.balance["branch_ask_ticks"]

    for_home: dict[str, list[AnyCargo]] = {}
    for at in np.flatnonzero(told | (spare_usd + spare_sat + wanted > 0)).tolist():
        company = region.companies[int(rows[at])]
        cargo = for_home.setdefault(company.home, [])
        if spare_usd[at] or spare_sat[at]:
            cargo.append(Money(company.id, int(spare_usd[at]), int(spare_sat[at])))
        if wanted[at]:
            cargo.append(FundsWanted(company.id, int(wanted[at])))
        if told[at]:
            counts = [int(branches[name][at]) for name in ("sites_built", "rigs_added", "bills_unpaid")]
            cargo.append(BranchReport(company.id, int(hashes[at]), int(mined[at]), *counts))
    branches["hash"][:] = hashes
    for name in ("sites_built", "rigs_added", "bills_unpaid"):
        branches[name][:] = 0
    for home, cargo in sorted(for_home.items()):
        yield send_to(region, home, cargo)


def foresee_bill(region: Region, row: int, ctx: Context) -> Iterator[Event]:
    """Let a branch that has new rigs ask home at once for what they will cost. Of a company at home: nothing."""
    at = region.branch_at(row)
    if at is None:
        return
    region.branches["bill"][at] = expected_bill(region, row, ctx)
    wanted = int(_wanted(region, *_needs(region, ctx))[at])
    if wanted:
        region.branches["ask_from"][at] = region.tick + ctx.balance["branch_ask_ticks"]
        company = region.companies[row]
        yield send_to(region, company.home, [FundsWanted(company.id, wanted)])


def hear_branch(
    region: Region, row: int, sender: str, cargo: BranchOpened | BranchReport | FundsWanted, ctx: Context
) -> Iterator[Event]:
    """Take what a branch in the region `sender` tells its home. The first that is heard of it makes it known."""
    company = region.companies[row]
    if sender not in company.branches:
        company.branches = sorted([*company.branches, sender])
        region.touched(row)
        yield BranchJoined(company.id, sender)
        yield send_to(region, sender, [perks_at(region, row), terms_at(region, row)])
    match cargo:
        case BranchReport():
            yield from _hear_report(region, row, sender, cargo, ctx)
        case FundsWanted():
            usd_micro = min(cargo.usd_micro, int(region.ledger["usd"][row]))
            if usd_micro > 0:
                yield from _send_money(region, row, sender, usd_micro)


def hear_home(region: Region, row: int, cargo: SitePerks | BranchTerms) -> Iterator[Event]:
    """Take what the home of a branch tells it."""
    match cargo:
        case SitePerks():
            for perk in PERKS:
                region.ledger[f"perk_{perk}_bp"][row] = getattr(cargo, f"{perk}_bp")
            region.standings["perks_changed"][row] = 1
        case BranchTerms():
            company = region.companies[row]
            region.standings["auto_repair"][row] = cargo.auto_repair
            if (company.name, company.guest) != (cargo.name, cargo.guest):
                company.name, company.guest = cargo.name, cargo.guest
                region.touched(row)
                yield BranchChanged(company.id, cargo.name, cargo.guest)


def _check_other(region: Region, other: str) -> None:
    if other not in REGIONS or other == region.region:
        raise Rejected(REGION_UNKNOWN, "There is no other region of that name.")


def _send_money(region: Region, row: int, to: str, usd_micro: int = 0, sat: int = 0) -> Iterator[Event]:
    region.ledger["sent_usd"][row] += usd_micro
    region.ledger["sent_sat"][row] += sat
    yield move(region, row, "sent", -usd_micro, -sat)
    yield send_to(region, to, [Money(region.companies[row].id, usd_micro, sat)])


def _needs(region: Region, ctx: Context) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the least that each branch must have, and what it keeps: some energy bills, and what repairs will cost.

    The least is enough for a branch that was cut to come back. Without rigs nothing is needed.
    """
    branches, balance = region.branches, ctx.balance
    rows = branches["company"]
    ticks = max(balance["branch_float_ticks"], 2 * balance["energy_reserve_ticks"])
    keep = np.minimum(branches["bill"], _BILL_MOST) * np.int64(ticks)
    keep[region.ledger["rigs"].take(rows) == 0] = 0
    least = keep // 2
    repairing = (region.standings["auto_repair"].take(rows) != 0) & (region.ledger["failed"].take(rows) > 0)
    for at in np.flatnonzero(repairing).tolist():
        cost_micro = repairs_micro(region, int(rows[at]), balance)
        keep[at] += cost_micro
        least[at] += cost_micro
    return least, keep


def _wanted(region: Region, least: NDArray[np.int64], keep: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give what each branch must ask for: nothing while it has the least it needs, else all it would keep."""
    usd = region.ledger["usd"].take(region.branches["company"])
    return np.where(usd < least, keep - usd, np.int64(0))


def _hear_report(region: Region, row: int, sender: str, report: BranchReport, ctx: Context) -> Iterator[Event]:
    company = region.companies[row]
    if company.branch_ghs.get(sender, 0) != report.hash_ghs:
        company.branch_ghs = {**company.branch_ghs, sender: report.hash_ghs}
        if not report.hash_ghs:
            del company.branch_ghs[sender]
        region.ledger["away"][row] = sum(company.branch_ghs.values())
        region.touched(row)
    yield from on_branch_report(region, row, report, ctx)
