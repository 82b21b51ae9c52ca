"""Rigs that break down, and rigs whose repair is finished."""

from collections.abc import Iterator

import numpy as np

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import RigsFailed, RigsRepaired
from gamefold.games.tycoon.rules.chance import key_of
from gamefold.games.tycoon.rules.plant.sums import look_at, rows_of
from gamefold.games.tycoon.rules.plant.wear import start
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.region import FAILED, OK, Region, site_id
from gamefold.games.tycoon.state.wear import wear_of


def fail_due(region: Region, ctx: Context) -> Iterator[Event]:
    """Let every rig fail whose wear has reached what it fails at."""
    sites = np.flatnonzero(region.sites["load"] >= region.sites["next_failure"])
    if not len(sites):
        return
    rows, _ = rows_of(region, sites)
    rigs = region.rigs
    wear = wear_of(region, rows)
    broken = (rigs["status"].take(rows) == OK) & (wear >= rigs["fails"].take(rows))
    rows = rows[broken]
    rigs["status"][rows] = FAILED
    rigs["wear"][rows] = wear[broken]
    of_company = region.sites["company"].take(rigs["site"].take(rows))
    np.add.at(region.ledger["failed"], of_company, np.ones(len(rows), np.int32))
    look_at(region, sites, ctx.balance)
    for company, site, rids in by_site(region, rows):
        yield RigsFailed(company, site, rids, region.tick)


def finish_repairs(region: Region, ctx: Context) -> Iterator[Event]:
    """Start the rigs whose repair is finished. They keep their wear: a repair mends, it does not renew."""
    repairs = region.repairs
    due = repairs["tick"] <= region.tick
    if not due.any():
        return
    sites = np.unique(repairs["site"][due])
    rows, _ = rows_of(region, sites)
    rows = rows[np.isin(region.rigs["rid"].take(rows), repairs["rid"][due])]
    repairs.keep(~due)
    start(region, rows, region.rigs["wear"].take(rows), key_of(ctx.rng("rigs repaired")), ctx.balance)
    look_at(region, sites, ctx.balance)
    for company, site, rids in by_site(region, rows):
        yield RigsRepaired(company, site, rids, region.tick)


def by_site(region: Region, rows: Array) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Group rigs (their rows in ascending order): company, site and the rigs' numbers."""
    site = region.rigs["site"].take(rows)
    rids = region.rigs["rid"].take(rows)
    starts = np.flatnonzero(np.diff(site, prepend=-1)).tolist()
    for first, last in zip(starts, [*starts[1:], len(rows)], strict=True):
        row = int(site[first])
        company = region.companies[int(region.sites["company"][row])]
        yield company.id, site_id(region.region, row), tuple(rids[first:last].tolist())
