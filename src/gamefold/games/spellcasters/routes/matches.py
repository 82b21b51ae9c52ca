"""The archive: every match ever played, from the journal, at any speed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel
from sqlalchemy import RowMapping
from starlette.responses import PlainTextResponse

from gamefold.engine.feed import Record
from gamefold.engine.ruleset import Rejected
from gamefold.games.spellcasters import tables
from gamefold.games.spellcasters.intents import MATCH_NOT_FOUND
from gamefold.games.spellcasters.routes import shown
from gamefold.games.spellcasters.routes.desk import Desk
from gamefold.web.cursor import SentCursor
from gamefold.web.pagination import LIMIT_DEFAULT, PageCursor, PageLimit
from gamefold.web.route import StrictRoute
from gamefold.web.streams import EventStream, Source
from gamefold.web.validation import Unfit

SCOPE = "spellcasters.matches"
SPEED_LEAST = 0.01


class Match(BaseModel):
    """One match. `winner_id` is null for a draw and while it is being played."""

    match_id: str
    player_1_id: str
    player_2_id: str
    player_1_name: str
    player_2_name: str
    status: str
    winner_id: str | None
    reason: str | None
    turns_played: int | None
    started_at: str
    ended_at: str | None


class MatchPage(BaseModel):
    """A page of matches, newest first."""

    items: list[Match]
    next_cursor: str | None


class MatchWhole(Match):
    """A match with its result and the proof of its chance: `commitment` is the blake2b-256 of `seed`.

    The seed is secret until the match is over.
    """

    damage_p1: int | None
    damage_p2: int | None
    summary: str | None
    run: int
    commitment: str
    seed: str | None


def match_json(row: RowMapping) -> dict[str, Any]:
    """Give a match's record as it is shown."""
    return {
        "match_id": row["match_id"],
        "player_1_id": row["p1_id"],
        "player_2_id": row["p2_id"],
        "player_1_name": row["p1_name"],
        "player_2_name": row["p2_name"],
        "status": row["status"],
        "winner_id": row["winner_id"],
        "reason": row["reason"],
        "turns_played": row["turns_played"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
    }


def build(desk: Desk) -> APIRouter:
    """Give the routes of the archive."""
    router = APIRouter(prefix="/matches", tags=["matches"], route_class=StrictRoute)

    @router.get("", response_model=MatchPage)
    async def page(
        limit: PageLimit = LIMIT_DEFAULT,
        cursor: PageCursor = None,
        player_id: Annotated[str | None, Query(max_length=64)] = None,
        status: Literal["running", "completed", "aborted"] | None = None,
    ) -> dict[str, Any]:
        key = desk.pager.open(SCOPE, cursor)
        before = None if key is None else (str(key[0]), str(key[1]))
        rows = await desk.database.read(
            lambda connection: tables.match_page(connection, limit + 1, before, player_id, status)
        )
        items, next_cursor = desk.pager.page(SCOPE, rows, limit, lambda row: (row["started_at"], row["match_id"]))
        return {"items": [match_json(row) for row in items], "next_cursor": next_cursor}

    @router.get("/{match_id}", response_model=MatchWhole)
    async def whole(match_id: str) -> dict[str, Any]:
        row = await _record(desk, match_id)
        run = (await desk.host.journal.lineage(tables.world_of(match_id)))[-1].run
        return {
            **match_json(row),
            "damage_p1": row["damage_p1"],
            "damage_p2": row["damage_p2"],
            "summary": row["summary"],
            "run": run.run,
            "commitment": run.commitment.hex(),
            "seed": run.seed.hex() if row["status"] != "running" else None,
        }

    @router.get(
        "/{match_id}/replay", status_code=200, responses=shown.STREAMED, response_class=EventStream, response_model=None
    )
    async def replay(
        match_id: str,
        cursor: SentCursor,
        speed: Annotated[float, AfterValidator(_speed), Query(ge=0, le=1_000, allow_inf_nan=False)] = 0,
    ) -> EventStream:
        """Stream the turns again: `speed` turns per second, all at once with 0."""
        await _record(desk, match_id)
        history = desk.host.history(tables.world_of(match_id), cursor.position if cursor else 0)
        return desk.streams.events(Source(_paced(history, speed)), shown.replay_event)

    @router.get("/{match_id}/log", response_class=PlainTextResponse)
    async def log(match_id: str) -> PlainTextResponse:
        await _record(desk, match_id)
        lines = [tables.log_line(record) async for record in desk.host.history(tables.world_of(match_id))]
        return PlainTextResponse("".join(f"{line}\n" for line in lines))

    return router


async def _record(desk: Desk, match_id: str) -> RowMapping:
    row = await desk.database.read(lambda connection: tables.match_record(connection, match_id))
    if row is None:
        raise Rejected(MATCH_NOT_FOUND, "There is no such match.")
    return row


def _speed(value: float) -> float:
    if 0 < value < SPEED_LEAST:
        raise Unfit(f"must be 0, or at least {SPEED_LEAST:g} turns per second")
    return value


async def _paced(history: AsyncIterator[Record], speed: float) -> AsyncIterator[Record]:
    pause_s = 0.0
    async for record in history:
        await asyncio.sleep(pause_s)
        yield record
        pause_s = 1 / speed if speed else 0.0
