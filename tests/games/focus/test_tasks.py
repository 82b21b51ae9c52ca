"""Task templates: made, changed, listed by room in pages, and deleted without tearing holes into the history."""

import pytest
from sqlalchemy import Connection, RowMapping

from gamefold.engine.refusal import Rejected
from gamefold.games.focus.intents import TASK_NOT_FOUND, TEMPLATE_MISMATCH, CancelSession
from gamefold.games.focus.tables import (
    Scope,
    create_task,
    delete_task,
    moment,
    session_of,
    task_key,
    task_of,
    task_page,
    template_of,
    update_task,
)
from gamefold.storage.database import Database
from gamefold.testkit.hosted import Hosted

from .builders import NOON_MS, an_id
from .stores import COLLEAGUE, ELSEWHERE, ME, Seat


def add_task(
    connection: Connection, number: int = 1, scope: Scope = ME, room: str = "build_room", now_ms: int = NOON_MS
) -> RowMapping:
    return create_task(
        connection,
        scope,
        an_id(number),
        name="Deep Work",
        category="build",
        default_duration_minutes=50,
        room=room,
        now_ms=now_ms,
    )


async def refused(database: Database, call: object) -> str:
    with pytest.raises(Rejected) as refusal:
        await database.write(call)  # type: ignore[arg-type]
    return refusal.value.code


async def test_a_template_is_made_read_and_changed(database: Database) -> None:
    made = await database.write(add_task)
    assert dict(made) == {
        "id": an_id(1),
        "tenant_id": ME.tenant_id,
        "user_id": ME.user_id,
        "name": "Deep Work",
        "category": "build",
        "default_duration_minutes": 50,
        "room": "build_room",
        "created_at": moment(NOON_MS),
        "updated_at": moment(NOON_MS),
        "deleted_at": None,
    }
    changes = {"name": "Shallow Work", "default_duration_minutes": 25}
    changed = await database.write(lambda connection: update_task(connection, ME, an_id(1), changes, NOON_MS + 5))
    assert dict(changed) == dict(made) | changes | {"updated_at": moment(NOON_MS + 5)}
    assert dict(await database.read(lambda connection: task_of(connection, ME, an_id(1)))) == dict(changed)


async def test_templates_of_others_and_unknown_ones_look_alike(database: Database) -> None:
    await database.write(add_task)
    for scope, task in ((COLLEAGUE, an_id(1)), (ELSEWHERE, an_id(1)), (ME, an_id(2))):
        for call in (
            lambda connection, scope=scope, task=task: task_of(connection, scope, task),
            lambda connection, scope=scope, task=task: update_task(connection, scope, task, {"name": "x"}, NOON_MS),
            lambda connection, scope=scope, task=task: delete_task(connection, scope, task, NOON_MS),
        ):
            assert await refused(database, call) == TASK_NOT_FOUND
        mismatch = await refused(database, lambda connection, s=scope, t=task: template_of(connection, s, t))
        assert mismatch == TEMPLATE_MISMATCH


async def test_a_deleted_template_is_out_of_sight_and_its_sessions_stay(house: Hosted, database: Database) -> None:
    await database.write(add_task)
    seat = await Seat(house, first_id=50).begin()
    session_id = await seat.start(50, "build_room", an_id(1))
    await database.write(lambda connection: delete_task(connection, ME, an_id(1), NOON_MS + 5))
    assert await refused(database, lambda connection: task_of(connection, ME, an_id(1))) == TASK_NOT_FOUND
    assert await refused(database, lambda connection: delete_task(connection, ME, an_id(1), 0)) == TASK_NOT_FOUND
    assert await refused(database, lambda connection: template_of(connection, ME, an_id(1))) == TEMPLATE_MISMATCH
    assert await database.read(lambda connection: task_page(connection, ME, 50)) == []
    await seat.ask(CancelSession(session_id))
    row = await database.read(lambda connection: session_of(connection, ME, session_id))
    assert row is not None
    assert (row["task_template_id"], row["status"]) == (an_id(1), "cancel")


async def test_pages_are_in_the_order_of_making_without_gap_or_repeat(database: Database) -> None:
    def fill(connection: Connection) -> None:
        for number in range(1, 12):
            # Pairs are made in the same millisecond: the id decides between them.
            room = "study_room" if number % 3 else "build_room"
            add_task(connection, number, room=room, now_ms=NOON_MS + number // 2)
        add_task(connection, 100, COLLEAGUE)
        add_task(connection, 101, ELSEWHERE)

    def pages(connection: Connection, room: str | None) -> list[str]:
        seen, after = [], None
        while page := task_page(connection, ME, 4, after, room):
            seen += [row["id"] for row in page]
            after = task_key(page[-1])
        return seen

    await database.write(fill)
    everything = [an_id(number) for number in range(1, 12)]
    assert await database.read(lambda connection: pages(connection, None)) == everything
    assert await database.read(lambda connection: pages(connection, "build_room")) == [an_id(n) for n in (3, 6, 9)]
    assert await database.read(lambda connection: pages(connection, "training_room")) == []
