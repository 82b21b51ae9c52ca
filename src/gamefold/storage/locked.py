"""On-demand worlds, locked for one transaction."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from gamefold.engine.journal import Batch, Loaded, Run, Snapshot, StorageUnavailable, WorldRow
from gamefold.engine.ruleset import Retention
from gamefold.storage.history import last_seq, read_loaded
from gamefold.storage.snapshots import write_snapshot
from gamefold.storage.statements import lock_key
from gamefold.storage.worlds import insert_world, lock_worlds

_LOCK_ALL = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key"

Add = Callable[[Connection, Sequence[Batch]], frozenset[str]]


def lock_on_demand(connection: Connection, worlds: Sequence[str]) -> dict[str, WorldRow]:
    """Lock worlds, whether they exist or not, and give the rows of those that do.

    Everybody takes the locks in one order, so nobody waits in a circle. The advisory locks come first, for all of
    them: a world that does not exist has no row to lock, and may come to exist while we wait. The row locks keep
    off those who do not come through here, such as a rollback.
    """
    if connection.dialect.name == "postgresql":
        keys = sorted({lock_key(f"world:{world}") for world in worlds})
        connection.exec_driver_sql(_LOCK_ALL, (keys,))
    return lock_worlds(connection, sorted(set(worlds)))


class SqlLocked:
    """The engine's `Locked` inside a transaction that has locked the world."""

    def __init__(self, connection: Connection, world: str, row: WorldRow | None, add: Add) -> None:
        self._connection = connection
        self._world = world
        self._add = add
        self._head = (row.run, last_seq(connection, world, row.run)) if row is not None else None

    @property
    def head(self) -> tuple[int, int] | None:
        """(run, last seq), or None where the world does not exist yet."""
        return self._head

    @property
    def connection(self) -> Connection:
        """The transaction's connection."""
        return self._connection

    def load(self) -> Loaded:
        """Read the whole world. WorldNotFound, JournalCorrupt."""
        return read_loaded(self._connection, self._world, None, None)

    def create(self, row: WorldRow, run: Run) -> None:
        """Make the world."""
        assert self._head is None, f"{self._world} exists"
        created = insert_world(self._connection, row, run)
        assert created, f"{self._world} was made in spite of the lock"
        self._head = (run.run, run.parent_seq)

    def append(self, batch: Batch) -> None:
        """Add one batch and its projections. StorageUnavailable where its epoch is an old one: load again."""
        assert self._head == (batch.run, batch.first_seq - 1), f"{self._world} is at {self._head}"
        if self._add(self._connection, [batch]):
            raise StorageUnavailable(f"{self._world} was taken over since it was loaded")
        self._head = (batch.run, batch.last_seq)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a folded state, and as many older ones as a ruleset keeps that does not say otherwise."""
        write_snapshot(self._connection, snapshot, Retention().snapshots_kept)
