"""Watch matches the playground remembers: live streams, replays, the list of running ones, and the end of them."""

from typing import Any

from fastapi import APIRouter, Depends, WebSocket
from pydantic import BaseModel
from sqlalchemy import RowMapping
from starlette.responses import Response

from gamefold.engine.feed import Subscription
from gamefold.engine.ruleset import Rejected
from gamefold.games.spellcasters import tables
from gamefold.games.spellcasters.intents import SESSION_OVER, AbortMatch
from gamefold.games.spellcasters.routes import shown
from gamefold.games.spellcasters.routes.desk import Desk
from gamefold.web.cursor import Cursor, SentCursor
from gamefold.web.route import StrictRoute
from gamefold.web.streams import EventStream, Source


class Session(BaseModel):
    """A session of the playground."""

    session_id: str
    player_1_id: str
    player_2_id: str
    status: str
    started_at: str | None
    ended_at: str | None


class SessionNow(Session):
    """A session with its latest turn, in the form of the stream's `turn_update`."""

    latest: dict[str, Any]


def session_json(row: RowMapping) -> dict[str, Any]:
    """Give a session's row as it is shown."""
    return {
        "session_id": row["session_id"],
        "player_1_id": row["p1_id"],
        "player_2_id": row["p2_id"],
        "status": row["status"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
    }


def build(desk: Desk) -> APIRouter:
    """Give the routes that watch sessions."""
    router = APIRouter(prefix="/playground", tags=["playground"], route_class=StrictRoute)
    operators_only = [Depends(desk.operators)]

    @router.get("/active", response_model=list[Session], dependencies=operators_only)
    async def active() -> list[dict[str, Any]]:
        return [session_json(row) for row in await desk.database.read(tables.running_sessions)]

    @router.get("/{session_id}", response_model=SessionNow)
    async def now(session_id: str) -> dict[str, Any]:
        session = await desk.session(session_id)
        latest: dict[str, Any] = {}
        async for record in desk.host.history(tables.world_of(session_id), await _before_latest(desk, session)):
            event = shown.told(record)
            latest = event[1] if event and event[0] == shown.TURN_UPDATE else latest
        return {**session_json(session), "latest": latest}

    @router.get(
        "/{session_id}/events",
        status_code=200,
        responses=shown.STREAMED,
        response_class=EventStream,
        response_model=None,
    )
    async def events(session_id: str, cursor: SentCursor) -> EventStream:
        session = await desk.session(session_id)
        return desk.streams.events(await _live(desk, session, cursor), shown.live_event)

    @router.websocket("/{session_id}/ws")
    async def frames(socket: WebSocket, session_id: str, cursor: SentCursor) -> None:
        session = await desk.session(session_id)
        await desk.streams.frames(socket, await _live(desk, session, cursor), shown.live_frame)

    @router.get(
        "/{session_id}/replay",
        status_code=200,
        responses=shown.STREAMED,
        response_class=EventStream,
        response_model=None,
    )
    async def replay(session_id: str, cursor: SentCursor) -> EventStream:
        await desk.session(session_id)
        after = cursor.position if cursor else 0
        source = Source(desk.host.history(tables.world_of(session_id), after))
        return desk.streams.events(source, shown.replay_event)

    @router.delete("/{session_id}", status_code=204, dependencies=operators_only)
    async def clean(session_id: str) -> Response:
        session = await desk.session(session_id)
        if session["status"] == "running":
            try:
                await desk.host.submit(tables.world_of(session_id), "operator", AbortMatch("cleaned up by an operator"))
            except Rejected as refusal:
                if refusal.code != SESSION_OVER:  # it ended by itself meanwhile
                    raise
        now_ms = desk.clock.now_ms()
        await desk.database.write(lambda connection: tables.clean_session(connection, session_id, now_ms))
        return Response(status_code=204)

    return router


async def _live(desk: Desk, session: RowMapping, cursor: Cursor | None) -> Source:
    """Give the stream of a session: after the viewer's cursor, or from the latest turn for a new viewer."""
    world = tables.world_of(session["session_id"])
    # Subscribed before anything is read, so that nothing can happen in between unseen.
    subscription: Subscription = await desk.host.subscribe(world)
    try:
        latest = await _before_latest(desk, session)
        if cursor is None:
            after = latest
        else:
            run, position = cursor.run, cursor.position
            after = position if run is None else await desk.host.resume_from(world, run, position)
            # A server that was restored from a backup knows less than its viewers have seen.
            after = min(after, latest + (1 if session["status"] == "running" else 2))
        return Source(desk.host.history(world, after), subscription, after, until=shown.ends_match)
    except BaseException:
        subscription.close()
        raise


async def _before_latest(desk: Desk, session: RowMapping) -> int:
    """Give the position before the latest turn: the board of turn n is the event at position n + 1."""
    session_id = session["session_id"]
    if session["status"] == "running":
        turn: int = await desk.host.query(tables.world_of(session_id), lambda match: match.turn)
        return turn
    record = await desk.database.read(lambda connection: tables.match_record(connection, session_id))
    return record["turns_played"] or 0 if record else 0
