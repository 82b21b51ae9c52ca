"""Who somebody is, and how far their hero has come."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import RowMapping
from starlette.responses import Response

from gamefold.games.focus import tables
from gamefold.games.focus.routes.desk import Desk, current_scope
from gamefold.games.focus.routes.envelope import Asked, Reply, Shown, ok
from gamefold.games.focus.state import Milestone, exp_to_next, milestones
from gamefold.games.focus.tables import Scope
from gamefold.platform.accounts.players import CurrentPlayer
from gamefold.platform.accounts.users import User
from gamefold.web.bodies import Text
from gamefold.web.pagination import LIMIT_DEFAULT, PageLimit
from gamefold.web.route import StrictRoute

CurrentScope = Annotated[Scope, Depends(current_scope)]


class UserShown(Shown):
    """A person, to themselves."""

    id: str
    email: str | None
    full_name: str | None
    avatar: str | None


class EquippedShown(Shown):
    """The item in each slot."""

    hat_id: str | None
    outfit_id: str | None
    accessory_id: str | None


class HeroShown(Shown):
    """A hero. With `expToNext` experience it reaches the next level."""

    level: int
    exp: int
    exp_to_next: int
    gold: int
    equipped: EquippedShown


class WorldStateShown(Shown):
    """Rooms and streak. Dates are UTC."""

    study_room_level: int
    build_room_level: int
    training_room_level: int
    plaza_level: int
    total_sessions_success: int
    day_streak: int
    last_session_date: str | None


class Profile(Shown):
    """All of it."""

    user: UserShown
    hero: HeroShown
    world_state: WorldStateShown


class MilestoneShown(Shown):
    """The next level of a room, reached at `atSessions` completed sessions."""

    room: str
    level: int
    at_sessions: int
    current: int
    remaining: int


class WorldStatePage(Shown):
    """World progression, and what is still ahead."""

    world_state: WorldStateShown
    milestones: list[MilestoneShown]


class ProfileBody(Asked):
    """What to change; null empties a field."""

    full_name: Annotated[Text | None, Field(max_length=100)] = None
    avatar: Annotated[Text | None, Field(max_length=2_048)] = None


class Standing(Shown):
    """A hero of this tenant on the leaderboard."""

    rank: int
    user_id: str
    level: int
    exp: int
    total_sessions: int
    mine: bool


def user_shown(user: User) -> UserShown:
    """Give a person as they are shown to themselves."""
    return UserShown(id=user.id, email=user.email, full_name=user.full_name, avatar=user.profile_picture)


def hero_shown(row: RowMapping) -> HeroShown:
    """Give a hero's row as it is shown."""
    return HeroShown(
        level=row["level"],
        exp=row["exp"],
        exp_to_next=exp_to_next(row["level"]),
        gold=row["gold"],
        equipped=equipped_shown(row),
    )


def equipped_shown(row: RowMapping) -> EquippedShown:
    """Give a hero's slots as they are shown."""
    return EquippedShown(
        hat_id=row["equipped_hat_id"],
        outfit_id=row["equipped_outfit_id"],
        accessory_id=row["equipped_accessory_id"],
    )


def world_state_shown(row: RowMapping) -> WorldStateShown:
    """Give a world state's row as it is shown."""
    day = row["last_session_date"]
    fields: dict[str, Any] = {name: row[name] for name in WorldStateShown.model_fields if name != "last_session_date"}
    return WorldStateShown(**fields, last_session_date=None if day is None else day.isoformat())


def milestone_shown(milestone: Milestone) -> MilestoneShown:
    """Give a milestone as it is shown."""
    return MilestoneShown(
        room=milestone.room,
        level=milestone.level,
        at_sessions=milestone.at_sessions,
        current=milestone.current,
        remaining=milestone.remaining,
    )


def build(desk: Desk) -> APIRouter:
    """Give the routes of profiles, world state and leaderboard."""
    router = APIRouter(prefix="/api", tags=["profile"], route_class=StrictRoute)

    @router.get("/profile")
    async def show(scope: CurrentScope) -> Reply[Profile]:
        user = await desk.platform.accounts.user(scope.user_id)
        hero, world = await desk.hero(scope)
        return ok(Profile(user=user_shown(user), hero=hero_shown(hero), world_state=world_state_shown(world)))

    @router.patch("/profile")
    async def change(body: ProfileBody, player: CurrentPlayer) -> Reply[UserShown]:
        sent = body.model_dump(exclude_unset=True)
        changes = {kept: sent[asked] for asked, kept in _KEPT_AS.items() if asked in sent}
        return ok(user_shown(await desk.platform.accounts.update_profile(player.id, **changes)))

    @router.delete("/profile", status_code=204)
    async def leave(player: CurrentPlayer) -> Response:
        await desk.platform.accounts.delete(player.id, player.id)
        return Response(status_code=204)

    @router.get("/worldstate")
    async def world_state(scope: CurrentScope) -> Reply[WorldStatePage]:
        _, world = await desk.hero(scope)
        ahead = [milestone_shown(one) for one in milestones(world["total_sessions_success"])]
        return ok(WorldStatePage(world_state=world_state_shown(world), milestones=ahead))

    @router.get("/leaderboard")
    async def leaderboard(scope: CurrentScope, limit: PageLimit = LIMIT_DEFAULT) -> Reply[list[Standing]]:
        rows = await desk.read(scope, lambda connection, scope: tables.leaderboard(connection, scope, limit))
        return ok([Standing(**{name: row[name] for name in Standing.model_fields}) for row in rows])

    return router


_KEPT_AS = {"full_name": "full_name", "avatar": "profile_picture"}
