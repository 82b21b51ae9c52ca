"""Whose rows: every query of tenant data is filtered by tenant and user, and PostgreSQL checks it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, text

from gamefold.games.focus.state import world_of
from gamefold.storage.database import Database

T = TypeVar("T")

APP_ROLE: Final = "gamefold_app"  # on PostgreSQL: may see only rows of the scope it was given

_ENTER: Final = text(
    "SELECT set_config('gamefold.tenant_id', :tenant_id, true), set_config('gamefold.user_id', :user_id, true),"
    " set_config('role', :role, true)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """One user in one tenant: all that a request may touch."""

    tenant_id: str
    user_id: str

    @property
    def world(self) -> str:
        """The world they play in."""
        return world_of(self.tenant_id, self.user_id)

    def owns(self, table: FromClause) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Give the two filters that every query of `table` carries."""
        return table.c.tenant_id == self.tenant_id, table.c.user_id == self.user_id

    def row(self, row_id: str) -> dict[str, str]:
        """Give what every new row of this scope begins with."""
        return {"id": row_id, "tenant_id": self.tenant_id, "user_id": self.user_id}


def scope_of(world: str) -> Scope:
    """Give the scope of a world `focus/{tenant}/{user}`."""
    _, tenant_id, user_id = world.split("/")
    return Scope(tenant_id, user_id)


def scoped(connection: Connection, scope: Scope) -> None:
    """Put the rest of this transaction behind the second wall: row-level security under `gamefold_app`.

    It may then read this scope's rows and write its task templates. SQLite has no such wall; nothing happens there.
    Not for transactions in which the engine writes: those are the owner's.
    """
    if connection.dialect.name == "postgresql":
        # Both act until the transaction ends: setting `role` so is SET LOCAL ROLE, in the same round trip.
        connection.execute(_ENTER, {"tenant_id": scope.tenant_id, "user_id": scope.user_id, "role": APP_ROLE})


async def read_as(database: Database, scope: Scope, query: Callable[[Connection, Scope], T]) -> T:
    """Run `query(connection, scope)` read-only, behind both walls. Raises like `Database.read`."""

    def scoped_query(connection: Connection) -> T:
        scoped(connection, scope)
        return query(connection, scope)

    return await database.read(scoped_query)


async def write_as(database: Database, scope: Scope, transaction: Callable[[Connection, Scope], T]) -> T:
    """Run `transaction(connection, scope)`, behind both walls. Raises like `Database.write`."""

    def scoped_transaction(connection: Connection) -> T:
        scoped(connection, scope)
        return transaction(connection, scope)

    return await database.write(scoped_transaction)
