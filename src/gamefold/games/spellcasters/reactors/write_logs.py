"""Writes the log file of a match once it has ended: `logs/playground/<session>.log`, one line a turn."""

import asyncio
import os
from pathlib import Path
from typing import Final

from gamefold.engine.feed import Record
from gamefold.engine.reactors import WorldRef
from gamefold.games.spellcasters.events import MatchAborted, MatchOver
from gamefold.games.spellcasters.tables import log_line, session_of


class WriteLogs:
    """Keeps the log files. A file appears whole or not at all."""

    name: Final = "spellcasters.logs"

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def react(self, record: Record, world: WorldRef) -> None:
        """Write the file at the end; the journal remembers every line until then."""
        if isinstance(record.event, MatchOver | MatchAborted):
            lines = [log_line(told) async for told in world.history()]
            await asyncio.to_thread(_write, self._directory / f"{session_of(world.id)}.log", lines)

    async def forget(self, world_id: str) -> None:
        """Nothing is kept between events."""


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def remove_old_logs(directory: Path, before_s: float) -> int:
    """Delete log files last written before `before_s` (seconds since the epoch); give how many."""
    removed = 0
    for path in directory.glob("*.log"):
        if path.stat().st_mtime < before_s:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
