"""Start, activate, complete, cancel and history, in the spec's shapes."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.tables import moment, stamp
from gamefold.storage.tables import IDEMPOTENCY
from tests.serving import eventually

from .office import DAY_MS, MINUTE_MS, NOBODY, Office, Person, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

ITEM = {"id", "name", "type", "rarity", "spriteKey"}
SESSION = {
    "id", "taskTemplateId", "durationMinutes", "room", "status", "startedAt", "endedAt", "rewardExp", "rewardGold",
    "dropItem",
}  # fmt: skip


def now(office: Office, minutes: float = 0) -> str:
    """Give the time as it is shown."""
    return stamp(moment(office.clock.now_ms() + round(minutes * MINUTE_MS)))


async def test_starting_gives_201_and_a_pending_session(office: Office, me: Person) -> None:
    body = {"taskTemplateId": await me.task(), "durationMinutes": 50}
    told = await me.posts("/api/sessions/start", body, status=201)
    assert UUID(told.pop("sessionId")).version == 4
    assert told == {
        "startedAt": now(office),
        "durationMinutes": 50,
        "room": "build_room",
        "status": "pending",
    }


@pytest.mark.parametrize("minutes", [25, 50, 90])
async def test_the_room_is_the_templates_and_the_duration_the_askers(me: Person, minutes: int) -> None:
    body = {"taskTemplateId": await me.task(room="training_room", minutes=50), "durationMinutes": minutes}
    told = await me.posts("/api/sessions/start", body, status=201)
    assert (told["room"], told["durationMinutes"]) == ("training_room", minutes)


@pytest.mark.parametrize("minutes", [24, 0, -50, 51, 2**53, 2**62])
async def test_a_duration_that_is_not_offered_is_422(me: Person, minutes: int) -> None:
    body = {"taskTemplateId": await me.task(), "durationMinutes": minutes}
    refused(await me.asks("POST", "/api/sessions/start", body), 422, "DURATION_NOT_ALLOWED")


@pytest.mark.parametrize(
    "change",
    [
        *({"durationMinutes": value} for value in ("25", 25.0, True, None, [25], 1e300, 2**64)),
        *({"taskTemplateId": value} for value in ("", "x", None, 5, NOBODY[:-1], NOBODY + "\n")),
        *({extra: 1} for extra in ("startedAt", "room", "status", "userId", "rewardGold", "duration_minutes")),
    ],
)
async def test_a_start_that_is_not_of_the_asked_form_is_422(me: Person, change: dict[str, Any]) -> None:
    body = {"taskTemplateId": await me.task(), "durationMinutes": 25, **change}
    refused(await me.asks("POST", "/api/sessions/start", body), 422, "INVALID_REQUEST")
    assert (await me.gets("/api/sessions/history"))["items"] == []


async def test_a_template_of_somebody_else_and_none_get_the_same_403(office: Office, me: Person) -> None:
    other = await (await office.person()).task()
    bodies = [{"taskTemplateId": task, "durationMinutes": 25} for task in (other, NOBODY)]
    answers = [await me.asks("POST", "/api/sessions/start", body) for body in bodies]
    refused(answers[0], 403, "TEMPLATE_MISMATCH")
    assert answers[0].json() == answers[1].json()


async def test_a_third_session_at_once_is_409(me: Person) -> None:
    task = await me.task()
    first, second = [await me.starts(50, task) for _ in range(2)]
    await me.posts(f"/api/sessions/{second}/activate")
    body = {"taskTemplateId": task, "durationMinutes": 50}
    refused(await me.asks("POST", "/api/sessions/start", body), 409, "CONCURRENT_SESSION_LIMIT")
    await me.posts(f"/api/sessions/{first}/cancel")
    await me.starts(50, task)


async def test_a_session_becomes_active_once(me: Person) -> None:
    session = await me.starts()
    told = await me.posts(f"/api/sessions/{session}/activate")
    assert set(told) == SESSION
    assert told["status"] == "active"
    assert await me.posts(f"/api/sessions/{session}/activate") == told
    assert await me.gets(f"/api/sessions/{session}") == told


async def test_completing_pays_in_the_spec_shape(office: Office, me: Person) -> None:
    session = await me.starts(50)
    office.clock.advance(40 * MINUTE_MS)  # 0.8 of it, to the millisecond
    told = await me.completes(session)
    item = told["session"].pop("dropItem")
    assert item is None or set(item) == ITEM
    assert told == {
        "session": {"id": session, "status": "success", "rewardExp": 100, "rewardGold": 50},
        "hero": {"level": 2, "exp": 0, "gold": 50},
        "worldState": {
            "totalSessionsSuccess": 1,
            "dayStreak": 1,
            "studyRoomLevel": 1,
            "buildRoomLevel": 1,
            "trainingRoomLevel": 1,
            "plazaLevel": 1,
        },
    }
    seen = await me.gets(f"/api/sessions/{session}")
    assert (seen["status"], seen["rewardExp"], seen["rewardGold"], seen["endedAt"]) == ("success", 100, 50, now(office))
    assert seen["dropItem"] == item


async def test_completing_too_early_is_422_and_says_from_when_on(office: Office, me: Person) -> None:
    session = await me.starts(50)
    available_at = now(office, 40)
    office.clock.advance(40 * MINUTE_MS - 1)
    error = refused(await me.asks("POST", f"/api/sessions/{session}/complete"), 422, "TOO_EARLY")
    assert error["availableAt"] == available_at
    office.clock.advance(1)
    await me.completes(session)


@pytest.mark.parametrize("body", [{"completedAt": "2020-01-01T00:00:00Z"}, {"completedAt": None}, {}])
async def test_the_client_may_tell_a_time_which_counts_for_nothing(
    office: Office, me: Person, body: dict[str, Any]
) -> None:
    session = await me.starts(25)
    path = f"/api/sessions/{session}/complete"
    refused(await me.asks("POST", path, body), 422, "TOO_EARLY")
    office.clock.advance(25 * MINUTE_MS)
    good(await me.asks("POST", path, body))
    assert (await me.gets(f"/api/sessions/{session}"))["endedAt"] == now(office)


@pytest.mark.parametrize("body", [{"reward": 5}, {"completedAt": 5}, {"completedAt": "x" * 65}, [], "x", 5])
async def test_a_completion_that_is_not_of_the_asked_form_is_422(office: Office, me: Person, body: Any) -> None:
    session = await me.starts(25)
    office.clock.advance(25 * MINUTE_MS)
    refused(await me.asks("POST", f"/api/sessions/{session}/complete", body), 422, "INVALID_REQUEST")
    await me.completes(session)


@pytest.mark.parametrize("reason", [None, "user_cancelled", "distracted", "emergency", "other"])
async def test_cancelling_earns_nothing_whatever_the_reason(office: Office, me: Person, reason: str | None) -> None:
    session = await me.starts(90)
    office.clock.advance(90 * MINUTE_MS)
    told = await me.posts(f"/api/sessions/{session}/cancel", None if reason is None else {"reason": reason})
    assert set(told) == SESSION
    assert (told["status"], told["rewardExp"], told["rewardGold"], told["dropItem"]) == ("cancel", 0, 0, None)
    assert told["endedAt"] == now(office)
    assert (await me.gets("/api/profile"))["hero"]["gold"] == 0


@pytest.mark.parametrize("reason", ["", "bored", "User_Cancelled", None, 5, ["other"]])
async def test_there_are_no_other_reasons(me: Person, reason: Any) -> None:
    session = await me.starts()
    path = f"/api/sessions/{session}/cancel"
    refused(await me.asks("POST", path, {"reason": reason}), 422, "INVALID_REQUEST")
    assert (await me.gets(f"/api/sessions/{session}"))["status"] == "pending"


async def test_a_session_that_has_ended_is_409_however_it_ended(office: Office, me: Person) -> None:
    task = await me.task()
    done = (await me.focuses(25, task))["session"]["id"]
    cancelled = await me.starts(25, task)
    await me.posts(f"/api/sessions/{cancelled}/cancel")
    late = await me.starts(25, task)
    office.clock.advance(40 * MINUTE_MS)
    before = await me.gets("/api/profile")
    for session in (done, cancelled, late):
        for what in ("complete", "cancel", "activate"):
            answer = await me.asks("POST", f"/api/sessions/{session}/{what}")
            refused(answer, 409, "SESSION_ALREADY_COMPLETED")
    assert await me.gets("/api/profile") == before
    statuses = {item["id"]: item["status"] for item in (await me.gets("/api/sessions/history"))["items"]}
    assert statuses == {done: "success", cancelled: "cancel", late: "timeout"}


async def test_the_job_times_sessions_out_that_nobody_asks_for(office: Office, me: Person) -> None:
    session = await me.starts(25)
    started_ms = office.clock.now_ms()
    office.clock.advance(40 * MINUTE_MS - 1)
    assert (await me.gets(f"/api/sessions/{session}"))["status"] == "pending"
    office.clock.advance(5 * MINUTE_MS + 1)

    async def timed_out() -> bool:
        return (await me.gets(f"/api/sessions/{session}"))["status"] == "timeout"

    await eventually(timed_out)
    told = await me.gets(f"/api/sessions/{session}")
    back = (started_ms + 40 * MINUTE_MS - office.clock.now_ms()) / MINUTE_MS
    assert (told["rewardGold"], told["endedAt"]) == (0, now(office, back))


async def test_history_is_newest_first_complete_and_stable(office: Office, me: Person) -> None:
    task = await me.task()
    made = []
    for _ in range(7):
        session = await me.starts(25, task)
        await me.posts(f"/api/sessions/{session}/cancel")
        made.insert(0, session)
        office.clock.advance(1)
    first = await me.gets("/api/sessions/history?limit=3")
    assert set(first) == {"items", "nextCursor"}
    assert all(set(item) == SESSION for item in first["items"])
    await me.starts(25, task)
    second = await me.gets("/api/sessions/history", params={"limit": 2, "cursor": first["nextCursor"]})
    third = await me.gets("/api/sessions/history", params={"cursor": second["nextCursor"]})
    assert [item["id"] for page in (first, second, third) for item in page["items"]] == made
    assert third["nextCursor"] is None


async def test_history_shows_sessions_of_one_moment_once_each(me: Person) -> None:
    task = await me.task()
    for _ in range(9):  # the clock stands still
        await me.posts(f"/api/sessions/{await me.starts(25, task)}/cancel")
    seen: list[str] = []
    cursor = None
    while True:
        page = await me.gets("/api/sessions/history", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [item["id"] for item in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert (len(seen), len(set(seen))) == (9, 9)


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "limit=x", "limit=2.0", "cursor=x", "cursor="])
async def test_a_query_that_is_not_of_the_asked_form_is_422(me: Person, query: str) -> None:
    refused(await me.asks("GET", f"/api/sessions/history?{query}"), 422, "INVALID_REQUEST")


async def test_a_cursor_opens_no_other_list(office: Office, me: Person) -> None:
    task = await me.task()
    await me.task(room="study_room")
    for _ in range(2):
        await me.starts(25, task)
    other = await office.person()
    club = (await me.posts("/api/tenants", {"name": "Club"}, status=201))["id"]
    cursor = (await me.gets("/api/sessions/history?limit=1"))["nextCursor"]
    of_tasks = (await me.gets("/api/tasks?limit=1"))["nextCursor"]
    flipped = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for person, asked, shown in (
        (me, "/api/sessions/history", of_tasks),
        (me, "/api/tasks", cursor),
        (me, "/api/tasks?room=build_room", of_tasks),
        (other, "/api/sessions/history", cursor),
        (me.within(club), "/api/sessions/history", cursor),
        (me, "/api/sessions/history", flipped),
        (me, "/api/sessions/history", cursor[:-1]),
        (me, "/api/sessions/history", cursor + "A"),
    ):
        path, _, room = asked.partition("?room=")
        params = {"cursor": shown, **({"room": room} if room else {})}
        refused(await person.asks("GET", path, params=params), 422, "INVALID_REQUEST")
    assert len((await me.gets("/api/sessions/history", params={"cursor": cursor}))["items"]) == 1


@pytest.mark.parametrize("what", ["", "/activate", "/complete", "/cancel"])
async def test_a_session_of_somebody_else_and_none_get_the_same_404(office: Office, me: Person, what: str) -> None:
    other = await (await office.person()).starts()
    method = "POST" if what else "GET"
    answers = [await me.asks(method, f"/api/sessions/{session}{what}") for session in (other, NOBODY)]
    refused(answers[0], 404, "SESSION_NOT_FOUND")
    assert answers[0].json() == answers[1].json()
    refused(await me.asks(method, f"/api/sessions/x{what}"), 422, "INVALID_REQUEST")


async def test_a_start_sent_twice_with_one_key_is_one_session(me: Person) -> None:
    body, headers = {"taskTemplateId": await me.task(), "durationMinutes": 25}, {"Idempotency-Key": "start"}
    first = await me.posts("/api/sessions/start", body, status=201, headers=headers)
    assert await me.posts("/api/sessions/start", body, status=201, headers=headers) == first
    answers = await asyncio.gather(
        *(me.asks("POST", "/api/sessions/start", body, headers={"Idempotency-Key": "rush"}) for _ in range(5))
    )
    assert len({answer.text for answer in answers}) == 1
    assert len((await me.gets("/api/sessions/history"))["items"]) == 2


async def test_a_write_whose_answer_was_lost_with_the_process_is_answered_the_same(office: Office, me: Person) -> None:
    """What a process did before it died, and could not keep the answer of, is found by the repeated request."""

    async def forget() -> None:
        await office.server.database.write(lambda connection: connection.execute(IDEMPOTENCY.delete()).close())

    key = {"Idempotency-Key": "lost"}
    body = {"name": "Deep Work", "category": "build", "defaultDurationMinutes": 50, "room": "build_room"}

    async def twice(path: str, body: Any, status: int) -> Any:
        first = await me.posts(path, body, status=status, headers=key)
        await forget()
        office.clock.advance(1_000)
        assert await me.posts(path, body, status=status, headers=key) == first
        return first

    task = (await twice("/api/tasks", body, 201))["id"]
    session = (await twice("/api/sessions/start", {"taskTemplateId": task, "durationMinutes": 50}, 201))["sessionId"]
    await twice(f"/api/sessions/{session}/activate", None, 200)
    office.clock.advance(50 * MINUTE_MS)
    await twice(f"/api/sessions/{session}/complete", None, 200)
    other = (await twice("/api/sessions/start", {"taskTemplateId": task, "durationMinutes": 25}, 201))["sessionId"]
    # The same key and body as before: the first session, which is over and is still told as it began.
    assert other != session
    await twice(f"/api/sessions/{other}/cancel", {"reason": "other"}, 200)
    assert (await me.gets("/api/profile"))["hero"]["gold"] == 50
    assert len((await me.gets("/api/sessions/history"))["items"]) == 2
    assert len((await me.gets("/api/tasks"))["items"]) == 1


async def test_levels_rooms_and_streak_over_six_days(office: Office, me: Person) -> None:
    task = await me.task()
    level = exp = 0
    level = 1
    for number in range(1, 7):
        told = await me.focuses(90, task)
        exp += 180
        while exp >= level * 100:
            exp -= level * 100
            level += 1
        assert told["hero"] == {"level": level, "exp": exp, "gold": 90 * number}
        assert told["worldState"]["dayStreak"] == number
        assert told["worldState"]["studyRoomLevel"] == (2 if number >= 5 else 1)
        office.clock.advance(DAY_MS - 90 * MINUTE_MS)
    profile = await me.gets("/api/profile")
    assert profile["hero"]["expToNext"] == level * 100
    assert profile["worldState"]["lastSessionDate"] == now(office, -24 * 60)[:10]
    page = await me.gets("/api/worldstate")
    assert page["worldState"] == profile["worldState"]
    assert page["milestones"] == [
        {"room": "build_room", "level": 2, "atSessions": 15, "current": 6, "remaining": 9},
        {"room": "plaza", "level": 2, "atSessions": 30, "current": 6, "remaining": 24},
    ]


async def test_two_sessions_of_one_day_count_once_and_a_missed_day_starts_anew(office: Office, me: Person) -> None:
    task = await me.task()
    assert (await me.focuses(25, task))["worldState"]["dayStreak"] == 1
    assert (await me.focuses(25, task))["worldState"]["dayStreak"] == 1
    office.clock.advance(DAY_MS)
    assert (await me.focuses(25, task))["worldState"]["dayStreak"] == 2
    office.clock.advance(3 * DAY_MS)

    async def reset() -> bool:
        return (await me.gets("/api/worldstate"))["worldState"]["dayStreak"] == 0

    await eventually(reset)
    assert (await me.focuses(25, task))["worldState"]["dayStreak"] == 1


async def test_thirty_sessions_open_every_room_and_find_things_worth_having(office: Office, me: Person) -> None:
    task = await me.task(room="study_room")
    drops = []
    for _ in range(30):
        told = await me.focuses(90, task)
        drops += [told["session"]["dropItem"]] if told["session"]["dropItem"] else []
    assert [told["worldState"][f"{room}Level"] for room in ("studyRoom", "buildRoom", "plaza", "trainingRoom")] == [
        2,
        2,
        2,
        1,
    ]
    assert (await me.gets("/api/worldstate"))["milestones"] == []
    assert len({item["id"] for item in drops}) == len(drops)
    owned = (await me.gets("/api/inventory"))["items"]
    assert {item["id"] for item in owned} == {item["id"] for item in drops}
    assert all(ITEMS[item["id"]].room_affinity in (None, "study_room") for item in drops)
