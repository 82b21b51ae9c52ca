"""Who may come in over HTTP and WebSocket, and what everybody else hears."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import HTTPConnection

from gamefold.engine.entropy import Entropy
from gamefold.platform.accounts.moderation import create_superuser
from gamefold.platform.accounts.sockets import UNAUTHORIZED_CODE
from gamefold.platform.budgets import Budgets
from gamefold.storage.opening import open_database
from gamefold.web.idempotency import Claim, Fresh, Replay
from tests.passwords import cheap_passwords

from .app import Site, a_site
from .people import GAME, GOOD, OTHER_GAME, People, some_people


class MemoryStore:
    """Keeps answers for one test."""

    def __init__(self) -> None:
        self.answers: dict[str, Replay] = {}

    async def claim(self, scope_key: str, _fingerprint: str, _now_ms: int) -> Claim:
        return self.answers.get(scope_key) or Fresh()

    async def finish(self, scope_key: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        self.answers[scope_key] = Replay(status, headers, body)

    async def release(self, scope_key: str) -> None:
        self.answers.pop(scope_key, None)


@pytest.fixture
async def people(sqlite_url: str) -> AsyncIterator[People]:
    database = open_database(sqlite_url)
    async with some_people(database) as people:
        yield people
    await database.close()


@pytest.fixture
def site(people: People) -> Site:
    return a_site(people, MemoryStore(), Budgets())


def is_unauthorized(answer: httpx.Response) -> bool:
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return answer.status_code == 401


async def test_a_token_opens_its_game_and_no_other(site: Site) -> None:
    grant = await site.people.ada()
    async with site.client(grant.access_token) as client:
        answer = await client.get("/focus/me")
        assert answer.json() == {"id": grant.user.id, "session": grant.session_id, "superuser": False}
        assert is_unauthorized(await client.get("/tycoon/me"))
    other = await site.people.accounts.login("ada@example.com", GOOD, OTHER_GAME)
    async with site.client(other.access_token) as client:
        assert (await client.get("/tycoon/me")).status_code == 200
        assert is_unauthorized(await client.get("/focus/me"))


async def test_everything_that_is_no_bearer_token_is_unauthorized(site: Site) -> None:
    token = (await site.people.ada()).access_token
    async with site.client() as client:
        answer = await client.get("/focus/me")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert is_unauthorized(answer)
        for value in (
            "",
            "Bearer",
            "Bearer ",
            f"Basic {token}",
            token,
            f"Bearer {token}x",
            f"Bearer  {token}",
            f"Bearer {token},{token}",
            "Bearer é",
        ):
            answer = await client.get("/focus/me", headers={"Authorization": value.encode("latin-1")})
            assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
            assert is_unauthorized(answer)
        twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
        assert is_unauthorized(await client.get("/focus/me", headers=twice))
        assert is_unauthorized(await client.get(f"/focus/me?access_token={token}"))
        assert (await client.get("/focus/me", headers={"Authorization": f"bearer {token}"})).status_code == 200


async def test_logged_out_is_unauthorized_with_the_next_request(site: Site) -> None:
    grant = await site.people.ada()
    async with site.client(grant.access_token) as client:
        assert (await client.get("/focus/me")).status_code == 200
        await site.people.sessions.logout(grant.session_id, grant.user.id)
        assert is_unauthorized(await client.get("/focus/me"))


async def test_only_superusers_are_operators(site: Site) -> None:
    passwords = cheap_passwords()
    people = site.people
    await create_superuser(people.database, people.wall, passwords, "root@example.com", GOOD, entropy=Entropy())
    passwords.close()
    root = await people.login("root@example.com")
    async with site.client(root.access_token) as client:
        assert (await client.get("/focus/operators")).json() == {"id": root.user.id}
    async with site.client((await people.ada()).access_token) as client:
        answer = await client.get("/focus/operators")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    async with site.client() as client:
        assert is_unauthorized(await client.get("/focus/operators"))


async def test_refusals_have_status_codes_and_repeat_nothing(site: Site) -> None:
    async with site.client() as client:
        taken = {"email": "ada@example.com", "password": GOOD}
        assert (await client.post("/focus/register", json=taken)).status_code == 201
        for path, body, status, code in (
            ("/focus/register", taken, 409, "EMAIL_TAKEN"),
            ("/focus/register", {"email": "bob@example.com", "password": "password1"}, 422, "PASSWORD_TOO_WEAK"),
            ("/focus/register", {"email": "bob@example.com", "password": "x" * 1_025}, 422, "PASSWORD_TOO_LONG"),
            ("/focus/register", {"email": "planted-address", "password": GOOD}, 422, "EMAIL_INVALID"),
            ("/focus/login", {"email": "ada@example.com", "password": "planted-word"}, 401, "INVALID_CREDENTIALS"),
            ("/focus/login", {"email": "bob@example.com", "password": "planted-word"}, 401, "INVALID_CREDENTIALS"),
        ):
            answer = await client.post(path, json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
            assert body["email"] not in answer.text
            assert body["password"] not in answer.text


async def test_no_answer_with_a_token_is_kept(site: Site) -> None:
    headers = {"Idempotency-Key": "one"}
    body = {"email": "ada@example.com", "password": GOOD}
    async with site.client() as client:
        assert (await client.post("/focus/register", json=body)).status_code == 201
        first = await client.post("/focus/login", json=body, headers=headers)
        again = await client.post("/focus/login", json=body, headers=headers)
    assert first.headers["Cache-Control"] == "no-store"
    assert first.json()["token"] != again.json()["token"]
    assert "Idempotency-Replayed" not in again.headers


async def test_stored_answers_belong_to_a_person_whichever_token_they_show(site: Site) -> None:
    people = site.people
    mine, mine_later, yours = await people.ada(), await people.login(), await people.ada("bob@example.com")
    headers = {"Idempotency-Key": "one"}

    async def run(token: str) -> httpx.Response:
        async with site.client(token) as client:
            return await client.post("/focus/run", headers=headers)

    first = await run(mine.access_token)
    assert (await run(mine_later.access_token)).headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in (await run(yours.access_token)).headers
    assert site.runs == [mine.user.id, yours.user.id]
    assert first.json() == {"runs": 1}

    await people.sessions.logout(mine.session_id, mine.user.id)
    assert (await run(mine.access_token)).status_code == 401
    forged = mine_later.access_token[:-4] + "AAAA"
    assert (await run(forged)).status_code == 401
    assert len(site.runs) == 2


async def test_strangers_are_told_apart_by_what_they_show(people: People) -> None:
    def caller(*headers: str) -> str:
        shown = [(b"authorization", header.encode()) for header in headers]
        return people.doors.caller_of(HTTPConnection({"type": "http", "path": "/focus/x", "headers": shown}))

    grant = await people.ada()
    assert caller() == "anonymous"
    assert caller(f"Bearer {grant.access_token}") == f"user:{grant.user.id}"
    names = [caller("Bearer a"), caller("Bearer b"), caller("Basic a"), caller("Bearer a", "Bearer a")]
    assert len({*names, "anonymous"}) == 5
    assert all(name.startswith("header:") and "Bearer" not in name for name in names)


async def test_routes_say_in_the_description_that_they_need_a_token(site: Site) -> None:
    paths = site.app.openapi()["paths"]
    assert paths["/focus/me"]["get"]["security"] == [{"AccessToken": []}]
    assert "security" not in paths["/focus/login"]["post"]
    assert [part["name"] for part in paths["/focus/tenant"]["get"]["parameters"]] == ["X-Tenant-Id"]


# -- WebSockets -----------------------------------------------------------------------------------------------------


class Socket:
    """One WebSocket to the app, driven by hand in the loop of the test."""

    def __init__(self, site: Site, headers: dict[str, str]) -> None:
        self._received: asyncio.Queue[dict] = asyncio.Queue()
        self._sent: asyncio.Queue[dict] = asyncio.Queue()
        offered = headers.get("sec-websocket-protocol", "")
        scope = {
            "type": "websocket",
            "path": "/focus/ws",
            "raw_path": b"/focus/ws",
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "subprotocols": [part.strip() for part in offered.split(",") if part.strip()],
            "extensions": {"websocket.http.response": {}},
            "scheme": "ws",
            "client": ("10.0.0.1", 1),
            "server": ("game", 80),
            "state": {},
        }
        self._received.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(site.app(scope, self._received.get, self._sent.put))

    def say(self, message: object) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self._received.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict:
        return await asyncio.wait_for(self._sent.get(), 60)

    async def done(self) -> None:
        await asyncio.wait_for(self._task, 60)


async def test_a_socket_opens_with_the_first_message(site: Site) -> None:
    grant = await site.people.ada()
    socket = Socket(site, {})
    assert (await socket.hear())["type"] == "websocket.accept"
    socket.say({"type": "auth", "token": grant.access_token, "position": 7})
    hello = json.loads((await socket.hear())["text"])
    assert hello == {"hello": grant.user.id, "said": {"type": "auth", "token": None, "position": 7}}
    assert (await socket.hear())["type"] == "websocket.close"
    await socket.done()


async def test_a_socket_opens_with_a_subprotocol_or_a_header(site: Site) -> None:
    grant = await site.people.ada()
    for headers, chosen in (
        ({"sec-websocket-protocol": f"bearer, {grant.access_token}"}, "bearer"),
        ({"authorization": f"Bearer {grant.access_token}"}, None),
    ):
        socket = Socket(site, headers)
        accepted = await socket.hear()
        assert (accepted["type"], accepted["subprotocol"]) == ("websocket.accept", chosen)
        assert json.loads((await socket.hear())["text"])["hello"] == grant.user.id
        await socket.done()


async def test_a_wrong_token_is_refused_before_the_socket_is_accepted(site: Site) -> None:
    other = await site.people.accounts.register("ada@example.com", GOOD, OTHER_GAME)
    good = (await site.people.accounts.login("ada@example.com", GOOD, GAME)).access_token
    for headers in (
        {"authorization": f"Bearer {other.access_token}"},
        {"authorization": "Bearer x"},
        {"sec-websocket-protocol": "bearer, x"},
        {"sec-websocket-protocol": "bearer"},
        {"sec-websocket-protocol": f"bearer, {good}, {good}"},
    ):
        socket = Socket(site, headers)
        answer = await socket.hear()
        assert (answer["type"], answer["status"]) == ("websocket.http.response.start", 401)
        await socket.done()


async def test_who_says_nothing_or_nonsense_is_shown_out(site: Site) -> None:
    for message in (
        None,
        "",
        "{",
        "[]",
        "7",
        {"type": "auth"},
        {"type": "auth", "token": 7},
        {"type": "auth", "token": "x"},
        {"type": "hello"},
        "[" * 9_000,
        " " * 9_000,
    ):
        socket = Socket(site, {})
        assert (await socket.hear())["type"] == "websocket.accept"
        if message is not None:
            socket.say(message)
        closed = await socket.hear()
        assert (closed["type"], closed["code"]) == ("websocket.close", UNAUTHORIZED_CODE)
        await socket.done()


async def test_a_banned_players_socket_does_not_open(site: Site) -> None:
    grant = await site.people.ada()
    await site.people.moderation.disable(grant.user.id, "operator", "cheated")
    socket = Socket(site, {"authorization": f"Bearer {grant.access_token}"})
    assert (await socket.hear())["status"] == 401
    await socket.done()
