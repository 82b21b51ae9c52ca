"""Spoofing and layering: orders shown on one side to move others, and taken back once one's own order is filled.

Rule (tycoon-simulation.md section 5), for each company, instrument and minute: what was withdrawn within 6 ticks and
had stood within 5 price ticks of the touch, on one side, is more than 10 times what the company traded on the other. It
did trade there (else nothing was gained by it), and it withdrew much less on that other side (else it makes a market,
as honest people do). From 5 such minutes on a company is reported.
"""

from dataclasses import dataclass

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.findings import SPOOFING, Finding, score_of
from gamefold.games.tycoon.reactors.anticheat.groups import by, totals
from gamefold.games.tycoon.reactors.anticheat.records import MINUTE_TICKS, Companies, Flags, Orders, Trades, Whole
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds

_SCORE_LEAST = 500


def spoofing(orders: Orders, trades: Trades, companies: Companies, thresholds: Thresholds) -> list[Finding]:
    """Find spoofers."""
    seen = _minutes(orders, trades, companies, thresholds)
    one = _spoofed(seen.withdrawn_buy, seen.withdrawn_sell, seen.sold, thresholds)
    other = _spoofed(seen.withdrawn_sell, seen.withdrawn_buy, seen.bought, thresholds)
    episodes = np.flatnonzero(one | other)
    spoofers = by(seen.company[episodes])
    withdrawn = spoofers.sums(np.maximum(seen.withdrawn_buy, seen.withdrawn_sell)[episodes])
    traded = spoofers.sums(np.where(one, seen.sold, seen.bought)[episodes])
    first, last = spoofers.least(seen.minute[episodes]), spoofers.most(seen.minute[episodes])
    return [
        Finding(
            SPOOFING,
            companies.ids[int(spoofers.keys[place])],
            score_of(_SCORE_LEAST, int(spoofers.counts()[place]), thresholds.spoof_episodes_least),
            {
                "minutes": int(spoofers.counts()[place]),
                "withdrawn_lots": int(withdrawn[place]),
                "traded_lots": int(traded[place]),
                "from_tick": int(first[place]) * MINUTE_TICKS,
                "upto_tick": int(last[place] + 1) * MINUTE_TICKS - 1,
            },
        )
        for place in range(len(spoofers))
        if spoofers.counts()[place] >= thresholds.spoof_episodes_least
        and not companies.makers[int(spoofers.keys[place])]
    ]


@dataclass(frozen=True, slots=True)
class _Minutes:
    """One row for each company, instrument and minute in which it withdrew something fast. All but the key is lots."""

    company: Whole
    minute: Whole
    withdrawn_buy: Whole
    withdrawn_sell: Whole
    bought: Whole
    sold: Whole


def _minutes(orders: Orders, trades: Trades, companies: Companies, thresholds: Thresholds) -> _Minutes:
    fast = orders.withdrawn & (orders.closed - orders.opened <= thresholds.spoof_ticks)
    rows = np.flatnonzero(fast & (orders.away <= thresholds.spoof_touch))
    size = len(companies)
    instruments = int(max(orders.instrument.max(initial=0), trades.instrument.max(initial=0))) + 1

    def keys(tick: Whole, instrument: Whole, company: Whole) -> Whole:
        return (tick // MINUTE_TICKS * instruments + instrument) * size + company

    groups = by(keys(orders.closed[rows], orders.instrument[rows], orders.company[rows]))
    left = orders.lots[rows] - orders.filled[rows]

    def traded(company: Whole) -> Whole:
        """Give what was traded under the same keys."""
        wanted = keys(trades.tick, trades.instrument, company)
        places = np.minimum(np.searchsorted(groups.keys, wanted), len(groups) - 1)
        there = groups.keys[places] == wanted if len(groups) else np.zeros(len(wanted), dtype=np.bool_)
        return totals(places[there], trades.lots[there], len(groups))

    return _Minutes(
        company=groups.keys % size if size else groups.keys,
        minute=groups.keys // (size * instruments) if size else groups.keys,
        withdrawn_buy=groups.sums(np.where(orders.buy[rows], left, 0)),
        withdrawn_sell=groups.sums(np.where(orders.buy[rows], 0, left)),
        bought=traded(trades.buyer),
        sold=traded(trades.seller),
    )


def _spoofed(withdrawn: Whole, other_side: Whole, traded: Whole, thresholds: Thresholds) -> Flags:
    gained = (traded > 0) & (withdrawn > thresholds.spoof_ratio * traded)
    spoofed: Flags = gained & (withdrawn >= thresholds.spoof_one_sided * other_side)
    return spoofed
