"""Wash trading: two companies that trade with each other again and again and end where they began, or a ring of them.

Rule (tycoon-simulation.md section 5): the trades of a pair are more than 15 % of what *either* of the two trades, there
are at least 20 of them, and their net is about 0. In a ring nobody's net with a neighbour is 0, but everybody's net
within the ring is. So close pairs that do not cancel out are the edges of a graph; whoever has a net left over the
edges, or only one neighbour, is taken out until nobody is; what is connected then, from three on, is a ring.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.findings import WASH_PAIR, WASH_RING, Finding, peers, score_of
from gamefold.games.tycoon.reactors.anticheat.groups import by, islands, totals
from gamefold.games.tycoon.reactors.anticheat.pairs import Pairs
from gamefold.games.tycoon.reactors.anticheat.records import Companies, Flags, Whole
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds

RING_LEAST = 3
_SCORE_LEAST = 500


def wash(pairs: Pairs, companies: Companies, thresholds: Thresholds) -> list[Finding]:
    """Find wash trading. Everybody who takes part is a subject."""
    share = thresholds.wash_share_bp
    close = (
        (pairs.trades >= thresholds.wash_trades_least) & (pairs.low_share_bp > share) & (pairs.high_share_bp > share)
    )
    cancels = close & (pairs.residual * 10_000 <= thresholds.wash_net_bp * pairs.lots)
    findings = [
        finding for pair in np.flatnonzero(cancels) for finding in _both(int(pair), pairs, companies, thresholds)
    ]
    for ring in _rings(pairs, close & ~cancels, len(companies), thresholds.wash_net_bp):
        findings.extend(_all_of(ring, companies, thresholds))
    return findings


def _both(pair: int, pairs: Pairs, companies: Companies, thresholds: Thresholds) -> Iterator[Finding]:
    two = (int(pairs.low[pair]), int(pairs.high[pair]))
    share = min(int(pairs.low_share_bp[pair]), int(pairs.high_share_bp[pair]))
    score = _score(int(pairs.trades[pair]), share, thresholds)
    for company, other in (two, two[::-1]):
        yield Finding(
            WASH_PAIR,
            companies.ids[company],
            score,
            {
                "with": companies.ids[other],
                "trades": int(pairs.trades[pair]),
                "lots": int(pairs.lots[pair]),
                "net_lots": int(pairs.residual[pair]),
                "share_bp": share,
                "from_tick": int(pairs.from_tick[pair]),
                "upto_tick": int(pairs.upto_tick[pair]),
            },
        )


@dataclass(frozen=True, slots=True)
class _Ring:
    members: list[int]
    trades: int
    lots: int
    share_bp: int  # the least of all members' shares of all edges
    from_tick: int
    upto_tick: int


def _all_of(ring: _Ring, companies: Companies, thresholds: Thresholds) -> Iterator[Finding]:
    score = _score(ring.trades // len(ring.members), ring.share_bp, thresholds)
    for company in ring.members:
        yield Finding(
            WASH_RING,
            companies.ids[company],
            score,
            {
                "with": peers(companies.ids, (member for member in ring.members if member != company)),
                "members": len(ring.members),
                "trades": ring.trades,
                "lots": ring.lots,
                "share_bp": ring.share_bp,
                "from_tick": ring.from_tick,
                "upto_tick": ring.upto_tick,
            },
        )


def _rings(pairs: Pairs, close: Flags, size: int, net_bp: int) -> Iterator[_Ring]:
    edges = close.copy()
    low, high = pairs.family * size + pairs.low, pairs.family * size + pairs.high
    while edges.any():
        kept = np.flatnonzero(edges)
        balanced = _balanced(pairs, kept, low, high, net_bp)
        staying = np.isin(low[kept], balanced) & np.isin(high[kept], balanced)
        if staying.all():
            break
        edges[kept[~staying]] = False
    kept = np.flatnonzero(edges)
    for members in islands(zip(low[kept].tolist(), high[kept].tolist(), strict=True)):
        if len(members) >= RING_LEAST:
            yield _ring(pairs, kept[np.isin(low[kept], members)], [member % size for member in members])


def _balanced(pairs: Pairs, kept: Whole, low: Whole, high: Whole, net_bp: int) -> Whole:
    """Give those with two neighbours or more who end where they began, within these edges."""
    nodes = by(np.concatenate((low[kept], high[kept])))
    gross = nodes.sums(np.tile(pairs.lots[kept], 2))
    legs = np.flatnonzero(np.isin(pairs.legs.pair, kept))
    of, net = pairs.legs.pair[legs], pairs.legs.net[legs]
    members = np.searchsorted(nodes.keys, np.concatenate((low[of], high[of])))
    instruments = int(pairs.legs.instrument.max(initial=0)) + 1
    ends = by(members * instruments + np.tile(pairs.legs.instrument[legs], 2))
    left = totals(ends.keys // instruments, np.abs(ends.sums(np.concatenate((net, -net)))), len(nodes))
    return nodes.keys[(nodes.counts() > 1) & (left * 10_000 <= net_bp * gross)]


def _ring(pairs: Pairs, edges: Iterable[int], members: list[int]) -> _Ring:
    rows = np.fromiter(edges, dtype=np.int64)
    return _Ring(
        members=members,
        trades=int(pairs.trades[rows].sum()),
        lots=int(pairs.lots[rows].sum()),
        share_bp=int(np.minimum(pairs.low_share_bp[rows], pairs.high_share_bp[rows]).min()),
        from_tick=int(pairs.from_tick[rows].min()),
        upto_tick=int(pairs.upto_tick[rows].max()),
    )


def _score(trades: int, share_bp: int, thresholds: Thresholds) -> int:
    often = score_of(_SCORE_LEAST, trades, thresholds.wash_trades_least)
    return score_of(often, share_bp, thresholds.wash_share_bp)
