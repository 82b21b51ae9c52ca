"""What operators do to accounts."""

from datetime import datetime

import structlog
from sqlalchemy import Connection, delete, select

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.addresses import normal_email
from gamefold.platform.accounts.families import Why, purge_families, revoke
from gamefold.platform.accounts.passwords import Passwords, check_new_password
from gamefold.platform.accounts.revocations import Revocations, purge_revocations
from gamefold.platform.accounts.tables import bans
from gamefold.platform.accounts.throttle import purge_failures
from gamefold.platform.accounts.users import User, add_user, change_user, lock_user
from gamefold.platform.audit import SYSTEM, Actor, write_audit
from gamefold.platform.refusals import REASON_INVALID
from gamefold.storage.columns import milliseconds, moment
from gamefold.storage.database import Database

REASON_CHARACTERS_MAX = 500

log = structlog.get_logger("gamefold.platform")


async def create_superuser(
    database: Database,
    wall: Clock,
    passwords: Passwords,
    email: str,
    password: str,
    *,
    entropy: Entropy,
    actor_id: str = SYSTEM,
) -> User:
    """Add somebody who may do everything.

    Rejected EMAIL_INVALID, EMAIL_TAKEN, PASSWORD_TOO_WEAK, PASSWORD_TOO_LONG.
    """
    address = normal_email(email)
    hashed = await passwords.hash(check_new_password(password, address))
    new_id, actor = entropy.new_id(), Actor(actor_id)

    def transaction(connection: Connection) -> User:
        now_ms = wall.now_ms()
        user = add_user(connection, new_id, email=address, hashed_password=hashed, is_superuser=True, now_ms=now_ms)
        write_audit(connection, actor, "account.superuser_created", user.id, now_ms)
        return user

    return await database.write(transaction)


class Moderation:
    """Bans, and the house's work on accounts."""

    def __init__(self, database: Database, wall: Clock, revocations: Revocations) -> None:
        self._database = database
        self._wall = wall
        self._revocations = revocations

    async def disable(self, user_id: str, actor_id: str, reason: str, *, until_ms: int | None = None) -> None:
        """Ban a person, for good or until a time: nobody lets them in, and all their sessions end.

        Whoever is banned already is banned anew, until the time that is said now.
        Rejected ACCOUNT_NOT_FOUND, REASON_INVALID.
        """
        ended = await self._set_active(user_id, actor_id, reason, active=False, until_ms=until_ms)
        self._revocations.ended_here(ended, user_id)
        log.warning("account disabled", user_id=user_id, actor=actor_id)

    async def enable(self, user_id: str, actor_id: str, reason: str) -> None:
        """Undo a ban; they log in anew. Rejected ACCOUNT_NOT_FOUND, REASON_INVALID."""
        await self._set_active(user_id, actor_id, reason, active=True)
        log.info("account enabled", user_id=user_id, actor=actor_id)

    async def banned_until(self, user_id: str) -> int | None:
        """Give when a person's ban ends by itself; None where it does not, or there is none."""
        return await self._database.read(lambda connection: _until(connection, user_id))

    async def end_bans(self) -> int:
        """Enable everybody whose ban has run out; give how many."""
        over = select(bans.c.user_id).where(bans.c.until <= moment(self._wall.now_ms())).order_by(bans.c.user_id)
        users = await self._database.read(lambda connection: connection.execute(over).scalars().all())
        for user_id in users:
            await self.enable(user_id, SYSTEM, "the ban has run out")
        return len(users)

    async def purge(self) -> None:
        """Forget sessions, revocations and failures that count no more."""

        def transaction(connection: Connection) -> None:
            now_ms = self._wall.now_ms()
            purge_families(connection, now_ms)
            purge_failures(connection, now_ms)
            purge_revocations(connection)

        await self._database.write(transaction)

    async def _set_active(
        self, user_id: str, actor_id: str, reason: str, *, active: bool, until_ms: int | None = None
    ) -> list[str]:
        if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
            raise Rejected(REASON_INVALID, f"A reason has 1 to {REASON_CHARACTERS_MAX} characters.")
        actor = Actor(actor_id)

        def transaction(connection: Connection) -> list[str]:
            now_ms = self._wall.now_ms()
            was = lock_user(connection, user_id).is_active, _until(connection, user_id)
            ended = [] if active else revoke(connection, now_ms, Why.DISABLED, user_id=user_id)
            if was != (active, until_ms):
                change_user(connection, user_id, now_ms, is_active=active)
                connection.execute(delete(bans).where(bans.c.user_id == user_id))
                if until_ms is not None:
                    connection.execute(bans.insert().values(user_id=user_id, until=moment(until_ms)))
                action = "account.enabled" if active else "account.disabled"
                until = {} if until_ms is None else {"until_ms": until_ms}
                write_audit(connection, actor, action, user_id, now_ms, details={"reason": reason, **until})
            return ended

        return await self._database.write(transaction)


def _until(connection: Connection, user_id: str) -> int | None:
    until: datetime | None = connection.scalar(select(bans.c.until).where(bans.c.user_id == user_id))
    return None if until is None else milliseconds(until)
