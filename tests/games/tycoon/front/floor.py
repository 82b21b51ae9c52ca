"""A real Tycoon for a test: the whole server in this process, and people who speak the spec's words."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, Table, select
from websockets.asyncio.client import ClientConnection, connect

from gamefold.app import Server, build
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.platform.accounts.tables import users
from gamefold.settings import Settings, read_settings
from gamefold.testkit.clock import VirtualClock
from tests.described import Description
from tests.passwords import cheap_passwords
from tests.serving import eventually, listening

PASSWORD = "correct-Pferd 7 Batterie"
NOON_MS = 1_800_014_400_000  # 2027-01-15T12:00:00Z
TICK_MS = 5_000

_numbers: Iterator[int] = itertools.count(1)
_descriptions: list[Description] = []


@dataclass
class Person:
    """Somebody with a company, who sends requests."""

    floor: "Floor"
    tokens: dict[str, Any]

    @property
    def id(self) -> str:
        return self.tokens["user"]["id"]

    @property
    def company(self) -> str:
        return self.tokens["company"]["id"]

    @property
    def region(self) -> str:
        return self.tokens["company"]["region"]

    async def asks(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens['accessToken']}", **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return await self.floor.http.request(method, path, headers=headers, **options)

    async def gets(self, path: str, **options: Any) -> Any:
        return good(await self.asks("GET", path, **options))

    async def posts(self, path: str, body: Any = None, *, status: int = 200, **options: Any) -> Any:
        return good(await self.asks("POST", path, body, **options), status)

    async def balances(self) -> dict[str, Any]:
        return (await self.gets("/player/me"))["company"]["balances"]

    async def site(self, name: str = "Lone Pine", **more: Any) -> str:
        return (await self.posts("/site/create", {"name": name, **more}, status=201))["site"]["id"]

    async def trades(self, status: int = 201, **order: Any) -> Any:
        body = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.01", **order}
        return await self.posts("/market/trade", body, status=status)

    @contextlib.asynccontextmanager
    async def watches(self, position: str | None = None) -> AsyncIterator["Watcher"]:
        async with connect(f"{self.floor.url.replace('http', 'ws', 1)}/ws", max_queue=None) as wire:
            hello: dict[str, Any] = {"type": "auth", "token": self.tokens["accessToken"]}
            if position is not None:
                hello["position"] = position
            await wire.send(json.dumps(hello))
            yield Watcher(wire)


@dataclass
class Watcher:
    """One WebSocket, as its viewer sees it."""

    wire: ClientConnection
    position: str = ""

    async def next(self, within_s: float = 60.0) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            message = json.loads(await self.wire.recv(), parse_float=Decimal)
        assert set(message) == {"type", "position", "data"}, message
        self.position = message["position"]
        return message

    async def until(self, kind: str, **data: Any) -> dict[str, Any]:
        """Give the next message of a type with this data."""
        return (await self.upto(kind, **data))[-1]

    async def upto(self, kind: str, **data: Any) -> list[dict[str, Any]]:
        """Give all messages up to the next one of a type with this data."""
        seen = []
        async with asyncio.timeout(90):
            while True:
                seen.append(await self.next())
                if seen[-1]["type"] == kind and data.items() <= seen[-1]["data"].items():
                    return seen

    async def says(self, **message: Any) -> None:
        await self.wire.send(json.dumps(message))


class Floor:
    """A server and the way to it."""

    def __init__(self, http: httpx.AsyncClient, server: Server, settings: Settings, clock: VirtualClock, url: str):
        self.http, self.server, self.settings, self.clock, self.url = http, server, settings, clock, url

    async def person(self, region: str = "EUROPE", **more: Any) -> Person:
        body = {"email": f"miner-{next(_numbers)}@example.com", "password": PASSWORD, "region": region, **more}
        return Person(self, good(await self.http.post("/auth/register", json=body), 201))

    async def guest(self, **more: Any) -> Person:
        return Person(self, good(await self.http.post("/auth/guest", json=more), 201))

    async def superuser(self) -> Person:
        """Give somebody who may do everything."""
        person = await self.person("US_EAST")
        promoted = users.update().where(users.c.id == person.id).values(is_superuser=True)
        await self.server.database.write(lambda connection: connection.execute(promoted).rowcount)
        body = {"email": person.tokens["user"]["email"], "password": PASSWORD}
        return Person(self, good(await self.http.post("/auth/login", json=body)))

    async def state(self, place: str, view: Callable[[Any], Any], season: int = 1) -> Any:
        return await self.server.host.query(world_of(season, place), view)

    async def ticks(self, count: int = 1) -> int:
        """Let ticks pass, each heard by every region; give the last one."""
        tick = await self.state(MARKET, lambda market: market.tick)
        for tick in range(tick + 1, tick + count + 1):  # noqa: B020
            self.clock.advance(TICK_MS)
            await eventually(partial(self._heard, tick))
        return tick

    async def _heard(self, tick: int) -> bool:
        heard = [await self.state(region, lambda one: one.tick) for region in REGIONS]
        return min(heard) >= tick and await self.state(MARKET, lambda market: market.tick) >= tick

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        def query(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

        return await self.server.database.read(query)

    async def money(self, season: int = 1) -> tuple[int, int]:
        """Give all USD and BTC of all worlds, and under way between them, less what came into being: 0 and 0."""
        usd = sat = 0
        states = [await self.state(place, _money, season) for place in (MARKET, *REGIONS)]
        for held, flows in states:
            usd += held[0] - flows[0]
            sat += held[1] - flows[1]
        return usd, sat


def _money(state: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give what a world holds and what its flows say it must hold."""
    if hasattr(state, "holdings"):
        return state.holdings(), state.flows.balance()
    waiting = list(state.unclaimed.values())
    usd = int(state.ledger["usd"].sum()) + sum(one[0] for one in waiting)
    sat = int(state.ledger["sat"].sum()) + sum(one[1] for one in waiting)
    return (usd, sat), state.flows.balance()


@contextlib.asynccontextmanager
async def a_floor(path: Path, clock: VirtualClock | None = None, **environment: Any) -> AsyncIterator[Floor]:
    """Run a whole server on the data in `path`, at a free port, whose clock the test moves."""
    calm = {"RATE_LIMIT_PER_MIN": 0, "GAMEFOLD_DATA": path, "LOG_DIR": path / "logs", "GAMEFOLD_SEED": 7}
    settings = read_settings(**{**calm, **environment})
    clock = clock or VirtualClock(NOON_MS)
    server = build(settings, games=["tycoon"], at_root=True, clock=clock, passwords=cheap_passwords())
    async with (
        server.app.router.lifespan_context(server.app),
        listening(server) as url,
        httpx.AsyncClient(
            base_url=url,
            timeout=30,
            limits=httpx.Limits(max_connections=None),
            event_hooks={"response": [described(server).hears]},
        ) as client,
    ):
        yield Floor(client, server, settings, clock, url)


def described(server: Server) -> Description:
    """Give what every answer of every floor is held against. All floors describe themselves alike."""
    if not _descriptions:
        _descriptions.append(Description(server.app.openapi()))
    return _descriptions[0]


def good(answer: httpx.Response, status: int = 200) -> Any:
    """Give what an answer that went well says, with decimals as they were written."""
    assert answer.status_code == status, (answer.request.method, answer.request.url.path, answer.text)
    return json.loads(answer.text, parse_float=Decimal) if answer.content else None


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """Hold that a request was refused so, in the spec's envelope; give the sentence."""
    body = answer.json()
    assert (answer.status_code, body["error"]["code"]) == (status, code), answer.text
    assert set(body) == {"error"}
    return body["error"]["message"]
