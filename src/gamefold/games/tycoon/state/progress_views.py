"""What a company, or everybody, may see of progress: the research tree, quests, reputation, standing orders, patents.

`balance` is the world's, as rules read it. Times are seconds of game time at the speed of now, money is micro-USD.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gamefold.games.tycoon.state.progress import (
    ACTIVE,
    CLAIMED,
    COMPLETED,
    REPUTATIONS,
    day_of,
    week_of,
)
from gamefold.games.tycoon.state.quest_list import (
    DAILY,
    DAILY_MINING,
    HASHRATE_100,
    ONCE,
    QUESTS,
    RENOWN,
    STATE_COLUMNS,
    WEEKLY_TRADING,
    Quest,
)
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import TREE, Node, cost_micro, may_use, prototype_price_micro
from gamefold.games.tycoon.state.units import BP, DAY_S

STATE_NAMES: Final = {ACTIVE: "ACTIVE", COMPLETED: "COMPLETED", CLAIMED: "CLAIMED"}


class PatentView(msgspec.Struct, frozen=True):
    """A patent that stands."""

    node: str
    holder: str
    fee_micro: int
    granted_s: int  # game time
    expires_s: int
    licensed: bool  # the company that asks has a license
    licenses: int


class PrototypeView(msgspec.Struct, frozen=True):
    """What came of a prototype so far."""

    attempts: int
    quality_bp: int
    works: bool
    price_micro: int  # of another attempt


class NodeView(msgspec.Struct, frozen=True):
    """One node of the tree, as one company sees it."""

    node: str
    category: str
    effect: str
    effect_bp: int  # 0 where the effect is not a share
    drawback_bp: int  # more wear
    needs: tuple[str, ...]
    status: str  # LOCKED, AVAILABLE, RUNNING or DONE
    in_effect: bool
    cost_micro: int
    seconds: int
    remaining_s: int  # of a RUNNING one
    progress_bp: int  # 10,000 once DONE
    prototype: PrototypeView | None
    patent: PatentView | None


class QuestView(msgspec.Struct, frozen=True):
    """One quest, as one company sees it."""

    quest: str
    title: str
    repeats: str  # ONCE, DAILY or WEEKLY
    status: str  # ACTIVE, COMPLETED or CLAIMED
    progress: int
    goal: int
    resets_s: int | None  # game time
    reward_usd: int  # whole USD
    reward_sat: int
    reward_points: int  # research points
    reward_reputation: int
    reputation: str


class StandingOrdersView(msgspec.Struct, frozen=True):
    """What happens by itself."""

    auto_repair: bool
    auto_sell: bool
    keep_sat: int


def research_tree(region: Region, row: int, balance: Mapping[str, Any]) -> list[NodeView]:
    """Give every node as the company in this row sees it, in the order of the tree."""
    return [_node_view(region, row, node, balance) for node in TREE.values()]


def quests(region: Region, row: int, balance: Mapping[str, Any]) -> list[QuestView]:
    """Give every quest as the company in this row sees it."""
    return [_quest_view(region, row, quest, balance) for quest in QUESTS.values()]


def reputation(region: Region, row: int) -> dict[str, int]:
    """Give the four scores of a company, 0..100."""
    return {name: int(region.standings[name][row]) for name in REPUTATIONS}


def standing_orders(region: Region, row: int) -> StandingOrdersView:
    """Give what happens by itself for a company."""
    standings = region.standings
    return StandingOrdersView(
        bool(standings["auto_repair"][row]), bool(standings["auto_sell"][row]), int(standings["keep_sat"][row])
    )


def patents(region: Region, row: int) -> list[PatentView]:
    """Give the patents that stand in the game, by node."""
    views = (_patent_view(region, row, name) for name in sorted(region.book.patents))
    return [view for view in views if view is not None]


def votes(region: Region, row: int) -> dict[str, str]:
    """Give what a company has voted on proposals that are open, by proposal."""
    cast = region.companies[row].progress.votes
    return {name: cast[name] for name in sorted(cast) if name in region.book.votings}


def vote_weight(region: Region, row: int, proposal: str) -> int:
    """Give the weight of a company's vote on a proposal; 0 where it has none, or voting is not open."""
    voting = region.book.votings.get(proposal)
    return 0 if voting is None or row >= len(voting.weights) else voting.weights[row]


def quest_state(region: Region, row: int, quest: Quest) -> int:
    """Give ACTIVE, COMPLETED or CLAIMED."""
    if quest.repeats == ONCE:
        return region.companies[row].progress.quests.get(quest.name, ACTIVE)
    return int(region.standings[STATE_COLUMNS[quest.repeats]][row])


def _node_view(region: Region, row: int, node: Node, balance: Mapping[str, Any]) -> NodeView:
    company, book = region.companies[row], region.book
    progress = company.progress
    running = next((one for one in progress.running if one.node == node.name), None)
    done = node.name in progress.done
    left = max(0, running.due - book.research_clock) if running else 0
    speed_bp = region.news.effects.research_bp if region.news else BP
    status = "AVAILABLE" if all(need in progress.done for need in node.needs) else "LOCKED"
    tried = progress.prototypes.get(node.name)
    return NodeView(
        node=node.name,
        category=node.category,
        effect=node.effect,
        effect_bp=balance["research_effect_bp"].get(node.name, 0),
        drawback_bp=balance["research_drawback_bp"].get(node.name, 0),
        needs=node.needs,
        status="DONE" if done else "RUNNING" if running else status,
        in_effect=done and may_use(company.id, progress, book.patents.get(node.name), node),
        cost_micro=cost_micro(node, balance),
        seconds=balance["research_seconds"][node.name],
        remaining_s=-(-left // max(1, speed_bp)),
        progress_bp=BP if done else (running.work - left) * BP // running.work if running else 0,
        prototype=PrototypeView(
            tried.attempts if tried else 0,
            tried.quality_bp if tried else 0,
            tried.works if tried else False,
            prototype_price_micro(node, balance),
        )
        if node.prototype
        else None,
        patent=_patent_view(region, row, node.name),
    )


def _patent_view(region: Region, row: int, name: str) -> PatentView | None:
    patent = region.book.patents.get(name)
    if patent is None or patent.expired:
        return None
    return PatentView(
        name,
        patent.holder,
        patent.fee_micro,
        patent.granted_day * DAY_S,
        patent.expires_day * DAY_S,
        name in region.companies[row].progress.licenses,
        patent.licenses,
    )


def _quest_view(region: Region, row: int, quest: Quest, balance: Mapping[str, Any]) -> QuestView:
    state = quest_state(region, row, quest)
    goal = balance[quest.goal] if quest.goal else 1
    now_s = region.book.game_s
    resets_s = (day_of(now_s) + 1) * DAY_S if quest.repeats == DAILY else ((week_of(now_s) + 1) * 7 - 3) * DAY_S
    return QuestView(
        quest=quest.name,
        title=quest.title,
        repeats=quest.repeats,
        status=STATE_NAMES[state],
        progress=min(goal, _counted(region, row, quest)) if state == ACTIVE else goal,
        goal=goal,
        resets_s=None if quest.repeats == ONCE else resets_s,
        reward_usd=balance["quest_reward_usd"][quest.name],
        reward_sat=balance["quest_reward_sat"][quest.name],
        reward_points=balance["quest_reward_points"][quest.name],
        reward_reputation=balance["quest_reward_reputation"][quest.name],
        reputation=quest.reputation,
    )


def _counted(region: Region, row: int, quest: Quest) -> int:
    """Give how far an ACTIVE quest has come."""
    standings = region.standings
    counts = {
        HASHRATE_100: region.companies[row].progress.best_ghs,
        RENOWN: max(reputation(region, row).values()),
        DAILY_MINING: int(standings["mined_today"][row]),
        WEEKLY_TRADING: int(standings["trades_week"][row]),
    }
    return counts.get(quest.name, 0)
