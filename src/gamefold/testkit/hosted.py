"""A real host on a real store, with virtual time: start it, crash it, open it again."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Connection, MetaData

from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.observe import Observer
from gamefold.engine.reactors import Reactor
from gamefold.engine.ruleset import Ruleset
from gamefold.storage import migrate
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal
from gamefold.storage.opening import open_database
from gamefold.storage.projector import Projector
from gamefold.testkit.clock import VirtualClock

FIXED_SEED = 7


class Hosted:
    """A store and the host that lives on it. After `crash`, `reopen` starts the next life on the same store."""

    def __init__(
        self,
        database: Database,
        clock: VirtualClock,
        rulesets: Mapping[str, Ruleset],
        projectors: Mapping[str, Projector],
        reactors: Mapping[str, Sequence[Reactor]],
        observer: Observer | None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.rulesets = dict(rulesets)
        self.reactors = dict(reactors)
        self.journal = SqlJournal(database, projectors, clock)
        self.host = self._next_host(observer)
        self._observer = observer
        self._lives = 1

    async def start(self) -> Host:
        """Start the host of this life."""
        self.clock.watch(self._busy)
        await self.host.start()
        return self.host

    async def crash(self) -> None:
        """Kill the host: it finishes nothing, keeps nothing, answers nobody."""
        self.clock.unwatch(self._busy)
        await self.host.kill()

    async def close(self) -> None:
        """Stop the host in good order."""
        self.clock.unwatch(self._busy)
        await self.host.close()

    async def reopen(self, **rulesets: Ruleset) -> Host:
        """Start the next host on the same store, with newer `rulesets` if given."""
        self.rulesets.update(rulesets)
        self._lives += 1
        self.host = self._next_host(self._observer, f"life-{self._lives}")
        return await self.start()

    async def settle(self) -> None:
        """Wait until the host has nothing left to do before time goes on."""
        await self.clock.settle()

    async def rows(self, metadata: MetaData) -> dict[str, list[tuple[Any, ...]]]:
        """Read every row of every table, sorted, by the table's name."""
        return await self.database.read(lambda connection: rows_of(connection, metadata))

    def _next_host(self, observer: Observer | None, node: str = "life-1") -> Host:
        entropy = Entropy(FIXED_SEED)
        return Host(
            self.journal, self.clock, entropy, self.rulesets, node=node, reactors=self.reactors, observer=observer
        )

    def _busy(self) -> bool:
        return self.host.busy


@contextlib.asynccontextmanager
async def hosted(
    *rulesets: Ruleset,
    projectors: Mapping[str, Projector] | None = None,
    metadata: Sequence[MetaData] = (),
    reactors: Mapping[str, Sequence[Reactor]] | None = None,
    observer: Observer | None = None,
    clock: VirtualClock | None = None,
    path: Path | None = None,
    url: str | None = None,
) -> AsyncIterator[Hosted]:
    """Give a started host for `rulesets`, on a SQLite file (at `path`, made where it is not there) or a store (`url`).

    `metadata` holds tables of a new file that no migration makes. The host is closed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="gamefold-") as folder:
        if url is None:
            file = path or Path(folder) / "gamefold.db"
            if not file.exists():
                await a_store(file, *metadata)
            url = f"sqlite:///{file}"
        database = open_database(url)
        try:
            by_name = {ruleset.name: ruleset for ruleset in rulesets}
            house = Hosted(database, clock or VirtualClock(), by_name, projectors or {}, reactors or {}, observer)
            await house.start()
            try:
                yield house
            finally:
                await house.host.close()
        finally:
            await database.close()


async def a_store(path: Path, *metadata: MetaData) -> Path:
    """Make a SQLite file with every table of the engine, the games and `metadata`."""
    if metadata not in _stores:
        # Migrated once and copied from then on: a migration takes a hundred times as long as a copy.
        template = Path(_folder().name) / f"{len(_stores)}.db"
        url = f"sqlite:///{template}"
        await migrate.upgrade(url)
        database = open_database(url)
        await database.write(lambda connection: make_tables(connection, *metadata))
        await database.close()
        _stores[metadata] = template
    shutil.copy(_stores[metadata], path)
    return path


@contextlib.asynccontextmanager
async def a_postgres_store(server: str, name: str, *metadata: MetaData) -> AsyncIterator[str]:
    """Give the URL of a new database with every table, dropped at the end. OSError where no server answers.

    `server` is a URL without a database; the one called `postgres` is only connected to.
    """
    connection = await asyncpg.connect(f"{server}/postgres", timeout=5)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
        url = f"{server}/{name}"
        await migrate.upgrade(url)
        database = open_database(url)
        await database.write(lambda session: make_tables(session, *metadata))
        await database.close()
        yield url
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def rows_of(connection: Connection, metadata: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of every table of `metadata`, sorted, by the table's name."""
    return {
        table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
        for table in metadata.sorted_tables
    }


def make_tables(connection: Connection, *metadata: MetaData) -> None:
    """Make tables that no migration makes."""
    for part in metadata:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{part.schema}"')
        part.create_all(connection, checkfirst=False)


@lru_cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gamefold-stores-")


_stores: dict[tuple[MetaData, ...], Path] = {}
