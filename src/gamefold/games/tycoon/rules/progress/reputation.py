"""Reputation: four scores of 0..100 that deeds move and time takes back to 50.

Deeds and their points stand in balance.json (`reputation_deed_points`, by `DEED_score`). What deeds raise a score by in
one game day is bounded, so that nobody gets a name by setting up and removing rigs. Quests, prizes and research count
in full.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import ReputationChanged
from gamefold.games.tycoon.rules.progress.quests import complete
from gamefold.games.tycoon.state.progress import REPUTATION_MIDDLE, REPUTATION_MOST, REPUTATIONS, day_of
from gamefold.games.tycoon.state.quest_list import RENOWN
from gamefold.games.tycoon.state.region import Region

SITE_BUILT: Final = "SITE_BUILT"
RIGS_ADDED: Final = "RIGS_ADDED"
BILL_UNPAID: Final = "BILL_UNPAID"
PROFITABLE_TRADES: Final = "PROFITABLE_TRADES"  # in one tick, however many
LIQUIDATED: Final = "LIQUIDATED"
PATENT_GRANTED: Final = "PATENT_GRANTED"
PATENT_LICENSED: Final = "PATENT_LICENSED"  # from somebody else
FRIENDLY_LICENSE: Final = "FRIENDLY_LICENSE"  # sold at a low fee
VOTED: Final = "VOTED"


def deed(region: Region, row: int, name: str, ctx: Context) -> Iterator[Event]:
    """Let a deed move the scores it moves."""
    points = ctx.balance["reputation_deed_points"]
    for reputation in REPUTATIONS:
        by = points.get(f"{name}_{reputation}", 0)
        if by > 0:
            by = min(by, _left_today(region, row, reputation, ctx))
        events = list(move_score(region, row, reputation, by, name, ctx))
        if events and by > 0:
            gained = region.companies[row].progress.gained
            gained[reputation] = gained.get(reputation, 0) + by
            region.touched(row)
        yield from events


def move_score(region: Region, row: int, reputation: str, points: int, reason: str, ctx: Context) -> Iterator[Event]:
    """Move a score within its bounds."""
    column = region.standings[reputation]
    before = int(column[row])
    score = max(0, min(REPUTATION_MOST, before + points))
    if score == before:
        return
    column[row] = score
    yield ReputationChanged(region.companies[row].id, reputation, score - before, score, reason)
    if score >= ctx.balance["quest_reputation"]:
        yield from complete(region, row, RENOWN)


def decay(region: Region, days: int, ctx: Context) -> None:
    """Take all scores back towards the middle, for so many game days."""
    most = min(REPUTATION_MOST, days * ctx.balance["reputation_decay_points"])
    for reputation in REPUTATIONS:
        column = region.standings[reputation]
        column += np.clip(REPUTATION_MIDDLE - column, -most, most).astype(column.dtype)


def _left_today(region: Region, row: int, reputation: str, ctx: Context) -> int:
    progress = region.companies[row].progress
    today = day_of(region.book.game_s)
    if progress.gained_day != today:
        progress.gained_day, progress.gained = today, {}
        region.touched(row)
    return int(max(0, ctx.balance["reputation_gain_most"] - progress.gained.get(reputation, 0)))
