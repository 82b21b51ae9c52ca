"""When many ask at once: a session pays once, ends once, and nothing is lost. On both databases."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gamefold.games.focus.tables.schema import cosmetic_drop_logs, inventory
from gamefold.games.focus.tables.schema import sessions as session_rows
from tests.servers import DIALECTS, postgres_database

from .office import MINUTE_MS, Office, Person, an_office, code_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=DIALECTS)
def environment(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("races")
    if request.param == "sqlite":
        shutil.copy(sqlite_template, path / "playground.db")
        yield {"path": path}
        return
    with postgres_database(template=request.getfixturevalue("postgres_template")) as url:
        yield {"path": path, "DATABASE_URL": url}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(environment: dict[str, Any]) -> AsyncIterator[Office]:
    async with an_office(**environment) as one:
        yield one


async def outcomes(asked: Iterable[Any]) -> Counter[str]:
    """Ask everything at once, and count what came of it."""
    answers: list[httpx.Response] = await asyncio.gather(*asked)
    return Counter("ok" if answer.is_success else f"{answer.status_code} {code_of(answer)}" for answer in answers)


async def hold_paid(person: Person, session: str, *, times: int = 1) -> None:
    """Hold that what is told of one 50-minute session is told everywhere, once (or not at all)."""
    profile = await person.gets("/api/profile")
    assert profile["hero"]["gold"] == 50 * times
    assert profile["worldState"]["totalSessionsSuccess"] == times
    shown = await person.gets(f"/api/sessions/{session}")
    assert (shown["rewardExp"], shown["rewardGold"]) == (100 * times, 50 * times)
    lines, verdict = await person.office.audited(person)
    assert verdict.holds, verdict.reason
    assert [line.subject for line in lines] == [session] * times
    drop = [] if shown["dropItem"] is None else [shown["dropItem"]["id"]]
    owned = [row["item_id"] for row in await person.office.rows(inventory) if row["user_id"] == person.id]
    logged = [row["item_id"] for row in await person.office.rows(cosmetic_drop_logs) if row["session_id"] == session]
    assert owned == logged == drop


async def test_of_100_completes_of_one_session_exactly_one_is_paid(office: Office, me: Person) -> None:
    session = await me.starts(50)
    office.clock.advance(50 * MINUTE_MS)
    path = f"/api/sessions/{session}/complete"
    assert await outcomes(me.asks("POST", path) for _ in range(100)) == {"ok": 1, "409 SESSION_ALREADY_COMPLETED": 99}
    await hold_paid(me, session)


async def test_100_completes_with_one_key_are_paid_once_and_answered_the_same(office: Office, me: Person) -> None:
    session = await me.starts(50)
    office.clock.advance(50 * MINUTE_MS)
    path, headers = f"/api/sessions/{session}/complete", {"Idempotency-Key": "once"}
    answers = await asyncio.gather(*(me.asks("POST", path, headers=headers) for _ in range(100)))
    # Who waits too long for the first one is told to come back.
    [told] = {answer.text for answer in answers if answer.status_code == 200}
    assert {code_of(answer) for answer in answers if answer.status_code != 200} <= {"IDEMPOTENCY_IN_FLIGHT"}
    assert (await me.asks("POST", path, headers=headers)).text == told
    await hold_paid(me, session)


async def test_of_20_starts_at_once_exactly_two_succeed(me: Person) -> None:
    body = {"taskTemplateId": await me.task(), "durationMinutes": 25}
    counted = await outcomes(me.asks("POST", "/api/sessions/start", body) for _ in range(20))
    assert counted == {"ok": 2, "409 CONCURRENT_SESSION_LIMIT": 18}
    assert len((await me.gets("/api/sessions/history"))["items"]) == 2


async def test_complete_cancel_and_activate_at_once_leave_one_end(office: Office) -> None:
    ends: Counter[str] = Counter()
    for turn in range(4):
        me = await office.person()
        session = await me.starts(50)
        office.clock.advance(50 * MINUTE_MS)
        ways = ["complete", "cancel", "activate"]
        ways = [*ways[turn % 3 :], *ways[: turn % 3]] * 8
        counted = await outcomes(me.asks("POST", f"/api/sessions/{session}/{way}") for way in ways)
        assert set(counted) <= {"ok", "409 SESSION_ALREADY_COMPLETED"}
        status = (await me.gets(f"/api/sessions/{session}"))["status"]
        assert status in {"success", "cancel"}
        ends[status] += 1
        await hold_paid(me, session, times=1 if status == "success" else 0)
    assert ends.total() == 4


async def test_complete_against_the_timeout_job_leaves_one_end(office: Office) -> None:
    for _ in range(3):
        me = await office.person()
        session = await me.starts(50)
        # From here on the job finds it as well; whose turn it is, the rules decide: its time is over.
        office.clock.advance(65 * MINUTE_MS)
        office.clock.advance(5 * MINUTE_MS)
        counted = await outcomes(me.asks("POST", f"/api/sessions/{session}/complete") for _ in range(20))
        assert counted == {"409 SESSION_ALREADY_COMPLETED": 20}
        assert (await me.gets(f"/api/sessions/{session}"))["status"] == "timeout"
        await hold_paid(me, session, times=0)


async def test_people_who_complete_at_once_do_not_hear_of_each_other(office: Office) -> None:
    people = [await office.person() for _ in range(6)]
    sessions = [await person.starts(50) for person in people]
    office.clock.advance(50 * MINUTE_MS)
    asked = [
        person.asks("POST", f"/api/sessions/{session}/complete")
        for _ in range(10)
        for person in people
        for session in sessions
    ]
    counted = await outcomes(asked)
    assert counted == {"ok": 6, "409 SESSION_ALREADY_COMPLETED": 54, "404 SESSION_NOT_FOUND": 300}
    for person, session in zip(people, sessions, strict=True):
        await hold_paid(person, session)


async def test_two_tenants_of_one_person_are_paid_each(office: Office, me: Person) -> None:
    club = (await me.posts("/api/tenants", {"name": "Club"}, status=201))["id"]
    there = me.within(club)
    sessions = [await me.starts(50), await there.starts(50)]
    office.clock.advance(50 * MINUTE_MS)
    counted = await outcomes(
        who.asks("POST", f"/api/sessions/{session}/complete")
        for _ in range(10)
        for who, session in zip((me, there), sessions, strict=True)
    )
    assert counted == {"ok": 2, "409 SESSION_ALREADY_COMPLETED": 18}
    assert (await me.gets("/api/profile"))["hero"]["gold"] == (await there.gets("/api/profile"))["hero"]["gold"] == 50


async def test_leaving_while_completing_ends_in_one_of_both(office: Office) -> None:
    for _ in range(3):
        me = await office.person()
        session = await me.starts(50)
        office.clock.advance(50 * MINUTE_MS)
        asked = [me.asks("POST", f"/api/sessions/{session}/complete"), me.asks("DELETE", "/api/profile")]
        asked += [me.asks("GET", "/api/profile"), me.asks("GET", "/api/inventory"), me.asks("GET", "/api/tasks")]
        answers = await asyncio.gather(*asked)
        # PostgreSQL may break a deadlock of the two: one of them did nothing, and is told to come back.
        broken = [answer for answer in answers if answer.status_code >= 500]
        assert {code_of(answer) for answer in broken} <= {"STORAGE_UNAVAILABLE"}
        assert all("Retry-After" in answer.headers for answer in broken)
        if answers[1] in broken:
            answers[1] = await me.asks("DELETE", "/api/profile")
        assert answers[1].status_code == 204
        assert not [row for row in await office.rows(session_rows) if row["user_id"] == me.id]
