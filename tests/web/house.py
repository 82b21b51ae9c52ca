"""A small app with two games under two prefixes and two error envelopes, and an ASGI client that can stream."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import httpx
from fastapi import APIRouter, FastAPI, Query, Request
from prometheus_client import CollectorRegistry
from pydantic import Field, field_validator
from starlette.responses import JSONResponse

from gamefold.engine.refusal import Rejected
from gamefold.web.bodies import Body, Text, TolerantBody, Whole
from gamefold.web.drain import Drain
from gamefold.web.errors import ErrorStyle, StorageDown
from gamefold.web.health import Check
from gamefold.web.idempotency import CLAIM_MS, Claim, Fresh, InFlight, Mismatch, Replay, request_entropy
from gamefold.web.install import Web, install
from gamefold.web.metrics import WebMetrics
from gamefold.web.route import GameRouter
from gamefold.web.streams import Streams
from gamefold.web.validation import Unfit


class MemoryStore:
    """An idempotency store as the port describes it, for one process."""

    def __init__(self) -> None:
        self.claims: dict[str, tuple[str, int, Replay | None]] = {}

    async def claim(self, scope_key: str, fingerprint: str, now_ms: int) -> Claim:
        await asyncio.sleep(0)
        held = self.claims.get(scope_key)
        if held is None or (held[2] is None and now_ms - held[1] >= CLAIM_MS):
            self.claims[scope_key] = (fingerprint, now_ms, None)
            return Fresh()
        if held[0] != fingerprint:
            return Mismatch()
        return held[2] or InFlight()

    async def finish(self, scope_key: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        await asyncio.sleep(0)
        fingerprint, at_ms, _ = self.claims[scope_key]
        self.claims[scope_key] = (fingerprint, at_ms, Replay(status, headers, body))

    async def release(self, scope_key: str) -> None:
        self.claims.pop(scope_key, None)


class Action(Body):
    move: Annotated[list[int], Field(min_length=2, max_length=2)]
    spell: Literal["fireball", "heal"] | None = None


class ActionBody(Body):
    player_id: Annotated[Text, Field(max_length=36)]
    turn: Annotated[int, Field(ge=0)]
    weight: float = 0.0
    sure: bool = False
    action: Action | None = None
    scores: Annotated[dict[str, int], Field(default_factory=dict)]

    @field_validator("player_id")
    @classmethod
    def _not_the_admin(cls, player_id: str) -> str:
        if player_id == "admin":
            raise Unfit("must not be taken")
        if player_id.startswith("raise:"):
            raise ValueError(f"library text with {player_id}")
        return player_id


class LooseBody(TolerantBody):
    turn: int


def os_envelope(code: str, message: str, details: Mapping[str, object]) -> object:
    return {"success": False, "error": {"code": code, "message": message, **details}}


STYLES = {
    "/arena": ErrorStyle(status_of={"BAD_TURN": 400}),
    "/quest": ErrorStyle(os_envelope, status_of={"BAD_TURN": 422}),
}


class Broken(Exception):
    """An error of another room."""


def a_game(prefix: str) -> APIRouter:
    router = GameRouter(prefix)

    @router.post("/actions")
    async def act(body: ActionBody) -> dict[str, object]:
        return {"turn": body.turn}

    @router.post("/loose")
    async def loose(body: LooseBody) -> dict[str, int]:
        return {"turn": body.turn}

    @router.get("/actions")
    async def actions(limit: Annotated[Whole, Query(ge=1, le=50)] = 20) -> dict[str, int]:
        return {"limit": limit}

    @router.delete("/actions")
    async def forget() -> dict[str, str]:
        return {}

    @router.get("/turns/{turn}")
    async def turn(turn: Whole) -> dict[str, int]:
        return {"turn": turn}

    @router.get("/players/{name}")
    async def player(name: str) -> dict[str, str]:
        return {"name": name}

    @router.post("/refused")
    async def refused() -> None:
        raise Rejected("BAD_TURN", "The turn is 7.", turn=7)

    @router.get("/unlisted")
    async def unlisted() -> None:
        raise Rejected("SOLD_OUT", "Nothing is left.")

    @router.get("/crash")
    async def crash() -> None:
        raise RuntimeError("the database password is hunter2")

    @router.get("/down")
    async def down() -> None:
        raise StorageDown

    @router.get("/broken")
    async def broken() -> None:
        raise Broken

    return router


@dataclass
class House:
    app: FastAPI
    web: Web
    store: MemoryStore
    effects: list[str] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def client(self, **options: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://game", **options)


def a_house(
    checks: Mapping[str, Check] | None = None,
    routes: Callable[[FastAPI, Web], None] = lambda _app, _web: None,
    **options: Any,
) -> House:
    metrics = WebMetrics(CollectorRegistry())
    store = MemoryStore()
    web = Web(
        version="1.2.3",
        drain=Drain(),
        metrics=metrics,
        streams=options.pop("streams", None) or Streams(metrics),
        idempotency=store,
        now_ms=options.pop("now_ms", lambda: 0),
        styles=STYLES,
        translation={Broken: lambda _error: StorageDown()},
        checks=checks or {},
        **options,
    )
    app = FastAPI(title="House", docs_url=None, redoc_url=None)
    house = House(app, web, store)
    install(app, web)
    app.include_router(a_game("/arena"))
    app.include_router(a_game("/quest"))
    _write_routes(house)
    routes(app, web)
    return house


def _write_routes(house: House) -> None:
    router = GameRouter("/arena")

    @router.post("/buy")
    async def buy(body: LooseBody, request: Request) -> JSONResponse:
        house.effects.append(request_entropy(request) or "no key")
        await asyncio.sleep(0.01)
        return JSONResponse({"order": len(house.effects), "turn": body.turn}, 201, {"Location": "/orders/1"})

    @router.post("/flaky")
    async def flaky(request: Request) -> JSONResponse:
        house.effects.append(request_entropy(request) or "no key")
        return JSONResponse({"tries": len(house.effects)}, 503 if len(house.effects) == 1 else 200)

    @router.post("/crashing")
    async def crashing() -> JSONResponse:
        house.effects.append("tried")
        if len(house.effects) == 1:
            raise RuntimeError("after the effect")
        return JSONResponse({})

    @router.post("/slow")
    async def slow() -> dict[str, bool]:
        house.effects.append("slow")
        await house.hold.wait()
        return {"done": True}

    @router.post("/login")
    async def login() -> JSONResponse:
        house.effects.append("login")
        return JSONResponse({"token": f"t{len(house.effects)}"}, headers={"Cache-Control": "no-store"})

    @router.post("/big")
    async def big() -> JSONResponse:
        house.effects.append("big")
        return JSONResponse("x" * (1 << 20))

    house.app.include_router(router)


class Connection:
    """One request driven by hand: what the app sends can be read while it runs."""

    def __init__(self, app: Callable[..., Awaitable[None]], scope: dict[str, Any]) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.blocked = asyncio.Event()  # cleared: the peer does not read
        self.blocked.set()
        self.task = asyncio.ensure_future(app(scope, self.received.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        await self.blocked.wait()
        self.sent.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.sent.get(), 60)

    def push(self, message: dict[str, Any]) -> None:
        self.received.put_nowait(message)

    async def done(self) -> None:
        await asyncio.wait_for(asyncio.shield(self.task), 60)

    async def events(self) -> AsyncIterator[bytes]:
        """The chunks of a streamed body, after its start."""
        while True:
            message = await self.next()
            if message["type"] != "http.response.body":
                continue
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body", False):
                return


@asynccontextmanager
async def connected(
    app: Any, path: str, *, kind: str = "http", headers: Mapping[str, str] | None = None, query: str = ""
) -> AsyncIterator[Connection]:
    scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("127.0.0.1", 1),
        "server": ("game", 80),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
        "state": {},
    }
    if kind == "websocket":
        del scope["method"]
    connection = Connection(app, scope)
    connection.push({"type": "http.request"} if kind == "http" else {"type": "websocket.connect"})
    try:
        yield connection
    finally:
        connection.blocked.set()
        connection.push({"type": f"{kind}.disconnect", "code": 1006})
        await asyncio.wait_for(asyncio.gather(connection.task, return_exceptions=True), 60)
