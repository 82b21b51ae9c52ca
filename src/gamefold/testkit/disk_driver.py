"""A DBAPI module on a simulated disk, as much of one as SQLAlchemy and the store's `SqliteDatabase` use.

All connections of one driver are the same one: a Python VFS has no shared memory, so SQLite's log needs exclusive
locking. Nothing overlaps, because in a simulation every transaction runs as a whole, inline.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from gamefold.testkit.disk import Disk


class DiskError(sqlite3.OperationalError):
    """An error of the simulated disk's SQLite, with the code the store reads."""

    def __init__(self, cause: apsw.Error) -> None:
        super().__init__(str(cause))
        self.sqlite_errorcode: int = getattr(cause, "extendedresult", apsw.SQLITE_ERROR)


class DiskIntegrityError(sqlite3.IntegrityError):
    """A row that breaks a constraint."""


class DiskDriver:
    """What `SqliteDatabase(module=...)` takes. `synchronous` overrides what the store asks for."""

    paramstyle = "qmark"
    sqlite_version_info = tuple(map(int, apsw.sqlite_lib_version().split(".")))
    sqlite_version = apsw.sqlite_lib_version()
    Error = sqlite3.Error
    DatabaseError = sqlite3.DatabaseError
    OperationalError = sqlite3.OperationalError
    ProgrammingError = sqlite3.ProgrammingError
    InterfaceError = sqlite3.InterfaceError
    DataError = sqlite3.DataError
    InternalError = sqlite3.InternalError
    NotSupportedError = sqlite3.NotSupportedError
    IntegrityError = sqlite3.IntegrityError
    Binary = bytes

    def __init__(self, disk: Disk, *, synchronous: str = "FULL") -> None:
        self._disk = disk
        self._synchronous = synchronous
        self._shared: apsw.Connection | None = None
        self._life = disk.lives

    def connect(self, path: str, **_options: Any) -> "DiskConnection":
        """Give a handle on the one connection."""
        return DiskConnection(self, path)

    @property
    def alive(self) -> bool:
        """Whether the process that opened this driver can still be running."""
        return not self._disk.dead and self._disk.lives == self._life

    def shared(self, path: str) -> apsw.Connection:
        """Give the one connection, opened when it is first used."""
        if not self.alive:
            # Whatever is still in memory: its process died with the machine.
            raise apsw.exception_for(apsw.SQLITE_IOERR)
        if self._shared is None:
            self._shared = apsw.Connection(path, vfs=self._disk.name)
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", f"synchronous={self._synchronous}"):
                self._shared.execute(f"PRAGMA {pragma}")
        return self._shared

    def drop(self) -> None:
        """Close the one connection; the next one opens anew."""
        if self._shared is not None:
            shared, self._shared = self._shared, None
            shared.close()


class DiskConnection:
    """A handle that looks like a `sqlite3.Connection`."""

    isolation_level = None

    def __init__(self, driver: DiskDriver, path: str) -> None:
        self._driver = driver
        self._path = path
        self._writer = False

    def cursor(self) -> "DiskCursor":
        """Give a cursor."""
        return DiskCursor(self)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "DiskCursor":
        """Run one statement. What concerns a single connection must not reach the shared one."""
        if statement.startswith("PRAGMA"):
            self._writer |= "journal_mode=" in statement
            if any(word in statement for word in ("query_only", "synchronous", "journal_mode=")):
                return self.cursor()
        return self.cursor().execute(statement, parameters)

    def commit(self) -> None:
        """End the transaction, if one is under way."""
        if self.shared.in_transaction:
            self.cursor().execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if one is under way. The dead need not: nobody asks them any more."""
        if self._driver.alive and self.shared.in_transaction:
            self.cursor().execute("ROLLBACK")

    def close(self) -> None:
        """A writer is closed to open anew; readers only let go."""
        if self._writer and self._driver.alive:
            _translated(self._driver.drop)

    def create_function(self, *_arguments: Any, **_options: Any) -> None:
        """The store's statements call no functions of SQLAlchemy's."""

    @property
    def shared(self) -> apsw.Connection:
        """The one connection, unless the machine is dead."""
        shared: apsw.Connection = _translated(lambda: self._driver.shared(self._path))
        return shared


class DiskCursor:
    """A cursor that has fetched everything when `execute` returns."""

    arraysize = 1
    lastrowid: int | None = None

    def __init__(self, handle: DiskConnection) -> None:
        self._handle = handle
        self._connection = handle.shared
        self._cursor = self._connection.cursor()
        # The description of a query without rows is known only while it is prepared.
        self._cursor.exec_trace = self._traced
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "DiskCursor":
        """Run one statement and fetch what it gives."""
        self.description = None
        changed = self._connection.total_changes()
        assert self._handle.shared is self._connection, "this cursor's connection was closed"
        self._rows = _translated(lambda: self._cursor.execute(statement, tuple(parameters)).fetchall())
        self.rowcount = self._connection.total_changes() - changed
        self.lastrowid = self._connection.last_insert_rowid()
        return self

    def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> "DiskCursor":
        """Run one statement for each set of parameters."""
        changed = self._connection.total_changes()
        for each in parameters:
            self.execute(statement, each)
        self.rowcount = self._connection.total_changes() - changed
        return self

    def fetchone(self) -> Any:
        """Give the next row, or None."""
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Give the next rows."""
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        """Let go."""
        self._rows = []

    def _traced(self, cursor: apsw.Cursor, _statement: str, _bindings: Any) -> bool:
        columns = cursor.get_description()
        self.description = tuple((name, kind, None, None, None, None, None) for name, kind in columns) or None
        return True


def _translated(call: Any) -> Any:
    try:
        return call()
    except apsw.ConstraintError as error:
        raise DiskIntegrityError(str(error)) from error
    except apsw.Error as error:
        raise DiskError(error) from error
