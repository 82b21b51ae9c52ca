"""What operators of the playground see."""

import time
from typing import Any

import psutil
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gamefold.games.spellcasters import tables
from gamefold.games.spellcasters.routes.desk import Desk
from gamefold.games.spellcasters.routes.players import Player, player_json
from gamefold.web.route import StrictRoute

PREFIX = "spellcasters/"


class State(BaseModel):
    """The process and its matches as they are now. `resident` counts matches in memory."""

    sessions: dict[str, int]
    resident: int
    subscribers: int
    queued_intents: int
    queued_events: int
    streams_open: int
    memory_bytes: int
    event_loop_lag_ms: float
    uptime_s: float


def build(desk: Desk) -> APIRouter:
    """Give the routes for operators."""
    router = APIRouter(prefix="/admin", tags=["admin"], route_class=StrictRoute, dependencies=[Depends(desk.operators)])
    process = psutil.Process()
    started_s = time.monotonic()  # not the game's clock, which may run faster

    @router.get("/players", response_model=list[Player])
    async def players() -> list[dict[str, Any]]:
        return [player_json(row) for row in await desk.database.read(tables.all_players)]

    @router.get("/state", response_model=State)
    async def state() -> dict[str, Any]:
        worlds = [load for world_id, load in desk.host.resident_worlds().items() if world_id.startswith(PREFIX)]
        return {
            "sessions": await desk.database.read(tables.sessions_by_status),
            "resident": len(worlds),
            "queued_intents": sum(load[0] for load in worlds),
            "subscribers": sum(load[1] for load in worlds),
            "queued_events": sum(load[2] for load in worlds),
            "streams_open": desk.streams.open_now,
            "memory_bytes": process.memory_info().rss,
            "event_loop_lag_ms": round(desk.metrics.lag_s() * 1_000, 3),
            "uptime_s": round(time.monotonic() - started_s, 3),
        }

    return router
