"""Churn: somebody trades more than nearly everybody else, and ends where they began.

Rule: the net is less than 1 % of what was traded, and what was traded is in the top 1 %. A day trader looks the same,
so this says little by itself: it is there to be seen beside other findings.
"""

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.findings import CHURN, Finding, score_of
from gamefold.games.tycoon.reactors.anticheat.groups import by
from gamefold.games.tycoon.reactors.anticheat.pairs import volume_of
from gamefold.games.tycoon.reactors.anticheat.records import Companies, Trades
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds

_SCORE_LEAST = 150


def churn(trades: Trades, companies: Companies, thresholds: Thresholds) -> list[Finding]:
    """Find those who trade much for nothing, in each family of instruments."""
    instruments = int(trades.instrument.max(initial=0)) + 1
    findings: list[Finding] = []
    for family, volumes in enumerate(volume_of(trades, companies)):
        players = np.flatnonzero((volumes > 0) & ~companies.makers)
        if not len(players):
            continue
        top = max(1, len(players) * thresholds.churn_top_bp // 10_000)
        least = int(np.sort(volumes[players], kind="stable")[-top])
        busy = (volumes >= least) & ~companies.makers
        bought, sold = (
            np.flatnonzero(busy[side] & (trades.family == family)) for side in (trades.buyer, trades.seller)
        )
        rows = np.concatenate((bought, sold))
        company = np.concatenate((trades.buyer[bought], trades.seller[sold]))
        # Of each instrument by itself: long in one option and short in another is no net of 0.
        legs = by(company * instruments + trades.instrument[rows])
        traders = by(legs.keys // instruments)
        net = traders.sums(np.abs(legs.sums(np.concatenate((trades.lots[bought], -trades.lots[sold])))))
        gross, counts = volumes[traders.keys], traders.sums(legs.counts())
        from_tick = traders.least(legs.least(trades.tick[rows]))
        upto_tick = traders.most(legs.most(trades.tick[rows]))
        found = (counts >= thresholds.churn_trades_least) & (net * 10_000 < thresholds.churn_net_bp * gross)
        findings.extend(
            Finding(
                CHURN,
                companies.ids[int(traders.keys[place])],
                score_of(_SCORE_LEAST, int(counts[place]), thresholds.churn_trades_least),
                {
                    "trades": int(counts[place]),
                    "lots": int(gross[place]),
                    "net_lots": int(net[place]),
                    "from_tick": int(from_tick[place]),
                    "upto_tick": int(upto_tick[place]),
                },
            )
            for place in np.flatnonzero(found).tolist()
        )
    return findings
