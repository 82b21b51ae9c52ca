"""Whoever changes a stored byte is found out, and the first entry that does not hold is named."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gamefold.engine import codec
from gamefold.engine.asked import WorldUnavailable
from gamefold.engine.history import Verdict, verify, world_at
from gamefold.engine.journal import Entry, JournalCorrupt, StoredEvent
from gamefold.engine.rng import Rng
from gamefold.testkit.hosted import hosted
from gamefold.testkit.toys import LEDGER
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec

WORLD = "ledger/1"
SHORT = replace(LEDGER, snapshot_every=10)
ENTRIES = 37
BATCH = 3  # entries in a row

Damage = Callable[[sqlite3.Connection], object]


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """Give a store with one world of 37 entries, three in a row, with snapshots."""
    path = tmp_path / "gamefold.db"
    async with hosted(SHORT, path=path) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        for first in range(0, ENTRIES - 1, BATCH):
            numbers = range(first, first + BATCH)
            await asyncio.gather(*(house.host.submit(WORLD, f"p{n % 4}", Deposit(n + 1)) for n in numbers))
            await house.settle()
        await house.crash()
    return path


def rows(connection: sqlite3.Connection) -> list[tuple[int, int, bytes, bytes, bytes]]:
    return connection.execute(
        "SELECT first_seq, last_seq, entries, events, hash FROM engine_journal ORDER BY first_seq"
    ).fetchall()


def entries_of(raw: bytes) -> list[Entry]:
    return msgspec.msgpack.decode(raw, type=list[Entry])


def rewrite(connection: sqlite3.Connection, seq: int, change: Callable[[Entry], Entry], *, rehash: bool) -> None:
    """Change one entry where it stands, and the hash of its row if asked."""
    for first, last, raw, _, old_hash in rows(connection):
        if first <= seq <= last:
            changed = [change(entry) if entry.seq == seq else entry for entry in entries_of(raw)]
            new_hash = codec.entry_hash(codec.encode(changed[-1])) if rehash else old_hash
            connection.execute(
                "UPDATE engine_journal SET entries = ?, hash = ? WHERE first_seq = ?",
                (codec.encode(changed), new_hash, first),
            )


def richer(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, intent=codec.encode(Deposit(777)))


def renamed(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, request="forged")


def change_event(connection: sqlite3.Connection) -> None:
    [(raw,)] = connection.execute("SELECT events FROM engine_journal WHERE first_seq = 17").fetchall()
    events = msgspec.msgpack.decode(raw, type=list[StoredEvent])
    events[1] = msgspec.structs.replace(events[1], event=events[1].event.replace(b"deposit", b"DEPOSIT"))
    connection.execute("UPDATE engine_journal SET events = ? WHERE first_seq = 17", (codec.encode(events),))


def swap_rows(connection: sqlite3.Connection) -> None:
    contents = {first: (raw, events, hash_) for first, _, raw, events, hash_ in rows(connection)}
    for at, source in ((14, 17), (17, 14)):
        connection.execute(
            "UPDATE engine_journal SET entries = ?, events = ?, hash = ? WHERE first_seq = ?", (*contents[source], at)
        )


def flip_snapshot(connection: sqlite3.Connection) -> None:
    [(seq, payload)] = connection.execute("SELECT seq, payload FROM engine_snapshots ORDER BY seq LIMIT 1").fetchall()
    flipped = bytearray(payload)
    flipped[len(flipped) // 2] ^= 4
    connection.execute("UPDATE engine_snapshots SET payload = ? WHERE seq = ?", (bytes(flipped), seq))


DAMAGES: dict[str, tuple[Damage, int]] = {
    "a changed entry in the middle of a row": (lambda c: rewrite(c, 18, richer, rehash=False), 18),
    "a changed entry at the end of a row": (lambda c: rewrite(c, 19, richer, rehash=False), 19),
    "a changed entry with a new row hash": (lambda c: rewrite(c, 19, richer, rehash=True), 19),
    "a change that moves no coin": (lambda c: rewrite(c, 18, renamed, rehash=False), 18),
    "a change of the very last entry that moves no coin": (lambda c: rewrite(c, 37, renamed, rehash=False), 37),
    "a changed event": (change_event, 18),
    "a deleted row": (lambda c: c.execute("DELETE FROM engine_journal WHERE first_seq = 17"), 17),
    "a deleted first row": (lambda c: c.execute("DELETE FROM engine_journal WHERE first_seq = 1"), 1),
    "a deleted tail": (lambda c: c.execute("DELETE FROM engine_journal WHERE first_seq > 25"), 26),
    "swapped rows": (swap_rows, 14),
    "a row moved to another place": (
        lambda c: c.execute("UPDATE engine_journal SET first_seq = 12, last_seq = 13 WHERE first_seq = 17"),
        14,
    ),
    "a flipped byte in a snapshot": (flip_snapshot, 10),
    "a wrong digest of a snapshot": (
        lambda c: c.execute("UPDATE engine_snapshots SET digest = zeroblob(16) WHERE seq = 10"),
        10,
    ),
    "another seed": (lambda c: c.execute("UPDATE engine_runs SET seed = zeroblob(32)"), 1),
}


async def verdict_on(path: Path) -> Verdict:
    async with hosted(SHORT, path=path) as house:
        await house.crash()
        return await verify(house.journal, house.rulesets, WORLD)


async def test_what_nobody_touched_holds(path: Path) -> None:
    verdict = await verdict_on(path)
    assert (verdict.holds, verdict.entries, verdict.events, verdict.snapshots) == (True, ENTRIES, ENTRIES, 3)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_the_first_entry_that_does_not_hold_is_named(path: Path, damage: str) -> None:
    change, first_bad_seq = DAMAGES[damage]
    with sqlite3.connect(path) as connection:
        change(connection)
    verdict = await verdict_on(path)
    assert verdict.first_bad_seq == first_bad_seq, verdict.reason
    assert verdict.reason.startswith(f"{WORLD}: entry {first_bad_seq} ")


async def test_a_random_flipped_byte_is_detected_or_harmless(path: Path) -> None:
    """Flip 510 bytes, one at a time, in everything that is stored about a world."""
    async with hosted(SHORT, path=path) as house:
        await house.crash()
        truth = (await world_at(house.journal, house.rulesets, WORLD)).digest()
        rng = Rng(bytes(32), "flips")
        detected = harmless = 0
        with sqlite3.connect(path, isolation_level=None) as connection:
            cells = [
                (table, column, rowid, content)
                for table, columns in (
                    ("engine_journal", ("entries", "events", "hash")),
                    ("engine_snapshots", ("payload", "digest")),
                    ("engine_runs", ("seed",)),
                )
                for column in columns
                for rowid, content in connection.execute(f"SELECT rowid, {column} FROM {table}")
            ]
            for _ in range(510):
                table, column, rowid, content = rng.weighted(cells, [len(cell[3]) for cell in cells])
                flipped = bytearray(content)
                flipped[rng.below(len(flipped))] ^= 1 << rng.below(8)
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (bytes(flipped), rowid))
                verdict = await verify(house.journal, house.rulesets, WORLD)
                try:
                    opened = (await world_at(house.journal, house.rulesets, WORLD)).digest()
                except JournalCorrupt:
                    opened = None
                # A world that opens is the true one, and whatever is not true is found by verifying.
                assert opened in (None, truth), (table, column, rowid)
                assert opened is not None or not verdict.holds, (table, column, rowid)
                detected += not verdict.holds
                harmless += verdict.holds
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (content, rowid))
        assert detected >= 480
        assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_a_world_that_does_not_hold_is_not_served(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        rewrite(connection, 36, richer, rehash=False)
    async with hosted(SHORT, path=path) as house:
        with pytest.raises(WorldUnavailable, match="entry 36"):
            await house.host.submit(WORLD, "anna", Deposit(1))
        await house.host.ensure("ledger/2", LedgerSpec())
        await house.host.submit("ledger/2", "anna", Deposit(1))
