"""A control room: toy worlds on a real host, the routes of live operations, and everybody who might ask them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection

from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host, WorldUnavailable
from gamefold.engine.journal import WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.players import install_doors
from gamefold.platform.accounts.tables import users
from gamefold.platform.audit import audit_lines
from gamefold.platform.budgets import Budgets
from gamefold.platform.limits import Limits, install_limits
from gamefold.platform.liveops.desk import Desk, OperatedGame
from gamefold.platform.liveops.live_game import EventAsk, LiveGame, Operation, Says, Told
from gamefold.platform.liveops.overrides import begins_with
from gamefold.platform.liveops.router import PREFIX, STYLE, liveops_router
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal
from gamefold.storage.tables import METADATA as ENGINE_TABLES
from gamefold.testkit.clock import VirtualClock
from gamefold.testkit.toys.clockwork import CLOCKWORK, ClockworkSpec
from gamefold.testkit.toys.ledger import LEDGER, Deposit, LedgerSpec
from gamefold.testkit.toys.purse import PURSE
from gamefold.web.drain import Drain
from gamefold.web.errors import Refused, WorldStopped
from gamefold.web.idempotency import Claim, Fresh, Replay
from gamefold.web.install import Web, install
from gamefold.web.metrics import WebMetrics
from gamefold.web.pagination import Pager
from tests.described import Description

from ..people import GAME, GOOD, People  # noqa: TID252 - the same people as everywhere

UNKNOWN_EVENT = "UNKNOWN_EVENT"
TICK_MS = 1_000

_descriptions: list[Description] = []


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


@dataclass
class ToyLive(LiveGame):
    """A game that writes down what operators want of it. It has no seasons to end."""

    heard: list[tuple[Any, ...]] = field(default_factory=list)
    grantable = {"usd": 6, "btc": 8}  # noqa: RUF012
    says = {"inject_event": Says(refusals=(UNKNOWN_EVENT,))}  # noqa: RUF012

    async def inject_event(self, operation: Operation, ask: EventAsk) -> Told:
        if ask.type != "HEATWAVE":
            raise Rejected(UNKNOWN_EVENT, "There is no such event.", known="HEATWAVE")
        self.heard.append((operation, ask))
        return {"id": "event-1", "begins": ask.starts_in_ticks}

    async def events(self) -> Sequence[Told]:
        return [{"id": "event-1"}]

    async def grant(self, operation: Operation, account_id: str, amounts: Mapping[str, int]) -> Told:
        self.heard.append((operation, account_id, dict(amounts)))
        return {"before": {"usd": 0}, "after": {"usd": 1}}

    async def restore(self, operation: Operation, account_id: str, to_tick: int, *, dry_run: bool) -> Told:
        self.heard.append((operation, account_id, to_tick, dry_run))
        return {"tick": to_tick}

    async def start_season(self, operation: Operation, name: str | None) -> Told:
        self.heard.append((operation, name))
        return {"season": 2, "name": name}

    async def seasons(self) -> Sequence[Told]:
        return [{"season": 1}]

    async def leaderboard(self, season: str | None, by: str | None) -> Sequence[Told]:
        return [{"season": season, "by": by}]

    async def exclude(self, operation: Operation, account_id: str) -> Told:
        self.heard.append((operation, account_id, "out"))
        return {"excluded": True}

    async def include(self, operation: Operation, account_id: str) -> Told:
        self.heard.append((operation, account_id, "in"))
        return {"excluded": False}

    async def link(self, operation: Operation, account_ids: Sequence[str], group: str | None) -> Told:
        self.heard.append((operation, *account_ids, group))
        return {"linked": group is not None}


@dataclass
class ControlRoom:
    """Everything of one test. `asks` sends a request as the superuser unless it says as whom."""

    people: People
    host: Host
    clock: VirtualClock
    live: ToyLive
    app: FastAPI
    answers: MemoryStore
    tokens: dict[str, str | None]
    ids: dict[str, str]

    async def asks(self, method: str, path: str, body: Any = None, *, who: str = "root", **headers: str) -> Any:
        token = self.tokens[who]
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(app=self.app)
        heard = {"response": [described(self.app).hears]}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://house", headers=headers, event_hooks=heard
        ) as client:
            return await client.request(method, PREFIX + path, **({} if body is None else {"json": body}))

    async def good(self, method: str, path: str, body: Any = None, *, status: int = 200, **options: Any) -> Any:
        answer = await self.asks(method, path, body, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        answer = await self.asks(method, path, body, **options)
        return answer.status_code, answer.json()["error"]["code"]

    async def a_ledger(self, world: str, *amounts: int) -> str:
        """Make a ledger with one entry for each amount."""
        await self.host.ensure(world, LedgerSpec())
        for amount in amounts:
            await self.host.submit(world, "ada", Deposit(amount))
        return world

    async def a_clockwork(self, world: str, ticks: int) -> str:
        """Make a clockwork that has ticked so often."""
        await self.host.ensure(world, ClockworkSpec())
        await self.clock.elapse(ticks * TICK_MS)
        return world

    async def audited(self, action: str) -> list[Any]:
        rows = await self.people.database.read(lambda connection: audit_lines(connection, 100))
        return [row for row in rows if row.action == action]


def described(app: FastAPI) -> Description:
    """Give what every answer of every room is held against. All rooms describe themselves alike."""
    if not _descriptions:
        _descriptions.append(Description(app.openapi()))
    return _descriptions[0]


@asynccontextmanager
async def a_control_room(
    people: People, together: Callable[[str], tuple[str, ...]] = lambda world: (world,)
) -> AsyncIterator[ControlRoom]:
    """Open the room. The game `toys` has ledgers and clockworks, `purses` has purses and offers operators nothing."""
    database = people.database
    await database.write(_without_worlds)
    clock, live = VirtualClock(), ToyLive()
    rulesets = {ruleset.name: ruleset for ruleset in (LEDGER, CLOCKWORK, PURSE)}
    host = Host(SqlJournal(database, {}, clock), clock, Entropy(7), rulesets, balance_of=partial(_balance_of, database))
    clock.watch(lambda: host.busy)
    await host.start()
    games = {
        "toys": OperatedGame(
            name="toys",
            rulesets=["ledger", "clockwork"],
            live=live,
            status_of={UNKNOWN_EVENT: 418},
            together=together,
        ),
        "purses": OperatedGame(name="purses", rulesets=["purse"]),
    }
    budgets, answers = Budgets(), MemoryStore()
    app = _an_app(people, host, games, budgets, answers)
    try:
        tokens, ids = await _everybody(people)
        yield ControlRoom(people, host, clock, live, app, answers, tokens, ids)
    finally:
        await host.close()
        await budgets.close()


def _an_app(
    people: People, host: Host, games: Mapping[str, OperatedGame], budgets: Budgets, answers: MemoryStore
) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    desk = Desk(
        host=host,
        database=people.database,
        platform=people,
        entropy=Entropy(),
        wall=people.wall,
        pager=Pager(b"a secret of tests"),
        games=games,
    )
    app.include_router(liveops_router(desk))
    install(
        app,
        Web(
            version="1",
            drain=Drain(),
            metrics=WebMetrics(CollectorRegistry()),
            streams=people.streams,
            idempotency=answers,
            now_ms=people.wall.now_ms,
            styles={PREFIX: STYLE},
            translation={
                WorldNotFound: lambda _error: Refused(404, "WORLD_NOT_FOUND", "There is no such world."),
                WorldUnavailable: lambda _error: WorldStopped(),
            },
            caller_of=people.doors.caller_of,
        ),
    )
    install_doors(app, people.doors)
    install_limits(app, Limits(budgets=budgets, per_minute=0))
    return app


async def _everybody(people: People) -> tuple[dict[str, str | None], dict[str, str]]:
    """Let everybody in; give their tokens and ids by name."""
    ada, root, guest = [
        await people.ada("ada@example.com"),
        await people.ada("root@example.com"),
        await people.accounts.guest(GAME),
    ]
    for grant in (root, guest):
        promoted = users.update().where(users.c.id == grant.user.id).values(is_superuser=True)
        await people.database.write(lambda connection, promoted=promoted: connection.execute(promoted).close())
    root = await people.login("root@example.com", GOOD)
    guest = await people.sessions.refresh(guest.refresh_token, GAME)
    tokens = {
        "anonymous": None,
        "forger": "a.b.c",
        "ada": ada.access_token,
        "guest": guest.access_token,
        "root": root.access_token,
    }
    return tokens, {"ada": ada.user.id, "root": root.user.id, "guest": guest.user.id}


async def _balance_of(database: Database, ruleset: Any) -> dict[str, Any]:
    return await begins_with(database, "purses" if ruleset is PURSE else "toys", ruleset)


def _without_worlds(connection: Connection) -> None:
    for table in reversed(ENGINE_TABLES.sorted_tables):
        if table.name != "meta":
            connection.execute(table.delete())
