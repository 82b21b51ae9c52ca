"""Sharing a total out in proportion, in 64 bits and without losing any of it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.games.tycoon.state.columns import Array

_FITS: Final = 62  # bits of a product


def rate_of(total: int, over: int, largest: int) -> tuple[int, int]:
    """Give (rate, shift) so that `weight * rate >> shift` is `total * weight / over`, rounded down, within 64 bits.

    As many bits of fraction as fit for the largest weight, 40 at most.
    """
    assert total >= 0, total
    assert over > 0, over
    shift = 40
    while shift and ((total << shift) // over) * max(1, largest) >> _FITS:
        shift -= 1
    return (total << shift) // over, shift


def share_out(total: int, weights: Array) -> tuple[NDArray[np.int64], int]:
    """Share `total` out by weights (0 or more); give the shares, rounded down, and what is left of the total."""
    over = int(weights.sum())
    if over == 0:
        return np.zeros(len(weights), np.int64), total
    rate, shift = rate_of(total, over, int(weights.max()))
    shares = weights * np.int64(rate) >> np.int64(shift)
    return shares, total - int(shares.sum())
