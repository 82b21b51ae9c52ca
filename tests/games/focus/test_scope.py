"""Section 2.3: rows are always asked for by tenant and user. Proven twice: by the statements, and by the database."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from gamefold.games.focus import tables
from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.intents import EquipItem
from gamefold.games.focus.tables import Scope, read_as, refresh_progression, scoped, write_as
from gamefold.storage import migrate
from gamefold.storage.database import Database
from gamefold.storage.opening import open_database
from gamefold.testkit.hosted import Hosted

from .builders import DAY, NOON_MS, an_id
from .stores import COLLEAGUE, ELSEWHERE, EVERYBODY, ME, STRANGER, Seat, add_people, focus_house
from .test_tables import a_varied_life

OWNED = ("heroes", "task_templates", "sessions", "inventory", "world_states")
VIEWS = ("inventory_with_items", "leaderboard")
# Of no user: the catalogue and the shop window, and what jobs ask for.
WITHOUT_SCOPE = {
    "featured_of",
    "open_sessions",
    "refresh_progression",
    "rotate_featured",
    "sessions_to_time_out",
    "streaks_to_reset",
}
TASK = an_id(700)

CALLS: dict[str, Callable[[Connection, Scope], Any]] = {
    "create_task": lambda connection, scope: tables.create_task(
        connection,
        scope,
        TASK,
        name="Read",
        category="study",
        default_duration_minutes=25,
        room="study_room",
        now_ms=NOON_MS,
    ),
    "update_task": lambda connection, scope: tables.update_task(connection, scope, TASK, {"name": "Write"}, NOON_MS),
    "task_of": lambda connection, scope: tables.task_of(connection, scope, TASK),
    "template_of": lambda connection, scope: tables.template_of(connection, scope, TASK),
    "task_page": lambda connection, scope: tables.task_page(connection, scope, 9, (NOON_MS, an_id(1)), "study_room"),
    "delete_task": lambda connection, scope: tables.delete_task(connection, scope, TASK, NOON_MS),
    "hero_of": tables.hero_of,
    "world_state_of": tables.world_state_of,
    "session_of": lambda connection, scope: tables.session_of(connection, scope, an_id(1)),
    "session_page": lambda connection, scope: tables.session_page(connection, scope, 9, (NOON_MS, an_id(1))),
    "inventory_of": tables.inventory_of,
    "available_drops": lambda connection, scope: tables.available_drops(connection, scope, DAY, "study_room"),
    "leaderboard": lambda connection, scope: tables.leaderboard(connection, scope, 9),
}


def parameters_of(name: str) -> list[str]:
    function = getattr(tables, name)
    return list(inspect.signature(function).parameters) if inspect.isfunction(function) else []


def test_every_function_that_asks_for_rows_takes_a_scope() -> None:
    asking = {name for name in tables.__all__ if "connection" in parameters_of(name)}
    assert {name for name in asking if parameters_of(name)[:2] != ["connection", "scope"]} == WITHOUT_SCOPE
    # ... and every one of them is called below.
    assert asking - WITHOUT_SCOPE - {"scoped"} == set(CALLS)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect every statement that reaches a database, as `focus.table`."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(re.sub(r"\bfocus[._](?=[a-z])", "focus.", statement))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def unfiltered(statement: str) -> list[str]:
    """Name what a statement touches without asking for tenant and user."""
    touched = set(re.findall(r"focus\.(\w+)", statement)) & {*OWNED, *VIEWS, "cosmetic_drop_logs"}
    inserted = re.match(r"INSERT INTO focus\.(\w+) \(([^)]*)\)", statement)
    faults = []
    for table in sorted(touched):
        for column in ("tenant_id", "user_id"):
            if table == "cosmetic_drop_logs" and column == "user_id":
                # It has no such column: by the user's sessions, or as a row of one of them.
                found = "SELECT focus.sessions.id" in statement or inserted is not None
            elif inserted is not None and inserted[1] == table:
                found = column in inserted[2].split(", ")
            else:
                found = re.search(rf"focus\.{table}\.{column} = (\$\d+::\w+|\?)", statement) is not None
            if not found:
                faults.append(f"{table}.{column}")
    return faults


def test_a_statement_without_filters_would_be_found() -> None:
    assert unfiltered("SELECT focus.heroes.id FROM focus.heroes WHERE focus.heroes.tenant_id = ?") == ["heroes.user_id"]
    assert unfiltered("INSERT INTO focus.sessions (id, user_id) VALUES (?, ?)") == ["sessions.tenant_id"]
    assert unfiltered("DELETE FROM focus.inventory") == ["inventory.tenant_id", "inventory.user_id"]


async def test_every_statement_filters_by_tenant_and_user(house: Hosted, database: Database) -> None:
    with listening() as heard:
        await a_varied_life(house)
        await house.host.rollback(ME.world, actor="operator", reason="test", seq=10)
        for call in CALLS.values():
            await write_as(database, ME, call)
    about_rows = [statement for statement in heard if re.search(r"focus\.\w+", statement)]
    assert len(about_rows) > 100
    assert {table for table in OWNED for statement in about_rows if f"focus.{table}" in statement} == set(OWNED)
    faults = {statement: found for statement in about_rows if (found := unfiltered(statement))}
    assert faults == {}


async def test_nobody_sees_what_is_another_s(house: Hosted, database: Database) -> None:
    await a_varied_life(house)
    await database.write(lambda connection: CALLS["create_task"](connection, ME))
    for other in (COLLEAGUE, ELSEWHERE, STRANGER):
        for name, call in CALLS.items():
            if name in {"create_task", "leaderboard"}:
                continue
            try:
                found = await write_as(database, other, call)
            except Exception as refusal:  # noqa: BLE001 - which one is shown below
                assert getattr(refusal, "code", None) in {"TASK_NOT_FOUND", "TEMPLATE_MISMATCH"}, name  # noqa: PT017
            else:
                assert not found, name
    assert await read_as(database, ME, CALLS["task_of"])


# -- the second wall --------------------------------------------------------------------------------------------


async def everybody_plays(house: Hosted) -> None:
    for number, scope in enumerate(EVERYBODY):
        seat = await Seat(house, scope, 1 + 100 * number).begin()
        await seat.focus()
        await house.database.write(lambda connection, scope=scope: add_template(connection, scope))
    await house.database.write(refresh_progression)


def add_template(connection: Connection, scope: Scope) -> None:
    columns = "(id, tenant_id, user_id, name, category, default_duration_minutes, room)"
    values = f"(gen_random_uuid(), '{scope.tenant_id}', '{scope.user_id}', 'Read', 'study', 25, 'study_room')"
    connection.execute(text(f"INSERT INTO focus.task_templates {columns} VALUES {values}"))


def count(connection: Connection, table: str) -> int:
    return connection.scalar(text(f"SELECT count(*) FROM focus.{table}")) or 0


@pytest.fixture
async def walled(postgres_url: str) -> Any:
    async with focus_house(postgres_url) as house:
        await house.database.write(add_people)
        await everybody_plays(house)
        yield house


@pytest.mark.postgres
async def test_a_query_that_forgets_its_filters_still_sees_one_user_s_rows(walled: Hosted) -> None:
    for scope in EVERYBODY:
        for table in (*OWNED, "cosmetic_drop_logs", "inventory_with_items"):
            seen = await read_as(walled.database, scope, lambda connection, _, table=table: count(connection, table))
            assert seen == 1, table
        assert await read_as(walled.database, scope, lambda connection, _: count(connection, "leaderboard")) == 2
        assert await read_as(walled.database, scope, lambda connection, _: count(connection, "items")) == len(ITEMS)


@pytest.mark.postgres
async def test_without_a_scope_the_role_sees_nothing(walled: Hosted) -> None:
    def look(connection: Connection) -> list[int]:
        connection.execute(text("SET LOCAL ROLE gamefold_app"))
        return [count(connection, table) for table in (*OWNED, "cosmetic_drop_logs", *VIEWS)]

    assert await walled.database.read(look) == [0] * 8


@pytest.mark.postgres
async def test_a_scope_ends_with_its_transaction(walled: Hosted) -> None:
    await read_as(walled.database, ME, lambda connection, _: None)
    asked = "SELECT current_user, current_setting('gamefold.user_id', true)"
    for _ in range(12):  # more than the pool holds
        user, setting = await walled.database.read(lambda connection: connection.execute(text(asked)).one())
        assert user != "gamefold_app"
        assert not setting
    assert await walled.database.read(lambda connection: count(connection, "heroes")) == len(EVERYBODY)


FORBIDDEN = (
    "UPDATE focus.heroes SET gold = 1000000",
    "DELETE FROM focus.sessions",
    "INSERT INTO focus.inventory (tenant_id, user_id, item_id) SELECT tenant_id, user_id, id FROM focus.heroes",
    "UPDATE focus.world_states SET day_streak = 99",
    "UPDATE focus.items SET unlock_level = 1",
    "DELETE FROM focus.task_templates",
    "SELECT * FROM focus.hero_progression_view",
    "SELECT * FROM platform.users",
    "SELECT * FROM engine.runs",
)


@pytest.mark.postgres
async def test_the_role_may_write_templates_and_nothing_else(walled: Hosted) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match="permission denied"):
            await write_as(walled.database, ME, lambda connection, _, sql=statement: connection.execute(text(sql)))


@pytest.mark.postgres
async def test_templates_of_others_can_be_neither_made_nor_changed(walled: Hosted) -> None:
    for other in (COLLEAGUE, ELSEWHERE, STRANGER):
        with pytest.raises(DBAPIError, match="row-level security"):
            await write_as(walled.database, ME, lambda connection, _, other=other: add_template(connection, other))
        move = f"UPDATE focus.task_templates SET tenant_id = '{other.tenant_id}', user_id = '{other.user_id}'"
        with pytest.raises(DBAPIError, match="row-level security"):
            await write_as(walled.database, ME, lambda connection, _, move=move: connection.execute(text(move)).close())
    rename = "UPDATE focus.task_templates SET name = 'Mine'"
    assert await write_as(walled.database, ME, lambda connection, _: connection.execute(text(rename)).rowcount) == 1


@pytest.mark.postgres
async def test_the_wall_stands_on_every_tenant_table_and_for_the_owner_too(walled: Hosted) -> None:
    walls = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'focus'::regnamespace"
        " AND relrowsecurity AND relforcerowsecurity ORDER BY relname"
    )
    role = "SELECT rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'gamefold_app'"
    found = await walled.database.read(lambda connection: list(connection.scalars(text(walls))))
    assert found == sorted((*OWNED, "cosmetic_drop_logs"))
    assert tuple(await walled.database.read(lambda connection: connection.execute(text(role)).one())) == (False,) * 3


@pytest.mark.postgres
async def test_the_engine_plays_on_as_an_owner_who_is_no_superuser(owned_url: str) -> None:
    async with focus_house(owned_url) as house:
        await house.database.write(add_people)
        await everybody_plays(house)
        seat = Seat(house, ME, 50)
        await seat.focus(90)
        (item, *_) = await read_as(house.database, ME, tables.inventory_of)
        await seat.ask(EquipItem(item["item_id"]))
        await house.host.rollback(ME.world, actor="operator", reason="test", seq=2)
        assert await house.database.read(lambda connection: count(connection, "heroes")) == len(EVERYBODY)
        hero = await read_as(house.database, ME, tables.hero_of)
        assert hero is not None
        assert hero["gold"] == 0


@pytest.mark.postgres
async def test_an_owner_who_may_not_make_the_role_is_told_what_to_do(powerless_url: str) -> None:
    with pytest.raises(DBAPIError, match="GRANT gamefold_app TO"):
        await migrate.upgrade(powerless_url)


async def test_scoping_costs_sqlite_nothing(tmp_path: Any) -> None:
    database = open_database(f"sqlite:///{tmp_path}/empty.db")
    with listening() as heard:
        await database.read(lambda connection: scoped(connection, ME))
    assert [statement for statement in heard if "set_config" in statement] == []
    await database.close()
