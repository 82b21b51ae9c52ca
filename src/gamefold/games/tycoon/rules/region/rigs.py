"""Buying, selling, mending and tuning rigs."""

from collections.abc import Iterator

import numpy as np

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import FirmwareSet, RigsAdded, RigsRemoved
from gamefold.games.tycoon.intents.region import (
    COUNT_INVALID,
    FIRMWARE_INVALID,
    MAINTENANCE_NEEDLESS,
    MODEL_INVALID,
    RIG_REPAIRING,
    SITE_FULL,
    AddRigs,
    MaintainRigs,
    RemoveRigs,
    SetFirmware,
)
from gamefold.games.tycoon.rules import chance
from gamefold.games.tycoon.rules.plant.maintenance import do_work, work_on
from gamefold.games.tycoon.rules.plant.sums import look_at, sites_of
from gamefold.games.tycoon.rules.plant.wear import go_on, start
from gamefold.games.tycoon.rules.progress import on_rigs_added
from gamefold.games.tycoon.rules.purse import check_funds, company_row, move
from gamefold.games.tycoon.rules.region.branches import foresee_bill
from gamefold.games.tycoon.rules.region.sites import found_rigs, found_site
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.prices import rig_price_micro, slots_of
from gamefold.games.tycoon.state.region import FAILED, FIRMWARES, MODELS, REPAIRING, Region, Site
from gamefold.games.tycoon.state.resale import resale_micro
from gamefold.games.tycoon.state.units import BP


def add_rigs(region: Region, intent: AddRigs, ctx: Context) -> Iterator[Event]:
    """Buy rigs: they are charged for and running, or neither."""
    row = company_row(region, intent.company)
    site = found_site(region, row, intent.site)
    if intent.model not in MODELS:
        raise Rejected(MODEL_INVALID, f"A model is one of {', '.join(MODELS)}.")
    if intent.count <= 0:
        raise Rejected(COUNT_INVALID, "Buy at least one rig.")
    slots = slots_of(ctx.balance, int(region.sites["tier"][site.row]))
    if int(region.sites["rigs"][site.row]) + intent.count > slots:
        raise Rejected(SITE_FULL, f"The site holds {slots} rigs.")
    cost = intent.count * rig_price_micro(ctx.balance, intent.model, region.news)
    check_funds(region, row, cost)

    yield move(region, row, "rigs", usd_micro=-cost)
    first = region.rigs_made + 1
    rows = place_rigs(region, site, MODELS.index(intent.model), intent.count, ctx)
    region.ledger["rigs"][row] += intent.count
    yield RigsAdded(
        intent.company,
        site.id,
        intent.model,
        first,
        intent.count,
        tuple(region.rigs["hash"][rows].tolist()),
        tuple(region.rigs["power"][rows].tolist()),
        cost,
    )
    yield from on_rigs_added(region, row, int(region.sites["hash"][sites_of(region, row)].sum()), ctx)
    yield from foresee_bill(region, row, ctx)


def place_rigs(region: Region, site: Site, model: int, count: int, ctx: Context) -> slice:
    """Put new rigs on a site. How good their chips are, and when they fail, is drawn by their numbers."""
    first = region.rigs_made + 1
    region.rigs_made += count
    rids = np.arange(first, first + count, dtype=np.int64)
    spread = ctx.balance["rig_quality_spread_bp"]
    luck = chance.below(chance.draw_u32(chance.key_of(ctx.rng("rig quality")), rids), 2 * spread + 1)
    at = region.rigs_of(site.row).stop
    where = region.rigs.insert(at, count, rid=rids, site=site.row, model=model, quality_bp=luck - spread + BP)
    rows = np.arange(where.start, where.stop, dtype=np.int64)
    start(region, rows, np.zeros(count, np.int64), chance.key_of(ctx.rng("rigs started")), ctx.balance)
    look_at(region, np.array([site.row], np.int64), ctx.balance)
    return where


def remove_rigs(region: Region, intent: RemoveRigs, ctx: Context) -> Iterator[Event]:
    """Sell rigs: wear takes of their price, and those that do not run sell for half."""
    row = company_row(region, intent.company)
    site = found_site(region, row, intent.site)
    rows = found_rigs(region, site, intent.rigs)

    value = int(resale_micro(region, rows, ctx.balance).sum())
    rids = tuple(region.rigs["rid"].take(rows).tolist())
    take_away(region, row, rows)
    look_at(region, np.array([site.row], np.int64), ctx.balance)
    if value:
        yield move(region, row, "sold", usd_micro=value)
    yield RigsRemoved(intent.company, site.id, rids, value)


def take_away(region: Region, row: int, rows: Array) -> None:
    """Delete rigs of one company (by their rows), and their repairs. Who asks looks at their sites again."""
    rigs, repairs = region.rigs, region.repairs
    repairs.keep(~np.isin(repairs["rid"], rigs["rid"].take(rows)))
    region.ledger["rigs"][row] -= len(rows)
    region.ledger["failed"][row] -= int(np.count_nonzero(rigs["status"].take(rows) == FAILED))
    kept = np.ones(len(rigs), np.bool_)
    kept[rows] = False
    rigs.keep(kept)


def maintain_rigs(region: Region, intent: MaintainRigs, ctx: Context) -> Iterator[Event]:
    """Pay for what rigs need, and begin it."""
    row = company_row(region, intent.company)
    site = found_site(region, row, intent.site)
    rows = found_rigs(region, site, intent.rigs)
    if (region.rigs["status"].take(rows) == REPAIRING).any():
        raise Rejected(RIG_REPAIRING, "A rig among them is being repaired already.")
    work = work_on(region, row, rows, ctx.balance)
    if not len(work.renew) + len(work.repair):
        raise Rejected(MAINTENANCE_NEEDLESS, "These rigs are as good as new.")
    check_funds(region, row, work.cost_micro)

    yield from do_work(region, row, site, work, ctx)


def set_firmware(region: Region, intent: SetFirmware, ctx: Context) -> Iterator[Event]:
    """Change how hard rigs work, from now on."""
    row = company_row(region, intent.company)
    site = found_site(region, row, intent.site)
    if intent.firmware not in FIRMWARES:
        raise Rejected(FIRMWARE_INVALID, f"Firmware is one of {', '.join(FIRMWARES)}.")
    rows = found_rigs(region, site, intent.rigs)

    region.rigs["firmware"][rows] = FIRMWARES.index(intent.firmware)
    go_on(region, rows, ctx.balance)
    look_at(region, np.array([site.row], np.int64), ctx.balance)
    yield FirmwareSet(intent.company, site.id, tuple(region.rigs["rid"].take(rows).tolist()), intent.firmware)
