"""PostgreSQL through asyncpg, with the same plain functions of a connection as on SQLite."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gamefold.engine.journal import StorageUnavailable
from gamefold.storage.database import Dialect
from gamefold.storage.failures import postgres_failure
from gamefold.storage.waiting import to_the_end

T = TypeVar("T")

COMMAND_TIMEOUT_S = 60.0

_SETTINGS = {
    "synchronous_commit": "on",  # nothing is acknowledged that a power loss could take back
    "timezone": "UTC",
    "jit": "off",  # our statements are small: compiling one costs more than running it
    # A frozen process must not hold the locks of its open transaction for ever.
    "idle_in_transaction_session_timeout": "60s",
}


class PostgresDatabase:
    """A `Database` on a server. `dsn` is libpq's: asyncpg reads `sslmode`, several hosts and PG* variables from it."""

    dialect: Dialect = "postgresql"

    def __init__(
        self,
        dsn: str,
        *,
        connections: int = 10,
        command_timeout_s: float | None = COMMAND_TIMEOUT_S,
        name: str = "gamefold",
        watch: Callable[[Engine], None] | None = None,
    ) -> None:
        """`watch` is handed the engine, to listen to its statements."""
        settings = {**_SETTINGS, "application_name": name}

        async def connect(**_options: Any) -> Any:
            # The timeout is for a server that vanished without a word; a lock is waited for much shorter.
            return await asyncpg.connect(dsn, server_settings=settings, command_timeout=command_timeout_s, timeout=10)

        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://", async_creator=connect, pool_size=connections, max_overflow=0, pool_timeout=30
        )
        if watch is not None:
            watch(self._engine.sync_engine)
        self._closed = False
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

        # Cheaper than pool_pre_ping (three round trips per transaction): after a restart of the server asyncpg
        # has seen the socket close, and such a connection is replaced before anything is sent on it.
        @event.listens_for(self._engine.sync_engine, "checkout")
        def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
            if connection.driver_connection.is_closed():
                raise DisconnectionError

    async def write(self, transaction: Callable[[Connection], T]) -> T:
        """Run one transaction (READ COMMITTED); flushed to the server's disk when this returns."""
        return await self._run(self._engine, transaction)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run one read-only transaction (REPEATABLE READ)."""
        return await self._run(self._reading, query)

    async def close(self) -> None:
        """Close all connections."""
        self._closed = True
        await self._engine.dispose()

    async def _run(self, engine: AsyncEngine, transaction: Callable[[Connection], T]) -> T:
        if self._closed:
            raise StorageUnavailable("the database is closed")
        return await to_the_end(asyncio.ensure_future(_run(engine, transaction)))


async def _run(engine: AsyncEngine, transaction: Callable[[Connection], T]) -> T:
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(transaction)
    except BaseException as error:
        failure = postgres_failure(error)
        if failure is None:
            raise
        raise failure from error
