"""Players: register, look up, leave."""

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response

from gamefold.games.spellcasters import tables
from gamefold.games.spellcasters.routes.bodies import Register
from gamefold.games.spellcasters.routes.desk import Desk
from gamefold.web.idempotency import request_entropy
from gamefold.web.route import StrictRoute


class Registered(BaseModel):
    """A new player."""

    player_id: str
    player_name: str


class Player(Registered):
    """A player with the counters of all finished matches."""

    is_builtin: bool
    sprite_path: str | None
    minion_sprite_path: str | None
    submitted_from: str | None
    total_matches: int
    wins: int
    losses: int
    draws: int
    created_at: str
    updated_at: str


def player_json(row: RowMapping) -> dict[str, Any]:
    """Give a player's row as it is shown."""
    shown = {name: row[name] for name in Player.model_fields}
    return {**shown, "is_builtin": bool(row["is_builtin"])}


def build(desk: Desk) -> APIRouter:
    """Give the routes of players."""
    router = APIRouter(prefix="/players", tags=["players"], route_class=StrictRoute)

    @router.post("/register", status_code=201, response_model=Registered)
    async def register(body: Register, request: Request) -> dict[str, str]:
        player_id = desk.entropy.new_id(request_entropy(request))
        name, source, now_ms = body.player_name, body.submitted_from, desk.clock.now_ms()

        def transaction(connection: Connection) -> None:
            tables.register_player(connection, player_id, name, source, now_ms)

        await desk.database.write(transaction)
        return {"player_id": player_id, "player_name": name}

    @router.get("/{player_id}", response_model=Player)
    async def show(player_id: str) -> dict[str, Any]:
        return player_json(await desk.database.read(lambda connection: tables.player_of(connection, player_id)))

    @router.delete("/{player_id}", status_code=204, dependencies=[Depends(desk.operators)])
    async def delete(player_id: str) -> Response:
        await desk.database.write(lambda connection: tables.delete_player(connection, player_id))
        return Response(status_code=204)

    return router
