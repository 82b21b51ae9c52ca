"""SQLite: one writer thread, a few readers, and nothing acknowledged that is not on the disk."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from gamefold.engine.journal import StorageBroken, StorageUnavailable
from gamefold.storage import naming
from gamefold.storage.database import Dialect
from gamefold.storage.failures import sqlite_failure
from gamefold.storage.waiting import to_the_end

T = TypeVar("T")

# synchronous=FULL syncs the write-ahead log at every commit. NORMAL does not: on a power loss it forgets commits
# that were already answered.
_PRAGMAS: Final = ("synchronous=FULL", "temp_store=MEMORY", "journal_size_limit=67108864")


class SqliteDatabase:
    """A `Database` in one file.

    `module` is the DBAPI module that opens it; a simulation hands in one with its own disk. Work reaches the
    threads through the event loop's `run_in_executor`, so a simulated loop can run it inline. `watch` is handed every
    engine, to listen to its statements.
    """

    dialect: Dialect = "sqlite"

    def __init__(
        self,
        path: Path,
        *,
        module: Any = sqlite3,
        readers: int = 3,
        foreign_keys: bool = True,
        busy_timeout_ms: int = 10_000,
        watch: Callable[[Engine], None] | None = None,
    ) -> None:
        def connect() -> Any:
            # isolation_level=None: the module must not begin transactions of its own, BEGIN below does.
            connection = module.connect(
                str(path), isolation_level=None, check_same_thread=False, timeout=busy_timeout_ms / 1_000
            )
            for pragma in (*_PRAGMAS, f"foreign_keys={int(foreign_keys)}"):
                connection.execute(f"PRAGMA {pragma}")
            return connection

        def connect_writer() -> Any:
            connection = connect()
            connection.execute("PRAGMA journal_mode=WAL")
            return connection

        def connect_reader() -> Any:
            connection = connect()
            connection.execute("PRAGMA query_only=ON")
            return connection

        # IMMEDIATE takes the write lock first: a transaction that reads, decides and only then writes would
        # otherwise fail with "database is locked" whenever somebody else wrote in between.
        self._writing = _engine(module, connect_writer, "BEGIN IMMEDIATE", poolclass=NullPool)
        self._reading = _engine(module, connect_reader, "BEGIN", poolclass=QueuePool, pool_size=readers, max_overflow=0)
        if watch is not None:
            watch(self._writing)
            watch(self._reading)
        self._writer_thread = ThreadPoolExecutor(1, "gamefold-writer")
        self._reader_threads = ThreadPoolExecutor(readers, "gamefold-reader")
        self._writer: Connection | None = None
        self._broken: StorageBroken | None = None
        self._closed = False

    async def write(self, transaction: Callable[[Connection], T]) -> T:
        """Run one transaction in the writer thread; synced to the disk when this returns."""
        return await self._in(self._writer_thread, self._write, transaction)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run one read-only transaction in a reader thread; writers do not wait for it."""
        return await self._in(self._reader_threads, self._read, query)

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        await to_the_end(loop.run_in_executor(self._writer_thread, self._close_writer))
        self._writer_thread.shutdown(wait=False)
        self._reader_threads.shutdown(wait=False)
        self._reading.dispose()

    async def _in(
        self,
        threads: ThreadPoolExecutor,
        run: Callable[[Callable[[Connection], T]], T],
        work: Callable[[Connection], T],
    ) -> T:
        if self._closed:
            raise StorageUnavailable("the database is closed")
        # The thread works in the name of whoever asked: what is logged or traced there belongs to that request.
        run_in_context = copy_context().run
        return await to_the_end(asyncio.get_running_loop().run_in_executor(threads, run_in_context, run, work))

    def _write(self, transaction: Callable[[Connection], T]) -> T:
        if self._broken is not None:
            raise StorageBroken(str(self._broken))
        try:
            if self._writer is None:
                self._writer = self._writing.connect()
            with self._writer.begin():
                return transaction(self._writer)
        except BaseException as error:
            failure = sqlite_failure(error)
            if failure is None:
                raise
            if isinstance(failure, StorageBroken):
                self._broken = failure
            else:
                self._close_writer()  # what it believes about the file may be wrong now: the next write opens anew
            raise failure from error

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as connection, connection.begin():
                return query(connection)
        except BaseException as error:
            failure = sqlite_failure(error)
            if failure is None:
                raise
            raise failure from error

    def _close_writer(self) -> None:
        # Closing copies the log into the file. Never over a disk that lied about syncing: the next start decides.
        if self._writer is None or self._broken is not None:
            return
        with suppress(Exception):  # a connection that cannot even be closed is as gone as one that can
            self._writer.close()
        self._writer = None


def _engine(module: Any, connect: Callable[[], Any], begin: str, **pool: Any) -> Engine:
    engine = create_engine("sqlite+pysqlite://", module=module, creator=connect, **pool)
    naming.install(engine)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # On the driver: every commit begins here, and SQLAlchemy's way would be a fifth of its cost in Python.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(begin)

    return engine
