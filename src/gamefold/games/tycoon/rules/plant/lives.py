"""How long rigs live: Weibull's distribution with a shape of 2.5, by wear instead of time.

A rig with wear w (in lives) has used up a hazard of `w ** 2.5`. The hazard it still has is `-log(u)` of a uniform u, so
it fails at the wear whose hazard is the sum: what has been survived is survived. (Shape 2.5 and a scale of 5 years give
1.8, 9.6, 24, 44 and 63 % of failures after 1 to 5 years: tycoon-simulation.md section 4.3.)
"""

from math import isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.games.tycoon.rules import fixed
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.region import WEAR_MOST

_STEP_BITS: Final = 20  # of wear in Q30, between two points of the table
_POINTS: Final = 2_048  # up to two lives
# Hazard in Q32 at n / 1024 lives, rounded down: sqrt(n ** 5) * 2**32 / 1024 ** 2.5.
_HAZARD: Final = np.array([isqrt(n**5 << 14) for n in range(_POINTS + 1)], np.int64)


def hazard_of(wear: Array) -> NDArray[np.int64]:
    """Give the hazard (Q32) that rigs of this wear (Q30, below two lives) have used up."""
    at = wear.astype(np.int64) >> _STEP_BITS
    into = wear & ((1 << _STEP_BITS) - 1)
    below = _HAZARD.take(at)
    hazard: NDArray[np.int64] = below + ((_HAZARD.take(at + 1) - below) * into >> _STEP_BITS)
    return hazard


def failures_of(wear: Array, drawn: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Give the wear (Q30) at which rigs of this wear fail, by 64 drawn bits each. Later than now, before two lives."""
    uniform = ((drawn >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    ahead = np.rint(-fixed.log(uniform) * 2.0**32).astype(np.int64)
    hazard = np.minimum(hazard_of(wear) + ahead, _HAZARD[-1] - 1)
    at = _HAZARD.searchsorted(hazard, "right") - 1
    below = _HAZARD.take(at)
    wide = _HAZARD.take(at + 1) - below
    found = (at << _STEP_BITS) + ((hazard - below) << _STEP_BITS) // wide
    fails: NDArray[np.int64] = np.minimum(np.maximum(found, wear.astype(np.int64) + 1), WEAR_MOST)
    return fails
