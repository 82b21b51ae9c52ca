"""Versions of the tables: up, down and up again, on filled databases, and by many at once."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from gamefold.storage import migrate
from gamefold.storage.migrate import DatabaseTooNew, ForeignKeysBroken
from gamefold.storage.naming import Names
from gamefold.storage.opening import open_database
from gamefold.storage.tables import METADATA, WORLDS

from .builders import a_row
from .library import AUTHORS, BOOKS, fill_library, library_rows, with_the_library


async def in_transaction(url: str, transaction):
    database = open_database(url)
    try:
        return await database.write(transaction)
    finally:
        await database.close()


def fill_worlds(connection: sa.Connection) -> None:
    row = a_row()
    values = {column.name: getattr(row, column.name) for column in WORLDS.columns}
    connection.execute(WORLDS.insert(), values)


async def test_up_down_and_up_again(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_the_library(monkeypatch, tmp_path / "scripts")
    last, before = migrate.versions()[-1], migrate.versions()[-2]
    assert await migrate.current(empty_url) is None
    await migrate.upgrade(empty_url)
    assert await migrate.current(empty_url) == last == migrate.head() == "9001"
    await in_transaction(empty_url, fill_worlds)
    await in_transaction(empty_url, fill_library)

    await migrate.downgrade(empty_url, before)
    assert await migrate.current(empty_url) == before
    # Tables that stay keep their rows.
    assert await in_transaction(empty_url, lambda c: c.execute(sa.select(WORLDS.c.world)).scalars().all()) == [
        "notes/1"
    ]
    await migrate.upgrade(empty_url)
    assert await in_transaction(empty_url, library_rows) == [[], []]
    assert await in_transaction(empty_url, lambda c: c.execute(sa.select(WORLDS.c.world)).scalars().all()) == [
        "notes/1"
    ]

    await migrate.downgrade(empty_url, "base")
    assert await migrate.current(empty_url) is None
    await migrate.upgrade(empty_url)
    assert await in_transaction(empty_url, lambda c: c.execute(sa.select(WORLDS.c.world)).scalars().all()) == []


async def test_every_single_version_can_be_left_and_entered(empty_url: str) -> None:
    versions = migrate.versions()
    for version in versions:
        await migrate.upgrade(empty_url, version)
        assert await migrate.current(empty_url) == version
    for version in (*versions[:-1][::-1], "base"):
        await migrate.downgrade(empty_url, version)


async def test_servers_that_start_at_once_migrate_once(empty_url: str) -> None:
    await asyncio.gather(*(migrate.upgrade(empty_url) for _ in range(4)))
    assert await migrate.current(empty_url) == migrate.head()


async def test_the_tables_are_what_statements_expect(url: str) -> None:
    def differences(connection: sa.Connection) -> list[str]:
        names = Names(connection, "engine")
        found = []
        for table in METADATA.sorted_tables:
            real = sa.Table(names.table(table.name), sa.MetaData(), schema=names.schema, autoload_with=connection)
            for real_column, column in zip(real.columns, table.columns, strict=True):
                same = (
                    real_column.name == column.name
                    and real_column.nullable == column.nullable
                    and real_column.primary_key == column.primary_key
                    and isinstance(real_column.type, column.type._type_affinity)
                )
                if not same:
                    found.append(f"{table.name}.{column.name}")
        return found

    assert await in_transaction(url, differences) == []


async def test_references_and_indexes_of_a_game_hold(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_the_library(monkeypatch, tmp_path / "scripts")
    await migrate.upgrade(empty_url)
    await in_transaction(empty_url, fill_library)
    for broken in (
        AUTHORS.insert().values(name="Bob", book=99),
        BOOKS.insert().values(id=9, title="Part One", lent=False),
    ):
        with pytest.raises(sa.exc.IntegrityError):
            await in_transaction(empty_url, lambda connection, broken=broken: connection.execute(broken))
    await in_transaction(
        empty_url, lambda connection: connection.execute(BOOKS.delete().where(BOOKS.c.id == 2)).close()
    )
    assert (await in_transaction(empty_url, library_rows))[1] == []


async def test_a_migration_that_leaves_dangling_rows_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/dangling.db"
    with_the_library(monkeypatch, tmp_path / "scripts")
    await migrate.upgrade(url)
    maintenance = open_database(url, maintenance=True)
    await maintenance.write(lambda connection: connection.execute(AUTHORS.insert().values(name="B", book=9)).close())
    await maintenance.close()
    with pytest.raises(ForeignKeysBroken, match="1 rows, the first one in library_authors"):
        await migrate.upgrade(url)
    with pytest.raises(ForeignKeysBroken):
        await migrate.upgrade(url)


async def test_a_database_from_the_future_is_left_alone(empty_url: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        with_the_library(patch, tmp_path / "scripts")
        await migrate.upgrade(empty_url)
    for move in (migrate.upgrade(empty_url), migrate.downgrade(empty_url, "base")):
        with pytest.raises(DatabaseTooNew, match="the tables are at version 9001, and the newest one known here is"):
            await move
    assert await migrate.current(empty_url) == "9001"


async def test_a_version_that_never_was(empty_url: str) -> None:
    with pytest.raises(ValueError, match="1234"):
        await migrate.upgrade(empty_url, "1234")
    assert await migrate.current(empty_url) is None
