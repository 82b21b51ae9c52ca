"""Databases and hosts to test with, and the people who play there."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Connection, text

from gamefold.engine.ruleset import Event, Intent, Ruleset
from gamefold.games.focus.balance import NUMBERS
from gamefold.games.focus.intents import CompleteSession, SaveSpec, StartSession
from gamefold.games.focus.state import MINUTE_MS
from gamefold.games.focus.tables import FocusProjector, Scope
from gamefold.storage.opening import open_database
from gamefold.testkit.clock import VirtualClock
from gamefold.testkit.hosted import Hosted

from .builders import LUCKY, NOON_MS, OTHER_TENANT, OTHER_USER, TENANT, USER, an_id

ME = Scope(TENANT, USER)
COLLEAGUE = Scope(TENANT, OTHER_USER)  # another user of my tenant
ELSEWHERE = Scope(OTHER_TENANT, USER)  # myself in another tenant
STRANGER = Scope(OTHER_TENANT, OTHER_USER)
EVERYBODY = (ME, COLLEAGUE, ELSEWHERE, STRANGER)


def add_people(connection: Connection) -> None:
    """Add two tenants and two users."""
    # Written out, because only PostgreSQL would want to be told that the parameters are UUIDs.
    for tenant in (TENANT, OTHER_TENANT):
        connection.execute(text(f"INSERT INTO platform.tenant (id, name) VALUES ('{tenant}', 'Workspace')"))
    for user in (USER, OTHER_USER):
        columns = "(id, email, hashed_password)"
        connection.execute(text(f"INSERT INTO platform.users {columns} VALUES ('{user}', '{user}@example.com', '')"))


@contextlib.asynccontextmanager
async def focus_house(url: str, ruleset: Ruleset = LUCKY, clock: VirtualClock | None = None) -> AsyncIterator[Hosted]:
    """Give a started host on a database that has all tables."""
    database = open_database(url)
    projectors = {"focus": FocusProjector()}
    house = Hosted(database, clock or VirtualClock(NOON_MS), {"focus": ruleset}, projectors, {}, None)
    await house.start()
    try:
        yield house
    finally:
        await house.host.close()
        await database.close()


class Seat:
    """One user's place in a house: asks for intents, moves the clock."""

    def __init__(self, house: Hosted, scope: Scope = ME, first_id: int = 1) -> None:
        self.house, self.scope, self.numbered = house, scope, first_id - 1

    async def begin(self) -> "Seat":
        await self.house.host.ensure(self.scope.world, SaveSpec(self.scope.tenant_id, self.scope.user_id))
        return self

    async def ask(self, intent: Intent) -> tuple[Event, ...]:
        return (await self.house.host.submit(self.scope.world, self.scope.user_id, intent)).events

    async def start(self, minutes: int = 25, room: Any = "study_room", template: str | None = None) -> str:
        self.numbered += 1
        session_id = an_id(self.numbered)
        await self.ask(StartSession(session_id, template, minutes, room))
        return session_id

    async def focus(self, minutes: int = 25, room: Any = "study_room") -> str:
        session_id = await self.start(minutes, room)
        self.house.clock.advance(minutes * MINUTE_MS)
        await self.ask(CompleteSession(session_id))
        return session_id

    async def time_out(self, minutes: int = 25) -> str:
        session_id = await self.start(minutes)
        self.house.clock.advance((minutes + NUMBERS.timeout_grace_minutes) * MINUTE_MS)
        return session_id


def table_rows(connection: Connection, table: Any) -> list[dict[str, Any]]:
    """Read a whole table, sorted."""
    return sorted((dict(row) for row in connection.execute(table.select()).mappings()), key=repr)
