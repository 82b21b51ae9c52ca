"""GET, POST, PUT and DELETE /api/tasks."""

from typing import Any
from uuid import UUID

import pytest

from gamefold.storage.tables import IDEMPOTENCY

from .office import MINUTE_MS, NOBODY, Office, Person, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEEP = {"name": "Deep Work", "category": "build", "defaultDurationMinutes": 50, "room": "build_room"}
ROOMS = ("study_room", "build_room", "training_room")


async def test_creating_gives_201_and_the_template(me: Person) -> None:
    told = await me.posts("/api/tasks", DEEP, status=201)
    assert UUID(told["id"]).version == 4
    assert told["createdAt"] == told["updatedAt"]
    assert told["createdAt"].endswith("Z")
    assert {key: told[key] for key in DEEP} == DEEP
    assert set(told) == {"id", "createdAt", "updatedAt", *DEEP}
    assert await me.gets(f"/api/tasks/{told['id']}") == told


@pytest.mark.parametrize("minutes", [24, 0, -25, 51, 2**53, 26])
async def test_a_duration_that_is_not_offered_is_422(me: Person, minutes: int) -> None:
    body = {**DEEP, "defaultDurationMinutes": minutes}
    refused(await me.asks("POST", "/api/tasks", body), 422, "DURATION_NOT_ALLOWED")
    task = await me.task()
    refused(await me.asks("PUT", f"/api/tasks/{task}", body), 422, "DURATION_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("defaultDurationMinutes", value) for value in ("25", 25.0, True, None, [25], 2**64)),
        *(("name", value) for value in ("", "   ", "x" * 201, 5, None, "a\nb", "a\x00b", "\u200b")),
        *(("category", value) for value in ("Build", "", "fun", None, 1)),
        *(("room", value) for value in ("plaza", "BUILD_ROOM", "", None, 1)),
        *((extra, "x") for extra in ("id", "userId", "tenantId", "user_id", "default_duration_minutes", "x")),
    ],
)  # fmt: skip
async def test_a_template_that_is_not_of_the_asked_form_is_422(me: Person, field: str, value: Any) -> None:
    refused(await me.asks("POST", "/api/tasks", {**DEEP, field: value}), 422, "INVALID_REQUEST")
    assert (await me.gets("/api/tasks"))["items"] == []


@pytest.mark.parametrize("field", DEEP)
async def test_every_field_of_a_template_is_required(me: Person, field: str) -> None:
    body = {key: value for key, value in DEEP.items() if key != field}
    told = refused(await me.asks("POST", "/api/tasks", body), 422, "INVALID_REQUEST")
    assert told["field"] == field
    task = await me.task()
    refused(await me.asks("PUT", f"/api/tasks/{task}", body), 422, "INVALID_REQUEST")


async def test_putting_replaces_a_template(office: Office, me: Person) -> None:
    task = await me.task()
    office.clock.advance(MINUTE_MS)
    body = {"name": " Reading ", "category": "study", "defaultDurationMinutes": 25, "room": "study_room"}
    told = good(await me.asks("PUT", f"/api/tasks/{task}", body))
    assert {key: told[key] for key in body} == {**body, "name": "Reading"}
    assert told["id"] == task
    assert told["updatedAt"] > told["createdAt"]
    assert await me.gets(f"/api/tasks/{task}") == told


async def test_a_deleted_template_is_gone_and_its_sessions_stay(me: Person) -> None:
    task = await me.task()
    done = await me.focuses(50, task)
    open_still = await me.starts(50, task)
    assert good(await me.asks("DELETE", f"/api/tasks/{task}"), 204) is None
    for method, body in (("GET", None), ("PUT", DEEP), ("DELETE", None)):
        refused(await me.asks(method, f"/api/tasks/{task}", body), 404, "TASK_NOT_FOUND")
    assert (await me.gets("/api/tasks"))["items"] == []
    start = {"taskTemplateId": task, "durationMinutes": 50}
    refused(await me.asks("POST", "/api/sessions/start", start), 403, "TEMPLATE_MISMATCH")
    items = (await me.gets("/api/sessions/history"))["items"]
    assert [item["id"] for item in items] == [open_still, done["session"]["id"]]
    assert all((item["taskTemplateId"], item["room"]) == (task, "build_room") for item in items)
    await me.posts(f"/api/sessions/{open_still}/cancel")


async def test_templates_are_listed_oldest_first_and_by_room(office: Office, me: Person) -> None:
    made = []
    for number in range(6):
        made.append((await me.task(f"Task {number}", ROOMS[number % 3]), ROOMS[number % 3]))
        office.clock.advance(1)
    told = await me.gets("/api/tasks")
    assert set(told) == {"items", "nextCursor"}
    assert [item["id"] for item in told["items"]] == [task for task, _ in made]
    assert told["nextCursor"] is None
    for room in ROOMS:
        items = (await me.gets(f"/api/tasks?room={room}"))["items"]
        assert [item["id"] for item in items] == [task for task, where in made if where == room]


async def test_pages_are_complete_and_stable_while_templates_come_and_go(office: Office, me: Person) -> None:
    made = []
    for number in range(7):
        made.append(await me.task(f"Task {number}"))
        office.clock.advance(1)
    first = await me.gets("/api/tasks?limit=3")
    await me.task("came meanwhile")
    await me.asks("DELETE", f"/api/tasks/{made[1]}")  # on the page before
    second = await me.gets("/api/tasks", params={"limit": 3, "cursor": first["nextCursor"]})
    third = await me.gets("/api/tasks", params={"limit": 50, "cursor": second["nextCursor"]})
    names = [item["name"] for page in (first, second, third) for item in page["items"]]
    assert names == [*(f"Task {number}" for number in range(7)), "came meanwhile"]
    assert third["nextCursor"] is None


async def test_the_default_page_has_20_templates_and_the_largest_50(me: Person) -> None:
    for number in range(51):
        await me.task(f"Task {number}")
    assert len((await me.gets("/api/tasks"))["items"]) == 20
    page = await me.gets("/api/tasks?limit=50")
    rest = await me.gets("/api/tasks", params={"limit": 50, "cursor": page["nextCursor"]})
    ids = [item["id"] for item in page["items"] + rest["items"]]
    assert (len(page["items"]), len(rest["items"]), len(set(ids))) == (50, 1, 51)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=51", "limit=-1", "limit=1.0", "limit=x", "limit=", "limit=1_0", "limit=+5", "limit=%205",
     "room=plaza", "room=", "room=Study_Room", "cursor=x", "cursor=", "cursor=%00", "cursor=" + "A" * 600],
)  # fmt: skip
async def test_a_query_that_is_not_of_the_asked_form_is_422(me: Person, query: str) -> None:
    refused(await me.asks("GET", f"/api/tasks?{query}"), 422, "INVALID_REQUEST")


@pytest.mark.parametrize("task", [NOBODY, NOBODY.upper()])
async def test_an_unknown_template_is_404(me: Person, task: str) -> None:
    refused(await me.asks("GET", f"/api/tasks/{task}"), 404, "TASK_NOT_FOUND")


async def test_an_id_is_read_in_either_letter_case(me: Person) -> None:
    task = await me.task()
    assert (await me.gets(f"/api/tasks/{task.upper()}"))["id"] == task
    assert await me.starts(50, task.upper())


@pytest.mark.parametrize(
    "task", ["x", "1", f"{NOBODY}0", NOBODY.replace("-", ""), f"{{{NOBODY}}}", "%00", f"{NOBODY}%0a"]
)
async def test_what_is_no_id_is_422(me: Person, task: str) -> None:
    refused(await me.asks("GET", f"/api/tasks/{task}"), 422, "INVALID_REQUEST")


async def test_a_template_sent_twice_with_one_key_is_made_once(me: Person) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await me.posts("/api/tasks", DEEP, status=201, headers=headers)
    assert await me.posts("/api/tasks", DEEP, status=201, headers=headers) == first
    other = await me.asks("POST", "/api/tasks", {**DEEP, "name": "Other"}, headers=headers)
    refused(other, 422, "IDEMPOTENCY_KEY_REUSED")
    assert len((await me.gets("/api/tasks"))["items"]) == 1


async def test_one_key_in_two_tenants_makes_two_templates(me: Person) -> None:
    club = (await me.posts("/api/tenants", {"name": "Club"}, status=201))["id"]
    headers = {"Idempotency-Key": "one"}
    at_home = await me.posts("/api/tasks", DEEP, status=201, headers=headers)
    there = await me.within(club).posts("/api/tasks", DEEP, status=201, headers=headers)
    assert at_home["id"] != there["id"]
    assert [item["id"] for item in (await me.within(club).gets("/api/tasks"))["items"]] == [there["id"]]


async def test_a_key_that_was_forgotten_makes_another_template_where_the_first_is_gone(
    office: Office, me: Person
) -> None:
    headers = {"Idempotency-Key": "daily"}
    first = await me.posts("/api/tasks", DEEP, status=201, headers=headers)
    good(await me.asks("DELETE", f"/api/tasks/{first['id']}"), 204)
    await office.server.database.write(lambda connection: connection.execute(IDEMPOTENCY.delete()).close())
    again = await me.posts("/api/tasks", DEEP, status=201, headers=headers)
    assert again["id"] != first["id"]
    assert [item["id"] for item in (await me.gets("/api/tasks"))["items"]] == [again["id"]]
