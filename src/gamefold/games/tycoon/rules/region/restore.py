"""Live operations give a company back what it had in this region at an earlier tick."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import msgspec
import numpy as np

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import CompanyRestored, RigsAdded, SiteCreated
from gamefold.games.tycoon.intents.region import DOCUMENT_INVALID, RestoreCompany
from gamefold.games.tycoon.rules.chance import key_of
from gamefold.games.tycoon.rules.plant.sums import look_at, rows_of, sites_of
from gamefold.games.tycoon.rules.plant.wear import start
from gamefold.games.tycoon.rules.progress import check_progress, restore_progress
from gamefold.games.tycoon.rules.purse import company_row, move
from gamefold.games.tycoon.rules.region.contracts import put_in_force
from gamefold.games.tycoon.rules.region.rigs import take_away
from gamefold.games.tycoon.rules.region.sites import MARGIN_LEAST_BP, MARGIN_MOST_BP, add_site
from gamefold.games.tycoon.state.company_document import CompanyDocument, RigDocument, SiteDocument, read_document
from gamefold.games.tycoon.state.prices import TIERS, slots_of
from gamefold.games.tycoon.state.region import (
    CONTRACTS,
    COOLINGS,
    FAILED,
    FIRMWARES,
    MODELS,
    NOBODY,
    NOT_CURTAILED,
    PAYOUTS,
    REPAIRING,
    SPOT,
    STATUSES,
    WEAR_MOST,
    Region,
    Site,
    site_id,
)

AMOUNT_MOST: Final = 1 << 53  # micro-USD or satoshi
TICKS_MOST: Final = 1 << 40


def restore_company(region: Region, intent: RestoreCompany, ctx: Context) -> Iterator[Event]:
    """Replace what a company or its branch has here. `Flows` count the difference in money; rigs get new numbers."""
    row = company_row(region, intent.company)
    document = _checked(region, intent, ctx)

    ledger = region.ledger
    usd_micro = _due(document.usd_micro, intent.usd_out, int(ledger["sent_usd"][row] - ledger["received_usd"][row]))
    sat = _due(document.sat, intent.sat_out, int(ledger["sent_sat"][row] - ledger["received_sat"][row]))
    usd_change, sat_change = usd_micro - int(ledger["usd"][row]), sat - int(ledger["sat"][row])
    _clear(region, row, ctx)
    ledger["payout"][row] = PAYOUTS.index(document.payout)
    ledger["shares"][row] = 0
    yield move(region, row, "restored", usd_change, sat_change)
    yield CompanyRestored(
        intent.company,
        intent.reason,
        document.tick,
        usd_micro,
        sat,
        len(document.sites),
        sum(len(site.rigs) for site in document.sites),
    )
    for one in document.sites:
        site = _put_up(region, row, one, ctx)
        slots = slots_of(ctx.balance, one.grid_tier)
        yield SiteCreated(intent.company, site.id, one.name, one.grid_tier, one.cooling, slots, 0)
        yield from _put_rigs(region, row, site, one.rigs, ctx)
    region.companies[row].sites.sort(key=lambda site: site.row)
    if not region.companies[row].home:  # a branch has no progress of its own
        yield from restore_progress(region, row, document.progress, ctx)


def _due(wanted: int, out_then: int | None, out_now: int) -> int:
    """Give what a company should have here, if so much has gone since, or come (below 0). Nobody gets less than 0."""
    return wanted if out_then is None else max(0, wanted - (out_now - out_then))


def _checked(region: Region, intent: RestoreCompany, ctx: Context) -> CompanyDocument:
    try:
        document = read_document(intent.document)
    except (msgspec.DecodeError, ValueError) as error:
        raise Rejected(DOCUMENT_INVALID, f"This is no company's document: {error}") from error
    if (document.company, document.region, document.season) != (intent.company, region.region, region.season):
        raise Rejected(DOCUMENT_INVALID, "This document is of another company, region or season.")
    rows = [site.row for site in document.sites]
    fits = (
        0 <= document.usd_micro <= AMOUNT_MOST
        and 0 <= document.sat <= AMOUNT_MOST
        and document.payout in PAYOUTS
        and len(set(rows)) == len(rows) <= ctx.balance["company_sites_max"]
        and all(_site_fits(site, ctx) for site in document.sites)
    )
    if not fits:
        raise Rejected(DOCUMENT_INVALID, "This company cannot be restored.")
    check_progress(document.progress)
    return document


def _site_fits(site: SiteDocument, ctx: Context) -> bool:
    contract = site.contract
    return (
        site.row >= 0
        and site.grid_tier in TIERS
        and site.cooling in COOLINGS
        and (site.curtail_bp is None or MARGIN_LEAST_BP <= site.curtail_bp <= MARGIN_MOST_BP)
        and (
            contract is None
            or (
                contract.kind in CONTRACTS[1:]
                and 0 < contract.price <= ctx.balance["energy_price_cap_micro"] * 10
                and 0 < contract.capacity_kw <= ctx.balance["energy_contract_kw_max"]
                and 0 <= contract.starts <= contract.ends <= TICKS_MOST
            )
        )
        and len(site.rigs) <= slots_of(ctx.balance, site.grid_tier)
        and all(_rig_fits(rig) for rig in site.rigs)
    )


def _rig_fits(rig: RigDocument) -> bool:
    return (
        rig.model in MODELS
        and rig.status in STATUSES
        and rig.firmware in FIRMWARES
        and 1_000 <= rig.quality_bp <= 12_000
        and 0 <= rig.wear <= WEAR_MOST
        and 0 <= rig.repair_ticks <= TICKS_MOST
    )


def _clear(region: Region, row: int, ctx: Context) -> None:
    """Close all sites of a company. Their rows stay, so that they can be opened again."""
    company, sites = region.companies[row], sites_of(region, row)
    take_away(region, row, rows_of(region, sites)[0])
    look_at(region, sites, ctx.balance)
    for name, value in (("company", NOBODY), ("contract", SPOT), ("outage", 0), ("curtailed", 0)):
        region.sites[name][sites] = value
    company.sites = []
    region.touched(row)


def _put_up(region: Region, row: int, document: SiteDocument, ctx: Context) -> Site:
    """Open a site again in its own row if that is free, or in a new one."""
    sites = region.sites
    at = document.row
    if at < len(sites) and int(sites["company"][at]) == NOBODY:
        site = Site(at, site_id(region.region, at), document.name, region.tick)
        region.companies[row].sites.append(site)
        sites["company"][at] = row
        sites["tier"][at] = document.grid_tier
        sites["cooling"][at] = COOLINGS.index(document.cooling)
    else:
        site = add_site(region, row, document.name, document.grid_tier, document.cooling, ctx.balance)
    sites = region.sites
    sites["curtail_bp"][site.row] = NOT_CURTAILED if document.curtail_bp is None else document.curtail_bp
    if document.contract is not None and document.contract.ends > region.tick:
        put_in_force(region, site, document.contract)
    return site


def _put_rigs(region: Region, row: int, site: Site, rigs: tuple[RigDocument, ...], ctx: Context) -> Iterator[Event]:
    """Put rigs on an empty site as they were. When they fail is drawn anew, from the wear they have."""
    first = region.rigs_made + 1
    region.rigs_made += len(rigs)
    where = region.rigs.insert(
        region.rigs_of(site.row).stop,
        len(rigs),
        rid=np.arange(first, first + len(rigs), dtype=np.int64),
        site=site.row,
        model=_numbers(MODELS, [rig.model for rig in rigs]),
        firmware=_numbers(FIRMWARES, [rig.firmware for rig in rigs]),
        quality_bp=np.array([rig.quality_bp for rig in rigs], np.int64),
    )
    rows = np.arange(where.start, where.stop, dtype=np.int64)
    wear = np.array([rig.wear for rig in rigs], np.int64)
    start(region, rows, wear, key_of(ctx.rng("rigs restored", site.row)), ctx.balance)
    status = _numbers(STATUSES, [rig.status for rig in rigs])
    region.rigs["status"][rows] = status
    for number, rig in enumerate(rigs):
        if status[number] == REPAIRING:
            region.repairs.append(tick=region.tick + max(1, rig.repair_ticks), rid=first + number, site=site.row)
    region.ledger["rigs"][row] += len(rigs)
    region.ledger["failed"][row] += int(np.count_nonzero(status == FAILED))
    look_at(region, np.array([site.row], np.int64), ctx.balance)
    yield from _told(region, row, site, rows)


def _told(region: Region, row: int, site: Site, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Iterator[Event]:
    rigs = region.rigs
    for model, group in groupby(rows.tolist(), key=lambda at: int(rigs["model"][at])):
        ats = list(group)
        yield RigsAdded(
            region.companies[row].id,
            site.id,
            MODELS[model],
            int(rigs["rid"][ats[0]]),
            len(ats),
            tuple(rigs["hash"][ats].tolist()),
            tuple(rigs["power"][ats].tolist()),
            0,
        )


def _numbers(names: tuple[str, ...], values: list[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([names.index(value) for value in values], np.int64)
