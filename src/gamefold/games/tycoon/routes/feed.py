"""What happens in the world, what a company was warned of, and who is how far."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.routes.answers.feed import AlertsShown, EventsShown, LeaderboardShown
from gamefold.games.tycoon.routes.board import Board, By
from gamefold.games.tycoon.routes.described import INSIDE
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import shown, stamp
from gamefold.games.tycoon.routes.player import CurrentOwner
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.routes.statuses import SEASON_NOT_FOUND
from gamefold.platform.accounts.players import CurrentPlayer
from gamefold.storage.columns import milliseconds
from gamefold.web.bodies import Whole

Limit = Annotated[Whole, Query(ge=1, le=200)]
Season = Annotated[Whole | None, Query(ge=1)]


def build(router: APIRouter, desk: Desk) -> None:
    """Add the routes that tell."""
    board = Board(desk)

    @router.get("/events", **INSIDE.read("What befalls the worlds", EventsShown))
    async def events(owner: CurrentOwner, limit: Limit = 50, active: bool = False) -> Response:
        season = owner.home.season
        rows = await desk.database.read(lambda connection: tables.events_of(connection, season, limit, active=active))
        return shown(
            {
                "events": [
                    {
                        "id": row["id"],
                        "type": row["type"],
                        "severity": row["severity"],
                        "region": row["region"],
                        "payload": shape(msgspec.json.decode(row["payload"])),
                        "createdAt": stamp(milliseconds(row["created_at"])),
                        "resolvedAt": None if row["resolved_at"] is None else stamp(milliseconds(row["resolved_at"])),
                    }
                    for row in rows
                ]
            }
        )

    @router.get("/alerts", **INSIDE.read("What the own company was warned of", AlertsShown))
    async def alerts(owner: CurrentOwner, limit: Limit = 50) -> Response:
        company = owner.home.company_id
        rows = await desk.database.read(lambda connection: tables.alerts_of(connection, company, limit))
        return shown(
            {
                "alerts": [
                    {
                        "id": f"{row['world'].rpartition('/')[2]}-{row['id']}",
                        "type": row["type"],
                        "severity": row["severity"],
                        "message": row["message"],
                        "tick": row["tick"],
                        "createdAt": stamp(milliseconds(row["created_at"])),
                    }
                    for row in rows
                ]
            }
        )

    @router.get("/leaderboard", **INSIDE.read("Who is furthest in a season", LeaderboardShown, SEASON_NOT_FOUND))
    async def leaderboard(
        _player: CurrentPlayer, season: Season = None, by: By = "netWorth", limit: Limit = 50
    ) -> Response:
        known = [row["number"] for row in await desk.database.read(tables.all_seasons)]
        await desk.seasons.running()  # one that has just begun has its worlds after that
        asked = max(known, default=None) if season is None else season
        if asked is None or asked not in known:
            raise Rejected(SEASON_NOT_FOUND, "There is no such season.")
        return shown({"season": asked, "by": by, "entries": await board.top(asked, by, limit)})
