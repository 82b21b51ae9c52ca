"""Start a match, and play in it."""

from typing import Annotated, Final

from fastapi import APIRouter, Body
from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping
from starlette.requests import Request

from gamefold.engine.ruleset import Rejected
from gamefold.games.spellcasters import tables
from gamefold.games.spellcasters.intents import (
    BOT_NOT_FOUND,
    NOT_A_PARTICIPANT,
    SESSION_LIMIT,
    SESSION_OVER,
    MatchSpec,
    SeatSpec,
    SubmitAction,
    read_action,
)
from gamefold.games.spellcasters.routes.bodies import Start, StartAgainst, StartByIds, Submit
from gamefold.games.spellcasters.routes.desk import Desk
from gamefold.games.spellcasters.state import SeatNumber
from gamefold.web.errors import InvalidRequest, Refused
from gamefold.web.idempotency import request_entropy
from gamefold.web.route import StrictRoute

DEFAULT_OPPONENT: Final = "builtin_sample_1"
BUILTIN_BOT_OF: Final = {"builtin_sample_1": "sample_bot_1", "builtin_tactical": "tactical_bot"}


class Started(BaseModel):
    """A match that has begun."""

    session_id: str
    sse_url: str


class Accepted(BaseModel):
    """An action that will be played when its turn resolves."""

    accepted: bool
    session_id: str
    turn: int


def build(desk: Desk) -> APIRouter:
    """Give the routes that change matches."""
    router = APIRouter(prefix="/playground", tags=["playground"], route_class=StrictRoute)

    @router.post("/start", response_model=Started)
    async def start(body: Annotated[Start, Body()], request: Request) -> dict[str, str]:
        one_id, two_id = _players_asked(body)
        one, two = await desk.database.read(lambda connection: _both(connection, one_id, two_id))
        if one_id == two_id and not one["is_builtin"]:
            raise InvalidRequest("A player cannot play against themselves.")
        options = desk.options
        spec = MatchSpec(
            p1=_seat(one),
            p2=_seat(two),
            tick_delay_ms=options.turn_delay_ms if body.tick_delay_ms is None else body.tick_delay_ms,
            turn_timeout_ms=options.turn_timeout_ms,
            turns_max=options.turns_max,
        )
        session_id = desk.entropy.new_id(request_entropy(request))

        def guard(connection: Connection) -> None:
            tables.admit_session(connection, session_id, (one_id, two_id), options.sessions_max)

        try:
            await desk.host.ensure(tables.world_of(session_id), spec, actor=one_id, guard=guard)
        except Rejected as refusal:
            if refusal.code != SESSION_LIMIT:
                raise
            # A limit of the moment: say when to come back.
            raise Refused(503, refusal.code, refusal.message, headers={"Retry-After": "5"}) from None
        return {"session_id": session_id, "sse_url": f"/playground/{session_id}/events"}

    @router.post("/{session_id}/action", response_model=Accepted)
    async def act(session_id: str, body: Submit) -> dict[str, object]:
        seats = await desk.seats(session_id, body.player_id)
        action, notes = read_action(body.action.answer()) if body.action is not None else (None, ())
        intent = SubmitAction(seat=_seat_of(seats, body.player_id), turn=body.turn, action=action, notes=notes)
        # The same action again is the same request: a client that lost the answer may simply ask once more.
        request = f"{intent.seat}:{body.turn}:{action}"
        try:
            ack = await desk.host.submit(tables.world_of(session_id), body.player_id, intent, request=request)
        except Rejected as refusal:
            if refusal.code == SESSION_OVER:
                await desk.session(session_id)  # refuses SESSION_NOT_FOUND where it was forgotten since
            raise
        if ack.repeated:
            await desk.session(session_id)
        return {"accepted": True, "session_id": session_id, "turn": body.turn}

    return router


def _players_asked(body: StartByIds | StartAgainst) -> tuple[str, str]:
    """Give both players of either form of the request. Rejected BOT_NOT_FOUND."""
    if isinstance(body, StartByIds):
        return body.player_1_id, body.player_2_id
    opponent_id = body.opponent_id or DEFAULT_OPPONENT
    if body.opponent_type == "builtin" and opponent_id not in BUILTIN_BOT_OF:
        raise Rejected(BOT_NOT_FOUND, "There is no built-in bot of this id.")
    if body.opponent_type == "bot" and opponent_id not in BUILTIN_BOT_OF:
        raise Rejected(BOT_NOT_FOUND, "This player has no submitted bot.")
    return body.player_id, opponent_id


def _both(connection: Connection, one_id: str, two_id: str) -> tuple[RowMapping, RowMapping]:
    return tables.player_of(connection, one_id), tables.player_of(connection, two_id)


def _seat(player: RowMapping) -> SeatSpec:
    bot = BUILTIN_BOT_OF.get(player["player_id"])
    name = player["player_name"] if bot is None else bot
    return SeatSpec(player_id=player["player_id"], name=name, source="http" if bot is None else "bot", bot=bot)


def _seat_of(seats: tuple[str, str], player_id: str) -> SeatNumber:
    """Give the seat a player acts for. Rejected NOT_A_PARTICIPANT."""
    if player_id in BUILTIN_BOT_OF or player_id not in seats:
        raise Rejected(NOT_A_PARTICIPANT, "This player does not play in this session.")
    return 1 if seats[0] == player_id else 2
