"""Starting rigs, and letting them go on at another rate: what decides their wear until somebody looks."""

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.balance import Values
from gamefold.games.tycoon.rules import chance
from gamefold.games.tycoon.rules.plant.lives import failures_of
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.region import FIRMWARES, OK, Q30, WEAR_MOST, Region
from gamefold.games.tycoon.state.units import BP, DAY_S, Q12
from gamefold.games.tycoon.state.wear import RATE_BITS, wear_of


def start(region: Region, rows: Array, wear: Array, key: int, balance: Values) -> None:
    """Let rigs run from now on with this wear. When they fail is drawn here, by `key` and their numbers."""
    rigs = region.rigs
    rigs["status"][rows] = OK
    rigs["fails"][rows] = failures_of(wear, chance.draw_u64(key, rigs["rid"].take(rows)))
    _set_going(region, rows, wear, balance)


def go_on(region: Region, rows: Array, balance: Values) -> None:
    """Let rigs wear at another rate from now on. Their failure is drawn by wear, so it stays what it was."""
    rows = rows[region.rigs["status"].take(rows) == OK]
    _set_going(region, rows, wear_of(region, rows), balance)


def _set_going(region: Region, rows: Array, wear: Array, balance: Values) -> None:
    rigs, sites = region.rigs, region.sites
    site = rigs["site"].take(rows)
    rigs["wear"][rows] = wear
    rigs["load0"][rows] = sites["load"].take(site)
    perk = region.ledger["perk_wear_bp"].take(sites["company"].take(site))
    rigs["rate"][rows] = rates_of(rigs["firmware"].take(rows), perk, balance)


def rates_of(firmware: Array, perk_wear_bp: Array, balance: Values) -> NDArray[np.int64]:
    """Give the wear (Q30) for 2**24 of load (Q12 seconds), rounded down, at least 1."""
    by_name = balance["firmware_wear_bp"]
    aging_bp = np.array([by_name[name] for name in FIRMWARES], np.int64).take(firmware) * perk_wear_bp // BP
    new = (Q30 << RATE_BITS) // (balance["rig_life_days"] * DAY_S * Q12)
    rates: NDArray[np.int64] = np.clip(new * aging_bp // BP, 1, WEAR_MOST)
    return rates
