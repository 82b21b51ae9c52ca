"""The hot path: adding batches to the journal, each under the epoch of its world.

Every commit of a host passes here, so this is hand-written SQL on the driver: one statement per batch on SQLite
(no round trips there), one statement for all of them on PostgreSQL. The condition on the epoch stands in the
statement that writes, and the primary key is a second guard: of two owners that both believe in one epoch, one
writes. Which of the two refused makes no difference: the world is fenced.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from gamefold.engine.journal import Batch
from gamefold.storage.naming import flat

_SQLITE: Final = flat("""
    INSERT INTO engine.journal (
        world, run, first_seq, last_seq, first_position, last_position, time_ms, hash, entries, events)
    SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
    WHERE (SELECT epoch FROM engine.worlds WHERE world = ?) = ?
    ON CONFLICT DO NOTHING
""")

# FOR SHARE makes a takeover wait for this commit, and this commit for a takeover under way: in the second case
# PostgreSQL looks at the new row, finds another epoch and leaves the batch out. One fenced world leaves the others
# of the commit alone.
_POSTGRES: Final = """
    INSERT INTO engine.journal (
        world, run, first_seq, last_seq, first_position, last_position, time_ms, hash, entries, events)
    SELECT b.world, b.run, b.first_seq, b.last_seq, b.first_position, b.last_position, b.time_ms, b.hash, b.entries,
        b.events
    FROM unnest(
        $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[],
        $9::bytea[], $10::bytea[], $11::bigint[]
    ) AS b (world, run, first_seq, last_seq, first_position, last_position, time_ms, hash, entries, events, epoch)
    JOIN engine.worlds AS w ON w.world = b.world AND w.epoch = b.epoch
    FOR SHARE OF w
    ON CONFLICT DO NOTHING
    RETURNING world
"""


def append(connection: Connection, batches: Sequence[Batch]) -> set[str]:
    """Add at most one batch per world; give the worlds that are fenced."""
    if connection.dialect.name == "sqlite":
        return _append_sqlite(connection, batches)
    return _append_postgres(connection, batches)


def _append_sqlite(connection: Connection, batches: Sequence[Batch]) -> set[str]:
    driver = connection.connection.driver_connection
    assert driver is not None
    cursor = driver.cursor()
    fenced: set[str] = set()
    for batch in batches:
        cursor.execute(_SQLITE, (*_columns(batch), batch.world, batch.epoch))
        if cursor.rowcount != 1:
            fenced.add(batch.world)
    cursor.close()
    return fenced


def _append_postgres(connection: Connection, batches: Sequence[Batch]) -> set[str]:
    arrays = zip(*((*_columns(batch), batch.epoch) for batch in batches), strict=True)
    accepted = connection.exec_driver_sql(_POSTGRES, tuple(map(list, arrays)))
    return {batch.world for batch in batches}.difference(world for (world,) in accepted)


def _columns(batch: Batch) -> tuple[str, int, int, int, int, int, int, bytes, bytes, bytes]:
    return (
        batch.world,
        batch.run,
        batch.first_seq,
        batch.last_seq,
        batch.first_position,
        batch.last_position,
        batch.time_ms,
        batch.hash,
        batch.entries,
        batch.events,
    )
