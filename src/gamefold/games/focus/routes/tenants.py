"""Workspaces, and who belongs to them."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.ruleset import Rejected
from gamefold.games.focus.routes.auth import Email
from gamefold.games.focus.routes.desk import Desk
from gamefold.games.focus.routes.envelope import Asked, Reply, Shown, Uuid, ok
from gamefold.games.focus.tables import stamp
from gamefold.platform.accounts.players import CurrentPlayer
from gamefold.platform.refusals import MEMBER_NOT_FOUND
from gamefold.platform.tenants.members import NAME_CHARACTERS_MAX, Member, Membership
from gamefold.platform.tenants.roles import Role
from gamefold.web.bodies import Text
from gamefold.web.idempotency import request_entropy
from gamefold.web.route import StrictRoute


class TenantBody(Asked):
    """A new workspace."""

    name: Annotated[Text, Field(min_length=1, max_length=NAME_CHARACTERS_MAX, examples=["Deep Work Club"])]


class MemberBody(Asked):
    """Who joins, and as what."""

    email: Email
    role: Annotated[Role, Field(strict=False)] = Role.MEMBER


class TenantShown(Shown):
    """A workspace of yours. Its id goes into the header X-Tenant-Id; without one, the default one counts."""

    id: str
    name: str
    role: str
    is_default: bool
    created_at: str


class MemberShown(Shown):
    """Somebody in a workspace."""

    user_id: str
    role: str
    email: str | None
    full_name: str | None
    joined_at: str


def tenant_shown(membership: Membership) -> TenantShown:
    """Give a membership as its owner sees it."""
    return TenantShown(
        id=membership.tenant_id,
        name=membership.tenant_name,
        role=membership.role,
        is_default=membership.is_default,
        created_at=stamp(membership.created_at),
    )


def member_shown(member: Member) -> MemberShown:
    """Give a member as other members see them."""
    return MemberShown(
        user_id=member.user_id,
        role=member.role,
        email=member.email,
        full_name=member.full_name,
        joined_at=stamp(member.created_at),
    )


def build(desk: Desk) -> APIRouter:
    """Give the routes of tenants."""
    router = APIRouter(prefix="/api/tenants", tags=["tenants"], route_class=StrictRoute)
    tenants = desk.platform.tenants
    tenant_path = Annotated[Uuid, Path(description="A tenant's id.")]

    @router.get("")
    async def mine(player: CurrentPlayer) -> Reply[list[TenantShown]]:
        return ok([tenant_shown(membership) for membership in await tenants.of(player.id)])

    @router.post("", status_code=201)
    async def create(body: TenantBody, player: CurrentPlayer, request: Request) -> Reply[TenantShown]:
        tenant_id = desk.entropy.new_id(request_entropy(request))
        return ok(tenant_shown(await tenants.create(player.id, body.name, tenant_id=tenant_id)))

    @router.get("/{tenant_id}/members")
    async def members(tenant_id: tenant_path, player: CurrentPlayer) -> Reply[list[MemberShown]]:
        return ok([member_shown(member) for member in await tenants.members(player.id, tenant_id)])

    @router.post("/{tenant_id}/members", status_code=201)
    async def add(tenant_id: tenant_path, body: MemberBody, player: CurrentPlayer) -> Reply[MemberShown]:
        added = await tenants.add_member(player.id, tenant_id, body.email, body.role)
        everybody = await tenants.members(player.id, tenant_id)
        shown = next((member_shown(member) for member in everybody if member.user_id == added.user_id), None)
        if shown is None:
            raise Rejected(MEMBER_NOT_FOUND, "They have left again already.")
        return ok(shown)

    @router.delete("/{tenant_id}/members/{user_id}", status_code=204)
    async def remove(tenant_id: tenant_path, user_id: Uuid, player: CurrentPlayer) -> Response:
        await tenants.remove_member(player.id, tenant_id, user_id)
        return Response(status_code=204)

    return router
