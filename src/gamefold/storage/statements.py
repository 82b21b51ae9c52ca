"""Small differences between the two dialects, in one place."""

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from gamefold.storage.naming import flat

_LOCK: Final = "SELECT pg_advisory_xact_lock($1)"


def insert(connection: Connection, table: Table) -> Any:
    """Give an INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


@lru_cache(maxsize=256)
def driver_sql(dialect: str, statement: str) -> str:
    """Give hand-written SQL with `?` and `schema.table` as the driver of `dialect` wants it.

    For statements that run so often that compiling and typing them through SQLAlchemy would show.
    """
    if dialect == "sqlite":
        return flat(statement)
    numbers: Iterator[int] = count(1)
    return re.sub(r"\?", lambda _: f"${next(numbers)}", statement)


def fetch(connection: Connection, statement: str, *parameters: Any) -> Any:
    """Give the first row of a hand-written query, or None."""
    return connection.exec_driver_sql(driver_sql(connection.dialect.name, statement), parameters).first()


def lock_name(connection: Connection, name: str) -> None:
    """Hold `name` for this transaction. On SQLite the transaction holds everything already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK, (lock_key(name),))


def lock_key(name: str) -> int:
    """Give the 64-bit number under which PostgreSQL knows an advisory lock."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
