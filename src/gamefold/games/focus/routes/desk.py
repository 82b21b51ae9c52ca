"""What the routes work with: whose save a request is about, and the status code of every refusal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection, RowMapping

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Ack, Host
from gamefold.engine.journal import WorldNotFound
from gamefold.engine.ruleset import Intent
from gamefold.games.focus import tables
from gamefold.games.focus.intents import (
    CONCURRENT_SESSION_LIMIT,
    DURATION_NOT_ALLOWED,
    ITEM_NOT_OWNED,
    SESSION_ALREADY_COMPLETED,
    SESSION_ID_TAKEN,
    SESSION_NOT_FOUND,
    STREAK_NOT_MISSED,
    TASK_NOT_FOUND,
    TEMPLATE_MISMATCH,
    TOO_EARLY,
    SaveSpec,
)
from gamefold.games.focus.tables import Scope
from gamefold.platform.accounts.players import CurrentPlayer
from gamefold.platform.opening import Platform
from gamefold.platform.refusals import STATUS_OF as PLATFORM_STATUS_OF
from gamefold.platform.tenants.current import CurrentTenant
from gamefold.platform.tenants.members import forbidden
from gamefold.storage.database import Database
from gamefold.web.pagination import Pager

T = TypeVar("T")

STATUS_OF: Final[Mapping[str, int]] = {
    **PLATFORM_STATUS_OF,
    SESSION_NOT_FOUND: 404,
    SESSION_ALREADY_COMPLETED: 409,
    SESSION_ID_TAKEN: 409,
    TOO_EARLY: 422,
    DURATION_NOT_ALLOWED: 422,
    CONCURRENT_SESSION_LIMIT: 409,
    TEMPLATE_MISMATCH: 403,
    TASK_NOT_FOUND: 404,
    ITEM_NOT_OWNED: 409,
    STREAK_NOT_MISSED: 409,
}


async def current_scope(player: CurrentPlayer, tenant: CurrentTenant) -> Scope:
    """Give all that a request may touch: its player, in the tenant it names."""
    return Scope(tenant.tenant_id, player.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything the routes ask. `tell` hears what was accepted, for metrics and analytics.

    `request` is `request_entropy`: what a process had accepted before it died is answered, and not asked again.
    """

    host: Host
    database: Database
    clock: Clock
    entropy: Entropy
    platform: Platform
    pager: Pager
    tell: Callable[[Ack], None]

    async def submit(self, scope: Scope, intent: Intent, request: str | None = None) -> Ack:
        """Ask the rules of a save; it begins with the first thing that is asked of it."""
        try:
            ack = await self.host.submit(scope.world, scope.user_id, intent, request=request)
        except WorldNotFound:
            await self.begin(scope)
            ack = await self.host.submit(scope.world, scope.user_id, intent, request=request)
        self.tell(ack)
        return ack

    async def begin(self, scope: Scope) -> None:
        """Make a save where there is none yet."""
        await self.host.ensure(scope.world, SaveSpec(scope.tenant_id, scope.user_id), actor=scope.user_id)

    async def hero(self, scope: Scope) -> tuple[RowMapping, RowMapping]:
        """Read hero and world state of a save, which begins where there is none yet."""
        found = await self.read(scope, _hero_and_world)
        if found is None:
            await self.begin(scope)
            found = await self.read(scope, _hero_and_world)
        if found is None:
            raise forbidden()  # they left, or their tenant went, while we looked
        return found

    async def read(self, scope: Scope, query: Callable[[Connection, Scope], T]) -> T:
        """Read this scope's rows, and no others."""
        return await tables.read_as(self.database, scope, query)

    async def write(self, scope: Scope, transaction: Callable[[Connection, Scope], T]) -> T:
        """Write this scope's plain rows, and no others."""
        return await tables.write_as(self.database, scope, transaction)


def _hero_and_world(connection: Connection, scope: Scope) -> tuple[RowMapping, RowMapping] | None:
    hero, world = tables.hero_of(connection, scope), tables.world_state_of(connection, scope)
    return None if hero is None or world is None else (hero, world)
