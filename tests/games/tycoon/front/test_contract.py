"""Every route and refusal is on the page, and what is hostile is refused. Who may ask what: `test_matrix.py`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from gamefold.games.tycoon.intents import border, market, progress, region, world
from gamefold.games.tycoon.routes import STATUS_OF, amounts, statuses

from .floor import Floor, Person, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = (Path(__file__).parents[4] / "docs" / "api-tycoon.md").read_text()
WORDS = {"BUY", "SELL", "LIMIT", "MARKET", "GTC", "IOC", "FOK"}
CROSSINGS = {border.ALREADY_RECEIVED, border.NOT_THE_NEXT_TICK}  # between worlds; no client hears them


def served(floor: Floor) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(floor.server.app.routes):
        ours = context.path.startswith(
            ("/auth", "/player", "/site", "/market", "/research", "/quests", "/standing", "/governance")
        ) or context.path in ("/events", "/alerts", "/leaderboard")
        for method in context.methods or ():
            if ours:
                yield method, context.path


def codes() -> set[str]:
    modules: list[Any] = [market, progress, region, world, statuses, amounts]
    named = {(key, value) for one in modules for key, value in vars(one).items() if isinstance(value, str)}
    return {value for key, value in named if key == value and key.isupper()} - WORDS


async def test_every_route_is_on_the_page(floor: Floor) -> None:
    told = set(re.findall(r"`(GET|POST|PATCH|DELETE) (/[^`]*)`", PAGE))
    assert set(served(floor)) == told


async def test_every_refusal_is_on_the_page_with_its_status(floor: Floor) -> None:
    told = {
        code: int(status)
        for status, cells in re.findall(r"^\| (\d{3}) \| (.*) \|$", PAGE, re.MULTILINE)
        for code in re.findall(r"`([A-Z_]+)`", cells)
    }
    assert told == {code: STATUS_OF.get(code, 409) for code in codes()}


async def test_hostile_requests_are_refused_in_the_envelope(floor: Floor, me: Person) -> None:
    hostile = ["x" * 3_000, "..%2f..%2fetc", "%00", "'; DROP TABLE companies;--", "-1", "1e9", "\u202e", "europe-1%0a"]
    for method, path in served(floor):
        if path.startswith("/auth/log"):
            continue
        for one in hostile if "{" in path else [""]:
            # The address is what is hostile where there is one; bodies are tried everywhere else.
            bodies = (None,) if one or method == "GET" else (None, {}, [], "text", {"amount": float("1e308")}, 7)
            for body in bodies:
                address = re.sub(r"\{\w+\}", lambda _found, one=one: one, path)
                options = {} if method == "GET" else {"body": body}
                answer = await me.asks(method, address, **options)
                assert answer.status_code < 500, (method, address, body, answer.text)
                if answer.status_code >= 400:
                    assert {"code", "message"} <= set(answer.json()["error"]), (method, address)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1e3", "limit=" + "9" * 40, "limit=x", "limit=1&limit=2"]
)
async def test_hostile_queries_are_refused(me: Person, query: str) -> None:
    refused(await me.asks("GET", f"/alerts?{query}"), 422, "INVALID_REQUEST")


async def test_amounts_no_world_could_hold_are_refused(me: Person) -> None:
    body = {"autoSell": True, "keepBtc": 1e12}  # 10^20 satoshi
    refused(await me.asks("POST", "/standing-orders", body), 422, "KEEP_INVALID")


async def test_names_are_trimmed_and_bounded(floor: Floor, me: Person) -> None:
    for name in ("", "   ", "x" * 41, "a\u0000b", "bell\u0007", "\u2028"):
        answer = await me.asks("POST", "/site/create", {"name": name})
        assert answer.status_code == 422, repr(name)
    body = {"email": "named@example.com", "password": "correct-Pferd 7 Batterie", "companyName": "x" * 41}
    refused(await floor.http.post("/auth/register", json=body), 422, "NAME_INVALID")
    refused(
        await floor.http.post("/auth/login", json={k: body[k] for k in ("email", "password")}),
        401,
        "INVALID_CREDENTIALS",
    )
    answer = await floor.http.post("/auth/register", json={**body, "companyName": "  Tidy  "})
    assert answer.json()["company"]["name"] == "Tidy"
