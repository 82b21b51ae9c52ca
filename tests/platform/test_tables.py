"""The platform's tables are what statements expect, and survive a move to the other database."""

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from gamefold.platform.accounts.tables import users
from gamefold.platform.schema import METADATA
from gamefold.platform.tenants.tables import memberships, tenants
from gamefold.storage import migrate
from gamefold.storage.backup import backup, restore
from gamefold.storage.columns import milliseconds, moment
from gamefold.storage.database import Database
from gamefold.storage.naming import Names
from gamefold.storage.opening import open_database
from tests.servers import DIALECTS

from .people import GAME, GOOD, UNKNOWN, People, some_people


@pytest.fixture(params=DIALECTS)
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/other.db"
    return request.getfixturevalue("empty_postgres_url")


async def test_every_column_is_there_and_as_it_should_be(database: Database) -> None:
    def differences(connection: sa.Connection) -> list[str]:
        names = Names(connection, "platform")
        found = []
        for table in METADATA.sorted_tables:
            real = sa.Table(names.table(table.name), sa.MetaData(), schema=names.schema, autoload_with=connection)
            real_columns = {column.name: (column.nullable, column.primary_key) for column in real.columns}
            columns = {column.name: (column.nullable, column.primary_key) for column in table.columns}
            if real_columns != columns:
                found.append(table.name)
            if {index.name for index in table.indexes} - {index.name for index in real.indexes}:
                found.append(f"indexes of {table.name}")
        return found

    assert await database.read(differences) == []
    assert len(METADATA.sorted_tables) == 13


@pytest.mark.postgres
async def test_the_users_of_postgres_are_literally_those_of_the_spec(postgres_url: str) -> None:
    database = open_database(postgres_url)

    def columns(connection: sa.Connection) -> dict[str, tuple[str, str, str | None]]:
        rows = connection.execute(
            sa.text(
                "SELECT column_name, udt_name, is_nullable, column_default FROM information_schema.columns"
                " WHERE table_schema = 'platform' AND table_name = 'users'"
            )
        )
        return {row.column_name: (row.udt_name, row.is_nullable, row.column_default) for row in rows}

    def indexes(connection: sa.Connection) -> set[str]:
        rows = connection.execute(sa.text("SELECT indexname FROM pg_indexes WHERE schemaname = 'platform'"))
        return set(rows.scalars())

    found = await database.read(columns)
    spec = {
        "id": ("uuid", "NO", "gen_random_uuid()"),
        "email": ("citext", "NO", None),
        "hashed_password": ("text", "NO", None),
        "is_active": ("bool", "NO", "true"),
        "is_superuser": ("bool", "NO", "false"),
        "is_verified": ("bool", "NO", "false"),
        "full_name": ("text", "YES", None),
        "profile_picture": ("text", "YES", None),
        "created_at": ("timestamptz", "NO", "now()"),
        "updated_at": ("timestamptz", "YES", None),
    }
    assert {name: found[name] for name in spec} == spec
    assert {"users_email_idx", "users_active_idx"} <= await database.read(indexes)
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(
            lambda connection: connection.execute(
                sa.text("INSERT INTO platform.users (email, hashed_password) VALUES ('a@b.c', '!'), ('A@B.C', '!')")
            ).close()
        )
    plan = "EXPLAIN SELECT * FROM platform.users WHERE email = 'a'::varchar"
    await database.write(lambda connection: connection.execute(sa.text("SET LOCAL enable_seqscan = off")).close())

    def explained(connection: sa.Connection) -> str:
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        return "\n".join(connection.execute(sa.text(plan)).scalars())

    assert "users_email_idx" in await database.write(explained)
    await database.close()


@pytest.mark.postgres
async def test_a_postgres_that_refuses_the_extension_gets_along_without_it(empty_postgres_url: str) -> None:
    database = open_database(empty_postgres_url)
    # Somebody else's type is in its place: the extension cannot be made.
    await database.write(lambda connection: connection.execute(sa.text("CREATE TYPE public.citext AS (x int)")).close())
    await migrate.upgrade(empty_postgres_url)
    async with some_people(database) as people:
        grant = await people.ada("Ada@example.com")
        assert (await people.login("ADA@example.com")).user == grant.user
    await database.close()


async def test_the_platform_can_be_left_and_entered_again(other_url: str) -> None:
    await migrate.upgrade(other_url, "0003")
    await migrate.downgrade(other_url, "0002")
    await migrate.upgrade(other_url)
    database = open_database(other_url)
    async with some_people(database) as people:
        await people.ada()
    await database.close()


@pytest.mark.postgres
@pytest.mark.parametrize(("url", "other_url"), [("sqlite", "postgresql"), ("postgresql", "sqlite")], indirect=True)
async def test_people_move_with_a_backup_to_the_other_database(
    people: People, url: str, other_url: str, tmp_path: Path
) -> None:
    grant = await people.ada(full_name="Ada", username="ada")
    tenant = await people.tenants.create(grant.user.id, "Ada's")
    await backup(url, tmp_path / "backup")
    await restore(tmp_path / "backup", other_url)
    database = open_database(other_url)
    async with some_people(database, people.wall) as there:
        assert await there.accounts.user(grant.user.id) == grant.user
        assert await there.tenants.of(grant.user.id) == [tenant]
        assert (await there.audit()).holds
        again = await there.sessions.refresh(grant.refresh_token, GAME)
        assert await there.open_to(again)
        assert (await there.accounts.login("ada", GOOD, GAME)).user == grant.user
        await there.ada("bob@example.com")
    await database.close()


@pytest.mark.postgres
async def test_a_move_from_sqlite_to_postgres_does_not_depend_on_the_machines_time_zone(
    sqlite_url: str, empty_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = open_database(sqlite_url), open_database(empty_postgres_url)
    async with some_people(here) as people:
        grant = await people.ada()
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        await backup(sqlite_url, tmp_path / "backup")
        await restore(tmp_path / "backup", empty_postgres_url)
        query = sa.select(users.c.created_at)
        moved = await there.read(lambda connection: connection.execute(query).scalar_one())
    finally:
        monkeypatch.undo()
        time.tzset()
        await here.close()
        await there.close()
    assert moved == grant.user.created_at


async def test_moments_come_back_as_they_went(people: People) -> None:
    east = datetime(2026, 3, 1, 1, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=5)))
    await people.ada(user_id=UNKNOWN)
    await people.database.write(lambda connection: connection.execute(users.update().values(created_at=east)).close())
    row = await people.database.read(lambda connection: connection.execute(sa.select(users.c.created_at)).one())
    assert row.created_at == east
    assert row.created_at.tzinfo == UTC
    later = sa.select(users.c.id).where(users.c.created_at > east - timedelta(microseconds=1))
    assert await people.database.read(lambda connection: connection.execute(later).scalars().all()) == [UNKNOWN]


@pytest.mark.parametrize("time_ms", [0, 1, 999, 1_800_000_000_123, 1_800_000_000_999])
def test_milliseconds_are_moments(time_ms: int) -> None:
    assert milliseconds(moment(time_ms)) == time_ms


async def test_what_hangs_on_a_person_goes_with_their_row(people: People) -> None:
    grant = await people.ada()
    await people.tenants.create(grant.user.id, "Ada's")
    await people.database.write(lambda connection: connection.execute(tenants.delete()).close())
    assert await people.count(memberships) == 0
