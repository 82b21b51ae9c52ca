"""What rigs would sell for: what `RemoveRigs` pays, and what they add to their company's net worth."""

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.prices import rig_price_bp
from gamefold.games.tycoon.state.region import MODELS, NOBODY, OK, Q30, Region
from gamefold.games.tycoon.state.units import BP, MICRO
from gamefold.games.tycoon.state.wear import wear_of


def resale_micro(region: Region, rows: Array, balance: Values) -> NDArray[np.int64]:
    """Give what is left of the price of each rig, in micro-USD, rounded down; half of it where it does not run.

    A shortage pays nobody more.
    """
    usd = np.array([balance["rig_price_usd"][name] for name in MODELS], np.int64)
    share_bp = balance["rig_resale_bp"] * min(BP, rig_price_bp(region.news)) // BP
    new = usd.take(region.rigs["model"].take(rows)) * MICRO * share_bp // BP
    left_q20 = (Q30 - wear_of(region, rows)).clip(0) >> 10
    worth = new * left_q20 >> 20
    runs = region.rigs["status"].take(rows) == OK
    value: NDArray[np.int64] = np.where(runs, worth, worth // 2)
    return value


def resale_of_companies(region: Region, balance: Values) -> NDArray[np.int64]:
    """Give what all rigs of each company here would sell for, in micro-USD, by its row."""
    worth = resale_micro(region, np.arange(len(region.rigs["site"])), balance)
    owners = region.sites["company"].take(region.rigs["site"])
    sums = np.zeros(len(region.companies), np.int64)
    owned = owners != NOBODY
    np.add.at(sums, owners[owned], worth[owned])
    return sums
