"""The wear that rigs have now: a function of how they were started and how much their site has worked since."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.region import OK, WEAR_MOST, Region

RATE_BITS: Final = 24  # `Rigs.rate` is wear for 2**24 of load


def wear_of(region: Region, rows: Array) -> NDArray[np.int64]:
    """Give the wear (Q30 of a life) of rigs, by their rows."""
    rigs = region.rigs
    wear = rigs["wear"].take(rows).astype(np.int64)
    worked = region.sites["load"].take(rigs["site"].take(rows)) - rigs["load0"].take(rows)
    gained = np.minimum(worked * rigs["rate"].take(rows) >> RATE_BITS, WEAR_MOST)
    return np.where(rigs["status"].take(rows) == OK, np.minimum(wear + gained, WEAR_MOST), wear)
