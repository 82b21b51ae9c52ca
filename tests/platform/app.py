"""A small app with one game behind the platform's doors, the way `gamefold.app` puts one together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import Depends, FastAPI, WebSocket
from prometheus_client import CollectorRegistry
from starlette.responses import JSONResponse

from gamefold.platform.accounts.players import Audience, CurrentPlayer, Superuser, install_doors, no_store
from gamefold.platform.accounts.sockets import socket_player
from gamefold.platform.budgets import Budgets
from gamefold.platform.limits import Limits, install_limits, rate_limited
from gamefold.platform.refusals import STATUS_OF
from gamefold.platform.tenants.current import CurrentTenant, install_tenants
from gamefold.web.bodies import Body
from gamefold.web.drain import Drain
from gamefold.web.errors import ErrorStyle
from gamefold.web.idempotency import IdempotencyStore
from gamefold.web.install import Web, install
from gamefold.web.metrics import WebMetrics
from gamefold.web.route import GameRouter

from .people import People


class Credentials(Body):
    email: str
    password: str


@dataclass
class Site:
    app: FastAPI
    people: People
    runs: list[str]

    def client(self, token: str | None = None, **options: Any) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(app=self.app, client=options.pop("client", ("10.0.0.1", 1)))
        return httpx.AsyncClient(transport=transport, base_url="http://game", headers=headers, **options)


def a_site(people: People, idempotency: IdempotencyStore, budgets: Budgets, **limits: Any) -> Site:
    app = FastAPI(docs_url=None, redoc_url=None)
    site = Site(app, people, [])
    for prefix in ("/focus", "/tycoon"):
        app.include_router(_game(prefix, site))
    metrics = WebMetrics(CollectorRegistry())
    install(
        app,
        Web(
            version="1",
            drain=Drain(),
            metrics=metrics,
            streams=people.streams,
            idempotency=idempotency,
            now_ms=people.wall.now_ms,
            styles={"": ErrorStyle(status_of=STATUS_OF)},
            caller_of=people.doors.caller_of,
        ),
    )
    install_doors(app, people.doors)
    install_tenants(app, people.tenants)
    install_limits(app, Limits(budgets=budgets, **{"per_minute": 60, **limits}))
    return site


def _game(prefix: str, site: Site) -> GameRouter:
    router = GameRouter(prefix)
    people = site.people

    @router.post("/register")
    async def register(body: Credentials, audience: Audience) -> JSONResponse:
        grant = await people.accounts.register(body.email, body.password, audience)
        return JSONResponse({"token": grant.access_token}, 201, headers=no_store())

    @router.post("/login", dependencies=[Depends(rate_limited("login", 5, by="ip"))])
    async def login(body: Credentials, audience: Audience) -> JSONResponse:
        grant = await people.accounts.login(body.email, body.password, audience)
        return JSONResponse({"token": grant.access_token}, headers=no_store())

    @router.get("/me")
    async def me(player: CurrentPlayer) -> dict[str, Any]:
        return {"id": player.id, "session": player.session_id, "superuser": player.is_superuser}

    @router.get("/operators")
    async def operators(player: Superuser) -> dict[str, str]:
        return {"id": player.id}

    @router.get("/tenant")
    async def tenant(tenant: CurrentTenant) -> dict[str, str]:
        return {"tenant": tenant.tenant_id, "user": tenant.user_id, "role": tenant.role}

    @router.post("/run", dependencies=[Depends(rate_limited("sessions"))])
    async def run(player: CurrentPlayer) -> dict[str, int]:
        site.runs.append(player.id)
        return {"runs": len(site.runs)}

    shared = [Depends(rate_limited("sessions", 3)), Depends(rate_limited("workspace", 4, by="tenant"))]

    @router.post("/shared", dependencies=shared)
    async def share() -> dict[str, str]:
        return {}

    @router.post("/picky", dependencies=[Depends(rate_limited("sessions"))])
    async def picky(body: Credentials) -> dict[str, str]:
        return {"email": body.email}

    @router.post("/open", dependencies=[Depends(rate_limited("sessions", 0))])
    async def unlimited() -> dict[str, str]:
        return {}

    @router.websocket("/ws")
    async def socket(socket: WebSocket) -> None:
        login = await socket_player(socket, wait_s=0.2)
        if login is not None:
            await login.socket.accept()  # as Streams.frames does
            await login.socket.send_json({"hello": login.player.id, "said": dict(login.message)})
            await login.socket.close()

    return router


@asynccontextmanager
async def budgets(*arguments: Any, **options: Any) -> AsyncIterator[Budgets]:
    made = Budgets(*arguments, **options)
    yield made
    await made.close()
