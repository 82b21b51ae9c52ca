"""Backups: taken while others write, put back anywhere, refused when in doubt."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from gamefold.engine.history import verify
from gamefold.storage import migrate
from gamefold.storage.backup import BackupRefused, backup, restore
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database
from gamefold.storage.tables import JOURNAL, METADATA
from gamefold.testkit.hosted import hosted
from gamefold.testkit.toys.clockwork import CLOCKWORK, ClockworkSpec, SetAlarm

from .builders import a_batch, a_row, a_run, a_snapshot
from .library import BOOKS, fill_library, library_rows, with_the_library

WORLDS = ("notes/a", "notes/b")


async def fill(database: Database) -> SqlJournal:
    journal = SqlJournal(database, {})
    for world in WORLDS:
        await journal.create(a_row(world), a_run(world), a_batch(world))
    for first in range(2, 30, 2):
        await journal.commit([a_batch(world, first, first + 1) for world in WORLDS])
    await journal.save_snapshot(a_snapshot(20, WORLDS[0]), 3)
    await journal.save_cursors([(WORLDS[0], 1, "bots", 7)])
    await journal.archive(WORLDS[0], 1, 10)
    return journal


def all_rows(connection: sa.Connection) -> dict[str, list]:
    return {
        table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
        for table in METADATA.sorted_tables
    }


async def read(url: str, query):
    database = open_database(url)
    try:
        return await database.read(query)
    finally:
        await database.close()


async def test_all_rows_come_back_on_either_database(
    empty_url: str, other_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_the_library(monkeypatch, tmp_path / "scripts")
    await migrate.upgrade(empty_url)
    database = open_database(empty_url)
    await fill(database)
    await database.write(fill_library)
    expected = await database.read(all_rows), await database.read(library_rows)
    await database.close()

    rows = await backup(empty_url, tmp_path / "backup")
    assert await restore(tmp_path / "backup", other_url) == rows

    assert await migrate.current(other_url) == migrate.head()
    assert (await read(other_url, all_rows), await read(other_url, library_rows)) == expected
    # Keys are counted on, and references hold again.
    restored = open_database(other_url)
    added = BOOKS.insert().values(title="New", lent=False).returning(BOOKS.c.id)
    assert await restored.write(lambda connection: connection.execute(added).scalar_one()) == 4
    with pytest.raises(sa.exc.IntegrityError):
        await restored.write(lambda c: c.execute(BOOKS.insert().values(id=8, title="X", lent=False, sequel_of=99)))
    await restored.close()


async def test_a_backup_of_a_busy_server_is_one_moment(empty_url: str, tmp_path: Path) -> None:
    await migrate.upgrade(empty_url)
    database = open_database(empty_url)
    journal = await fill(database)
    written = 30

    async def write_on() -> None:
        nonlocal written
        while True:
            await journal.commit([a_batch(world, written, entries=b"e" * 2_000) for world in WORLDS])
            written += 1

    writing = asyncio.create_task(write_on())
    while written < 60:
        await asyncio.sleep(0.01)
    before = written
    await backup(empty_url, tmp_path / "backup")
    after = written
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    assert after > before, "the server stood still"

    target = f"sqlite:///{tmp_path}/restored.db"
    await restore(tmp_path / "backup", target)
    restored = open_database(target)
    copies = SqlJournal(restored, {})
    lasts = set()
    for world in WORLDS:
        copy, original = (await copies.load(world)).tail, (await journal.load(world)).tail
        assert copy == original[: len(copy)]
        lasts.add(copy[-1].last_seq)
    assert len(lasts) == 1, "worlds of one commit were torn apart"
    assert before - 1 <= lasts.pop() <= after
    await restored.close()
    await database.close()


async def test_a_restored_world_folds_to_the_same_state(empty_url: str, other_url: str, tmp_path: Path) -> None:
    world = "clockwork/1"
    await upgrade(empty_url)
    async with hosted(CLOCKWORK, url=empty_url) as house:
        await house.host.ensure(world, ClockworkSpec())
        for number in range(20):
            await house.host.submit(world, "ada", SetAlarm(str(number), 60_000))
        await house.host.rollback(world, actor="operator", reason="test", seq=11)
        await house.host.submit(world, "ada", SetAlarm("again", 60_000))
        before = await verify(house.journal, house.rulesets, world)
    assert before.holds
    await backup(empty_url, tmp_path / "backup")
    await restore(tmp_path / "backup", other_url)
    restored = open_database(other_url)
    after = await verify(SqlJournal(restored, {}), {"clockwork": CLOCKWORK}, world)
    await restored.close()
    assert (after.digest, after.entries, after.run, after.holds) == (before.digest, before.entries, 2, True)


async def test_a_filled_database_is_not_overwritten_without_force(url: str, database: Database, tmp_path: Path) -> None:
    await fill(database)
    source = f"sqlite:///{tmp_path}/source.db"
    await migrate.upgrade(source)
    other = open_database(source)
    await SqlJournal(other, {}).create(a_row("notes/z"), a_run("notes/z"), a_batch("notes/z"))
    await other.close()
    await backup(source, tmp_path / "backup")

    with pytest.raises(BackupRefused, match="the database is not empty: there are rows in engine"):
        await restore(tmp_path / "backup", url)
    assert len(await SqlJournal(database, {}).worlds()) == 2


async def test_force_replaces_everything(empty_url: str, tmp_path: Path) -> None:
    await migrate.upgrade(empty_url)
    database = open_database(empty_url)
    await fill(database)
    await database.close()
    expected = await read(empty_url, all_rows)
    await backup(empty_url, tmp_path / "backup")
    again = open_database(empty_url)
    await again.write(lambda connection: connection.execute(JOURNAL.delete()).close())
    await again.close()
    await restore(tmp_path / "backup", empty_url, force=True)
    assert await read(empty_url, all_rows) == expected


async def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    source, target, path = f"sqlite:///{tmp_path}/s.db", f"sqlite:///{tmp_path}/t.db", tmp_path / "backup"
    await migrate.upgrade(source)
    await backup(source, path)
    whole = path.read_bytes()
    for damaged in (b"", b"not a backup at all", whole[:-1], whole[:100] + b"!" + whole[101:], whole + b"!"):
        path.write_bytes(damaged)
        with pytest.raises(BackupRefused):
            await restore(path, target)
    assert await migrate.current(target) is None
    with pytest.raises(FileNotFoundError):
        await restore(tmp_path / "none", target)


async def test_a_backup_from_the_future_is_refused(tmp_path: Path) -> None:
    source, path = f"sqlite:///{tmp_path}/s.db", tmp_path / "backup"
    with pytest.MonkeyPatch.context() as patch:
        with_the_library(patch, tmp_path / "scripts")
        await migrate.upgrade(source)
        await backup(source, path)
    with pytest.raises(BackupRefused, match="newer Gamefold"):
        await restore(path, f"sqlite:///{tmp_path}/t.db")


async def test_a_failed_backup_leaves_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    path.write_bytes(b"the last one")
    with pytest.raises(BackupRefused, match="nothing to back up"):
        await backup(f"sqlite:///{tmp_path}/empty.db", path)
    assert path.read_bytes() == b"the last one"
    assert {entry.name for entry in tmp_path.iterdir() if "backup" in entry.name} == {"backup"}


async def test_tables_that_are_not_ours_are_left_alone(tmp_path: Path) -> None:
    source, path, target = f"sqlite:///{tmp_path}/s.db", tmp_path / "backup", f"sqlite:///{tmp_path}/t.db"
    await migrate.upgrade(source)
    await backup(source, path)
    foreign = open_database(target)
    await foreign.write(lambda connection: connection.execute(sa.text("CREATE TABLE diary (day TEXT)")).close())
    await foreign.close()
    with pytest.raises(BackupRefused, match="the table diary is not Gamefold's"):
        await restore(path, target, force=True)
