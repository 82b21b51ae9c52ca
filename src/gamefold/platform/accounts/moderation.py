"""What operators do to accounts."""

import structlog
from sqlalchemy import Connection

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.addresses import normal_email
from gamefold.platform.accounts.families import Why, purge_families, revoke
from gamefold.platform.accounts.passwords import Passwords, check_new_password
from gamefold.platform.accounts.revocations import Revocations, purge_revocations
from gamefold.platform.accounts.throttle import purge_failures
from gamefold.platform.accounts.users import User, add_user, change_user, lock_user
from gamefold.platform.audit import SYSTEM, Actor, write_audit
from gamefold.platform.refusals import REASON_INVALID
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

    async def disable(self, user_id: str, actor_id: str, reason: str) -> None:
        """Ban a person: nobody lets them in, and all their sessions end.

        Rejected ACCOUNT_NOT_FOUND, REASON_INVALID.
        """
        ended = await self._set_active(user_id, actor_id, reason, active=False)
        self._revocations.ended_here(ended, user_id)
        log.warning("account disabled", user_id=user_id, actor=actor_id)

    async def enable(self, user_id: str, actor_id: str, reason: str) -> None:
        """Undo a ban; they log in anew. Rejected ACCOUNT_NOT_FOUND, REASON_INVALID."""
        await self._set_active(user_id, actor_id, reason, active=True)
        log.info("account enabled", user_id=user_id, actor=actor_id)

    async def purge(self) -> None:
        """Forget sessions, revocations and failures that count no more."""

        def transaction(connection: Connection) -> None:
            now_ms = self._wall.now_ms()
            purge_families(connection, now_ms)
            purge_failures(connection, now_ms)
            purge_revocations(connection)

        await self._database.write(transaction)

    async def _set_active(self, user_id: str, actor_id: str, reason: str, *, active: bool) -> list[str]:
        if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
            raise Rejected(REASON_INVALID, f"A reason has 1 to {REASON_CHARACTERS_MAX} characters.")
        actor = Actor(actor_id)

        def transaction(connection: Connection) -> list[str]:
            now_ms = self._wall.now_ms()
            was = lock_user(connection, user_id).is_active
            ended = [] if active else revoke(connection, now_ms, Why.DISABLED, user_id=user_id)
            if was != active:
                change_user(connection, user_id, now_ms, is_active=active)
                action = "account.enabled" if active else "account.disabled"
                write_audit(connection, actor, action, user_id, now_ms, details={"reason": reason})
            return ended

        return await self._database.write(transaction)
