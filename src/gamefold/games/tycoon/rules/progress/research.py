"""Research: paying for a node, and finishing it when the research clock has come far enough.

The clock of a region advances by 10,000 for each second of game time, and faster while a breakthrough lasts, so a
change of speed counts for what is under way too. Each company's next due clock is a column: a tick costs one
comparison over it, and what finishes.
"""

from collections.abc import Iterator

import numpy as np

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import ResearchFinished, ResearchStarted
from gamefold.games.tycoon.intents.progress import (
    NODE_NOT_FOUND,
    POINTS_INVALID,
    RESEARCH_BUSY,
    RESEARCH_DONE,
    RESEARCH_LOCKED,
    StartResearch,
)
from gamefold.games.tycoon.rules.progress.patents import claim_patent
from gamefold.games.tycoon.rules.progress.perks import refresh_perks, share_of, totals_at
from gamefold.games.tycoon.rules.progress.prototypes import try_prototype
from gamefold.games.tycoon.rules.progress.quests import complete
from gamefold.games.tycoon.rules.progress.reputation import move_score
from gamefold.games.tycoon.rules.purse import check_funds, home_row, move
from gamefold.games.tycoon.state.progress import NEVER, Running
from gamefold.games.tycoon.state.quest_list import FIRST_RESEARCH
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import COMPLIANCE, LABORATORIES, RESEARCH_TIME, TREE, cost_micro, may_use
from gamefold.games.tycoon.state.units import BP, MICRO, game_seconds


def start_research(region: Region, intent: StartResearch, ctx: Context) -> Iterator[Event]:
    """Pay for a node and begin it."""
    row = home_row(region, intent.company)
    node = TREE.get(intent.node)
    progress = region.companies[row].progress
    if node is None:
        raise Rejected(NODE_NOT_FOUND, "There is no such research.")
    if node.name in progress.done:
        raise Rejected(RESEARCH_DONE, f"{node.name} is finished.")
    totals = totals_at(region, row, ctx)
    laboratories = ctx.balance["research_laboratories"] + totals.get(LABORATORIES, 0)
    if len(progress.running) >= laboratories or any(one.node == node.name for one in progress.running):
        raise Rejected(RESEARCH_BUSY, f"{', '.join(one.node for one in progress.running)} is under way.")
    if missing := [need for need in node.needs if need not in progress.done]:
        raise Rejected(RESEARCH_LOCKED, f"{node.name} needs {' and '.join(missing)} first.")
    price_micro = cost_micro(node, ctx.balance)
    discount_micro = intent.points * ctx.balance["research_point_usd"] * MICRO
    if not 0 <= intent.points <= progress.points or discount_micro > price_micro:
        raise Rejected(
            POINTS_INVALID, f"You have {progress.points} research points, and no more than the price counts."
        )
    check_funds(region, row, price_micro - discount_micro)

    yield move(region, row, "research", usd_micro=discount_micro - price_micro)
    progress.points -= intent.points
    seconds = ctx.balance["research_seconds"][node.name]
    work = seconds * (BP - share_of(totals, RESEARCH_TIME))
    progress.running = sorted(
        (*progress.running, Running(node.name, region.book.research_clock + work, work)),
        key=lambda one: (one.due, one.node),
    )
    _remember_due(region, row)
    yield ResearchStarted(intent.company, node.name, price_micro - discount_micro, intent.points, -(-work // BP))


def advance_research(region: Region, speed_bp: int, ctx: Context) -> Iterator[Event]:
    """Let one tick of game time pass in every laboratory, and finish what is due: the earliest first, then by row."""
    book = region.book
    book.research_clock += game_seconds(1, ctx.balance["time_compression"]) * speed_bp
    due_rows = np.flatnonzero(region.standings["research_due"] <= book.research_clock).tolist()
    finished = sorted(
        (one.due, row, one.node)
        for row in due_rows
        for one in region.companies[row].progress.running
        if one.due <= book.research_clock
    )
    for due, row, node in finished:
        yield from _finish(region, row, node, due, ctx)


def _finish(region: Region, row: int, name: str, due: int, ctx: Context) -> Iterator[Event]:
    company, node = region.companies[row], TREE[name]
    progress = company.progress
    progress.running = [one for one in progress.running if one.node != name]
    progress.done = sorted((*progress.done, name))
    _remember_due(region, row)

    # What comes of it is told after the fact itself, though the fact has to know it.
    follows: list[Event] = list(claim_patent(region, row, node, due, ctx))
    if node.prototype:
        follows.append(try_prototype(region, row, name, 0, ctx))
    yield ResearchFinished(company.id, name, may_use(company.id, progress, region.book.patents.get(name), node))
    yield from follows
    yield from refresh_perks(region, row, ctx)
    yield from complete(region, row, FIRST_RESEARCH)
    if node.effect == COMPLIANCE:
        yield from move_score(region, row, "regulators", ctx.balance["research_compliance_points"][name], name, ctx)


def _remember_due(region: Region, row: int) -> None:
    running = region.companies[row].progress.running
    region.standings["research_due"][row] = running[0].due if running else NEVER
    region.touched(row)
