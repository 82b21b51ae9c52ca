"""Giving a company back the progress it had."""

from collections.abc import Iterator
from typing import Final

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.intents.region import DOCUMENT_INVALID
from gamefold.games.tycoon.rules.branches import tell_branches, terms_at
from gamefold.games.tycoon.rules.progress.perks import refresh_perks
from gamefold.games.tycoon.rules.progress.standing import KEEP_MOST_SAT
from gamefold.games.tycoon.state.progress import (
    CLAIMED,
    COMPLETED,
    NEVER,
    REPUTATION_MOST,
    REPUTATIONS,
    Prototype,
)
from gamefold.games.tycoon.state.progress_document import ProgressDocument, running_of
from gamefold.games.tycoon.state.quest_list import ONCE, QUESTS
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import TREE

POINTS_MOST: Final = 1_000_000_000


def check_progress(document: ProgressDocument) -> None:
    """Refuse DOCUMENT_INVALID unless these rules can live with the document. Changes nothing."""
    done, running = document.done, [node for node, _, _ in document.running]
    prototypes = {name for name in done if name in TREE and TREE[name].prototype}
    fits = (
        set(done) | set(running) | set(document.licenses) <= set(TREE)
        and len({*done, *running}) == len(done) + len(running)
        and len(set(document.licenses)) == len(document.licenses)
        and set(document.prototypes) == prototypes
        and all(0 < left <= NEVER // 2 and 0 < work <= NEVER // 2 for _, left, work in document.running)
        and all(attempts > 0 and 0 <= quality <= 20_000 for attempts, quality, _ in document.prototypes.values())
        and 0 <= document.points <= POINTS_MOST
        and 0 <= document.best_ghs < NEVER
        and set(document.reputation) == set(REPUTATIONS)
        and all(0 <= score <= REPUTATION_MOST for score in document.reputation.values())
        and set(document.quests) <= {quest.name for quest in QUESTS.values() if quest.repeats == ONCE}
        and set(document.quests.values()) <= {COMPLETED, CLAIMED}
        and 0 <= document.keep_sat <= KEEP_MOST_SAT
    )
    if not fits:
        raise Rejected(DOCUMENT_INVALID, "This progress cannot be restored.")


def restore_progress(region: Region, row: int, document: ProgressDocument, ctx: Context) -> Iterator[Event]:
    """Give a company the progress of a document that `check_progress` let through.

    Votes, the daily and the weekly quest stay as they are, and so does who holds which patent.
    """
    progress, standings = region.companies[row].progress, region.standings
    progress.done = sorted(document.done)
    progress.running = sorted(running_of(document, region.book.research_clock), key=lambda one: (one.due, one.node))
    progress.prototypes = {name: Prototype(*values) for name, values in sorted(document.prototypes.items())}
    progress.licenses = sorted(document.licenses)
    progress.points = document.points
    progress.quests = dict(sorted(document.quests.items()))
    progress.best_ghs = document.best_ghs
    region.touched(row)

    standings["research_due"][row] = progress.running[0].due if progress.running else NEVER
    for name in REPUTATIONS:
        standings[name][row] = document.reputation[name]
    standings["auto_repair"][row] = document.auto_repair
    standings["auto_sell"][row] = document.auto_sell
    standings["keep_sat"][row] = document.keep_sat
    yield from tell_branches(region, row, terms_at(region, row))
    yield from refresh_perks(region, row, ctx)
