"""A platform to test with: virtual real time, cheap hashes, and short words for what tests do all the time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy import Table, func, select, text

from gamefold.engine.entropy import Entropy
from gamefold.platform.accounts.access_tokens import AccessTokens
from gamefold.platform.accounts.moderation import Moderation
from gamefold.platform.accounts.players import Doors
from gamefold.platform.accounts.refresh_tokens import Succession
from gamefold.platform.accounts.revocations import Revocations
from gamefold.platform.accounts.service import Accounts
from gamefold.platform.accounts.sessions import Grant, Sessions
from gamefold.platform.audit import AuditVerdict, verify_audit
from gamefold.platform.tenants.members import leave_all
from gamefold.platform.tenants.service import Tenants
from gamefold.storage.database import Database
from gamefold.testkit.clock import VirtualClock
from gamefold.web.metrics import WebMetrics
from gamefold.web.streams import Streams
from tests.passwords import cheap_passwords

SECRET = b"a secret for tests, and long enough"
ISSUER = "gamefold"
GAME = "gamefold:focus"
OTHER_GAME = "gamefold:tycoon"
AUDIENCES = {"/focus": GAME, "/tycoon": OTHER_GAME, "": "gamefold:house"}
GOOD = "correct-Pferd 7 Batterie"
UNKNOWN = "11111111-2222-4333-8444-555555555555"


class WatchedStreams(Streams):
    """Writes down whose streams were ended."""

    def __init__(self) -> None:
        super().__init__(WebMetrics(CollectorRegistry()))
        self.ended: list[str] = []

    def end_of(self, owner: str) -> int:
        self.ended.append(owner)
        return super().end_of(owner)


@dataclass
class People:
    database: Database
    wall: VirtualClock
    tokens: AccessTokens
    revocations: Revocations
    streams: WatchedStreams
    accounts: Accounts
    moderation: Moderation
    tenants: Tenants
    doors: Doors

    @property
    def sessions(self) -> Sessions:
        return self.accounts.sessions

    async def ada(self, email: str = "ada@example.com", **options: Any) -> Grant:
        return await self.accounts.register(email, GOOD, GAME, **options)

    async def login(self, email: str = "ada@example.com", password: str = GOOD) -> Grant:
        return await self.accounts.login(email, password, GAME)

    async def open_to(self, grant: Grant, path: str = "/focus/api") -> bool:
        """Whether this access token still opens the door."""
        try:
            player = await self.doors.admit(grant.access_token, path)
        except Exception:  # noqa: BLE001
            return False
        return player.id == grant.user.id

    async def count(self, table: Table, *where: Any) -> int:
        query = select(func.count()).select_from(table).where(*where)
        return await self.database.read(lambda connection: connection.scalar(query) or 0)

    async def sql(self, statement: str, **values: Any) -> None:
        await self.database.write(lambda connection: connection.execute(text(statement), values).close())

    async def audit(self) -> AuditVerdict:
        return await self.database.read(verify_audit)


@asynccontextmanager
async def some_people(database: Database, wall: VirtualClock | None = None) -> AsyncIterator[People]:
    wall = wall or VirtualClock()
    streams, passwords, entropy = WatchedStreams(), cheap_passwords(), Entropy()
    tokens = AccessTokens(SECRET, ISSUER, wall)
    revocations = Revocations(database, streams)
    sessions = Sessions(database, wall, entropy, tokens, Succession(SECRET), revocations)
    accounts = Accounts(database, wall, entropy, passwords, sessions, leaving=(leave_all,))
    await revocations.start()
    try:
        yield People(
            database=database,
            wall=wall,
            tokens=tokens,
            revocations=revocations,
            streams=streams,
            accounts=accounts,
            moderation=Moderation(database, wall, revocations),
            tenants=Tenants(database, wall, entropy),
            doors=Doors(tokens, revocations, AUDIENCES, common=["/liveops"]),
        )
    finally:
        await revocations.stop()
        passwords.close()
        structlog.contextvars.clear_contextvars()
