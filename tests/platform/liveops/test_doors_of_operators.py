"""Who may do what an operator does: every route of the router, asked by everybody."""

from typing import Any

import httpx
import pytest

from gamefold.platform.accounts.tables import users

from ..people import GAME, GOOD, OTHER_GAME, UNKNOWN  # noqa: TID252
from .control_room import PREFIX, ControlRoom

OPEN = {"POST /auth/login", "POST /auth/refresh"}
WRITES = {"POST", "PATCH", "PUT", "DELETE"}


@pytest.fixture
def url(sqlite_url: str) -> str:
    """One database is enough: nobody gets as far as the tables."""
    return sqlite_url


def routes_of(room: ControlRoom) -> list[tuple[str, str, dict[str, Any]]]:
    described = room.app.openapi()["paths"]
    return [
        (method.upper(), path.removeprefix(PREFIX), operation)
        for path, methods in described.items()
        if path.startswith(PREFIX)
        for method, operation in methods.items()
    ]


def filled(path: str) -> str:
    things = {"{game}": "toys", "{world_id}": "ledger%2F1", "{account_id}": UNKNOWN}
    things |= {"{change_id}": UNKNOWN, "{anomaly_id}": UNKNOWN}
    for name, thing in things.items():
        path = path.replace(name, thing)
    assert "{" not in path
    return path


async def test_nobody_but_a_superuser_gets_past_any_door(room: ControlRoom) -> None:
    routes = [route for route in routes_of(room) if f"{route[0]} {route[1]}" not in OPEN]
    assert len(routes) >= 26
    for method, path, _ in routes:
        for who, expected in (
            ("anonymous", (401, "UNAUTHORIZED")),
            ("forger", (401, "UNAUTHORIZED")),
            ("ada", (403, "FORBIDDEN")),
            ("guest", (403, "FORBIDDEN")),
        ):
            # What is asked for is looked at after who asks: strangers learn nothing from a body that is wrong.
            body = {"reason": "because"} if method in WRITES else None
            assert await room.refused(method, filled(path), body, who=who) == expected, (method, path, who)
    assert room.live.heard == []
    assert await room.audited("world.rolled_back") == []


async def test_a_superuser_gets_past_every_door(room: ControlRoom) -> None:
    await room.a_ledger("ledger/1", 5)
    for method, path, _ in sorted(routes_of(room), key=lambda route: route[1].endswith("logout")):
        answer = await room.asks(method, filled(path), {} if method in WRITES else None)
        assert answer.status_code not in (401, 403, 500), (method, path, answer.text)


async def test_every_write_needs_a_reason(room: ControlRoom) -> None:
    await room.a_ledger("ledger/1", 5)
    asked = 0
    for method, path, operation in routes_of(room):
        if method not in WRITES or path.startswith("/auth/"):
            continue
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        shape = room.app.openapi()["components"]["schemas"][reference.rpartition("/")[2]]
        word = "note" if "review" in path else "reason"
        assert word in shape["required"], path
        for reason in (None, "", "   ", "x" * 501, 5, "nul \x00"):
            answer = await room.asks(method, filled(path), {word: reason})
            assert answer.status_code == 422, (method, path, reason)
            asked += 1
    assert asked >= 6 * 15


async def test_a_token_of_any_game_is_good_and_none_of_elsewhere(room: ControlRoom) -> None:
    for audience, expected in ((GAME, 200), (OTHER_GAME, 200), ("gamefold:house", 200), ("elsewhere", 401)):
        grant = await room.people.accounts.login("root@example.com", GOOD, audience)
        room.tokens["root"] = grant.access_token
        assert (await room.asks("GET", "/worlds")).status_code == expected, audience


async def test_operators_come_in_where_no_game_has_a_door(room: ControlRoom) -> None:
    login = {"email": "root@example.com", "password": GOOD}
    answer = await room.asks("POST", "/auth/login", login, who="anonymous")
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json()
    assert set(tokens) == {"accessToken", "refreshToken", "tokenType", "expiresIn"}
    room.tokens["root"] = tokens["accessToken"]
    await room.good("GET", "/worlds")
    again = await room.good("POST", "/auth/refresh", {"refreshToken": tokens["refreshToken"]}, who="anonymous")
    room.tokens["root"] = again["accessToken"]
    assert (await room.asks("POST", "/auth/logout")).status_code == 204
    assert await room.refused("GET", "/worlds") == (401, "UNAUTHORIZED")


async def test_players_do_not_come_in_and_keep_no_session(room: ControlRoom) -> None:
    login = {"email": "ada@example.com", "password": GOOD}
    assert await room.refused("POST", "/auth/login", login, who="anonymous") == (403, "FORBIDDEN")
    wrong = {**login, "password": "not it"}
    assert await room.refused("POST", "/auth/login", wrong, who="anonymous") == (401, "INVALID_CREDENTIALS")


async def test_a_banned_superuser_is_out_at_once(room: ControlRoom) -> None:
    second = await room.people.ada("second@example.com")
    promoted = users.update().where(users.c.id == second.user.id).values(is_superuser=True)
    await room.people.database.write(lambda connection: connection.execute(promoted).close())
    room.tokens["second"] = (await room.people.login("second@example.com")).access_token
    await room.good("GET", "/worlds", who="second")
    await room.good("POST", f"/accounts/{second.user.id}/ban", {"reason": "left the company"})
    assert await room.refused("GET", "/worlds", who="second") == (401, "UNAUTHORIZED")


HOSTILE = [
    b"",
    b"[]",
    b"null",
    b'{"reason": NaN}',
    b'{"reason": "a", "reason": "b"}',
    b'{"reason": "\\ud800"}',
    b'{"reason": "a", "surprise": 1}',
    b"{" * 40,
    b'{"reason": "a", "toTick": 1e400}',
    b'{"reason": "a", "toTick": 99999999999999999999}',
    b"\xff\xfe",
]


async def test_hostile_bodies_are_422(room: ControlRoom) -> None:
    await room.a_ledger("ledger/1", 5)
    transport = httpx.ASGITransport(app=room.app)
    headers = {"Authorization": f"Bearer {room.tokens['root']}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://house", headers=headers) as client:
        for method, path, operation in routes_of(room):
            for raw in HOSTILE if "requestBody" in operation else ():
                answer = await client.request(method, PREFIX + filled(path), content=raw)
                assert answer.status_code == 422, (method, path, raw, answer.text)
    assert room.live.heard == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=51", "limit=x", "cursor=zzzz", "status=sleeping", "limit=5&limit=6"],
)
async def test_hostile_queries_are_422(room: ControlRoom, query: str) -> None:
    assert (await room.refused("GET", f"/worlds?{query}"))[0] == 422
    assert (await room.refused("GET", f"/anomalies?{query}"))[0] == 422
