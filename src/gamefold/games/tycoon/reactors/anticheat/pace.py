"""Pace: far more orders than trades, or more commands in a minute than hands can give.

The server's own limits hold both down as they come; here it is seen who keeps running into them.
"""

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.findings import COMMAND_RATE, ORDER_TO_TRADE, Finding, score_of
from gamefold.games.tycoon.reactors.anticheat.groups import by, often
from gamefold.games.tycoon.reactors.anticheat.records import Commands, Companies, Orders, Trades
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds

MINUTE_MS = 60_000
_SCORE_LEAST = 200


def order_to_trade(orders: Orders, trades: Trades, companies: Companies, thresholds: Thresholds) -> list[Finding]:
    """Find those whose orders hardly ever trade. Rule: more than 100 orders for each trade, from 500 orders on."""
    rows = often(orders.company, thresholds.orders_least, len(companies))
    placed = by(orders.company[rows])
    counts, from_tick, upto_tick = placed.counts(), placed.least(orders.opened[rows]), placed.most(orders.closed[rows])
    bought, sold = (np.bincount(side, minlength=len(companies)) for side in (trades.buyer, trades.seller))
    traded = (bought + sold)[placed.keys]
    many = counts > thresholds.order_to_trade_most * np.maximum(traded, 1)
    return [
        Finding(
            ORDER_TO_TRADE,
            companies.ids[int(placed.keys[place])],
            score_of(
                _SCORE_LEAST,
                int(counts[place]),
                thresholds.order_to_trade_most * max(1, int(traded[place])),
            ),
            {
                "orders": int(counts[place]),
                "trades": int(traded[place]),
                "from_tick": int(from_tick[place]),
                "upto_tick": int(upto_tick[place]),
            },
        )
        for place in np.flatnonzero(many & ~companies.makers[placed.keys]).tolist()
    ]


def command_rate(commands: Commands, companies: Companies, thresholds: Thresholds) -> list[Finding]:
    """Find those who gave more commands in a minute than is allowed for. The evidence is their busiest minute."""
    size = max(1, len(companies))
    rows = often(commands.company, thresholds.rate_per_minute_most, len(companies))
    minutes = by(commands.time_ms[rows] // MINUTE_MS * size + commands.company[rows])
    counts = minutes.counts()
    busy = np.flatnonzero(counts > thresholds.rate_per_minute_most)
    findings: list[Finding] = []
    hurried = by(minutes.keys[busy] % size)
    for place in range(len(hurried)):
        own = busy[hurried.rows(place)]
        busiest = int(own[int(np.argmax(counts[own]))])
        from_ms = int(minutes.keys[busiest]) // size * MINUTE_MS
        company = int(hurried.keys[place])
        if not companies.makers[company]:
            findings.append(
                Finding(
                    COMMAND_RATE,
                    companies.ids[company],
                    score_of(_SCORE_LEAST, int(counts[busiest]), thresholds.rate_per_minute_most),
                    {
                        "commands": int(counts[busiest]),
                        "minutes": len(own),
                        "from_ms": from_ms,
                        "upto_ms": from_ms + MINUTE_MS,
                    },
                )
            )
    return findings
