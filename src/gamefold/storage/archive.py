"""Archived journal rows: whole rows, packed together and compressed, in the order they had.

A row keeps its bytes, so hashes and replays do not change; it only moves.
"""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

import msgspec
import zstandard
from sqlalchemy import Connection, delete, exists, select

from gamefold.engine.journal import JournalCorrupt, StoredBatch
from gamefold.storage.tables import JOURNAL, SEGMENTS, SNAPSHOTS
from gamefold.storage.worlds import lock_worlds

ROWS_MAX: Final = 256  # of one segment, which is unpacked as a whole
BYTES_MAX: Final = 4 << 20
_LEVEL: Final = 6  # packed once, by a thread of its own, and read seldom

_Packed = tuple[int, int, int, int, bytes, bytes, bytes]  # a StoredBatch without world and run
_decoder: Final = msgspec.msgpack.Decoder(list[_Packed])


class ArchivedMeanwhile(Exception):
    """Somebody else has packed these rows."""


def rows_to_pack(connection: Connection, world: str, run: int, upto_seq: int) -> tuple[list[StoredBatch], int]:
    """Read the oldest hot rows that end at or before `upto_seq`, and the time of the last one."""
    query = (
        select(JOURNAL)
        .where(JOURNAL.c.world == world, JOURNAL.c.run == run, JOURNAL.c.last_seq <= upto_seq)
        .order_by(JOURNAL.c.first_seq)
        .limit(ROWS_MAX)
    )
    rows: list[StoredBatch] = []
    size = time_ms = 0
    for row in connection.execute(query):
        size += len(row.entries) + len(row.events)
        if rows and size > BYTES_MAX:
            break
        time_ms = row.time_ms
        rows.append(
            StoredBatch(
                row.world,
                row.run,
                row.first_seq,
                row.last_seq,
                row.first_position,
                row.last_position,
                row.hash,
                row.entries,
                row.events,
            )
        )
    return rows, time_ms


def pack(rows: Sequence[StoredBatch]) -> bytes:
    """Make one payload of many rows."""
    packed = msgspec.msgpack.encode([astuple(row)[2:] for row in rows])
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(packed)


def unpack(world: str, run: int, first_seq: int, payload: bytes) -> list[StoredBatch]:
    """Undo `pack`. JournalCorrupt where the payload is not what was written."""
    try:
        rows = _decoder.decode(zstandard.ZstdDecompressor().decompress(payload))
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise JournalCorrupt(world, first_seq, f"is archived in bytes that cannot be read ({error})") from error
    return [StoredBatch(world, run, *row) for row in rows]


def move(connection: Connection, rows: Sequence[StoredBatch], time_ms: int, payload: bytes) -> None:
    """Replace hot rows by their payload. Raises ArchivedMeanwhile where they are not hot any more."""
    first, last = rows[0], rows[-1]
    # A transaction that has locked the world may be reading the very rows, first here and then there.
    lock_worlds(connection, [first.world])
    gone = connection.execute(
        delete(JOURNAL).where(
            JOURNAL.c.world == first.world,
            JOURNAL.c.run == first.run,
            JOURNAL.c.first_seq.between(first.first_seq, last.first_seq),
        )
    )
    if gone.rowcount != len(rows):
        raise ArchivedMeanwhile
    connection.execute(
        SEGMENTS.insert().values(
            world=first.world,
            run=first.run,
            first_seq=first.first_seq,
            last_seq=last.last_seq,
            first_position=first.first_position,
            last_position=last.last_position,
            time_ms=time_ms,
            payload=payload,
        )
    )


def drop(connection: Connection, world: str, before_ms: int) -> int:
    """Delete old segments. Those behind which no snapshot of their run stands stay: the world could not open."""
    covered = exists().where(
        SNAPSHOTS.c.world == SEGMENTS.c.world,
        SNAPSHOTS.c.run == SEGMENTS.c.run,
        SNAPSHOTS.c.seq >= SEGMENTS.c.last_seq,
    )
    gone = connection.execute(
        delete(SEGMENTS).where(SEGMENTS.c.world == world, SEGMENTS.c.time_ms < before_ms, covered)
    )
    return gone.rowcount
