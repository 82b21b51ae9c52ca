"""Quests: what completes them, what resets them, and what they pay.

A quest is ACTIVE, then COMPLETED, then CLAIMED. Those that come once are remembered in `Progress.quests`; the daily and
the weekly one are columns of `Standings`, because every company mines and many trade at every tick.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import QuestCompleted, QuestLost
from gamefold.games.tycoon.state.progress import ACTIVE, COMPLETED
from gamefold.games.tycoon.state.quest_list import DAILY_MINING, ONCE, QUESTS, WEEKLY_TRADING
from gamefold.games.tycoon.state.region import Region


def complete(region: Region, row: int, quest: str) -> Iterator[Event]:
    """Complete a quest that comes once, unless it was completed before."""
    assert QUESTS[quest].repeats == ONCE, quest
    company = region.companies[row]
    if quest not in company.progress.quests:
        company.progress.quests[quest] = COMPLETED
        region.touched(row)
        yield QuestCompleted(company.id, quest)


def count_mined(region: Region, mined_sat: NDArray[Any], ctx: Context) -> Iterator[Event]:
    """Count what each company mined in this tick (int64, by row), and complete the daily quest where it is enough."""
    standings = region.standings
    mined_today = standings["mined_today"]
    mined_today += mined_sat
    reached = (mined_today >= ctx.balance["quest_daily_sat"]) & (standings["daily"] == ACTIVE)
    for row in np.flatnonzero(reached).tolist():
        standings["daily"][row] = COMPLETED
        yield QuestCompleted(region.companies[row].id, DAILY_MINING)


def count_mined_away(region: Region, row: int, mined_sat: int, ctx: Context) -> Iterator[Event]:
    """Count what the branches of one company mined."""
    standings = region.standings
    standings["mined_today"][row] += mined_sat
    reached = int(standings["mined_today"][row]) >= ctx.balance["quest_daily_sat"]
    if reached and int(standings["daily"][row]) == ACTIVE:
        standings["daily"][row] = COMPLETED
        yield QuestCompleted(region.companies[row].id, DAILY_MINING)


def count_trades(region: Region, row: int, trades: int, ctx: Context) -> Iterator[Event]:
    """Count trades of one company, and complete the weekly quest where they are enough."""
    standings = region.standings
    standings["trades_week"][row] += min(trades, 100_000)  # stays an int32 for a week
    reached = int(standings["trades_week"][row]) >= ctx.balance["quest_weekly_trades"]
    if reached and int(standings["weekly"][row]) == ACTIVE:
        standings["weekly"][row] = COMPLETED
        yield QuestCompleted(region.companies[row].id, WEEKLY_TRADING)


def begin_day(region: Region) -> Iterator[Event]:
    """Make the daily quest new for everybody. A reward that was not claimed is lost."""
    yield from _begin_again(region, "daily", "mined_today", DAILY_MINING)


def begin_week(region: Region) -> Iterator[Event]:
    """Make the weekly quest new for everybody. A reward that was not claimed is lost."""
    yield from _begin_again(region, "weekly", "trades_week", WEEKLY_TRADING)


def _begin_again(region: Region, state: str, count: str, quest: str) -> Iterator[Event]:
    states = region.standings[state]
    lost = np.flatnonzero(states == COMPLETED).tolist()
    states[:] = ACTIVE
    region.standings[count][:] = 0
    for row in lost:
        yield QuestLost(region.companies[row].id, quest)
