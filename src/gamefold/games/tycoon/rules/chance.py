"""Chance for whole arrays: every draw is a function of a key and of whom it is for, never of how many drew before.

A key is 64 bits of a stream of the world (`key_of(ctx.rng("rig-failures"))`), the rest is integer arithmetic that is
the same on every machine and numpy (tycoon-simulation.md section 2.3). These draws decide luck, they hide nothing: who
knows a key knows them all, so a key never leaves the world.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.rng import Rng
from gamefold.games.tycoon.balance import NORMAL_TABLE
from gamefold.games.tycoon.rules import fixed

Ints = NDArray[np.integer]

NORMAL_BITS: Final = 28  # of a draw, that decide a normal one
MEAN_MOST_Q32: Final = 500 << 32  # the largest mean `poisson` knows

_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1
_SLICES: Final = 65_536
_UNIT: Final = float(1 << 53)


def key_of(rng: Rng) -> int:
    """Take a key for arrays out of a stream: 64 bits."""
    return rng.below(1 << 64)


def draw_u32(key: int, ids: Ints) -> NDArray[np.uint32]:
    """Draw 32 uniform bits for each id (only its low 32 bits count).

    Two keyed rounds of lowbias32 (Wellons): a bijection, so no two ids draw the same under one key.
    """
    drawn = ids.astype(np.uint32)  # a copy, which may be changed
    shifted = np.empty_like(drawn)  # one for all rounds: new memory costs more than the shift
    for half in (key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF):
        drawn ^= np.uint32(half)
        drawn ^= np.right_shift(drawn, np.uint32(16), out=shifted)
        drawn *= np.uint32(0x7FEB352D)
        drawn ^= np.right_shift(drawn, np.uint32(15), out=shifted)
        drawn *= np.uint32(0x846CA68B)
        drawn ^= np.right_shift(drawn, np.uint32(16), out=shifted)
    return drawn


def draw_u64(key: int, ids: Ints) -> NDArray[np.uint64]:
    """Draw 64 uniform bits for each id: SplitMix64 (Steele, Lea, Flood), asked at `key + (id + 1) * golden`."""
    drawn = ids.astype(np.uint64)
    drawn += np.uint64(1)
    drawn *= np.uint64(_GOLDEN)
    drawn += np.uint64(key & _MASK)
    drawn ^= drawn >> np.uint64(30)
    drawn *= np.uint64(0xBF58476D1CE4E5B9)
    drawn ^= drawn >> np.uint64(27)
    drawn *= np.uint64(0x94D049BB133111EB)
    drawn ^= drawn >> np.uint64(31)
    return drawn


def draw_one(key: int, entity: int) -> int:
    """Give what `draw_u64` gives one id."""
    drawn = (key + (entity + 1) * _GOLDEN) & _MASK
    drawn = (drawn ^ drawn >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    drawn = (drawn ^ drawn >> 27) * 0x94D049BB133111EB & _MASK
    return drawn ^ drawn >> 31


def below(drawn: NDArray[np.uint32], limit: int) -> NDArray[np.int64]:
    """Turn draws into uniform integers 0 <= n < limit (1 .. 2**31): Lemire's multiply and shift.

    No draw is thrown away, so a number can be likelier than another by `limit / 2**32` of its chance at most.
    """
    assert 0 < limit <= 1 << 31, limit
    return (drawn.astype(np.uint64) * np.uint64(limit) >> np.uint64(32)).astype(np.int64)


def normals(drawn: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Turn draws into standard normal numbers in Q16, within 5.9 standard deviations."""
    bits = drawn >> np.uint32(32 - NORMAL_BITS)
    found = _TABLE.take(bits >> np.uint32(12))
    low = np.flatnonzero(bits < 1 << 12)
    found[low] = _TAIL.take(bits[low])
    high = np.flatnonzero(bits >= (_SLICES - 1) << 12)
    found[high] = -_TAIL.take(((1 << NORMAL_BITS) - 1) - bits[high].astype(np.int64))
    return found


def normal(bits: int) -> int:
    """Give what `normals` gives a draw whose upper 28 bits these are."""
    part = bits >> 12
    if 0 < part < _SLICES - 1:
        return _NORMALS[part]
    return _TAILS[bits] if part == 0 else -_TAILS[(1 << NORMAL_BITS) - 1 - bits]


def poisson(drawn: NDArray[np.uint64], mean_q32: Ints) -> NDArray[np.int64]:
    """Turn draws into how often something happens that is expected `mean_q32 / 2**32` times (0 or more).

    A mean above 500 counts as 500: it takes a hashrate that grew a hundredfold since the last tick, and stops no world.
    By inversion: the count is how many cumulated chances, as integers in Q53, lie at or below the draw.
    """
    wanted = np.minimum(mean_q32.astype(np.int64), MEAN_MOST_Q32)
    assert wanted.size == 0 or int(wanted.min()) >= 0
    mean = wanted / np.float64(1 << 32)
    level = (drawn >> np.uint64(11)).astype(np.int64)
    chance = fixed.exp(-mean)
    reached = np.rint(chance * _UNIT).astype(np.int64)
    counts = np.zeros(wanted.shape, np.int64)
    count = 0
    while (more := level >= reached).any() and count < 1_000:
        counts += more
        count += 1
        chance = chance * mean / np.float64(count)
        reached = reached + np.rint(chance * _UNIT).astype(np.int64)
    return counts


_TABLE: Final = np.frombuffer(NORMAL_TABLE, "<i4", _SLICES).astype(np.int64)
_TAIL: Final = np.frombuffer(NORMAL_TABLE, "<i4", offset=4 * _SLICES).astype(np.int64)
_NORMALS: Final[list[int]] = _TABLE.tolist()
_TAILS: Final[list[int]] = _TAIL.tolist()
