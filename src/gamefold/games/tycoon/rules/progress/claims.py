"""Taking the reward of a quest."""

from collections.abc import Iterator

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import QuestClaimed
from gamefold.games.tycoon.intents.progress import (
    QUEST_ALREADY_CLAIMED,
    QUEST_NOT_COMPLETED,
    QUEST_NOT_FOUND,
    ClaimQuest,
)
from gamefold.games.tycoon.rules.progress.reputation import move_score
from gamefold.games.tycoon.rules.purse import home_row, move
from gamefold.games.tycoon.state.progress import CLAIMED, COMPLETED
from gamefold.games.tycoon.state.progress_views import quest_state
from gamefold.games.tycoon.state.quest_list import ONCE, QUESTS, STATE_COLUMNS
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import MICRO


def claim_quest(region: Region, intent: ClaimQuest, ctx: Context) -> Iterator[Event]:
    """Pay the reward of a completed quest, once."""
    row = home_row(region, intent.company)
    quest = QUESTS.get(intent.quest)
    if quest is None:
        raise Rejected(QUEST_NOT_FOUND, "There is no such quest.")
    state = quest_state(region, row, quest)
    if state == CLAIMED:
        raise Rejected(QUEST_ALREADY_CLAIMED, "The reward of this quest has been claimed.")
    if state != COMPLETED:
        raise Rejected(QUEST_NOT_COMPLETED, "This quest has not been completed.")

    progress = region.companies[row].progress
    if quest.repeats == ONCE:
        progress.quests[quest.name] = CLAIMED
    else:
        region.standings[STATE_COLUMNS[quest.repeats]][row] = CLAIMED
    usd_micro = ctx.balance["quest_reward_usd"][quest.name] * MICRO
    sat = ctx.balance["quest_reward_sat"][quest.name]
    points = ctx.balance["quest_reward_points"][quest.name]
    progress.points += points
    region.touched(row)
    yield move(region, row, "quest", usd_micro, sat)
    yield QuestClaimed(intent.company, quest.name, usd_micro, sat, points)
    yield from move_score(
        region, row, quest.reputation, ctx.balance["quest_reward_reputation"][quest.name], quest.name, ctx
    )
