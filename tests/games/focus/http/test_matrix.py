"""Every route, asked by everybody, about everybody's things. Routes come from the server, the policy from here."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gamefold.games.focus.balance import ITEMS
from gamefold.platform.accounts.tables import users
from tests.serving import eventually

from .office import NOBODY, Office, Person, an_office, banned, code_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASK = {"name": "Deep Work", "category": "build", "defaultDurationMinutes": 50, "room": "build_room"}


@dataclass(frozen=True)
class Rule:
    """What a route says: to whom it is open, to its owner, and about what is not the asker's (foreign or not there)."""

    asks: str  # "nobody" for everybody, "player" for who is logged in, "tenant" for a member of the tenant in use
    own: int
    others: tuple[int, str] | None = None  # None where nothing is named
    body: Any = None


# A `{thing}` in a body is put in as the ids in paths are.
POLICY = {
    "POST /api/auth/register": Rule("nobody", 422),
    "POST /api/auth/login": Rule("nobody", 422),
    "POST /api/auth/refresh": Rule("nobody", 422),
    "POST /api/auth/logout": Rule("player", 204),
    "GET /api/profile": Rule("tenant", 200),
    "PATCH /api/profile": Rule("player", 200, body={}),
    "DELETE /api/profile": Rule("player", 204),
    "GET /api/worldstate": Rule("tenant", 200),
    "GET /api/leaderboard": Rule("tenant", 200),
    "GET /api/tenants": Rule("player", 200),
    "POST /api/tenants": Rule("player", 201, body={"name": "Club"}),
    "GET /api/tenants/{tenant_id}/members": Rule("player", 200, (403, "TENANT_FORBIDDEN")),
    "POST /api/tenants/{tenant_id}/members": Rule(
        "player", 404, (403, "TENANT_FORBIDDEN"), {"email": "who@example.com", "role": "MEMBER"}
    ),
    "DELETE /api/tenants/{tenant_id}/members/{user_id}": Rule("player", 409, (403, "TENANT_FORBIDDEN")),
    "GET /api/tasks": Rule("tenant", 200),
    "POST /api/tasks": Rule("tenant", 201, body=TASK),
    "GET /api/tasks/{task_id}": Rule("tenant", 200, (404, "TASK_NOT_FOUND")),
    "PUT /api/tasks/{task_id}": Rule("tenant", 200, (404, "TASK_NOT_FOUND"), TASK),
    "DELETE /api/tasks/{task_id}": Rule("tenant", 204, (404, "TASK_NOT_FOUND")),
    "POST /api/sessions/start": Rule(
        "tenant", 201, (403, "TEMPLATE_MISMATCH"), {"taskTemplateId": "{task_id}", "durationMinutes": 25}
    ),
    "GET /api/sessions/history": Rule("tenant", 200),
    "GET /api/sessions/{session_id}": Rule("tenant", 200, (404, "SESSION_NOT_FOUND")),
    "POST /api/sessions/{session_id}/activate": Rule("tenant", 200, (404, "SESSION_NOT_FOUND")),
    "POST /api/sessions/{session_id}/complete": Rule("tenant", 200, (404, "SESSION_NOT_FOUND")),
    "POST /api/sessions/{session_id}/cancel": Rule("tenant", 200, (404, "SESSION_NOT_FOUND")),
    "GET /api/inventory": Rule("tenant", 200),
    "POST /api/inventory/equip": Rule("tenant", 409, (409, "ITEM_NOT_OWNED"), {"itemId": "{item_id}"}),
    "POST /api/inventory/unequip": Rule("tenant", 200, body={"slot": "hat"}),
}
NAMES = ("{task_id}", "{session_id}", "{tenant_id}", "{user_id}", "{item_id}")
LEAVES = {"POST /api/auth/logout", "DELETE /api/profile"}  # whoever asks these is gone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    path = tmp_path_factory.mktemp("matrix")
    shutil.copy(sqlite_template, path / "playground.db")
    async with an_office(path, SESSION_MIN_RATIO=0) as one:
        yield one


@dataclass
class Cast:
    """The owner of the things, and everybody who asks for them. All of them have things of their own."""

    owner: Person
    stranger: Person
    colleague: Person
    superuser: Person
    disabled: Person
    tenant: str

    def asking(self) -> Iterator[tuple[str, Person]]:
        yield "other tenant's member", self.stranger
        yield "other user of the tenant", self.colleague
        yield "superuser", self.superuser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(office: Office) -> Cast:
    owner, stranger, colleague, superuser, disabled = [await office.person() for _ in range(5)]
    tenant = await owner.tenant()
    await owner.posts(f"/api/tenants/{tenant}/members", {"email": colleague.email, "role": "MEMBER"}, status=201)
    promoted = users.update().where(users.c.id == superuser.id).values(is_superuser=True)
    await office.server.database.write(lambda connection: connection.execute(promoted).close())
    superuser = await office.logs_in(superuser.email)
    await banned(office, disabled.id)
    await eventually(lambda: is_out(disabled), seconds=1.5)
    return Cast(owner, stranger, colleague.within(tenant), superuser, disabled, tenant)


async def is_out(person: Person) -> bool:
    return (await person.asks("GET", "/api/profile")).status_code == 401


async def things_of(person: Person, route: str) -> dict[str, str]:
    """Make what a route may name, fresh: the last request may have used it up."""
    things = {"{item_id}": next(iter(ITEMS)), "{user_id}": person.id}
    things["{tenant_id}"] = person.headers.get("X-Tenant-Id") or await person.tenant()
    if "task_id" in route or route.endswith("/start"):
        things["{task_id}"] = await person.task()
    if "session_id" in route:
        things["{session_id}"] = await person.starts(25)
    return things


async def tidied(person: Person) -> None:
    """Cancel what is open, so that there is room for more."""
    for item in (await person.gets("/api/sessions/history?limit=50"))["items"]:
        if item["status"] in {"pending", "active"}:
            await person.posts(f"/api/sessions/{item['id']}/cancel")


async def asked(office: Office, person: Person | None, route: str, things: dict[str, str]) -> httpx.Response:
    method, path = route.split(" ")
    body = POLICY[route].body
    for name, thing in things.items():
        path = path.replace(name, thing)
        if body is not None:
            body = {key: thing if value == name else value for key, value in body.items()}
    if person is None:
        return await office.http.request(method, path, json=body)
    return await person.asks(method, path, body)


async def test_the_policy_knows_every_route_and_no_other(office: Office) -> None:
    described = office.server.app.openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert {route for route in served if " /api/" in route} == set(POLICY)


NOBODYS = dict.fromkeys(NAMES, NOBODY)


@pytest.mark.parametrize("route", POLICY)
async def test_who_shows_no_valid_token_gets_the_same_401_about_everything(
    office: Office, cast: Cast, route: str
) -> None:
    foreign = await things_of(cast.owner, route)
    for person, things in product((None, cast.disabled), (foreign, NOBODYS)):
        answer = await asked(office, person, route, things)
        if POLICY[route].asks == "nobody":
            assert answer.status_code == 422
        else:
            assert (answer.status_code, code_of(answer)) == (401, "UNAUTHORIZED")
    await tidied(cast.owner)


@pytest.mark.parametrize("route", POLICY)
async def test_everybody_may_do_with_their_own_what_the_policy_says(office: Office, cast: Cast, route: str) -> None:
    rule = POLICY[route]
    if route in LEAVES:
        person = await office.person()
        assert (await asked(office, person, route, {})).status_code == rule.own
        return
    for _, person in (("owner", cast.owner), *cast.asking()):
        mine = await things_of(person, route)
        answer = await asked(office, person, route, mine)
        member_only = person is cast.colleague and rule.others == (403, "TENANT_FORBIDDEN")
        expected = {"POST": 403, "GET": 200, "DELETE": 204}[route.split(" ")[0]] if member_only else rule.own
        assert answer.status_code == expected, answer.text
        if member_only and expected == 204:  # they have left, as they may
            body = {"email": cast.colleague.email, "role": "MEMBER"}
            await cast.owner.posts(f"/api/tenants/{cast.tenant}/members", body, status=201)
        await tidied(person)


@pytest.mark.parametrize("route", [route for route, rule in POLICY.items() if rule.others])
async def test_what_is_somebody_elses_and_what_is_not_there_look_the_same(
    office: Office, cast: Cast, route: str
) -> None:
    rule = POLICY[route]
    assert rule.others is not None
    foreign = await things_of(cast.owner, route)
    before = await everything_of(cast.owner)
    for who, person in cast.asking():
        if person is cast.colleague and "tenant_id" in route:
            continue  # it is theirs as well; what they may there, the test above says
        answers = [await asked(office, person, route, things) for things in (foreign, NOBODYS)]
        assert (answers[0].status_code, code_of(answers[0])) == rule.others, (who, answers[0].text)
        assert answers[0].status_code == answers[1].status_code, who
        assert answers[0].content == answers[1].content, who
        assert set(answers[0].headers) == set(answers[1].headers), who
    assert await everything_of(cast.owner) == before
    await tidied(cast.owner)


async def test_a_member_may_not_touch_other_members(office: Office, cast: Cast) -> None:
    for user, expected in ((cast.owner.id, (403, "ROLE_FORBIDDEN")), (NOBODY, (403, "ROLE_FORBIDDEN"))):
        answer = await cast.colleague.asks("DELETE", f"/api/tenants/{cast.tenant}/members/{user}")
        assert (answer.status_code, code_of(answer)) == expected
    for user in (cast.stranger.id, NOBODY):
        answer = await cast.owner.asks("DELETE", f"/api/tenants/{cast.tenant}/members/{user}")
        assert (answer.status_code, code_of(answer)) == (404, "MEMBER_NOT_FOUND")


@pytest.mark.parametrize("route", [route for route, rule in POLICY.items() if rule.asks == "tenant"])
async def test_a_foreign_tenant_and_none_look_the_same_whatever_is_asked(
    office: Office, cast: Cast, route: str
) -> None:
    foreign = await things_of(cast.owner, route)
    for person in (cast.stranger, cast.superuser):
        answers = [
            await asked(office, person.within(tenant), route, things)
            for tenant, things in product((cast.tenant, NOBODY), (foreign, NOBODYS))
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(403, answers[0].content)}
        assert code_of(answers[0]) == "TENANT_FORBIDDEN"
    await tidied(cast.owner)


@pytest.mark.parametrize("route", [route for route, rule in POLICY.items() if rule.asks == "player"])
async def test_what_is_not_of_one_tenant_does_not_ask_for_it(office: Office, cast: Cast, route: str) -> None:
    person = (await office.person()) if route in LEAVES else cast.stranger
    mine = {} if route in LEAVES else await things_of(person, route)
    answer = await asked(office, person.within(cast.tenant), route, mine)
    assert answer.status_code == POLICY[route].own, answer.text


async def everything_of(person: Person) -> list[Any]:
    paths = ("/api/profile", "/api/tenants", "/api/tasks?limit=50", "/api/sessions/history?limit=50", "/api/inventory")
    return [await person.gets(path) for path in paths]
