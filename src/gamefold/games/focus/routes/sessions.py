"""Focus sessions: start, finish, give up, look back. The server's time counts, and no other."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import RowMapping
from starlette.requests import Request

from gamefold.engine.host import Ack
from gamefold.engine.ruleset import Rejected
from gamefold.games.focus import tables
from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.events import SessionCompleted
from gamefold.games.focus.intents import (
    SESSION_NOT_FOUND,
    ActivateSession,
    CancelSession,
    CompleteSession,
    StartSession,
)
from gamefold.games.focus.routes.desk import Desk
from gamefold.games.focus.routes.envelope import Asked, Reply, Shown, Uuid, ok
from gamefold.games.focus.routes.profile import CurrentScope
from gamefold.games.focus.routes.tasks import page_key
from gamefold.games.focus.state import CancelReason
from gamefold.games.focus.tables import Scope, moment, stamp
from gamefold.web.bodies import Text
from gamefold.web.idempotency import request_entropy
from gamefold.web.pagination import LIMIT_DEFAULT, PageCursor, PageLimit
from gamefold.web.route import StrictRoute


class StartBody(Asked):
    """Which task, and for how long: 25, 50 or 90 minutes."""

    task_template_id: Uuid
    duration_minutes: Annotated[int, Field(examples=[50])]


class CompleteBody(Asked):
    """`completedAt` is noted by the client alone: the server's time counts."""

    completed_at: Annotated[Text | None, Field(max_length=64)] = None


class CancelBody(Asked):
    """Why a session is given up."""

    reason: CancelReason = "user_cancelled"


class StartedShown(Shown):
    """A session that has begun."""

    session_id: str
    started_at: str
    duration_minutes: int
    room: str
    status: Literal["pending"] = "pending"


class ItemShown(Shown):
    """A cosmetic."""

    id: str
    name: str
    type: str
    rarity: str
    sprite_key: str


class SessionShown(Shown):
    """A session, whatever became of it."""

    id: str
    task_template_id: str | None
    duration_minutes: int
    room: str
    status: str
    started_at: str
    ended_at: str | None
    reward_exp: int
    reward_gold: int
    drop_item: ItemShown | None


class SessionPage(Shown):
    """A page of sessions, newest first."""

    items: list[SessionShown]
    next_cursor: str | None


class RewardedShown(Shown):
    """A session that succeeded, and what it earned."""

    id: str
    status: Literal["success"] = "success"
    reward_exp: int
    reward_gold: int
    drop_item: ItemShown | None


class HeroAfter(Shown):
    """The hero after the reward."""

    level: int
    exp: int
    gold: int


class WorldAfter(Shown):
    """Rooms and streak after the session."""

    total_sessions_success: int
    day_streak: int
    study_room_level: int
    build_room_level: int
    training_room_level: int
    plaza_level: int


class CompletedShown(Shown):
    """What came of a completed session."""

    session: RewardedShown
    hero: HeroAfter
    world_state: WorldAfter


def item_shown(item_id: str | None) -> ItemShown | None:
    """Give an item of the catalogue as it is shown."""
    if item_id is None:
        return None
    item = ITEMS[item_id]
    return ItemShown(id=item.id, name=item.name, type=item.type, rarity=item.rarity, sprite_key=item.sprite_key)


def session_shown(row: RowMapping) -> SessionShown:
    """Give a session's row as it is shown."""
    ended_at = row["ended_at"]
    return SessionShown(
        id=row["id"],
        task_template_id=row["task_template_id"],
        duration_minutes=row["duration_minutes"],
        room=row["room"],
        status=row["status"],
        started_at=stamp(row["started_at"]),
        ended_at=None if ended_at is None else stamp(ended_at),
        reward_exp=row["reward_exp"],
        reward_gold=row["reward_gold"],
        drop_item=item_shown(row["drop_item_id"]),
    )


def completed_shown(ack: Ack) -> CompletedShown:
    """Give what a completed session told."""
    told = next(event for event in ack.events if isinstance(event, SessionCompleted))
    rewarded = RewardedShown(
        id=told.session_id,
        reward_exp=told.reward.exp,
        reward_gold=told.reward.gold,
        drop_item=item_shown(told.drop.item_id),
    )
    hero = HeroAfter(level=told.hero.level, exp=told.hero.exp, gold=told.hero.gold)
    fields: dict[str, Any] = {name: getattr(told.progress, name) for name in WorldAfter.model_fields}
    return CompletedShown(session=rewarded, hero=hero, world_state=WorldAfter(**fields))


def build(desk: Desk) -> APIRouter:
    """Give the routes of sessions."""
    router = APIRouter(prefix="/api/sessions", tags=["sessions"], route_class=StrictRoute)

    @router.post("/start", status_code=201)
    async def start(body: StartBody, scope: CurrentScope, request: Request) -> Reply[StartedShown]:
        template = await desk.read(
            scope, lambda connection, scope: tables.template_of(connection, scope, body.task_template_id)
        )
        entropy = request_entropy(request)
        intent = StartSession(
            session_id=desk.entropy.new_id(entropy),
            task_template_id=body.task_template_id,
            duration_minutes=body.duration_minutes,
            room=template["room"],
        )
        ack = await desk.submit(scope, intent, entropy)
        return ok(
            StartedShown(
                session_id=intent.session_id,
                started_at=stamp(moment(ack.time_ms)),
                duration_minutes=intent.duration_minutes,
                room=intent.room,
            )
        )

    @router.get("/history")
    async def history(
        scope: CurrentScope, limit: PageLimit = LIMIT_DEFAULT, cursor: PageCursor = None
    ) -> Reply[SessionPage]:
        kind = f"focus.history:{scope.tenant_id}:{scope.user_id}"
        before = page_key(desk.pager.open(kind, cursor))
        rows = await desk.read(
            scope, lambda connection, scope: tables.session_page(connection, scope, limit + 1, before)
        )
        items, next_cursor = desk.pager.page(kind, rows, limit, tables.session_key)
        return ok(SessionPage(items=[session_shown(row) for row in items], next_cursor=next_cursor))

    @router.get("/{session_id}")
    async def show(session_id: Uuid, scope: CurrentScope) -> Reply[SessionShown]:
        return ok(await _session(desk, scope, session_id))

    @router.post("/{session_id}/activate")
    async def activate(session_id: Uuid, scope: CurrentScope, request: Request) -> Reply[SessionShown]:
        await desk.submit(scope, ActivateSession(session_id), request_entropy(request))
        return ok(await _session(desk, scope, session_id))

    @router.post("/{session_id}/complete")
    async def complete(
        session_id: Uuid, scope: CurrentScope, request: Request, body: CompleteBody | None = None
    ) -> Reply[CompletedShown]:
        del body  # whatever the client's clock says
        return ok(completed_shown(await desk.submit(scope, CompleteSession(session_id), request_entropy(request))))

    @router.post("/{session_id}/cancel")
    async def cancel(
        session_id: Uuid, scope: CurrentScope, request: Request, body: CancelBody | None = None
    ) -> Reply[SessionShown]:
        reason = (body or CancelBody()).reason
        await desk.submit(scope, CancelSession(session_id, reason), request_entropy(request))
        return ok(await _session(desk, scope, session_id))

    return router


async def _session(desk: Desk, scope: Scope, session_id: str) -> SessionShown:
    row = await desk.read(scope, lambda connection, scope: tables.session_of(connection, scope, session_id))
    if row is None:
        raise Rejected(SESSION_NOT_FOUND, "There is no such session.")
    return session_shown(row)
