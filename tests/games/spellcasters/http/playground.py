"""A real playground for a test: the whole server in this process, and a client that speaks the spec's words."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Table, select

from gamefold.app import Server, build
from gamefold.engine.clock import Clock
from gamefold.settings import Settings, read_settings
from gamefold.testkit.clock import VirtualClock
from tests.passwords import cheap_passwords
from tests.serving import eventually, listening

SAMPLE, TACTICAL = "builtin_sample_1", "builtin_tactical"
STAY: dict[str, Any] = {"move": [0, 0], "spell": None}


@dataclass(frozen=True)
class Event:
    """One server-sent event as it was sent."""

    id: str
    name: str
    data: dict[str, Any]


class Playground:
    """The spec's endpoints, and a few things that tests ask again and again."""

    def __init__(self, http: httpx.AsyncClient, server: Server, settings: Settings, clock: Clock | None) -> None:
        self.http = http
        self.server = server
        self.settings = settings
        self._clock = clock

    @property
    def clock(self) -> VirtualClock:
        assert isinstance(self._clock, VirtualClock)
        return self._clock

    async def register(self, name: str = "FireMage") -> str:
        answer = await self.http.post("/players/register", json={"player_name": name, "submitted_from": "online"})
        assert answer.status_code == 201, answer.text
        return answer.json()["player_id"]

    async def start(self, one: str = SAMPLE, two: str = TACTICAL, **more: Any) -> str:
        answer = await self.http.post("/playground/start", json={"player_1_id": one, "player_2_id": two, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["session_id"]

    async def act(self, session: str, player: str, turn: int, action: Any = STAY) -> httpx.Response:
        body = {"player_id": player, "turn": turn, "action": action}
        return await self.http.post(f"/playground/{session}/action", json=body)

    async def plays(self, session: str, player: str, turn: int, action: Any = STAY) -> None:
        answer = await self.act(session, player, turn, action)
        assert answer.status_code == 200, answer.text

    async def now(self, session: str) -> dict[str, Any]:
        answer = await self.http.get(f"/playground/{session}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def match(self, session: str) -> dict[str, Any]:
        answer = await self.http.get(f"/matches/{session}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ended(self, session: str) -> dict[str, Any]:
        """Wait until a match is over, and give its record."""
        await eventually(lambda: self._is_over(session))
        return await self.match(session)

    async def played(self, one: str = SAMPLE, two: str = TACTICAL, **more: Any) -> str:
        """Start a match of bots and wait for its end."""
        session = await self.start(one, two, tick_delay_ms=0, **more)
        await self.ended(session)
        return session

    async def history(self, session: str) -> list[Event]:
        """Read a match from its first event to its latest."""
        answer = await self.http.get(f"/matches/{session}/replay")
        assert answer.status_code == 200, answer.text
        return events_in(answer.text)

    async def player(self, player: str) -> dict[str, Any]:
        answer = await self.http.get(f"/players/{player}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        """Read a table, sorted by its first column."""
        query = select(table).order_by(table.columns[0])
        return await self.server.database.read(
            lambda connection: [dict(row) for row in connection.execute(query).mappings()]
        )

    async def _is_over(self, session: str) -> bool:
        return (await self.match(session))["status"] != "running"


@contextlib.asynccontextmanager
async def a_playground(
    path: Path, *, clock: Clock | None = None, sockets: bool = False, listens_on: str = "127.0.0.1", **environment: Any
) -> AsyncIterator[Playground]:
    """Run a whole server on the data in `path`; over real `sockets` where answers must stream."""
    settings = settings_in(path, **environment)
    server = build(
        settings,
        games=["spellcasters"],
        at_root=True,
        clock=clock,
        listens_on=listens_on,
        passwords=cheap_passwords(),
    )
    if isinstance(clock, VirtualClock):
        clock.watch(lambda: server.host.busy)
    async with server.app.router.lifespan_context(server.app), contextlib.AsyncExitStack() as stack:
        if sockets:
            url = await stack.enter_async_context(listening(server))
            client = httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=None))
        else:
            transport = httpx.ASGITransport(app=server.app)
            client = httpx.AsyncClient(base_url="http://playground", transport=transport, timeout=30)
        async with client:
            yield Playground(client, server, settings, clock)


def settings_in(path: Path, **environment: Any) -> Settings:
    quick = {"TURN_DELAY_SECONDS": 0, "PLAYGROUND_MAX_SESSIONS": 50}
    return read_settings(**{"GAMEFOLD_DATA": path, "LOG_DIR": path / "logs", **quick, **environment})


def events_in(text: str) -> list[Event]:
    """Take a whole stream apart. Every event must have an id, a name and one line of data."""
    events = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = dict(line.split(": ", 1) for line in lines)
            assert len(lines) == 3, block
            events.append(Event(fields["id"], fields["event"], json.loads(fields["data"])))
    return events


async def live(playground: Playground, session: str, since: str | None = None) -> AsyncIterator[Event]:
    """Watch a session's stream until it ends."""
    headers = {} if since is None else {"Last-Event-ID": since}
    async with playground.http.stream("GET", f"/playground/{session}/events", headers=headers) as answer:
        assert answer.status_code == 200
        block: list[str] = []
        async for line in answer.aiter_lines():
            if line:
                block.append(line)
            elif block:
                for event in events_in("\n".join(block)):
                    yield event
                block = []


def code_of(answer: httpx.Response) -> str:
    """Give the code of an error, whose envelope must be the spec's."""
    body = answer.json()
    assert set(body) == {"error"}, body
    assert {"code", "message"} <= set(body["error"]), body
    assert isinstance(body["error"]["message"], str)
    return body["error"]["code"]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text
