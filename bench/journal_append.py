"""How much of the raw append speed is left under `SqlJournal.commit`?

Entries of 200 bytes, 1, 16, 100 and 256 of them per commit, one commit after the other, and 64 worlds with 16
entries each in one group commit. The floor does the least that is as durable, in the same process and the same
run: on SQLite the standard library in one thread, WAL, synchronous=FULL, BEGIN IMMEDIATE, one row with one blob per
world, COMMIT; on PostgreSQL one prepared INSERT per commit on one asyncpg connection (one row per world), with
synchronous_commit=on. Both sides write the same bytes, cut from random ones, and neither has projections.

PostgreSQL is measured where postgresql://postgres@127.0.0.1 answers (or GAMEFOLD_BENCH_POSTGRES), in a database of
its own that is dropped again.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from bench.common import Effort, compared, run, say, scratch, take_turns
from gamefold.engine.journal import Batch, Run, Status, WorldRow
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database

ENTRY_BYTES = 200
SHAPES = ((1, 1), (1, 16), (1, 100), (1, 256), (64, 16))  # worlds in a commit, entries of each

_random = os.urandom(1 << 22)


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("journal_append", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give a ratio for every shape and database."""
    figures: dict[str, Any] = {}
    with scratch() as directory:
        await upgrade(url := f"sqlite:///{directory / 'journal.db'}")
        floor = SqliteFloor(directory / "floor.db")
        figures["sqlite"] = await compare(effort, url, floor)
        await floor.close()
    server = os.environ.get("GAMEFOLD_BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
    try:
        async with a_database(server) as url:
            await upgrade(url)
            pg_floor = PostgresFloor(await asyncpg.connect(url))
            await pg_floor.open()
            figures["postgresql"] = await compare(effort, url, pg_floor)
            await pg_floor.close()
    except (OSError, asyncpg.PostgresError) as error:
        say(f"no PostgreSQL: {error}")
    return figures


async def compare(effort: Effort, url: str, floor: Any) -> dict[str, Any]:
    """Measure every shape on one database."""
    database = open_database(url)
    journal = SqlJournal(database, {})
    figures = {}
    for worlds, entries in SHAPES:
        lines = [await Line.begun(journal, f"bench/{worlds}x{entries}/{number}") for number in range(worlds)]

        async def commit(lines: list[Line] = lines, entries: int = entries) -> None:
            assert not await journal.commit([line.batch(entries) for line in lines])

        async def write(lines: list[Line] = lines, entries: int = entries) -> None:
            await floor.write([line.floor_row(entries) for line in lines])

        sides = {"journal": per_second(commit, worlds * entries), "floor": per_second(write, worlds * entries)}
        results = await take_turns(sides, effort.pick(9, 3), effort.pick(1.0, 0.3), 0.05)
        figure = compared(results, "journal", "floor")
        figures[f"{worlds}x{entries}"] = figure
        say(
            f"{database.dialect:10} {worlds:2} worlds x {entries:3} entries: journal {figure['journal']:>9,.0f}/s  "
            f"floor {figure['floor']:>9,.0f}/s  ratio {figure['ratio']:.2f} {figure['ratio_spread']}"
        )
    await database.close()
    return figures


def per_second(commit: Callable[[], Any], entries: int) -> Any:
    """Turn a commit of so many entries into a side that counts entries."""

    async def side(seconds: float) -> tuple[float, float]:
        commits, begin_s, took_s = 0, time.perf_counter(), 0.0
        while took_s < seconds:
            await commit()
            commits += 1
            took_s = time.perf_counter() - begin_s
        return commits * entries, took_s

    return side


def cut(size: int, at: int) -> bytes:
    """Give random bytes, others for every place."""
    start = at * 977 % (len(_random) - size)
    return _random[start : start + size]


class Line:
    """One world's entries, as the engine would hand them over."""

    def __init__(self, world: str) -> None:
        self.world = world
        self.seq = 1
        self.floor_seq = 0

    @classmethod
    async def begun(cls, journal: SqlJournal, world: str) -> "Line":
        """Make the world."""
        row = WorldRow(
            world=world, ruleset="bench", run=1, epoch=1, node=None, status=Status.RUNNING, projected=True,
            created_ms=0, updated_ms=0,
        )  # fmt: skip
        line = cls(world)
        line.seq = 0
        await journal.create(row, Run(world=world, run=1, seed=bytes(32), commitment=bytes(32)), line.batch(1))
        return line

    def batch(self, entries: int) -> Batch:
        """Give the next batch. Entries and their events share the bytes, as they do in a game."""
        first, self.seq = self.seq + 1, self.seq + entries
        raw = cut(entries * ENTRY_BYTES, first)
        half = len(raw) // 2
        return Batch(
            world=self.world, ruleset="bench", run=1, epoch=1, first_seq=first, last_seq=self.seq,
            first_position=first, last_position=self.seq, time_ms=self.seq, hash=raw[:16], entries=raw[:half],
            events=raw[half:],
        )  # fmt: skip

    def floor_row(self, entries: int) -> tuple[str, int, bytes]:
        """Give the same as the floor keeps it."""
        self.floor_seq += entries
        return self.world, self.floor_seq, cut(entries * ENTRY_BYTES, self.floor_seq)


class SqliteFloor:
    """The least that makes a blob durable in SQLite from an event loop."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE floor (world TEXT, seq INTEGER, payload BLOB, PRIMARY KEY (world, seq))")

    async def write(self, rows: list[tuple[str, int, bytes]]) -> None:
        """Write rows in one durable transaction."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, rows)

    def _write(self, rows: list[tuple[str, int, bytes]]) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for row in rows:
            execute("INSERT INTO floor VALUES (?, ?, ?)", row)
        execute("COMMIT")

    async def close(self) -> None:
        """Close the file."""
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()


class PostgresFloor:
    """The least that makes a blob durable in PostgreSQL: one prepared statement, one round trip."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def open(self) -> None:
        """Make the table and prepare the statements."""
        await self._connection.execute(
            "CREATE TABLE floor (world text, seq bigint, payload bytea, PRIMARY KEY (world, seq))"
        )
        self._one = await self._connection.prepare("INSERT INTO floor VALUES ($1, $2, $3)")
        self._many = await self._connection.prepare(
            "INSERT INTO floor SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])"
        )

    async def write(self, rows: list[tuple[str, int, bytes]]) -> None:
        """Write rows in one durable transaction."""
        if len(rows) == 1:
            await self._one.fetch(*rows[0])
        else:
            await self._many.fetch(*map(list, zip(*rows, strict=True)))

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()


@asynccontextmanager
async def a_database(server: str) -> AsyncIterator[str]:
    """Give a new database on a server."""
    name = f"gamefold_bench_{os.getpid()}"
    admin = await asyncpg.connect(f"{server}/postgres", timeout=3)
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server}/{name}"
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


if __name__ == "__main__":
    main()
