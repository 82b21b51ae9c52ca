"""Brings the rows of a region up to date from its whole state, at snapshots of the world.

Wear, uptime and mined BTC change at every tick, and no event tells them. Only rows that differ are written. A region
with more than `RIGS_MOST` rigs keeps the wear its rigs were last told with: a commit would wait for too long.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Table, and_, bindparam, delete, select, update

from gamefold.games.tycoon.state.progress import REPUTATIONS
from gamefold.games.tycoon.state.region import (
    COOLINGS,
    FIRMWARES,
    MODELS,
    Q30,
    STATUSES,
    Company,
    Region,
)
from gamefold.games.tycoon.state.units import BP
from gamefold.games.tycoon.state.wear import wear_of
from gamefold.games.tycoon.tables.region_rows import efficiency_mj
from gamefold.games.tycoon.tables.schema import branches, companies, energy_contracts, rigs, sites
from gamefold.storage.columns import moment

RIGS_MOST: Final = 100_000
_IDS_AT_ONCE: Final = 500

Rows = dict[Any, dict[str, Any]]


def write_region(connection: Connection, world: str, region: Region, time_ms: int) -> None:
    """Write what a region is. Rows of things that are new begin at `time_ms`."""
    at = moment(time_ms)
    everybody = list(region.companies)
    _change(connection, companies, world, _companies(region, everybody))
    _change(connection, branches, world, _branches(region, everybody))
    _sync(connection, sites, world, _sites(region, everybody), {"created_at": at})
    _sync(connection, energy_contracts, world, _contracts(everybody), {}, keep_gone=True)
    if len(region.rigs) <= RIGS_MOST:
        _sync(connection, rigs, world, _rigs(region, everybody), {})


def _companies(region: Region, everybody: Sequence[Company]) -> Rows:
    usd, sat = region.ledger["usd"].tolist(), region.ledger["sat"].tolist()
    scores = {name: region.standings[name].tolist() for name in REPUTATIONS}
    return {
        company.id: {
            "usd_micro": usd[row],
            "sat": sat[row],
            "reputation": sum(scores[name][row] for name in REPUTATIONS) // len(REPUTATIONS),
            **{f"reputation_{name}": scores[name][row] for name in REPUTATIONS},
        }
        for row, company in enumerate(everybody)
        if not company.home
    }


def _branches(region: Region, everybody: Sequence[Company]) -> Rows:
    usd, sat = region.ledger["usd"].tolist(), region.ledger["sat"].tolist()
    return {
        company.id: {"usd_micro": usd[row], "sat": sat[row]} for row, company in enumerate(everybody) if company.home
    }


def _sites(region: Region, everybody: Sequence[Company]) -> Rows:
    up, ticks = region.sites["up_ticks"].tolist(), region.sites["ticks"].tolist()
    tier, cooling = region.sites["tier"].tolist(), region.sites["cooling"].tolist()
    return {
        site.id: {
            "company_id": company.id,
            "region": region.region,
            "name": site.name,
            "grid_tier": tier[site.row],
            "cooling_type": COOLINGS[cooling[site.row]],
            "uptime": up[site.row] * BP // ticks[site.row] if ticks[site.row] else BP,
        }
        for company in everybody
        for site in company.sites
    }


def _contracts(everybody: Sequence[Company]) -> Rows:
    return {
        site.contract.id: {
            "site_id": site.id,
            "type": site.contract.kind,
            "provider": site.contract.provider,
            "price_per_kwh": site.contract.price,
            "capacity": site.contract.capacity_kw,
            "start": site.contract.starts,
            "end": site.contract.ends,
        }
        for company in everybody
        for site in company.sites
        if site.contract is not None
    }


def _rigs(region: Region, everybody: Sequence[Company]) -> Rows:
    table = region.rigs
    site_names = {site.row: site.id for company in everybody for site in company.sites}
    wear = wear_of(region, np.arange(len(table))) * BP // Q30
    columns = [table[name].tolist() for name in ("rid", "site", "model", "hash", "power", "firmware", "status")]
    return {
        rid: {
            "site_id": site_names[site],
            "type": MODELS[model],
            "hashrate": hash_ghs,
            "efficiency": efficiency_mj(power_w, hash_ghs),
            "wear": bp,
            "firmware": FIRMWARES[firmware],
            "status": STATUSES[status],
        }
        for rid, site, model, hash_ghs, power_w, firmware, status, bp in zip(*columns, wear.tolist(), strict=True)
        if site in site_names
    }


def _sync(
    connection: Connection,
    table: Table,
    world: str,
    rows: Rows,
    of_new: Mapping[str, Any],
    *,
    keep_gone: bool = False,
) -> None:
    """Make a world's rows of a table `rows`: add what is missing, change what differs, delete what is gone."""
    known = _change(connection, table, world, rows)
    added = [{"world": world, "id": key, **row, **of_new} for key, row in rows.items() if key not in known]
    if added:
        connection.execute(table.insert(), added)
    gone = [] if keep_gone else sorted(known - rows.keys())
    for first in range(0, len(gone), _IDS_AT_ONCE):
        some = gone[first : first + _IDS_AT_ONCE]
        connection.execute(delete(table).where(table.c.world == world, table.c.id.in_(some)))


def _change(connection: Connection, table: Table, world: str, rows: Rows) -> set[Any]:
    """Change the stored rows that differ; give the ids that are stored."""
    if not rows:
        return set(connection.execute(select(table.c.id).where(table.c.world == world)).scalars())
    names = list(next(iter(rows.values())))
    query = select(table.c.id, *(table.c[name] for name in names)).where(table.c.world == world)
    stored = {row[0]: tuple(row[1:]) for row in connection.execute(query)}
    differing: Iterable[tuple[Any, dict[str, Any]]] = (
        (key, row) for key, row in rows.items() if key in stored and stored[key] != tuple(row.values())
    )
    changes = [{"key": key, **{f"new_{name}": value for name, value in row.items()}} for key, row in differing]
    if changes:
        own = and_(table.c.world == world, table.c.id == bindparam("key"))
        connection.execute(update(table).where(own).values({name: bindparam(f"new_{name}") for name in names}), changes)
    return set(stored)
