"""What a driver's error means for the engine: unavailable, full, broken, or somebody's mistake."""

import errno
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gamefold.engine.journal import StorageBroken, StorageFull, StorageUnavailable

# SQLite result codes, by number: the sqlite3 module of Python 3.11 knows them, other drivers need not.
_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN, _PROTOCOL = 5, 6, 8, 10, 13, 14, 15
_IOERR_FSYNC, _IOERR_DIR_FSYNC, _IOERR_SHMSIZE = 1034, 1290, 4874
_SQLITE_UNAVAILABLE: Final = frozenset({_BUSY, _LOCKED, _READONLY, _IOERR, _CANTOPEN, _PROTOCOL})

# SQLSTATE classes and codes of PostgreSQL: connections (08), resources (53), and what a second try can heal.
_POSTGRES_UNAVAILABLE: Final = ("08", "53", "57P", "57014", "40001", "40P01", "55P03", "58")


def storage_failure(error: BaseException) -> StorageUnavailable | None:
    """Read an error of either driver; None where it is not about the store's health."""
    return sqlite_failure(error) or postgres_failure(error)


def sqlite_failure(error: BaseException) -> StorageUnavailable | None:
    """Read a SQLite driver's error; None where it is not about the store's health."""
    return next((failure for cause in _causes(error) if (failure := _sqlite(cause)) is not None), None)


def postgres_failure(error: BaseException) -> StorageUnavailable | None:
    """Read a PostgreSQL driver's error; None where it is not about the store's health."""
    return next((failure for cause in _causes(error) if (failure := _postgres(cause)) is not None), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error, and those that were being dealt with when it was raised.

    SQLite ends a transaction by itself when the disk is full: rolling back to a savepoint then fails in its own way.
    """
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__context__


def _sqlite(error: BaseException) -> StorageUnavailable | None:
    cause = _driver_error(error)
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None:
        return None
    if code in {_IOERR_FSYNC, _IOERR_DIR_FSYNC}:
        return StorageBroken("the disk refused to sync")
    if code & 0xFF == _FULL or code == _IOERR_SHMSIZE:
        return StorageFull("the disk is full")
    if code & 0xFF in _SQLITE_UNAVAILABLE:
        return StorageUnavailable(f"SQLite gave up: {cause}")
    return None


def _postgres(error: BaseException) -> StorageUnavailable | None:
    cause = _driver_error(error)
    state = getattr(cause, "sqlstate", None) or ""
    if state == "53100" or (isinstance(cause, OSError) and cause.errno == errno.ENOSPC):
        return StorageFull("the disk of PostgreSQL is full")
    if state == "58030" and "fsync" in str(cause):
        return StorageBroken("the disk of PostgreSQL refused to sync")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(cause, OSError | PoolTimeout) or state.startswith(_POSTGRES_UNAVAILABLE):
        return StorageUnavailable(f"PostgreSQL did not answer: {type(cause).__name__}")
    return None


def _driver_error(error: BaseException) -> Any:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
