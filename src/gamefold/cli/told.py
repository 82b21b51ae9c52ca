"""Turns what can go wrong into one line that says what to do."""

import httpx
from sqlalchemy.exc import SQLAlchemyError

from gamefold.engine.journal import JournalCorrupt, StorageUnavailable, WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.platform.telemetry.opening import MissingExtra
from gamefold.settings import SettingsError
from gamefold.storage.backup_file import BackupRefused
from gamefold.storage.data_lock import DataInUse
from gamefold.storage.migrate import DatabaseTooNew, ForeignKeysBroken


class CommandFailed(Exception):
    """The command could not do what it was asked; the text says why and what to try."""


def explain(error: Exception) -> str | None:
    """Give the line for an error, None where it is our own fault and the trace is needed."""
    match error:
        case CommandFailed() | SettingsError() | MissingExtra():
            return str(error)
        case DataInUse():
            return f"{error}; stop that server first, or ask it over HTTP"
        case WorldNotFound():
            return f"there is no world {error}; `gamefold worlds` lists them"
        case Rejected():
            return f"{error.message} ({error.code})"
        case JournalCorrupt():
            return f"the journal is damaged: {error}; `gamefold verify` says more, `gamefold restore` brings a backup"
        case DatabaseTooNew():
            return f"the database is newer than this program: {error}; install the version that made it"
        case ForeignKeysBroken():
            return f"the migration was undone, because rows would point nowhere: {error}; restore a backup"
        case BackupRefused():
            return str(error)
        case StorageUnavailable():
            return f"the database cannot be used: {error}; is it running, and is there space?"
        case SQLAlchemyError():
            return f"the database refused: {str(error).splitlines()[0]}; `gamefold db upgrade` makes missing tables"
        case httpx.HTTPError():
            return f"no server answered: {error}; start one with `gamefold serve`"
        case OSError() | ValueError():
            return str(error)
    return None
