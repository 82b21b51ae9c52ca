"""Online backup and restore, in one format for both databases.

A backup holds rows, not pages: all tables of all schemas as one moment saw them, streamed table by table. So a
SQLite file can be restored into PostgreSQL and back, and a backup outlives changes of either's file format. It is
read in one read-only transaction; the server goes on writing meanwhile.

    magic, 16 bytes | zstd stream of length-prefixed msgpack messages | blake2b-256 of everything before

The messages are a `Head`, then for each table a `Contents` followed by lists of rows, then an `End`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, insert, select, text

from gamefold.storage.backup_file import BackupReader, BackupRefused, BackupWriter, Contents, End, Head
from gamefold.storage.migrate import current_in, migrate_in, versions
from gamefold.storage.naming import ENGINE, Names, stored_schemas
from gamefold.storage.opening import open_database
from gamefold.storage.waiting import to_the_end

__all__ = ["BackupRefused", "backup", "restore"]

T = TypeVar("T")

# Read, written and inserted together. A row with bytes may be a snapshot of many megabytes.
_ROWS: Final = 1_000
_ROWS_WITH_BYTES: Final = 8


async def backup(database_url: str, path: Path) -> int:
    """Write a backup to `path` (replaced only once the new one is whole and synced); give the number of rows.

    BackupRefused where the database has no tables. ValueError, StorageUnavailable, OSError.
    """

    async def run() -> int:
        database = open_database(database_url, maintenance=True)
        try:
            with BackupWriter(path) as writer:
                return await database.read(lambda connection: _write(connection, writer))
        finally:
            await database.close()

    return await _in_own_thread(run)


async def restore(path: Path, database_url: str, *, force: bool = False) -> int:
    """Fill a database from a backup and bring it to the newest version; give the number of rows.

    All or nothing, in one transaction. `force` first deletes everything Gamefold has there.
    BackupRefused: not a backup, damaged, from a newer Gamefold, or the database holds something already.
    ValueError, StorageUnavailable, OSError.
    """

    async def run() -> int:
        reader = BackupReader(path)
        database = open_database(database_url, maintenance=True)
        try:
            return await database.write(lambda connection: _read(connection, reader, force=force))
        finally:
            await database.close()

    return await _in_own_thread(run)


async def _in_own_thread(run: Callable[[], Coroutine[Any, Any, T]]) -> T:
    # PostgreSQL's transactions run inside the event loop: the server's own must not stand still for a backup.
    loop = asyncio.get_running_loop()
    return await to_the_end(loop.run_in_executor(None, lambda: asyncio.run(run())))


# -- writing ------------------------------------------------------------------------------------------------------


def _write(connection: Connection, writer: BackupWriter) -> int:
    revision = current_in(connection)
    if revision is None:
        raise BackupRefused("there is nothing to back up: this database has no tables")
    writer.write(Head(revision))
    rows = 0
    for schema, name, table in _tables(connection):
        columns = [column for column in table.columns if column.computed is None]
        writer.write(Contents(schema, name, [str(column.name) for column in columns]))
        query = select(*columns).order_by(*table.primary_key.columns)
        heavy = any(isinstance(column.type, LargeBinary) for column in columns)
        found = connection.execute(query, execution_options={"yield_per": _ROWS_WITH_BYTES if heavy else _ROWS})
        for part in found.partitions():
            writer.write_rows([tuple(row) for row in part])
            rows += len(part)
    writer.write(End(rows))
    return rows


def _tables(connection: Connection) -> Iterator[tuple[str, str, Table]]:
    """Give schema, name and table of everything that is ours, parents before children."""
    sqlite = connection.dialect.name == "sqlite"
    schemas = stored_schemas(connection)
    # The longest prefix first, should one schema's name ever begin with another's.
    by_length = sorted(schemas, key=len, reverse=True)
    metadata = MetaData()
    for schema in [None] if sqlite else schemas:
        metadata.reflect(connection, schema=schema)
    for table in metadata.sorted_tables:
        schema = table.schema
        name = table.name
        if sqlite:
            schema = next((one for one in by_length if name.startswith(f"{one}_")), None)
            if schema is None:
                raise BackupRefused(f"the table {name} is not Gamefold's")
            name = name.removeprefix(f"{schema}_")
        assert schema is not None
        if (schema, name) != (ENGINE, "alembic_version"):
            yield str(schema), str(name), table


# -- reading ------------------------------------------------------------------------------------------------------


def _read(connection: Connection, reader: BackupReader, *, force: bool) -> int:
    messages = reader.messages()
    head = next(messages)
    if not isinstance(head, Head):
        raise BackupRefused("this backup has no beginning")
    if head.revision not in versions():
        raise BackupRefused("this backup was made by a newer Gamefold")
    _make_room(connection, force=force)
    migrate_in(connection, head.revision, upwards=True)
    tables = {(schema, name): table for schema, name, table in _tables(connection)}
    for table in reversed(tables.values()):
        connection.execute(table.delete())  # what migrations put there is in the backup too
    rows = _fill(connection, tables, messages)
    migrate_in(connection, "head", upwards=True)
    return rows


def _make_room(connection: Connection, *, force: bool) -> None:
    found = list(_tables(connection))
    filled = [
        f"{schema}.{name}"
        for schema, name, table in found
        if (schema, name) != (ENGINE, "meta") and connection.execute(select(table).limit(1)).first() is not None
    ]
    if filled and not force:
        raise BackupRefused(f"the database is not empty: there are rows in {', '.join(filled)}")
    if connection.dialect.name == "postgresql":
        for schema in {ENGINE, *stored_schemas(connection)}:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
        return
    for _, _, table in reversed(found):
        table.drop(connection)
    version_table = Names(connection, ENGINE).table("alembic_version")
    connection.execute(text(f"DROP TABLE IF EXISTS {version_table}"))


def _fill(connection: Connection, tables: dict[tuple[str, str], Table], messages: Iterator[Any]) -> int:
    deferred = _defer_foreign_keys(connection, tables)
    rows = 0
    table: Table | None = None
    columns: list[str] = []
    for message in messages:
        if isinstance(message, Contents):
            table, columns = tables.get((message.schema, message.table)), message.columns
            if table is None or not set(columns) <= set(table.columns.keys()):
                raise BackupRefused(f"this Gamefold does not know the table {message.schema}.{message.table}")
        elif isinstance(message, End):
            if message.rows != rows:
                raise BackupRefused(f"this backup should hold {message.rows} rows and holds {rows}")
        else:
            assert table is not None
            connection.execute(insert(table), [_row(table, columns, row) for row in message])
            rows += len(message)
    _enforce_foreign_keys(connection, deferred)
    _move_sequences(connection, tables)
    return rows


def _row(table: Table, columns: list[str], values: Any) -> dict[str, Any]:
    row = dict(zip(columns, values, strict=True))
    for name, value in row.items():
        # SQLite keeps no zone: times in it are UTC, and asyncpg would take them for the machine's own.
        zoned = isinstance(value, datetime) and getattr(table.columns[name].type, "timezone", False)
        row[name] = value.replace(tzinfo=UTC) if zoned and value.tzinfo is None else value
    return row


# -- what only PostgreSQL needs: SQLite checks references at the end of a restore, and counts keys by themselves ------

_FOREIGN_KEYS: Final = """
    SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint
    WHERE contype = 'f' AND NOT condeferrable AND connamespace::regnamespace::text = ANY(:schemas)
"""


def _defer_foreign_keys(connection: Connection, tables: dict[tuple[str, str], Table]) -> list[tuple[str, str]]:
    """Check references at the end: rows of a table may point at later rows of it. Gives table and key of each."""
    if connection.dialect.name != "postgresql":
        return []
    schemas = sorted({schema for schema, _ in tables})
    keys = [(table, key) for table, key in connection.execute(text(_FOREIGN_KEYS), {"schemas": schemas})]
    for table, key in keys:
        connection.execute(text(f"ALTER TABLE {table} ALTER CONSTRAINT {key} DEFERRABLE INITIALLY DEFERRED"))
    return keys


def _enforce_foreign_keys(connection: Connection, keys: list[tuple[str, str]]) -> None:
    if keys:
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table, key in keys:
        connection.execute(text(f"ALTER TABLE {table} ALTER CONSTRAINT {key} NOT DEFERRABLE"))


def _move_sequences(connection: Connection, tables: dict[tuple[str, str], Table]) -> None:
    """Let counted keys go on after the highest one restored."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.values():
        for column in table.primary_key.columns:
            name = func.pg_get_serial_sequence(f"{table.schema}.{table.name}", column.name)
            sequence = connection.execute(select(name)).scalar()
            if sequence is not None:
                highest = select(func.setval(sequence, func.max(column))).having(func.max(column).is_not(None))
                connection.execute(highest)
