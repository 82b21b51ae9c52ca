"""Sessions: what a login hands out, how it is kept alive, and how it ends."""

from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.access_tokens import AccessTokens
from gamefold.platform.accounts.families import Rotated, Rotation, Why, open_family, revoke, rotate
from gamefold.platform.accounts.refresh_tokens import RefreshToken, Succession, parse_token
from gamefold.platform.accounts.revocations import Revocations
from gamefold.platform.accounts.users import User, user_of
from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.refusals import ACCOUNT_DISABLED, TOKEN_INVALID, TOKEN_REUSED
from gamefold.storage.database import Database

log = structlog.get_logger("gamefold.platform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a client gets. An answer that carries it says `Cache-Control: no-store`."""

    user: User
    session_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at_ms: int
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that exists once its transaction has committed."""

    user: User
    audience: str
    token: RefreshToken
    crowded_out: list[str]


class Sessions:
    """Begins, prolongs and ends sessions. An audience is the game a session is for: no other takes its tokens."""

    def __init__(
        self,
        database: Database,
        wall: Clock,
        entropy: Entropy,
        tokens: AccessTokens,
        succession: Succession,
        revocations: Revocations,
    ) -> None:
        self._database = database
        self._wall = wall
        self._entropy = entropy
        self._tokens = tokens
        self._succession = succession
        self._revocations = revocations

    def begin(self, connection: Connection, user: User, audience: str) -> Begun:
        """Open a session for a person whose row is locked, or new. Inside a transaction; `granted` follows it."""
        session_id = self._entropy.new_id()
        token, crowded_out = open_family(connection, session_id, user.id, audience, self._wall.now_ms())
        return Begun(user, audience, token, crowded_out)

    def granted(self, begun: Begun) -> Grant:
        """Make the tokens of a session that was begun, after its transaction."""
        self._revocations.ended_here(begun.crowded_out, begun.user.id)
        return self._grant(begun.user, begun.audience, begun.token)

    async def refresh(self, refresh_token: str, audience: str) -> Grant:
        """Give new tokens for a refresh token. The same token again within 10 s gets the same successor.

        Rejected TOKEN_INVALID; ACCOUNT_DISABLED; TOKEN_REUSED, when it was used up before: then somebody else has
        it too, and the session is over for both.
        """
        token = parse_token(refresh_token)
        if token is None:
            raise _invalid()
        shown, nobody = token, Actor("unknown")

        def transaction(connection: Connection) -> Rotated:
            now_ms = self._wall.now_ms()
            rotated = rotate(connection, self._succession, shown, audience, now_ms)
            if rotated.outcome is Rotation.REUSED and rotated.user is not None:
                write_audit(
                    connection,
                    nobody,
                    "session.reuse_detected",
                    rotated.user.id,
                    now_ms,
                    details={"session_id": shown.family_id, "generation": shown.generation},
                )
            return rotated

        rotated = await self._database.write(transaction)
        if rotated.outcome is Rotation.ROTATED and rotated.user is not None and rotated.token is not None:
            return self._grant(user_of(rotated.user), audience, rotated.token)
        if rotated.outcome is Rotation.REUSED and rotated.user is not None:
            self._revocations.ended_here([shown.family_id], rotated.user.id)
            log.warning("refresh token reused", user_id=rotated.user.id, session_id=shown.family_id)
            raise Rejected(TOKEN_REUSED, "This refresh token was used before; log in again.")
        if rotated.outcome is Rotation.DISABLED:
            raise Rejected(ACCOUNT_DISABLED, "This account is disabled.")
        raise _invalid()

    async def logout(self, session_id: str, user_id: str) -> None:
        """End one session of a person."""
        await self.end(user_id, Why.LOGOUT, session_ids=[session_id])

    async def logout_everywhere(self, user_id: str) -> int:
        """End all sessions of a person; give how many there were."""
        return len(await self.end(user_id, Why.LOGOUT))

    async def end(self, user_id: str, why: Why, *, session_ids: list[str] | None = None) -> list[str]:
        """End sessions of a person, or all of them; give those that were open."""
        ended = await self._database.write(
            lambda connection: revoke(connection, self._wall.now_ms(), why, session_ids=session_ids, user_id=user_id)
        )
        self.ended(ended, user_id)
        return ended

    def ended(self, session_ids: list[str], user_id: str) -> None:
        """Let this process know at once of sessions that a transaction has ended; others learn within a second."""
        self._revocations.ended_here(session_ids, user_id)

    def _grant(self, user: User, audience: str, token: RefreshToken) -> Grant:
        access = self._tokens.issue(
            user.id, token.family_id, audience, superuser=user.is_superuser, guest=user.is_guest
        )
        return Grant(
            user=user,
            session_id=token.family_id,
            access_token=access.text,
            refresh_token=token.text,
            expires_at_ms=access.expires_at_ms,
            expires_in_s=access.expires_in_s,
        )


def _invalid() -> Rejected:
    return Rejected(TOKEN_INVALID, "This refresh token is not valid; log in again.")
