"""Making worn rigs as good as new, and repairing failed ones: asked by players and by standing orders."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import RigsMaintained
from gamefold.games.tycoon.rules.chance import key_of
from gamefold.games.tycoon.rules.plant.sums import look_at
from gamefold.games.tycoon.rules.plant.wear import start
from gamefold.games.tycoon.rules.purse import move
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.region import FAILED, MODELS, OK, REPAIRING, Region, Site
from gamefold.games.tycoon.state.units import BP, MICRO, ticks_of
from gamefold.games.tycoon.state.wear import wear_of


@dataclass(frozen=True, slots=True)
class Work:
    """What maintenance of some rigs would do. Rows are of the rigs."""

    renew: Array
    repair: Array
    cost_micro: int


def work_on(region: Region, row: int, rigs: Array, balance: Values) -> Work:
    """Say what there is to do for rigs (by their rows) of one company, and what it costs. Changes nothing."""
    status = region.rigs["status"].take(rigs)
    wear = wear_of(region, rigs)
    renew, repair = rigs[(status == OK) & (wear > 0)], rigs[status == FAILED]
    cost = _renewals(region, renew, balance) + _repairs(region, repair, balance)
    return Work(renew, repair, -(-cost * int(region.ledger["perk_repair_bp"][row]) // BP))


def do_work(region: Region, row: int, site: Site, work: Work, ctx: Context) -> Iterator[Event]:
    """Pay for the work on one site and do it. The caller has asked whether the company can pay."""
    yield move(region, row, "maintenance", usd_micro=-work.cost_micro)
    renewed, repairing = (tuple(region.rigs["rid"].take(rows).tolist()) for rows in (work.renew, work.repair))
    start(region, work.renew, np.zeros(len(work.renew), np.int64), key_of(ctx.rng("rigs renewed")), ctx.balance)

    ready = region.tick + ticks_of(ctx.balance["rig_repair_hours"] * 3_600, ctx.balance["time_compression"])
    region.rigs["status"][work.repair] = REPAIRING
    region.repairs.append(len(repairing), tick=ready, rid=region.rigs["rid"].take(work.repair), site=site.row)
    region.ledger["failed"][row] -= len(repairing)
    look_at(region, np.array([site.row], np.int64), ctx.balance)
    yield RigsMaintained(region.companies[row].id, site.id, renewed, repairing, ready, work.cost_micro)


def repair_failed(region: Region, row: int, ctx: Context) -> Iterator[Event]:
    """Begin to repair a company's failed rigs, site by site, as long as its USD last: a standing order."""
    for site, work in _failed_work(region, row, ctx.balance):
        if work.cost_micro > int(region.ledger["usd"][row]):
            return
        yield from do_work(region, row, site, work, ctx)


def repairs_micro(region: Region, row: int, balance: Values) -> int:
    """Give what it costs to repair all of a company's failed rigs."""
    return sum(work.cost_micro for _, work in _failed_work(region, row, balance))


def _failed_work(region: Region, row: int, balance: Values) -> Iterator[tuple[Site, Work]]:
    for site in region.companies[row].sites:
        rows = region.rows_on(site.row)
        failed = rows[region.rigs["status"].take(rows) == FAILED]
        if len(failed):
            yield site, work_on(region, row, failed, balance)


def _renewals(region: Region, rows: Array, balance: Values) -> int:
    """For one life of wear a share of the price, for less in proportion. Rounded up for each rig."""
    share = _prices(region, rows, balance) * balance["rig_maintenance_bp"] // BP
    lives_q20 = (wear_of(region, rows) + 1_023) >> 10
    return int((-((-share * lives_q20) >> 20)).sum())


def _repairs(region: Region, rows: Array, balance: Values) -> int:
    return int((_prices(region, rows, balance) * balance["rig_repair_bp"] // BP).sum())


def _prices(region: Region, rows: Array, balance: Values) -> NDArray[np.int64]:
    by_name = balance["rig_price_usd"]
    usd = np.array([by_name[name] for name in MODELS], np.int64)
    return usd.take(region.rigs["model"].take(rows)) * MICRO


__all__ = ["Work", "do_work", "repair_failed", "repairs_micro", "work_on"]
