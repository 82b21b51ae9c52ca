"""The database port: transactions as plain functions of a connection, on SQLite and PostgreSQL alike."""

from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]


class Database(Protocol):
    """One database. A transaction is a plain function: it runs in a writer thread or inside asyncpg's loop.

    Such a function must be quick and free of the event loop, and must not keep the connection. What it raises
    undoes the transaction and reaches the caller. A caller that is cancelled waits for the transaction's end.
    Both methods may raise StorageUnavailable and its kinds.
    """

    @property
    def dialect(self) -> Dialect:
        """Which SQL it speaks."""
        ...

    async def write(self, transaction: Callable[[Connection], T]) -> T:
        """Run one transaction; durable when this returns.

        On SQLite no other writer is at work meanwhile. On PostgreSQL the level is READ COMMITTED: lock what you
        decide by (`with_for_update()`, which SQLite ignores and does not need).
        """
        ...

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run one read-only transaction; all its statements see the same moment."""
        ...

    async def close(self) -> None:
        """Let go of threads and connections."""
        ...
