"""Live operations on the server as it is put together."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gamefold.app import Server, build
from gamefold.engine.clock import RealClock
from gamefold.engine.entropy import Entropy
from gamefold.platform.accounts.moderation import create_superuser
from gamefold.platform.accounts.passwords import Passwords
from gamefold.settings import read_settings
from gamefold.testkit.clock import VirtualClock
from tests.passwords import cheap_passwords

PASSWORD = "correct-Pferd 7 Batterie"
REASON = {"reason": "a test"}


@contextlib.asynccontextmanager
async def a_server(path: Path, *games: str, at_root: bool = False) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    settings = read_settings(GAMEFOLD_DATA=path, LOG_DIR=path / "logs", RATE_LIMIT_PER_MIN=0)
    server = build(settings, games=games, at_root=at_root, clock=VirtualClock(), passwords=cheap_passwords())
    async with server.app.router.lifespan_context(server.app):
        transport = httpx.ASGITransport(app=server.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(base_url="http://house", transport=transport, timeout=60) as http:
            yield server, http


async def an_operator(server: Server, http: httpx.AsyncClient) -> dict[str, str]:
    """Give the headers of a superuser who came in by the door of live operations."""
    passwords, login = Passwords(threads=1), {"email": "root@example.com", "password": PASSWORD}
    await create_superuser(server.database, RealClock(), passwords, **login, entropy=Entropy())
    passwords.close()
    tokens = (await http.post("/liveops/auth/login", json=login)).json()
    return {"Authorization": f"Bearer {tokens['accessToken']}"}


async def a_player(http: httpx.AsyncClient, email: str, prefix: str = "/focus") -> dict[str, Any]:
    body = {"email": email, "password": PASSWORD}
    return (await http.post(f"{prefix}/api/auth/register", json=body)).json()["data"]


@pytest.mark.parametrize(
    ("games", "at_root"), [(("spellcasters", "focus"), False), (("focus",), True), (("spellcasters",), True)]
)
async def test_operators_are_at_the_root_whichever_games_are_served(
    tmp_path: Path, games: tuple[str, ...], at_root: bool
) -> None:
    async with a_server(tmp_path, *games, at_root=at_root) as (server, http):
        headers = await an_operator(server, http)
        assert (await http.get("/liveops/worlds", headers=headers)).json() == {"worlds": [], "cursor": None}
        # The envelope is the house's, also where a game with another one is at the root.
        refused = (await http.get("/liveops/chess/parameters", headers=headers)).json()
        assert refused == {"error": {"code": "GAME_NOT_FOUND", "message": "There is no such game here."}}
        assert (await http.get("/liveops/worlds")).status_code == 401


async def test_new_saves_begin_with_changed_numbers_also_after_a_restart(tmp_path: Path) -> None:
    async with a_server(tmp_path, "focus") as (server, http):
        headers = await an_operator(server, http)
        shown = (await http.get("/liveops/focus/parameters", headers=headers)).json()["parameters"]
        name, number = next(
            (name, one)
            for name, one in sorted(shown.items())
            if type(one["value"]) is int and one["most"] > one["value"]
        )
        changes = {"changes": {name: number["value"] + 1}, **REASON}
        assert (await http.patch("/liveops/focus/parameters", headers=headers, json=changes)).status_code == 200
        await a_player(http, "ada@example.com")
    async with a_server(tmp_path, "focus") as (server, http):
        await a_player(http, "bob@example.com")
        rows = await server.host.journal.worlds(prefix="focus/")
        assert len(rows) == 2
        for row in rows:
            balance = await server.host.look(row.world, lambda world: world.head.balance)
            assert balance[name] == number["value"] + 1


async def test_a_ban_ends_what_a_player_has_open(tmp_path: Path) -> None:
    async with a_server(tmp_path, "focus") as (server, http):
        headers = await an_operator(server, http)
        ada = await a_player(http, "ada@example.com")
        mine = {"Authorization": f"Bearer {ada['accessToken']}"}
        assert (await http.get("/focus/api/profile", headers=mine)).status_code == 200
        assert (await http.get("/liveops/worlds", headers=mine)).status_code == 403
        account = f"/liveops/accounts/{ada['user']['id']}"
        assert (await http.post(f"{account}/ban", headers=headers, json=REASON)).status_code == 200
        assert (await http.get("/focus/api/profile", headers=mine)).status_code == 401
        assert (await http.post(f"{account}/unban", headers=headers, json=REASON)).status_code == 200


async def test_the_token_of_live_operations_opens_no_game(tmp_path: Path) -> None:
    async with a_server(tmp_path, "focus") as (server, http):
        headers = await an_operator(server, http)
        assert (await http.get("/focus/api/profile", headers=headers)).status_code == 401


async def test_games_without_operations_of_their_own_say_so(tmp_path: Path) -> None:
    async with a_server(tmp_path, "focus") as (server, http):
        headers = await an_operator(server, http)
        answer = await http.get("/liveops/focus/seasons", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_SUPPORTED")
