"""Reading the journal: archived and hot rows as one ordered stream."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from gamefold.engine.journal import Loaded, Segment, StoredBatch
from gamefold.storage.archive import unpack
from gamefold.storage.lineage import read_lineage
from gamefold.storage.snapshots import newest_snapshot
from gamefold.storage.statements import fetch
from gamefold.storage.tables import JOURNAL, SEGMENTS
from gamefold.storage.worlds import read_world

_LAST: Final = (1 << 63) - 1  # a seq or limit that leaves nothing out

_BATCH: Final = (
    JOURNAL.c.world,
    JOURNAL.c.run,
    JOURNAL.c.first_seq,
    JOURNAL.c.last_seq,
    JOURNAL.c.first_position,
    JOURNAL.c.last_position,
    JOURNAL.c.hash,
    JOURNAL.c.entries,
    JOURNAL.c.events,
)
_OLDEST: Final = "SELECT first_seq FROM engine.journal WHERE world = ? AND run = ? ORDER BY first_seq LIMIT 1"
_NEWEST: Final = """
    SELECT first_seq, last_seq FROM engine.journal WHERE world = ? AND run = ? ORDER BY first_seq DESC LIMIT 1
"""
_AT: Final = """
    SELECT first_seq, last_seq, last_position FROM engine.journal
    WHERE world = ? AND run = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1
"""
_NEWEST_ARCHIVED: Final = """
    SELECT last_seq FROM engine.segments WHERE world = ? AND run = ? ORDER BY first_seq DESC LIMIT 1
"""
_BRANCHED: Final = "SELECT parent_seq FROM engine.runs WHERE world = ? AND run = ?"


def read_loaded(connection: Connection, world: str, run: int | None, upto_seq: int | None) -> Loaded:
    """Read a world up to an entry: its row, lineage, newest usable snapshot, and all rows after it.

    WorldNotFound, JournalCorrupt.
    """
    row = read_world(connection, world)
    lineage = read_lineage(connection, world, run, upto_seq)
    snapshot = newest_snapshot(connection, lineage)
    folded = snapshot.seq if snapshot is not None else 0
    tail = [batch for segment in lineage for batch in read_batches(connection, segment, folded, _LAST)]
    return Loaded(row, lineage, snapshot, tuple(tail))


def last_seq(connection: Connection, world: str, run: int) -> int:
    """Give the last entry of a run; the one it branched from where it has none of its own."""
    for query, column in ((_NEWEST, 1), (_NEWEST_ARCHIVED, 0), (_BRANCHED, 0)):
        if (found := fetch(connection, query, world, run)) is not None:
            return int(found[column])
    return 0


def read_batches(connection: Connection, segment: Segment, after_seq: int, limit: int) -> list[StoredBatch]:
    """Read the rows with entries after `after_seq`, in order."""
    upto = segment.upto_seq if segment.upto_seq is not None else _LAST
    if after_seq >= upto:
        return []
    found: list[StoredBatch] = []
    for archived in _archived(connection, segment, SEGMENTS.c.last_seq, after_seq):
        found += [batch for batch in archived if batch.last_seq > after_seq and batch.first_seq <= upto]
        if len(found) >= limit:
            return found[:limit]
    first = _row_at(connection, segment, after_seq + 1)
    query = _hot(segment).where(JOURNAL.c.first_seq >= first, JOURNAL.c.last_seq > after_seq)
    return found + _rows(connection, query, limit - len(found))


def read_event_batches(connection: Connection, segment: Segment, after_position: int, limit: int) -> list[StoredBatch]:
    """Read the rows with events after `after_position`, in order."""
    upto = segment.upto_seq if segment.upto_seq is not None else _LAST
    found: list[StoredBatch] = []
    for archived in _archived(connection, segment, SEGMENTS.c.last_position, after_position):
        found += [
            batch
            for batch in archived
            if batch.last_position > after_position
            and batch.last_position >= batch.first_position
            and batch.first_seq <= upto
        ]
        if len(found) >= limit:
            return found[:limit]
    first = _row_past(connection, segment, after_position)
    query = _hot(segment).where(
        JOURNAL.c.first_seq >= first,
        JOURNAL.c.last_position > after_position,
        JOURNAL.c.last_position >= JOURNAL.c.first_position,
    )
    return found + _rows(connection, query, limit - len(found))


def _hot(segment: Segment) -> Select[Any]:
    query = select(*_BATCH).where(JOURNAL.c.world == segment.run.world, JOURNAL.c.run == segment.run.run)
    return query if segment.upto_seq is None else query.where(JOURNAL.c.first_seq <= segment.upto_seq)


def _rows(connection: Connection, query: Select[Any], limit: int) -> list[StoredBatch]:
    found = connection.execute(query.order_by(JOURNAL.c.first_seq).limit(limit))
    return [StoredBatch(*row) for row in found]


def _archived(connection: Connection, segment: Segment, column: Any, after: int) -> Iterator[list[StoredBatch]]:
    """Unpack the archived rows, one segment in memory at a time."""
    query = select(SEGMENTS.c.first_seq, column, SEGMENTS.c.payload).where(
        SEGMENTS.c.world == segment.run.world, SEGMENTS.c.run == segment.run.run
    )
    if segment.upto_seq is not None:
        query = query.where(SEGMENTS.c.first_seq <= segment.upto_seq)
    query = query.order_by(SEGMENTS.c.first_seq).limit(1)
    while (found := connection.execute(query.where(column > after)).first()) is not None:
        first_seq, after, payload = found
        yield unpack(segment.run.world, segment.run.run, first_seq, payload)


def _row_at(connection: Connection, segment: Segment, seq: int) -> int:
    """Give the first seq of the hot row that holds `seq` or comes before it, so that reading can start there."""
    found = fetch(connection, _AT, segment.run.world, segment.run.run, seq)
    return int(found[0]) if found is not None else 0


def _row_past(connection: Connection, segment: Segment, position: int) -> int:
    """Give the first seq of the first hot row whose events reach past `position`, by halving."""
    key = segment.run.world, segment.run.run
    oldest, newest = fetch(connection, _OLDEST, *key), fetch(connection, _NEWEST, *key)
    if oldest is None or newest is None:
        return 0
    low, high = oldest[0], newest[0]
    while low < high:
        first, last, last_position = fetch(connection, _AT, *key, (low + high) // 2)
        if last_position > position:
            high = first
        else:
            low = last + 1
    return int(low)
