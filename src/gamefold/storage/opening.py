"""From a database URL to a database."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from gamefold.storage.database import Database
from gamefold.storage.nodes import connection_name
from gamefold.storage.postgres import COMMAND_TIMEOUT_S, PostgresDatabase
from gamefold.storage.sqlite import SqliteDatabase

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://", "postgresql+asyncpg://")


def open_database(
    url: str, *, maintenance: bool = False, node: str | None = None, watch: Callable[[Engine], None] | None = None
) -> Database:
    """Open `sqlite:///path` (four slashes for an absolute one) or `postgresql://user@host/name`. ValueError else.

    `postgres://` and `postgresql+asyncpg://` are understood too. For `maintenance` (migrations, backups) SQLite
    does not enforce foreign keys, because a table is changed there by building it anew, and PostgreSQL waits for
    long statements. `node` is the process that opens it, for others to see. `watch` is handed every engine, to listen
    to its statements. Nothing is read or written yet.
    """
    if url.startswith(_SQLITE):
        path = url.removeprefix(_SQLITE)
        if path in {"", ":memory:"}:
            raise ValueError("a SQLite database needs a file: its readers have connections of their own")
        return SqliteDatabase(Path(path), foreign_keys=not maintenance, watch=watch)
    for prefix in _POSTGRES:
        if url.startswith(prefix):
            dsn = "postgresql://" + url.removeprefix(prefix)
            name = "gamefold" if node is None else connection_name(node)
            timeout_s = None if maintenance else COMMAND_TIMEOUT_S
            return PostgresDatabase(dsn, command_timeout_s=timeout_s, name=name, watch=watch)
    # The URL itself is not repeated: it may carry a password.
    raise ValueError("a database URL starts with sqlite:/// or postgresql://")
