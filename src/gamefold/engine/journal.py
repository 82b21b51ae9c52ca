"""The journal port: what the engine asks of a store, and the records that cross the seam.

The engine decides what an entry and an event are; the store keeps them as it is given them. One `Batch` is one
row: all entries that one commit adds to one world, with the events they caused. A store promises:

- a commit is all or nothing per transaction, and durable (against power loss) when `commit` returns;
- a batch is refused, and changes nothing, unless its `epoch` is the world's epoch at that moment (fencing);
- projections run in the transaction of the entries they follow from.

Words: a *run* is one line of a world's history. A world starts in run 1; a rollback leaves that run readable and
starts the next one from an earlier entry; a fork starts run 1 of another world from an entry of this one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from gamefold.engine.feed import Record


class StorageUnavailable(Exception):
    """The store could not be asked or did not answer. What was sent may or may not be durable: ask again."""


class StorageFull(StorageUnavailable):
    """No space left. Nothing was written; writes work again once there is space."""


class StorageBroken(StorageUnavailable):
    """The device refused to sync. What it holds is unknown, so nobody may write any more; the process must end."""


class WorldNotFound(Exception):
    """No world has this id."""


class JournalCorrupt(Exception):
    """Stored bytes are not what was written. `seq` is the first entry that does not hold."""

    def __init__(self, world: str, seq: int, what: str) -> None:
        super().__init__(f"{world}: entry {seq} {what}")
        self.world = world
        self.seq = seq
        self.what = what


class Status(StrEnum):
    """What a world is doing."""

    RUNNING = "running"
    OVER = "over"  # ended by its own rules
    ARCHIVED = "archived"  # over, and its rows are packed
    STOPPED = "stopped"  # by an operator; may be opened again
    QUARANTINED = "quarantined"  # its rules crashed; shown, not served

    @property
    def ended(self) -> bool:
        """Whether nothing will ever be written to the world again."""
        return self in (Status.OVER, Status.ARCHIVED)


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accepted intent. `previous` is the hash of the entry before it, so no past entry can change unseen."""

    seq: int
    tick: int
    time_ms: int
    actor: str
    version: int  # of the ruleset that folds it
    intent: bytes  # msgpack, tagged with the intent's class name
    previous: bytes  # 16 bytes
    digest: bytes | None  # 16 bytes: the state after this entry; None where only ticks are digested
    request: str | None = None  # the sender's own id of this intent; resent ones are applied once


class StoredEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event as stored; with world and run it becomes a `Record`.

    `time_ms` is the host's clock, for people. The entry has the world's, which may have stood still.
    """

    position: int
    seq: int
    tick: int
    time_ms: int
    version: int
    event: bytes  # msgpack, tagged with the event's class name


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one commit adds to one world."""

    world: str
    ruleset: str
    run: int
    epoch: int
    first_seq: int
    last_seq: int
    first_position: int  # of the first event; last_position is first_position - 1 where there is none
    last_position: int
    time_ms: int  # of the last entry
    hash: bytes  # of the last entry
    entries: bytes  # msgpack list of Entry
    events: bytes  # msgpack list of StoredEvent
    records: tuple[Record, ...] = field(repr=False, default=())  # the same events, for projections
    over: bool = False  # the world ended with this batch
    projected: bool = True  # forks are not: a what-if must not count
    bulk: "Bulk | None" = None  # a state for bulk projections, at snapshots


@dataclass(frozen=True, slots=True)
class Bulk:
    """A whole state handed to projections that are too big to follow single events."""

    seq: int
    state: Any


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """One row read back."""

    world: str
    run: int
    first_seq: int
    last_seq: int
    first_position: int
    last_position: int
    hash: bytes
    entries: bytes
    events: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One line of a world's history and the secret of its chance."""

    world: str
    run: int
    seed: bytes = field(repr=False)  # secret while the run goes on
    commitment: bytes  # published: blake2b-256 of the seed
    parent_world: str | None = None
    parent_run: int | None = None
    parent_seq: int = 0  # the last entry this run shares with its parent
    parent_position: int = 0
    created_ms: int = 0
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldRow:
    """A world as the store lists it."""

    world: str
    ruleset: str
    run: int
    epoch: int
    node: str | None  # the process that owns it
    status: Status
    projected: bool
    created_ms: int
    updated_ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one run: entries after_seq < seq <= upto_seq (None: to its end)."""

    run: Run
    after_seq: int
    upto_seq: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folded state at `seq`. `payload` is what the engine's codec made, compressed."""

    world: str
    run: int
    seq: int
    version: int
    digest: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """A world's stored self, read inside one transaction."""

    row: WorldRow
    lineage: tuple[Segment, ...]  # oldest first; the last one is the current run
    snapshot: Snapshot | None  # the newest one on this lineage
    tail: tuple[StoredBatch, ...]  # everything after it


# Runs inside the store's transaction, in whatever thread that needs: plain, quick, and free of the event loop.
# `connection` is the store's own; a guard raises Rejected to make the whole transaction never have been.
Guard = Callable[[Any], None]


class Locked(Protocol):
    """An on-demand world, locked for this transaction."""

    @property
    def head(self) -> tuple[int, int] | None:
        """(run, last seq) as stored, or None where the world does not exist yet."""
        ...

    def load(self) -> Loaded:
        """Read the whole world. Only needed where a cached state is not at `head`."""
        ...

    def create(self, row: WorldRow, run: Run) -> None:
        """Make the world, before its first append."""
        ...

    def append(self, batch: Batch) -> None:
        """Add one batch and run its projections."""
        ...

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a folded state."""
        ...

    @property
    def connection(self) -> Any:
        """The store's connection, for guards."""
        ...


Work = Callable[[Locked], Any]


@dataclass(frozen=True, slots=True)
class Branch:
    """A new run with its first batch, and the events its projections are made again from."""

    row: WorldRow
    run: Run
    batch: Batch
    replayed: Sequence[Record] = ()


class Journal(Protocol):
    """Where worlds are durable. All methods may raise StorageUnavailable and its kinds."""

    async def create(self, row: WorldRow, run: Run, batch: Batch, guard: Guard | None = None) -> bool:
        """Make a world with its first batch, or give False where it exists.

        The guard runs first, in the same transaction.
        """
        ...

    async def claim(self, world: str, node: str) -> WorldRow:
        """Take a world over: raise its epoch and name its owner. WorldNotFound."""
        ...

    async def load(self, world: str, run: int | None = None, upto_seq: int | None = None) -> Loaded:
        """Read a world of any run up to any entry: lineage, newest usable snapshot, tail. WorldNotFound."""
        ...

    async def commit(self, batches: Sequence[Batch]) -> frozenset[str]:
        """Append in one durable transaction, projections included. Give the worlds that are fenced."""
        ...

    async def transact(self, works: Sequence[tuple[str, Work]]) -> list[Any]:
        """Run each work on its locked on-demand world, all in one durable transaction.

        A work that raises is undone alone (the rest stands) and its exception stands at its place in the list.
        """
        ...

    async def branch(self, branches: Sequence[Branch]) -> None:
        """Start new runs (of the same worlds: a rollback; of a new one: a fork), all of them or none.

        For a rollback the worlds' projections are forgotten and made again, in the transaction.
        """
        ...

    async def worlds(
        self, *, prefix: str = "", status: Status | None = None, limit: int = 1_000, after: str = ""
    ) -> list[WorldRow]:
        """List worlds by id, keyset-paged by `after`."""
        ...

    async def world(self, world: str) -> WorldRow:
        """Read one world's row. WorldNotFound."""
        ...

    async def runs(self, world: str) -> list[Run]:
        """All runs of a world, oldest first. WorldNotFound."""
        ...

    async def lineage(self, world: str, run: int | None = None) -> tuple[Segment, ...]:
        """The stretches that make up a run (None: the current one), oldest first. WorldNotFound."""
        ...

    async def batches(self, segment: Segment, after_seq: int, limit: int = 256) -> list[StoredBatch]:
        """Read the rows of a segment that hold entries after `after_seq`, in order, archived ones included."""
        ...

    async def event_batches(self, segment: Segment, after_position: int, limit: int = 64) -> list[StoredBatch]:
        """Read the rows of a segment that hold events after `after_position`, in order."""
        ...

    async def snapshots(self, world: str, run: int) -> list[Snapshot]:
        """All snapshots of one run, oldest first."""
        ...

    async def save_snapshot(self, snapshot: Snapshot, keep: int) -> None:
        """Keep a snapshot, and no more than the newest `keep` of its run (plus the first)."""
        ...

    async def set_status(self, world: str, status: Status, reason: str = "", *, epoch: int | None = None) -> None:
        """Say what a world is doing; with `epoch`, only while that is its epoch: nothing where it was claimed or
        rolled back since. WorldNotFound.
        """
        ...

    async def cursor(self, world: str, run: int, reactor: str) -> int:
        """The last position a reactor has dealt with; 0 where it has none."""
        ...

    async def save_cursors(self, cursors: Sequence[tuple[str, int, str, int]]) -> None:
        """Keep (world, run, reactor, position) tuples."""
        ...

    async def archive(self, world: str, run: int, upto_seq: int) -> int:
        """Pack the rows up to `upto_seq` into compressed segments; give how many rows were packed."""
        ...

    async def drop_archived(self, world: str, before_ms: int) -> int:
        """Delete archived segments that ended before `before_ms`; give how many."""
        ...
