"""Funnels: feeders that are there for one hub, as in the trade of real money for what was earned in a game.

Rule (tycoon-simulation.md section 5): a star, whose hub gets value by mispriced trades from at least 4 companies, each
of which trades much with it and hands most of what it loses to it. And apart from stars: accounts that came from the
same networks, joined by union-find, among which value flows.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.findings import FUNNEL, LINKED_ACCOUNTS, Finding, peers, score_of
from gamefold.games.tycoon.reactors.anticheat.groups import by, islands, totals
from gamefold.games.tycoon.reactors.anticheat.records import Companies, Links, Whole
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds
from gamefold.games.tycoon.reactors.anticheat.transfers import UNITS_IN_USD, Transfers

_FUNNEL_LEAST = 600
_LINKED_LEAST = 300
_LINKED_MORE = 200

Networks = Mapping[int, int]
"""By company, the number of the network it belongs to; companies that share none are not in it."""


def networks_of(links: Links, accounts_most: int) -> Networks:
    """Join companies by the keys they share. A key of more than so many says nothing, and joins nobody."""
    keys = by(links.key)
    edges: list[tuple[int, int]] = []
    for place in range(len(keys)):
        sharing = np.unique(links.company[keys.rows(place)]).tolist()
        if len(sharing) <= accounts_most:
            edges.extend(pairwise(sharing))
    return {company: number for number, island in enumerate(islands(edges)) for company in island}


def funnels(found: Transfers, networks: Networks, companies: Companies, thresholds: Thresholds) -> list[Finding]:
    """Find hubs of stars. It counts for more where two of hub and feeders share a network."""
    given = totals(found.giver, found.value, len(companies))
    edges = _edges(found, thresholds)
    # In whole USD: what is compared is multiplied by 10,000.
    value, all_given = found.value[edges] // UNITS_IN_USD, given[found.giver[edges]] // UNITS_IN_USD
    one_purpose = value * 10_000 >= thresholds.funnel_purpose_bp * all_given
    feeding = edges[one_purpose & (found.share_bp[edges] >= thresholds.funnel_share_bp)]
    hubs = by(found.taker[feeding])
    findings: list[Finding] = []
    for place in range(len(hubs)):
        rows = feeding[hubs.rows(place)]
        feeders = np.unique(found.giver[rows]).tolist()
        if len(feeders) < thresholds.funnel_feeders_least:
            continue
        hub = int(hubs.keys[place])
        linked = _linked([hub, *feeders], networks)
        score = score_of(_FUNNEL_LEAST, len(feeders), thresholds.funnel_feeders_least)
        findings.append(
            Finding(
                FUNNEL,
                companies.ids[hub],
                min(1_000, score + (_LINKED_MORE if linked else 0)),
                {
                    "from": peers(companies.ids, feeders),
                    "feeders": len(feeders),
                    "linked": linked,
                    **_told(found, rows),
                },
            )
        )
    return findings


def linked_accounts(
    found: Transfers, networks: Networks, companies: Companies, thresholds: Thresholds
) -> list[Finding]:
    """Find accounts of one network that hand value to each other. The subject is who gets most of it."""
    edges = _edges(found, thresholds)
    giver_in, taker_in = (
        np.array([networks.get(company, -1) for company in side[edges].tolist()], dtype=np.int64)
        for side in (found.giver, found.taker)
    )
    inside = np.flatnonzero((giver_in == taker_in) & (giver_in >= 0))
    by_network = by(giver_in[inside])
    findings: list[Finding] = []
    for place in range(len(by_network)):
        rows = edges[inside[by_network.rows(place)]]
        got = by(found.taker[rows])
        most = int(got.keys[int(np.argmax(got.sums(found.value[rows])))])
        others = np.setdiff1d(np.concatenate((found.giver[rows], found.taker[rows])), [most]).tolist()
        findings.append(
            Finding(
                LINKED_ACCOUNTS,
                companies.ids[most],
                score_of(_LINKED_LEAST, int(found.value[rows].sum()), thresholds.funnel_usd_least * UNITS_IN_USD),
                {"with": peers(companies.ids, others), **_told(found, rows)},
            )
        )
    return findings


def _edges(found: Transfers, thresholds: Thresholds) -> Whole:
    return np.flatnonzero(found.value >= thresholds.funnel_usd_least * UNITS_IN_USD)


def _linked(members: Iterable[int], networks: Networks) -> int:
    """Count the members that share a network with another one of them."""
    numbers = [networks[member] for member in members if member in networks]
    return sum(numbers.count(number) > 1 for number in numbers)


def _told(found: Transfers, rows: Whole) -> dict[str, int]:
    return {
        "usd": int(found.value[rows].sum()) // UNITS_IN_USD,
        "trades": int(found.trades[rows].sum()),
        "from_tick": int(found.from_tick[rows].min()),
        "upto_tick": int(found.upto_tick[rows].max()),
    }
