"""The progress of one company as a document, for live-ops: what it had at some tick, and can be given back."""

import msgspec

from gamefold.games.tycoon.state.progress import REPUTATIONS, Progress, Running
from gamefold.games.tycoon.state.region import Region


class ProgressDocument(msgspec.Struct, frozen=True):
    """Everything of a company's progress that does not belong to a day, a week or an open vote."""

    done: tuple[str, ...]
    running: tuple[tuple[str, int, int], ...]  # node, how far its end is on the research clock, its whole work
    prototypes: dict[str, tuple[int, int, bool]]  # by node: attempts, quality_bp, works
    licenses: tuple[str, ...]
    points: int
    quests: dict[str, int]
    best_ghs: int
    reputation: dict[str, int]
    auto_repair: bool
    auto_sell: bool
    keep_sat: int


def progress_document(region: Region, row: int) -> ProgressDocument:
    """Write down a company's progress as it is now."""
    progress: Progress = region.companies[row].progress
    standings, clock = region.standings, region.book.research_clock
    return ProgressDocument(
        done=tuple(progress.done),
        running=tuple((one.node, one.due - clock, one.work) for one in progress.running),
        prototypes={name: (one.attempts, one.quality_bp, one.works) for name, one in progress.prototypes.items()},
        licenses=tuple(progress.licenses),
        points=progress.points,
        quests=dict(progress.quests),
        best_ghs=progress.best_ghs,
        reputation={name: int(standings[name][row]) for name in REPUTATIONS},
        auto_repair=bool(standings["auto_repair"][row]),
        auto_sell=bool(standings["auto_sell"][row]),
        keep_sat=int(standings["keep_sat"][row]),
    )


def running_of(document: ProgressDocument, clock: int) -> list[Running]:
    """Give the document's research as it goes on from the research clock `clock`."""
    return [Running(node, clock + left, work) for node, left, work in document.running]
