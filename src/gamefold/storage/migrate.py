"""Moving a database to another version of its tables, all or nothing.

One transaction holds the whole way, on both databases, under a lock: two servers that start at once migrate once.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from gamefold.storage.naming import ENGINE, Names
from gamefold.storage.opening import open_database
from gamefold.storage.statements import lock_name

_SCRIPTS: Final = str(Path(__file__).parent / "migrations")


class DatabaseTooNew(Exception):
    """A newer Gamefold has migrated this database. Nothing was changed."""


class ForeignKeysBroken(Exception):
    """A migration left rows that point nowhere. Nothing was changed."""


def head() -> str:
    """Name the newest version."""
    newest = ScriptDirectory(_SCRIPTS).get_current_head()
    assert newest is not None
    return newest


def versions() -> list[str]:
    """Name all versions, oldest first."""
    return [script.revision for script in ScriptDirectory(_SCRIPTS).walk_revisions()][::-1]


async def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring a database up to `revision`; an empty one gets all its tables.

    ValueError (the address, or no such revision), DatabaseTooNew, ForeignKeysBroken, StorageUnavailable.
    """
    await _migrate(database_url, revision, upwards=True)


async def downgrade(database_url: str, revision: str) -> None:
    """Take a database back to `revision` ("base" leaves nothing). Raises like `upgrade`."""
    await _migrate(database_url, revision, upwards=False)


async def current(database_url: str) -> str | None:
    """Name the version a database is at; None for one without tables. ValueError, StorageUnavailable."""
    database = open_database(database_url)
    try:
        return await database.read(current_in)
    finally:
        await database.close()


async def _migrate(database_url: str, revision: str, *, upwards: bool) -> None:
    database = open_database(database_url, maintenance=True)
    try:
        await database.write(lambda connection: migrate_in(connection, revision, upwards=upwards))
    finally:
        await database.close()


def current_in(connection: Connection) -> str | None:
    """Name the version, inside a transaction."""
    names = Names(connection, ENGINE)
    options = {"version_table": names.table("alembic_version"), "version_table_schema": names.schema}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def migrate_in(connection: Connection, revision: str, *, upwards: bool) -> None:
    """Migrate inside a transaction of a database that was opened for maintenance."""
    # Alembic keeps its context in module globals: the lock also keeps two migrations of one process apart.
    lock_name(connection, "migrate")
    Names(connection, ENGINE).create_schema()
    configuration = Config(attributes={"connection": connection})
    configuration.set_main_option("script_location", _SCRIPTS.replace("%", "%%"))
    found = current_in(connection)
    if found is not None and found not in versions():
        raise DatabaseTooNew(f"the tables are at version {found}, and the newest one known here is {head()}")
    try:
        if upwards:
            command.upgrade(configuration, revision)
        else:
            command.downgrade(configuration, revision)
    except CommandError as error:
        raise ValueError(str(error)) from error
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise ForeignKeysBroken(f"{len(broken)} rows, the first one in {broken[0][0]}")
