"""Section 7: when many ask at once, a session pays once. Real hosts on real databases."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from typing import Any

import pytest

from gamefold.engine.asked import Ack
from gamefold.engine.refusal import Rejected
from gamefold.games.focus.events import SessionCompleted
from gamefold.games.focus.intents import (
    CONCURRENT_SESSION_LIMIT,
    SESSION_ALREADY_COMPLETED,
    CancelSession,
    CompleteSession,
    StartSession,
    TimeOutSessions,
)
from gamefold.games.focus.state import MINUTE_MS
from gamefold.games.focus.tables import hero_of, inventory_of, read_as, session_of, session_page, world_state_of
from gamefold.storage.database import Database
from gamefold.testkit.hosted import Hosted

from .builders import an_id
from .stores import ME, Seat, add_people, focus_house


async def outcomes(asked: Iterable[Awaitable[Ack]]) -> Counter[str]:
    """Ask everything at once, and count codes of refusals and "ok"."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, Ack | Rejected) for answer in answers), answers
    return Counter(answer.code if isinstance(answer, Rejected) else "ok" for answer in answers)


async def hold_paid_once(house: Hosted, database: Database, session_id: str) -> None:
    """Hold that state and tables moved by one session, and agree."""
    save = await house.host.query(ME.world, lambda save: save)
    assert (save.hero.level, save.hero.exp, save.hero.gold) == (2, 0, 50)
    assert save.progress.total_sessions_success == save.progress.day_streak == 1
    assert len(save.owned) == 1

    hero = await read_as(database, ME, hero_of)
    progress = await read_as(database, ME, world_state_of)
    session = await read_as(database, ME, lambda connection, me: session_of(connection, me, session_id))
    (item,) = await read_as(database, ME, inventory_of)
    assert hero is not None
    assert progress is not None
    assert session is not None
    assert (hero["level"], hero["exp"], hero["gold"]) == (2, 0, 50)
    assert (progress["total_sessions_success"], progress["day_streak"]) == (1, 1)
    assert (session["status"], session["reward_exp"], session["reward_gold"]) == ("success", 100, 50)
    assert [session["drop_item_id"]] == [item["item_id"]] == save.owned
    assert hero[f"equipped_{item['type']}_id"] == item["item_id"]
    # The journal holds one success, whoever asked how often.
    told = [record.event async for record in house.host.history(ME.world)]
    assert sum(isinstance(event, SessionCompleted) for event in told) == 1


async def test_a_hundred_completes_at_once_pay_once(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    session_id = await seat.start(50)
    house.clock.advance(50 * MINUTE_MS)
    answers = await outcomes(house.host.submit(ME.world, ME.user_id, CompleteSession(session_id)) for _ in range(100))
    assert answers == {"ok": 1, SESSION_ALREADY_COMPLETED: 99}
    await hold_paid_once(house, database, session_id)


@pytest.mark.postgres
async def test_a_hundred_completes_over_two_hosts_pay_once(postgres_url: str, two_hosts: tuple[Hosted, Hosted]) -> None:
    one, two = two_hosts
    seat = await Seat(one).begin()
    session_id = await seat.start(50)
    one.clock.advance(50 * MINUTE_MS)
    hosts = (one.host, two.host)

    async def complete(number: int) -> Ack:
        await asyncio.sleep(number / 20_000)  # over many rounds of both, not in one of each
        return await hosts[number % 2].submit(ME.world, ME.user_id, CompleteSession(session_id))

    answers = await outcomes(complete(number) for number in range(100))
    assert answers == {"ok": 1, SESSION_ALREADY_COMPLETED: 99}
    await hold_paid_once(two, two.database, session_id)
    await hold_paid_once(one, one.database, session_id)


@pytest.fixture
async def two_hosts(postgres_url: str) -> Any:
    async with focus_house(postgres_url) as one, focus_house(postgres_url, clock=one.clock) as two:
        await one.database.write(add_people)
        yield one, two


async def test_of_twenty_starts_at_once_two_succeed(house: Hosted, database: Database) -> None:
    await Seat(house).begin()
    answers = await outcomes(_starts((house,), 20))
    assert answers == {"ok": 2, CONCURRENT_SESSION_LIMIT: 18}
    assert len(await read_as(database, ME, lambda connection, me: session_page(connection, me, 50))) == 2


@pytest.mark.postgres
async def test_of_twenty_starts_over_two_hosts_two_succeed(two_hosts: tuple[Hosted, Hosted]) -> None:
    await Seat(two_hosts[0]).begin()
    assert await outcomes(_starts(two_hosts, 20)) == {"ok": 2, CONCURRENT_SESSION_LIMIT: 18}


def _starts(houses: tuple[Hosted, ...], count: int) -> list[Awaitable[Ack]]:
    return [
        houses[number % len(houses)].host.submit(
            ME.world, ME.user_id, StartSession(an_id(number + 1), None, 25, "study_room")
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("minutes_later", [30, 40, 60])
async def test_a_session_that_everybody_ends_at_once_ends_once(house: Hosted, minutes_later: int) -> None:
    seat = await Seat(house).begin()
    session_id = await seat.start(25)
    house.clock.advance(minutes_later * MINUTE_MS)
    intents = [CompleteSession(session_id), CancelSession(session_id), TimeOutSessions()] * 10
    answers = await outcomes(house.host.submit(ME.world, "somebody", intent) for intent in intents)
    # Time-outs are never refused. After 40 minutes the clock came first, so nobody else did.
    in_time = minutes_later < 40
    assert answers == {"ok": 10 + in_time, SESSION_ALREADY_COMPLETED: 20 - in_time}
    row = await read_as(house.database, ME, lambda connection, me: session_of(connection, me, session_id))
    assert row is not None
    assert row["status"] == ("success" if in_time else "timeout")


async def test_a_request_sent_again_is_answered_the_same(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    session_id = await seat.start(50)
    house.clock.advance(50 * MINUTE_MS)
    intent = CompleteSession(session_id)
    first = await house.host.submit(ME.world, ME.user_id, intent, request="r-1")
    again = await house.host.submit(ME.world, ME.user_id, intent, request="r-1")
    assert (again.events, again.repeated) == (first.events, True)
    await hold_paid_once(house, database, session_id)


async def test_a_host_that_dies_forgets_nothing(house: Hosted, database: Database) -> None:
    seat = await Seat(house).begin()
    session_id = await seat.start(50)
    house.clock.advance(50 * MINUTE_MS)
    await seat.ask(CompleteSession(session_id))
    await house.crash()
    await house.reopen()
    with pytest.raises(Rejected) as refused:
        await seat.ask(CompleteSession(session_id))
    assert refused.value.code == SESSION_ALREADY_COMPLETED
    await hold_paid_once(house, database, session_id)
