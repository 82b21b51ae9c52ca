"""Tycoon over HTTP and WebSocket: accounts, companies, sites, the market, research, votes, and everything live."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.requests import Request

from gamefold.games.tycoon.routes import (
    auth,
    feed,
    governance,
    market,
    orders,
    player,
    progress,
    sites,
    socket,
)
from gamefold.games.tycoon.routes.audited import RefusalLog, audited
from gamefold.games.tycoon.routes.desk import Desk, Quote
from gamefold.games.tycoon.routes.lobby import Lobby
from gamefold.games.tycoon.routes.meters import Meters
from gamefold.games.tycoon.routes.operations import TycoonLive
from gamefold.games.tycoon.routes.seasons import Seasons
from gamefold.games.tycoon.routes.shapes import error_shown
from gamefold.games.tycoon.routes.statuses import STATUS_OF
from gamefold.platform.limits import rate_limited
from gamefold.web.route import StrictRoute

__all__ = [
    "STATUS_OF",
    "Desk",
    "Lobby",
    "Meters",
    "Quote",
    "RefusalLog",
    "Seasons",
    "TycoonLive",
    "build_router",
    "error_shown",
]

PARTS: Sequence[Any] = (player, sites, market, orders, progress, governance, feed)


def operation_id(route: APIRoute) -> str:
    """Name an operation for those who generate clients: `tycoon_create_site`."""
    return f"tycoon_{route.name}"


def build_router(desk: Desk, lobby: Lobby, refusals: RefusalLog) -> APIRouter:
    """Give all routes, at the paths of the spec. Whoever is logged in has one budget of requests for all of them."""

    async def at_desk(request: Request) -> None:
        request.state.desk = desk

    inside = APIRouter(
        route_class=audited(refusals),
        dependencies=[Depends(at_desk), Depends(rate_limited("requests"))],
        tags=["tycoon"],
    )
    for part in PARTS:
        part.build(inside, desk)
    sockets = APIRouter()
    socket.build(sockets, desk, lobby)
    router = APIRouter(route_class=StrictRoute, generate_unique_id_function=operation_id)
    router.include_router(auth.build(desk))
    router.include_router(inside)
    router.include_router(sockets)
    return router
