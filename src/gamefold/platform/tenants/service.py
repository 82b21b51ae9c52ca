"""Tenants for routes: each call one transaction."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.platform.audit import Actor
from gamefold.platform.tenants import members
from gamefold.platform.tenants.members import Member, Membership
from gamefold.platform.tenants.roles import Role
from gamefold.storage.database import Database

T = TypeVar("T")


class Tenants:
    """What people ask of tenants; refusals are those of the functions in `members`."""

    def __init__(self, database: Database, wall: Clock, entropy: Entropy) -> None:
        self._database = database
        self._wall = wall
        self._entropy = entropy

    async def resolve(self, user_id: str, tenant_id: str | None) -> Membership:
        """Give the membership a request acts under; None for the default one. Rejected TENANT_FORBIDDEN."""
        return await self._database.read(lambda connection: members.membership_of(connection, user_id, tenant_id))

    async def of(self, user_id: str) -> list[Membership]:
        """Give all memberships of a person."""
        return await self._database.read(lambda connection: members.memberships_of(connection, user_id))

    async def members(self, asking_id: str, tenant_id: str) -> list[Member]:
        """Give the members of a tenant, to one of them."""
        return await self._database.read(lambda connection: members.members_of(connection, asking_id, tenant_id))

    async def create(self, owner_id: str, name: str, *, tenant_id: str | None = None) -> Membership:
        """Make a tenant."""
        new_id = tenant_id or self._entropy.new_id()
        return await self._change(
            owner_id,
            lambda connection, actor, now_ms: members.create_tenant(connection, actor, new_id, name, owner_id, now_ms),
        )

    async def rename(self, actor_id: str, tenant_id: str, name: str) -> Membership:
        """Give a tenant another name."""
        return await self._change(
            actor_id,
            lambda connection, actor, now_ms: members.rename_tenant(connection, actor, tenant_id, name, now_ms),
        )

    async def add_member(self, actor_id: str, tenant_id: str, email: str, role: Role) -> Membership:
        """Add the person with this address."""
        return await self._change(
            actor_id,
            lambda connection, actor, now_ms: members.add_member(connection, actor, tenant_id, email, role, now_ms),
        )

    async def change_role(self, actor_id: str, tenant_id: str, user_id: str, role: Role) -> Membership:
        """Make a member something else."""
        return await self._change(
            actor_id,
            lambda connection, actor, now_ms: members.change_role(connection, actor, tenant_id, user_id, role, now_ms),
        )

    async def remove_member(self, actor_id: str, tenant_id: str, user_id: str) -> None:
        """Remove a member, or leave."""
        await self._change(
            actor_id,
            lambda connection, actor, now_ms: members.remove_member(connection, actor, tenant_id, user_id, now_ms),
        )

    async def delete(self, actor_id: str, tenant_id: str) -> None:
        """Delete a tenant with everything that hangs on it."""
        await self._change(
            actor_id, lambda connection, actor, now_ms: members.delete_tenant(connection, actor, tenant_id, now_ms)
        )

    async def set_default(self, user_id: str, tenant_id: str) -> Membership:
        """Make a tenant the one that counts where a request names none."""
        return await self._database.write(lambda connection: members.set_default(connection, user_id, tenant_id))

    async def _change(self, actor_id: str, change: Callable[[Connection, Actor, int], T]) -> T:
        actor = Actor(actor_id)
        return await self._database.write(lambda connection: change(connection, actor, self._wall.now_ms()))
