"""Looking at sites again: what their rigs compute and draw at the wear they have, and which fails first."""

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.region import COOLINGS, FIRMWARES, MODELS, NEVER, OK, Region
from gamefold.games.tycoon.state.units import BP
from gamefold.games.tycoon.state.wear import RATE_BITS, wear_of


def rows_of(region: Region, sites: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows of all rigs on some sites (each named once), and how many each site has."""
    column = region.rigs["site"]
    wanted = sites.astype(np.int32)
    first = column.searchsorted(wanted, "left")
    counts = column.searchsorted(wanted, "right") - first
    before = np.cumsum(counts) - counts
    return np.repeat(first - before, counts) + np.arange(int(counts.sum()), dtype=np.int64), counts


def look_at(region: Region, sites: Array, balance: Values) -> None:
    """Work out hashrate, power, cooling and the next failure of some sites (each named once)."""
    rows, counts = rows_of(region, sites)
    _look_at_rigs(region, rows, balance)
    rigs, table = region.rigs, region.sites
    works = rigs["status"].take(rows) == OK
    for name in ("hash", "power"):
        table[name][sites] = _sums(np.where(works, rigs[name].take(rows), 0), counts)
    table["rigs"][sites] = counts

    least = np.full(len(sites), NEVER, np.int64)
    np.minimum.at(least, np.repeat(np.arange(len(sites)), counts)[works], _fails_at(region, rows[works]))
    table["next_failure"][sites] = least

    needs = np.array([balance["cooling_overhead_bp"][name] for name in COOLINGS], np.int64)
    perk = region.ledger["perk_cooling_bp"].take(table["company"].take(sites))
    table["overhead_bp"][sites] = needs.take(table["cooling"].take(sites)) * perk // BP


def sites_of(region: Region, row: int) -> NDArray[np.int64]:
    """Give the rows of a company's sites."""
    return np.array([site.row for site in region.companies[row].sites], np.int64)


def _look_at_rigs(region: Region, rows: Array, balance: Values) -> None:
    """A new rig gives `model * quality * firmware * research`; wear takes a share. Each product is rounded down."""
    rigs = region.rigs
    company = region.sites["company"].take(rigs["site"].take(rows))
    model, firmware = rigs["model"].take(rows), rigs["firmware"].take(rows)
    lost_bp = (wear_of(region, rows) * balance["rig_wear_penalty_bp"] >> 30).clip(0, BP)

    ghs = _by_name(balance["rig_hash_ghs"], MODELS).take(model) * rigs["quality_bp"].take(rows) // BP
    ghs = ghs * _by_name(balance["firmware_hash_bp"], FIRMWARES).take(firmware) // BP
    ghs = ghs * region.ledger["perk_hash_bp"].take(company) // BP
    rigs["hash"][rows] = ghs * (BP - lost_bp) // BP
    watts = _by_name(balance["rig_power_w"], MODELS).take(model)
    watts = watts * _by_name(balance["firmware_power_bp"], FIRMWARES).take(firmware) // BP
    rigs["power"][rows] = watts * region.ledger["perk_power_bp"].take(company) // BP


def _fails_at(region: Region, rows: Array) -> NDArray[np.int64]:
    """Give the first load of the site at which a rig's wear reaches what it fails at."""
    rigs = region.rigs
    left = (rigs["fails"].take(rows).astype(np.int64) - rigs["wear"].take(rows)) << RATE_BITS
    fails_at: NDArray[np.int64] = rigs["load0"].take(rows) - (-left // rigs["rate"].take(rows).astype(np.int64))
    return fails_at


def _sums(values: Array, counts: Array) -> NDArray[np.int64]:
    ends = np.cumsum(counts)
    running = np.concatenate((np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)))
    return running.take(ends) - running.take(ends - counts)


def _by_name(values: dict[str, int], names: tuple[str, ...]) -> NDArray[np.int64]:
    return np.array([values[name] for name in names], np.int64)


__all__ = ["look_at", "rows_of", "sites_of"]
