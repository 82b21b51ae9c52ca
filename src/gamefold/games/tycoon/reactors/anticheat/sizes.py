"""Sizes: whether the quantities somebody trades look as if they came about, or were made up.

First digits of what comes about follow Benford's law; made-up ones do not, and neither do round ones (a person who
always trades 0.1 BTC). So this is never a finding by itself: it stands in the evidence of others.
Source: Cong, Li, Tang, Yang, "Crypto Wash Trading" (first digits, rounding).
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.groups import by
from gamefold.games.tycoon.reactors.anticheat.records import Trades, Whole
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds

# log10(1 + 1/d) for the digits 1 to 9, in millionths.
BENFORD: Final = (301_030, 176_091, 124_939, 96_910, 79_181, 66_947, 57_992, 51_153, 45_757)


def sizes_of(trades: Trades, companies: Iterable[int], thresholds: Thresholds) -> dict[int, dict[str, int]]:
    """Measure the sizes of what some companies traded, by company; without those that have too few trades.

    `distance_bp`: how far first digits are from Benford's law (half the sum of the differences of shares): 0 is exactly
    it. `commonest_bp`: the share of the size traded most often.
    """
    wanted = np.zeros(1 + max(trades.buyer.max(initial=0), trades.seller.max(initial=0)), np.bool_)
    wanted[[company for company in companies if company < len(wanted)]] = True
    bought = np.flatnonzero(wanted[trades.buyer])
    # Who trades with itself has traded once.
    sold = np.flatnonzero(wanted[trades.seller] & (trades.seller != trades.buyer))
    lots = np.concatenate((trades.lots[bought], trades.lots[sold]))
    groups = by(np.concatenate((trades.buyer[bought], trades.seller[sold])))
    return {
        company: _measured(lots[groups.rows(place)])
        for place, (company, count) in enumerate(zip(groups.keys.tolist(), groups.counts().tolist(), strict=True))
        if count >= thresholds.sizes_least
    }


def _measured(lots: Whole) -> dict[str, int]:
    return {
        "trades": len(lots),
        "distance_bp": benford_distance_bp(lots),
        "commonest_bp": int(by(lots).counts().max()) * 10_000 // len(lots),
    }


def benford_distance_bp(lots: Whole) -> int:
    """Measure how far the first digits of quantities (above 0) are from Benford's law."""
    digits = lots.copy()
    while (digits > 9).any():
        digits = np.where(digits > 9, digits // 10, digits)
    seen = np.bincount(digits, minlength=10)[1:10].tolist()
    parts = (abs(count * 1_000_000 - share * len(lots)) for count, share in zip(seen, BENFORD, strict=True))
    # Half the sum, and from millionths to basis points.
    return int(sum(parts) // (2 * 100 * len(lots)))
