"""Keeps what a restart needs beside the journal: snapshots, reactors' cursors, and archived segments."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from gamefold.engine import codec
from gamefold.engine.clock import Clock
from gamefold.engine.journal import Journal, Snapshot, Status, StorageUnavailable
from gamefold.engine.observe import Observer
from gamefold.engine.resident import Resident
from gamefold.engine.ruleset import Written

DAY_MS = 86_400_000
EVERYTHING = 1 << 62


class Keeper:
    """Writes behind the worlds' backs. Losing any of it costs time at the next start, never truth."""

    def __init__(self, journal: Journal, clock: Clock, observer: Observer) -> None:
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self.writing = 0  # snapshots under way

    def snapshot(self, resident: Resident) -> Coroutine[Any, Any, None]:
        """Take the state as it is now; what is given back, awaited, keeps it.

        It is taken at once: when a task begins, the next round may have played what is not durable yet.
        """
        world, head = resident.world, resident.world.head
        resident.snapshot_seq, resident.snapshot_tick = head.seq, head.tick
        taken = Snapshot(world.id, world.run.run, head.seq, head.version, world.digest(), b"")
        return self._kept(resident, taken, world.payload())

    async def _kept(self, resident: Resident, taken: Snapshot, payload: tuple[Written, ...]) -> None:
        """Write a snapshot down; what is older than the ruleset's retention is archived."""
        world_id, run, seq = taken.world, taken.run, taken.seq
        retention = resident.world.ruleset.retention
        self.writing += 1
        try:
            # Compressing is the slow part, and needs nothing of the world any more.
            packed = await asyncio.to_thread(codec.compress, payload)
            await self._journal.save_snapshot(replace(taken, payload=packed), retention.snapshots_kept)
            # Reactors go on from here after a crash; without it they would hear a long-lived world's whole past.
            await self.cursors(resident)
            if seq - resident.archived_seq >= retention.archive_after_entries:
                resident.archived_seq = seq
                await self._journal.archive(world_id, run, seq - retention.archive_after_entries)
                if retention.drop_after_days is not None:
                    before_ms = self._clock.now_ms() - retention.drop_after_days * DAY_MS
                    await self._journal.drop_archived(world_id, before_ms)
        except StorageUnavailable as error:
            self._observer.storage_failed(error)
        finally:
            self.writing -= 1

    async def cursors(self, resident: Resident) -> None:
        """Keep how far the world's reactors are."""
        world = resident.world
        if resident.cursors:
            cursors = [(world.id, world.run.run, name, position) for name, position in resident.cursors.items()]
            try:
                await self._journal.save_cursors(cursors)
            except StorageUnavailable as error:
                self._observer.storage_failed(error)

    async def archive_over(self, before_ms: int, limit: int = 100) -> int:
        """Pack the rows of worlds that were over before `before_ms`; give how many worlds were packed."""
        packed, after = 0, ""
        while page := await self._journal.worlds(status=Status.OVER, after=after):
            for row in (row for row in page if row.updated_ms < before_ms):
                for run in await self._journal.runs(row.world):
                    await self._journal.archive(row.world, run.run, EVERYTHING)
                await self._journal.set_status(row.world, Status.ARCHIVED, epoch=row.epoch)
                packed += 1
                if packed >= limit:
                    return packed
            after = page[-1].world
        return packed
