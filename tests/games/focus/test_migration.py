"""Migration 0004: the tables of section 3.3 by name, up and down on a database that is in use."""

from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, inspect, select, text
from sqlalchemy.exc import IntegrityError

from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.intents import TimeOutSessions
from gamefold.games.focus.tables import METADATA, hero_of, read_as
from gamefold.games.focus.tables.schema import items
from gamefold.storage import backup, migrate
from gamefold.storage.database import Database
from gamefold.storage.naming import Names
from gamefold.storage.opening import open_database
from gamefold.testkit.hosted import Hosted

from .stores import ME, Seat, add_people, focus_house

# Section 3.3: columns in their order, `?` where NULL may stand; the ones after `+` are ours.
SPECIFIED = {
    "heroes": (
        "id tenant_id user_id level exp gold equipped_hat_id? equipped_outfit_id? equipped_accessory_id? updated_at"
    ),
    "task_templates": (
        "id tenant_id user_id name category default_duration_minutes room created_at updated_at + deleted_at?"
    ),
    "sessions": (
        "id tenant_id user_id task_template_id? duration_minutes room started_at ended_at? status reward_exp"
        " reward_gold drop_item_id? created_at updated_at"
    ),
    "items": "id name type rarity sprite_key unlock_level? + room_affinity? created_at",
    "inventory": "id tenant_id user_id item_id obtained_at",
    "world_states": (
        "id tenant_id user_id study_room_level build_room_level training_room_level plaza_level"
        " total_sessions_success day_streak last_session_date? last_reset_at?"
    ),
    "cosmetic_drop_logs": "id tenant_id session_id item_id rolled_at",
    "featured_items": "day position item_id",
}
POSTGRES_TYPES = {
    "id": "UUID",
    "tenant_id": "UUID",
    "last_session_date": "DATE",
    "started_at": "TIMESTAMP",
    "level": "INTEGER",
    "name": "TEXT",
}


async def test_the_tables_are_the_spec_s(database: Database) -> None:
    def columns(connection: Connection) -> dict[str, str]:
        names = Names(connection, "focus")
        return {
            table: " ".join(
                column["name"] + "?" * column["nullable"]
                for column in inspect(connection).get_columns(names.table(table), schema=names.schema)
            )
            for table in SPECIFIED
        }

    assert await database.read(columns) == {table: said.replace("+ ", "") for table, said in SPECIFIED.items()}


async def test_statements_know_the_tables_as_they_are(database: Database) -> None:
    def differences(connection: Connection) -> list[str]:
        names = Names(connection, "focus")
        found = []
        for table in METADATA.sorted_tables:
            real = Table(names.table(table.name), MetaData(), schema=names.schema, autoload_with=connection)
            for real_column, column in zip(real.columns, table.columns, strict=True):
                same = (real_column.name, real_column.nullable, real_column.primary_key)
                if same != (column.name, column.nullable, column.primary_key):
                    found.append(f"{table.name}.{column.name}")
                kind = POSTGRES_TYPES.get(column.name)
                if names.schema and kind and type(real_column.type).__name__ != kind:
                    found.append(f"{table.name}.{column.name}: {real_column.type!r}")
        return found

    assert await database.read(differences) == []


async def test_indexes_and_views_are_there(database: Database) -> None:
    def look(connection: Connection) -> tuple[set[str], set[str]]:
        names = Names(connection, "focus")
        inspector = inspect(connection)
        indexes = {
            str(index["name"]).removeprefix("focus_")
            for table in SPECIFIED
            for index in inspector.get_indexes(names.table(table), schema=names.schema)
        }
        # On SQLite all games share one file.
        views = {view for view in inspector.get_view_names(names.schema) if names.schema or view.startswith("focus_")}
        if names.schema:
            views |= {*inspector.get_materialized_view_names(names.schema)}
        return indexes, {view.removeprefix("focus_") for view in views}

    indexes, views = await database.read(look)
    assert {"sessions_user_status_idx", "sessions_pending_idx"} <= indexes
    assert views == {"hero_progression_view", "inventory_with_items", "leaderboard"}


async def test_the_jobs_queries_use_their_indexes(database: Database) -> None:
    def plans(connection: Connection) -> list[str]:
        names = Names(connection, "focus")
        explain = "EXPLAIN" if names.schema else "EXPLAIN QUERY PLAN"
        if names.schema:
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # the tables are empty
        wanted = (
            ("sessions", "status IN ('pending', 'active') AND started_at < '2026-01-01 00:00:00'"),
            ("sessions", "status = 'pending' AND started_at < '2026-01-01 00:00:00'"),
            ("world_states", "day_streak > 0 AND last_session_date < '2026-01-01'"),
        )
        return [
            str(connection.execute(text(f"{explain} SELECT id FROM {names.qualified(table)} WHERE {where}")).all())
            for table, where in wanted
        ]

    open_, pending, streak = await database.read(plans)
    assert "sessions_open_idx" in open_
    assert "sessions_pending_idx" in pending
    assert "world_states_streak_idx" in streak


async def test_the_catalogue_in_the_table_is_the_rules_catalogue(database: Database) -> None:
    columns = [column for column in items.c if column.name != "created_at"]
    rows = await database.read(lambda connection: connection.execute(select(*columns)).mappings().all())
    assert {row["id"]: dict(row) for row in rows} == {
        item.id: {name: getattr(item, name) for name in item.__struct_fields__} for item in ITEMS.values()
    }


async def test_postgres_makes_ids_and_times_by_itself(postgres_url: str) -> None:
    database = open_database(postgres_url)

    def add(connection: Connection) -> Any:
        add_people(connection)
        columns = f"INSERT INTO focus.heroes (tenant_id, user_id) VALUES ('{ME.tenant_id}', '{ME.user_id}') RETURNING *"
        return connection.execute(text(columns)).mappings().one()

    row = await database.write(add)
    assert (row["level"], row["exp"], row["gold"]) == (1, 0, 0)
    assert row["id"] is not None
    assert row["updated_at"].tzinfo is not None
    with pytest.raises(IntegrityError):
        await database.write(add)
    await database.close()


async def fill(url: str) -> None:
    database = open_database(url)
    await database.write(add_people)
    await database.close()
    async with focus_house(url) as house:
        seat = await Seat(house).begin()
        await seat.focus()
        await seat.start()


async def people(url: str) -> int:
    database = open_database(url)
    query = text(f"SELECT count(*) FROM {'platform_users' if url.startswith('sqlite') else 'platform.users'}")
    try:
        return await database.read(lambda connection: connection.scalar(query)) or 0
    finally:
        await database.close()


async def test_down_and_up_again_on_a_database_in_use(empty_url: str) -> None:
    await migrate.upgrade(empty_url)
    await fill(empty_url)
    await migrate.downgrade(empty_url, "0003")
    assert await people(empty_url) == 2
    await migrate.upgrade(empty_url)
    async with focus_house(empty_url) as house:
        rows = await house.rows(METADATA)
        assert len(rows["items"]) == len(ITEMS)
        assert rows["sessions"] == rows["heroes"] == []
        # The saves are in the journal, and what is played now is written down again.
        await hold_the_save_is_there(house)
    await migrate.downgrade(empty_url, "base")
    await migrate.upgrade(empty_url)


async def hold_the_save_is_there(house: Hosted) -> None:
    save = await house.host.query(ME.world, lambda save: save)
    assert save.progress.total_sessions_success == 1
    seq = (await house.host.submit(ME.world, "operator", TimeOutSessions())).seq
    await house.host.rollback(ME.world, actor="operator", reason="rebuild", seq=seq)
    hero = await read_as(house.database, ME, hero_of)
    assert hero is not None
    assert hero["gold"] == 25


async def test_a_backup_brings_everything_back(empty_url: str, tmp_path: Any) -> None:
    await migrate.upgrade(empty_url)
    await fill(empty_url)

    async def rows() -> Any:
        async with focus_house(empty_url) as house:
            return await house.rows(METADATA)

    before = await rows()
    await backup.backup(empty_url, tmp_path / "backup")
    await backup.restore(tmp_path / "backup", empty_url, force=True)
    assert await rows() == before
