"""The engine's journal in a database."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, update

from gamefold.engine.clock import Clock, RealClock
from gamefold.engine.feed import Record
from gamefold.engine.journal import (
    Batch,
    Branch,
    Guard,
    Loaded,
    Run,
    Segment,
    Snapshot,
    Status,
    StorageUnavailable,
    StoredBatch,
    Work,
    WorldRow,
)
from gamefold.engine.refusal import Rejected
from gamefold.storage import archive, cursors, history, snapshots, worlds
from gamefold.storage.append import append
from gamefold.storage.database import Database
from gamefold.storage.failures import storage_failure
from gamefold.storage.lineage import read_lineage
from gamefold.storage.locked import SqlLocked, lock_on_demand
from gamefold.storage.projector import Projector
from gamefold.storage.statements import lock_name
from gamefold.storage.tables import WORLDS


class SqlJournal:
    """A `Journal` over a `Database`. `projectors` keep the tables of each ruleset, by its name.

    Everything may raise StorageUnavailable and its kinds; what a guard, work or projector raises comes through.
    """

    def __init__(self, database: Database, projectors: Mapping[str, Projector], clock: Clock | None = None) -> None:
        self._database = database
        self._projectors = dict(projectors)
        self._clock = clock or RealClock()

    # -- writing ------------------------------------------------------------------------------------------------

    async def create(self, row: WorldRow, run: Run, batch: Batch, guard: Guard | None = None) -> bool:
        """Make a world with its first batch, or give False where it exists. The guard runs first.

        Guards of one ruleset run one after the other, so that what they counted still holds when they return.
        """

        def transaction(connection: Connection) -> None:
            if guard is not None:
                lock_name(connection, f"guard:{row.ruleset}")
                guard(connection)
            if not worlds.insert_world(connection, row, run):
                raise _WorldExists
            fenced = self._add(connection, [batch])
            assert not fenced, f"{row.world} was made with another epoch than its first batch"

        try:
            await self._database.write(transaction)
        except _WorldExists:
            return False
        return True

    async def claim(self, world: str, node: str) -> WorldRow:
        """Take a world over: raise its epoch and name its owner. WorldNotFound."""
        values = {"epoch": WORLDS.c.epoch + 1, "node": node, "updated_ms": self._clock.now_ms()}
        return await self._database.write(partial(worlds.update_world, world=world, values=values))

    async def commit(self, batches: Sequence[Batch]) -> frozenset[str]:
        """Append at most one batch per world in one durable transaction. Give the worlds that are fenced.

        A projector that raises undoes the whole transaction and is heard by the caller.
        """
        if not batches:
            return frozenset()
        return await self._database.write(partial(self._add, batches=batches))

    async def transact(self, works: Sequence[tuple[str, Work]]) -> list[Any]:
        """Run each work on its locked world, all in one durable transaction; exceptions stand in the list.

        A work is undone alone, unless the database itself failed: that undoes, and is raised for, all of them.
        """

        def transaction(connection: Connection) -> list[Any]:
            rows = lock_on_demand(connection, [world for world, _ in works])
            outcomes: list[Any] = []
            made: set[str] = set()
            for world, work in works:
                if world in made:  # by an earlier work on the same world
                    rows[world] = worlds.read_world(connection, world)
                locked = SqlLocked(connection, world, rows.get(world), self._add)
                try:
                    with connection.begin_nested():
                        outcomes.append(work(locked))
                    made.add(world)
                except Exception as error:
                    if storage_failure(error) is not None:
                        raise
                    outcomes.append(error)
            return outcomes

        return await self._database.write(transaction) if works else []

    async def branch(self, branches: Sequence[Branch]) -> None:
        """Start new runs with their first batches, all in one transaction.

        A rollback (any run but the first): `row` is the world as it was read; its epoch goes up
        by one, which is the epoch of `batch`, and its projections are made anew from `replayed`. It may only
        happen to the world as it was read: StorageUnavailable where somebody took it over meanwhile.
        A fork: `row` is the new world. Rejected WORLD_EXISTS.
        """

        def transaction(connection: Connection) -> None:
            for branch in branches:
                row, run = branch.row, branch.run
                # A fork may go on from its own parent, so only the number tells a rollback from a fork.
                if run.run > 1:
                    self._rewind(connection, row, run, branch.replayed)
                elif not worlds.insert_world(connection, row, run):
                    raise Rejected("WORLD_EXISTS", f"There is a world {row.world} already.")
                fenced = self._add(connection, [branch.batch])
                assert not fenced, f"{row.world} was branched under another epoch than its first batch"

        await self._database.write(transaction)

    async def save_snapshot(self, snapshot: Snapshot, keep: int) -> None:
        """Keep a snapshot, and no more than the newest `keep` of its run (plus the first)."""
        await self._database.write(partial(snapshots.write_snapshot, snapshot=snapshot, keep=keep))

    async def set_status(self, world: str, status: Status, reason: str = "", *, epoch: int | None = None) -> None:
        """Say what a world is doing; with `epoch`, only while that is its epoch: nothing where it was claimed or
        rolled back since. WorldNotFound.
        """
        values = {"status": status.value, "reason": reason, "updated_ms": self._clock.now_ms()}
        await self._database.write(partial(worlds.set_status, world=world, values=values, epoch=epoch))

    async def save_cursors(self, cursors_: Sequence[tuple[str, int, str, int]]) -> None:
        """Keep (world, run, reactor, position) tuples."""
        if cursors_:
            await self._database.write(partial(cursors.write_cursors, cursors=cursors_))

    # -- reading ------------------------------------------------------------------------------------------------

    async def load(self, world: str, run: int | None = None, upto_seq: int | None = None) -> Loaded:
        """Read a world of any run up to any entry. WorldNotFound, JournalCorrupt.

        With `upto_seq` the lineage ends with the stretch that holds this entry. The last row may reach past it.
        """
        return await self._database.read(partial(history.read_loaded, world=world, run=run, upto_seq=upto_seq))

    async def worlds(
        self, *, prefix: str = "", status: Status | None = None, limit: int = 1_000, after: str = ""
    ) -> list[WorldRow]:
        """List worlds by id, keyset-paged by `after`."""
        return await self._database.read(
            partial(worlds.list_worlds, prefix=prefix, status=status, limit=limit, after=after)
        )

    async def world(self, world: str) -> WorldRow:
        """Read one world's row. WorldNotFound."""
        return await self._database.read(partial(worlds.read_world, world=world))

    async def runs(self, world: str) -> list[Run]:
        """All runs of a world, oldest first. WorldNotFound."""
        return await self._database.read(partial(worlds.read_runs, world=world))

    async def lineage(self, world: str, run: int | None = None) -> tuple[Segment, ...]:
        """The stretches that make up a run (None: the current one), oldest first. WorldNotFound."""
        return await self._database.read(partial(read_lineage, world=world, run=run))

    async def batches(self, segment: Segment, after_seq: int, limit: int = 256) -> list[StoredBatch]:
        """Read the rows of a segment that hold entries after `after_seq`, in order. JournalCorrupt."""
        return await self._database.read(
            partial(history.read_batches, segment=segment, after_seq=after_seq, limit=limit)
        )

    async def event_batches(self, segment: Segment, after_position: int, limit: int = 64) -> list[StoredBatch]:
        """Read the rows of a segment that hold events after `after_position`, in order. JournalCorrupt."""
        return await self._database.read(
            partial(history.read_event_batches, segment=segment, after_position=after_position, limit=limit)
        )

    async def snapshots(self, world: str, run: int) -> list[Snapshot]:
        """All snapshots of one run, oldest first."""
        return await self._database.read(partial(snapshots.read_snapshots, world=world, run=run))

    async def cursor(self, world: str, run: int, reactor: str) -> int:
        """The last position a reactor has dealt with; 0 where it has none."""
        return await self._database.read(partial(cursors.read_cursor, world=world, run=run, reactor=reactor))

    # -- archive ------------------------------------------------------------------------------------------------

    async def archive(self, world: str, run: int, upto_seq: int) -> int:
        """Pack the rows up to `upto_seq` into compressed segments; give how many rows were packed.

        A transaction per segment, and compressed between them: the writer is never held up for long.
        """
        packed = 0
        while True:
            rows, time_ms = await self._database.read(
                partial(archive.rows_to_pack, world=world, run=run, upto_seq=upto_seq)
            )
            if not rows:
                return packed
            payload = await asyncio.to_thread(archive.pack, rows)
            try:
                await self._database.write(partial(archive.move, rows=rows, time_ms=time_ms, payload=payload))
            except archive.ArchivedMeanwhile:
                return packed
            packed += len(rows)

    async def drop_archived(self, world: str, before_ms: int) -> int:
        """Delete archived segments that ended before `before_ms`; give how many.

        Segments without a later snapshot of their run stay, because the world could not be opened without them.
        """
        return await self._database.write(partial(archive.drop, world=world, before_ms=before_ms))

    # -- inside a transaction -----------------------------------------------------------------------------------

    def _add(self, connection: Connection, batches: Sequence[Batch]) -> frozenset[str]:
        fenced = append(connection, batches)
        for batch in batches:
            if batch.world in fenced:
                continue
            if batch.projected and (projector := self._projectors.get(batch.ruleset)) is not None:
                for record in batch.records:
                    projector.project(connection, record)
                if batch.bulk is not None:
                    projector.bulk(connection, batch.world, batch.bulk)
            if batch.over:
                ended = {"status": Status.OVER.value, "updated_ms": batch.time_ms}
                worlds.update_world(connection, batch.world, ended)
        return frozenset(fenced)

    def _rewind(self, connection: Connection, row: WorldRow, run: Run, replayed: Sequence[Record]) -> None:
        rewound = connection.execute(
            update(WORLDS)
            .where(WORLDS.c.world == row.world, WORLDS.c.epoch == row.epoch)
            .values(
                run=run.run,
                epoch=row.epoch + 1,
                node=None,
                status=Status.RUNNING.value,
                reason="",
                updated_ms=run.created_ms,
            )
        )
        if rewound.rowcount != 1:
            raise StorageUnavailable(f"{row.world} was taken over meanwhile")
        worlds.insert_run(connection, run)
        projector = self._projectors.get(row.ruleset)
        if row.projected and projector is not None:
            projector.forget(connection, row.world)
            for record in replayed:
                projector.project(connection, record)


class _WorldExists(Exception):
    """Undoes what a guard has written."""
