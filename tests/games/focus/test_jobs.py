"""Section 6: jobs find the saves they are about, in batches, and the rules do the rest."""

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.focus.intents import STREAK_NOT_MISSED, ActivateSession, ResetStreak, TimeOutSessions
from gamefold.games.focus.state import DAY_MS, MINUTE_MS
from gamefold.games.focus.tables import (
    Scope,
    open_sessions,
    read_as,
    session_page,
    sessions_to_time_out,
    streaks_to_reset,
    world_state_of,
)
from gamefold.storage.database import Database
from gamefold.testkit.hosted import Hosted

from .builders import DAY
from .stores import EVERYBODY, ME, STRANGER, Seat

IN_ORDER = sorted(scope.world for scope in EVERYBODY)


async def seats(house: Hosted) -> list[Seat]:
    return [await Seat(house, scope, 1 + 100 * number).begin() for number, scope in enumerate(EVERYBODY)]


async def streak_of(database: Database, scope: Scope) -> int:
    row = await read_as(database, scope, world_state_of)
    assert row is not None
    streak: int = row["day_streak"]
    return streak


async def test_streaks_that_missed_a_day_are_found_and_reset_once(house: Hosted, database: Database) -> None:
    everybody = await seats(house)
    for seat in everybody:
        await seat.focus()
    assert await database.read(lambda connection: streaks_to_reset(connection, DAY + 1)) == []
    house.clock.advance(DAY_MS)
    await everybody[0].focus()
    house.clock.advance(DAY_MS)  # two days later, at 04:00 or after
    due = await database.read(lambda connection: streaks_to_reset(connection, DAY + 2))
    assert due == [world for world in IN_ORDER if world != ME.world]
    for world in due:
        await house.host.submit(world, "job", ResetStreak(DAY + 2))
    assert await database.read(lambda connection: streaks_to_reset(connection, DAY + 2)) == []
    assert [await streak_of(database, scope) for scope in EVERYBODY] == [2, 0, 0, 0]
    # A job that runs late, or a second time, takes nothing from who has played meanwhile.
    await everybody[3].focus()
    with pytest.raises(Rejected) as refused:
        await house.host.submit(STRANGER.world, "job", ResetStreak(DAY + 2))
    assert refused.value.code == STREAK_NOT_MISSED


async def test_stale_sessions_are_found_and_timed_out(house: Hosted, database: Database) -> None:
    everybody = await seats(house)
    for seat in everybody[:3]:
        await seat.ask(ActivateSession(await seat.start(25)))
        await seat.start(50)
    await everybody[3].start(90)
    assert await database.read(open_sessions) == 7

    async def due() -> list[str]:
        now_ms = house.clock.now_ms()
        return await database.read(lambda connection: sessions_to_time_out(connection, now_ms))

    house.clock.advance(40 * MINUTE_MS - 1)
    assert await due() == []
    house.clock.advance(1)
    assert await due() == sorted(seat.scope.world for seat in everybody[:3])
    house.clock.advance(25 * MINUTE_MS)
    for world in await due():
        await house.host.submit(world, "job", TimeOutSessions())
    assert await due() == []
    assert await database.read(open_sessions) == 1
    rows = await read_as(database, ME, lambda connection, me: session_page(connection, me, 9))
    assert {row["status"] for row in rows} == {"timeout"}


async def test_what_is_due_comes_in_batches(house: Hosted, database: Database) -> None:
    for seat in await seats(house):
        await seat.focus()
        await seat.time_out()
    now_ms = house.clock.now_ms()
    for ask in (
        lambda connection, after: streaks_to_reset(connection, DAY + 9, after, 3),
        lambda connection, after: sessions_to_time_out(connection, now_ms, after, 3),
    ):
        first = await database.read(lambda connection, ask=ask: ask(connection, ""))
        second = await database.read(lambda connection, ask=ask, last=first[-1]: ask(connection, last))
        assert (first, second) == (IN_ORDER[:3], IN_ORDER[3:])
        assert await database.read(lambda connection, ask=ask, last=second[-1]: ask(connection, last)) == []
