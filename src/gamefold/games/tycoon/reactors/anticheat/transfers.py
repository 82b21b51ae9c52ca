"""Value handed over by mispriced trades: one sells to the other below the mark, or buys above it, again and again.

Rule: the sum of (price - mark) * lots of a pair, in one direction, is beyond 20 times the median of all pairs of the
same family of instruments, and beyond a least value. Where there are few pairs, only the least value counts.
"""

from dataclasses import dataclass

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.findings import VALUE_TRANSFER, Finding, score_of
from gamefold.games.tycoon.reactors.anticheat.pairs import Pairs
from gamefold.games.tycoon.reactors.anticheat.records import FAMILIES, Companies, Whole
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds
from gamefold.games.tycoon.state.units import LOT_TICK_MICRO, MICRO

UNITS_IN_USD = MICRO // LOT_TICK_MICRO  # a USD, in lots times price ticks
_SCORE_LEAST = 400


@dataclass(frozen=True, slots=True)
class Transfers:
    """One row for each pair of players (as `Pairs` has them): what `giver` lost to `taker` against the mark."""

    giver: Whole
    taker: Whole
    value: Whole  # lots times price ticks, 0 or more
    limit: Whole  # from here on it is beyond what is usual
    share_bp: Whole  # of all lots that the giver traded in this family
    trades: Whole
    lots: Whole
    from_tick: Whole
    upto_tick: Whole


def transfers_of(pairs: Pairs, thresholds: Thresholds) -> Transfers:
    """Tell what was handed over, by pair."""
    upward, value = pairs.to_high >= 0, np.abs(pairs.to_high)
    return Transfers(
        giver=np.where(upward, pairs.low, pairs.high),
        taker=np.where(upward, pairs.high, pairs.low),
        value=value,
        limit=_limits(value, pairs.family, thresholds),
        share_bp=np.where(upward, pairs.low_share_bp, pairs.high_share_bp),
        trades=pairs.trades,
        lots=pairs.lots,
        from_tick=pairs.from_tick,
        upto_tick=pairs.upto_tick,
    )


def transfers(found: Transfers, companies: Companies) -> list[Finding]:
    """Find pairs that hand over value. The subject is who gets it."""
    return [
        Finding(
            VALUE_TRANSFER,
            companies.ids[int(found.taker[pair])],
            score_of(_SCORE_LEAST, int(found.value[pair]), int(found.limit[pair])),
            {
                "from": companies.ids[int(found.giver[pair])],
                "usd": int(found.value[pair]) // UNITS_IN_USD,
                "limit_usd": int(found.limit[pair]) // UNITS_IN_USD,
                "trades": int(found.trades[pair]),
                "lots": int(found.lots[pair]),
                "from_tick": int(found.from_tick[pair]),
                "upto_tick": int(found.upto_tick[pair]),
            },
        )
        for pair in np.flatnonzero(found.value > found.limit).tolist()
    ]


def _limits(value: Whole, family: Whole, thresholds: Thresholds) -> Whole:
    limits = np.full(len(value), thresholds.transfer_usd_least * UNITS_IN_USD, dtype=np.int64)
    for number in range(FAMILIES):
        of = np.flatnonzero(family == number)
        if len(of) >= thresholds.transfer_pairs_least:
            median = int(np.sort(value[of], kind="stable")[len(of) // 2])
            limits[of] = np.maximum(limits[of], median * thresholds.transfer_deviations)
    return limits
