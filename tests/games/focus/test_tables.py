"""The tables follow the events, read as the spec names them, and can be made again from the journal."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from gamefold.engine.feed import Record
from gamefold.engine.history import verify
from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.intents import (
    ActivateSession,
    CancelSession,
    EquipItem,
    ResetStreak,
    SetAutoEquip,
    TimeOutSessions,
    UnequipSlot,
)
from gamefold.games.focus.state import DAY_MS, MINUTE_MS, day_of
from gamefold.games.focus.tables import (
    METADATA,
    FocusProjector,
    Scope,
    available_drops,
    create_task,
    featured_of,
    hero_of,
    inventory_of,
    leaderboard,
    moment,
    read_as,
    refresh_progression,
    rotate_featured,
    session_key,
    session_of,
    session_page,
    world_state_of,
)
from gamefold.games.focus.tables.schema import cosmetic_drop_logs, sessions
from gamefold.storage.database import Database
from gamefold.testkit.hosted import Hosted, rows_of

from .builders import DAY, NOON_MS, an_id
from .stores import COLLEAGUE, ELSEWHERE, EVERYBODY, ME, STRANGER, Seat

TASK = an_id(900)


async def a_varied_life(house: Hosted) -> Seat:
    """Let a save meet everything that can happen to it."""
    await house.database.write(
        lambda connection: create_task(
            connection,
            ME,
            TASK,
            name="Deep Work",
            category="build",
            default_duration_minutes=50,
            room="build_room",
            now_ms=NOON_MS,
        )
    )
    seat = await Seat(house).begin()
    for minutes in (25, 50, 90, 90, 90, 90):
        await seat.focus(minutes, "build_room")
    await seat.ask(ActivateSession(await seat.start(50, "build_room", TASK)))
    await seat.ask(CancelSession(await seat.start()))
    house.clock.advance(DAY_MS)
    await seat.ask(TimeOutSessions())
    await seat.focus()
    state = await house.host.query(ME.world, lambda save: save)
    for item_id in state.owned:
        await seat.ask(EquipItem(item_id))
    await seat.ask(UnequipSlot("hat"))
    await seat.ask(SetAutoEquip(enabled=False))
    house.clock.advance(5 * DAY_MS)
    await seat.ask(ResetStreak(day_of(house.clock.now_ms())))
    await seat.start(90, "training_room")
    return seat


async def test_a_new_save_has_a_hero_and_a_world(house: Hosted, database: Database) -> None:
    assert await read_as(database, ME, hero_of) is None
    await Seat(house).begin()
    hero = await read_as(database, ME, hero_of)
    world = await read_as(database, ME, world_state_of)
    assert hero is not None
    assert world is not None
    assert {key: value for key, value in hero.items() if key != "id"} == {
        "tenant_id": ME.tenant_id,
        "user_id": ME.user_id,
        "level": 1,
        "exp": 0,
        "gold": 0,
        "equipped_hat_id": None,
        "equipped_outfit_id": None,
        "equipped_accessory_id": None,
        "updated_at": moment(NOON_MS),
    }
    assert (world["study_room_level"], world["plaza_level"], world["last_session_date"]) == (1, 1, None)


async def test_tables_say_what_the_state_says(house: Hosted, database: Database) -> None:
    await a_varied_life(house)
    save = await house.host.query(ME.world, lambda save: save)
    hero = await read_as(database, ME, hero_of)
    world = await read_as(database, ME, world_state_of)
    owned = await read_as(database, ME, inventory_of)
    rows = await read_as(database, ME, lambda connection, me: session_page(connection, me, 50))
    assert hero is not None
    assert world is not None
    assert (hero["level"], hero["exp"], hero["gold"]) == (save.hero.level, save.hero.exp, save.hero.gold)
    for slot in ("hat", "outfit", "accessory"):
        assert hero[f"equipped_{slot}_id"] == save.hero.equipped.item_in(slot)
    assert sorted(row["item_id"] for row in owned) == save.owned
    for name in ("study_room_level", "build_room_level", "plaza_level", "total_sessions_success", "day_streak"):
        assert world[name] == getattr(save.progress, name)
    assert (save.progress.day_streak, world["last_reset_at"]) == (0, moment(save.progress.last_reset_ms))
    assert world["last_session_date"] == date(2024, 10, 5)
    assert {row["id"] for row in rows if row["status"] in {"pending", "active"}} == set(save.sessions)
    assert all(save.ended_as(row["id"]) == row["status"] for row in rows if row["id"] not in save.sessions)


async def test_rebuilding_gives_what_was_there(house: Hosted, database: Database) -> None:
    await a_varied_life(house)
    await (await Seat(house, COLLEAGUE, 500).begin()).focus()
    before = await house.rows(METADATA)
    assert before["sessions"]
    assert before["cosmetic_drop_logs"]
    records = [record async for record in house.host.history(ME.world)]

    def rebuild(connection: Connection) -> None:
        projector = FocusProjector()
        projector.forget(connection, ME.world)
        left = rows_of(connection, METADATA)
        assert len(left["sessions"]) == len(left["heroes"]) == len(left["world_states"]) == 1  # the colleague's
        assert len(left["task_templates"]) == 1
        for record in records:
            projector.project(connection, record)

    await database.write(rebuild)
    assert await house.rows(METADATA) == before


async def test_a_rollback_takes_rows_back(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    await seat.focus()
    before = await house.rows(METADATA)
    seq = (await house.host.submit(ME.world, "operator", TimeOutSessions())).seq
    await seat.focus(90)
    await house.host.rollback(ME.world, actor="operator", reason="test", seq=seq)
    assert await house.rows(METADATA) == before
    assert (await verify(house.journal, house.rulesets, ME.world)).holds
    await seat.focus(90)


async def test_what_happened_to_somebody_who_left_leaves_no_rows(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    await seat.focus()
    records: list[Record] = [record async for record in house.host.history(ME.world)]

    def leave(connection: Connection) -> None:
        connection.execute(text(f"DELETE FROM platform.users WHERE id = '{ME.user_id}'"))
        for record in records:
            FocusProjector().project(connection, record)

    await database.write(leave)
    rows = await house.rows(METADATA)
    assert {name for name, found in rows.items() if found} == {"items"}


async def test_a_completed_session_reads_with_its_drop(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    session_id = await seat.focus(50, "build_room")
    row = await read_as(database, ME, lambda connection, me: session_of(connection, me, session_id))
    assert row is not None
    item = ITEMS[row["drop_item_id"]]
    assert (row["status"], row["reward_exp"], row["reward_gold"], row["room"]) == ("success", 100, 50, "build_room")
    assert (row["drop_name"], row["drop_type"]) == (item.name, item.type)
    assert (row["drop_rarity"], row["drop_sprite_key"]) == (item.rarity, item.sprite_key)
    assert row["started_at"] == datetime(2024, 10, 4, 12, tzinfo=UTC)
    assert row["ended_at"] == datetime(2024, 10, 4, 12, 50, tzinfo=UTC)
    logged = await database.read(lambda connection: connection.execute(select(cosmetic_drop_logs)).mappings().one())
    assert (logged["session_id"], logged["item_id"], logged["rolled_at"]) == (session_id, item.id, row["ended_at"])


async def test_history_is_paged_newest_first_without_gap_or_repeat(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    ids = []
    for _ in range(4):
        # Two begin in the same millisecond: the id decides between them.
        ids += [await seat.start(), await seat.start()]
        for session_id in ids[-2:]:
            await seat.ask(CancelSession(session_id))
        house.clock.advance(1_000)

    def pages(connection: Connection, me: Scope) -> list[str]:
        seen, before = [], None
        while page := session_page(connection, me, 3, before):
            seen += [row["id"] for row in page]
            before = session_key(page[-1])
        return seen

    assert await read_as(database, ME, pages) == ids[::-1]


async def test_a_session_that_timed_out_ended_when_its_time_was_over(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    session_id = await seat.time_out(25)
    house.clock.advance(7 * MINUTE_MS)
    await seat.ask(TimeOutSessions())
    row = await read_as(database, ME, lambda connection, me: session_of(connection, me, session_id))
    assert row is not None
    assert (row["status"], row["ended_at"]) == ("timeout", moment(NOON_MS + 40 * MINUTE_MS))


# -- inventory and drops ----------------------------------------------------------------------------------------


async def test_the_inventory_reads_with_everything_about_its_items(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    await seat.focus()
    (row,) = await read_as(database, ME, inventory_of)
    item = ITEMS[row["item_id"]]
    for name in ("name", "type", "rarity", "sprite_key", "unlock_level", "room_affinity"):
        assert row[name] == getattr(item, name)
    assert row["obtained_at"] == moment(NOON_MS + 25 * MINUTE_MS)


async def test_available_drops_are_what_could_still_drop(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    await seat.focus()
    save = await house.host.query(ME.world, lambda save: save)

    async def available(room: str | None) -> set[str]:
        rows = await read_as(database, ME, lambda connection, me: available_drops(connection, me, DAY, room))
        return {row["id"] for row in rows}

    unlocked = {item.id for item in ITEMS.values() if item.unlock_level <= save.hero.level}
    assert await available(None) == unlocked - set(save.owned)
    for room in ("study_room", "training_room"):
        fits = {item.id for item in ITEMS.values() if item.room_affinity in {None, room}}
        assert await available(room) == (unlocked & fits) - set(save.owned)
    # Where there is no save there is nothing to preview.
    assert await read_as(database, STRANGER, lambda connection, him: available_drops(connection, him, DAY)) == []


async def test_six_items_are_featured_from_their_day_on_and_come_first(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    await seat.focus()
    chosen = await database.write(lambda connection: rotate_featured(connection, DAY))
    assert len(set(chosen)) == 6
    assert await database.write(lambda connection: rotate_featured(connection, DAY)) == chosen
    later = await database.write(lambda connection: rotate_featured(connection, DAY + 2))
    assert later != chosen

    async def featured(today: int) -> list[str]:
        return [row["id"] for row in await database.read(lambda connection: featured_of(connection, today))]

    assert await featured(DAY - 1) == []
    assert await featured(DAY) == await featured(DAY + 1) == chosen
    assert await featured(DAY + 2) == later
    rows = await read_as(database, ME, lambda connection, me: available_drops(connection, me, DAY))
    marks = [bool(row["featured"]) for row in rows]
    assert marks == sorted(marks, reverse=True)
    assert {row["id"] for row in rows if row["featured"]} <= set(chosen)


# -- the leaderboard --------------------------------------------------------------------------------------------


async def test_the_leaderboard_ranks_a_tenant_by_level_and_experience(house: Hosted, database: Database) -> None:
    played = {ME: (25,), COLLEAGUE: (90, 90), ELSEWHERE: (90, 90, 90), STRANGER: ()}
    for number, scope in enumerate(EVERYBODY):
        seat = await Seat(house, scope, 1 + 100 * number).begin()
        for minutes in played[scope]:
            await seat.focus(minutes)
    await database.write(refresh_progression)

    async def board(scope: Any) -> list[tuple]:
        rows = await read_as(database, scope, lambda connection, scope: leaderboard(connection, scope, 10))
        return [
            (row["rank"], row["user_id"], row["level"], row["exp"], row["total_sessions"], bool(row["mine"]))
            for row in rows
        ]

    first, second = (COLLEAGUE.user_id, 3, 60, 2), (ME.user_id, 1, 50, 1)
    assert await board(ME) == [(1, *first, False), (2, *second, True)]
    assert await board(COLLEAGUE) == [(1, *first, True), (2, *second, False)]
    assert [row[1] for row in await board(STRANGER)] == [ELSEWHERE.user_id, STRANGER.user_id]


# -- what only the database can refuse --------------------------------------------------------------------------


IMPOSSIBLE: tuple[dict[str, Any], ...] = (
    {"duration_minutes": 26},
    {"room": "plaza"},
    {"status": "finished"},
    {"task_template_id": an_id(77)},
    {"drop_item_id": an_id(77)},
    {"tenant_id": an_id(77)},
    {"user_id": an_id(77)},
)


async def test_the_database_refuses_rows_that_cannot_be(house: Hosted, database: Database) -> None:
    session_id = await (await Seat(house).begin()).start()
    for change in IMPOSSIBLE:
        impossible = sessions.update().where(sessions.c.id == session_id).values(change)
        with pytest.raises(IntegrityError):
            await database.write(lambda connection, query=impossible: connection.execute(query).close())


async def test_worlds_of_one_user_in_two_tenants_do_not_touch(house: Hosted, database: Database) -> None:
    here, there = await Seat(house).begin(), await Seat(house, ELSEWHERE, 100).begin()
    await here.focus()
    hero = await read_as(database, ELSEWHERE, hero_of)
    assert hero is not None
    assert hero["gold"] == 0
    await there.focus(90)
    assert len(await read_as(database, ELSEWHERE, inventory_of)) == 1
