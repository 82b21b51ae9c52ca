"""Token families in the database: one login each, from its first refresh token to its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from gamefold.platform.accounts.refresh_tokens import RefreshToken, Succession, first_token
from gamefold.platform.accounts.tables import revocations, token_families, users
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert

IDLE_LIFE: Final = timedelta(days=30)
WHOLE_LIFE: Final = timedelta(days=90)
RETRY_WINDOW: Final = timedelta(seconds=10)
PER_USER_MAX: Final = 100


class Why(StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"
    REUSE = "refresh token reused"
    PASSWORD = "password changed"  # noqa: S105
    DISABLED = "account disabled"
    DELETED = "account deleted"
    UPGRADED = "guest upgraded"
    CROWDED = "too many sessions"


class Rotation(StrEnum):
    """What a shown refresh token turned out to be."""

    ROTATED = "rotated"  # `token` is its successor, also when the same rotation is repeated at once
    REUSED = "reused"  # it was rotated before, and not just now: the family is revoked
    DISABLED = "disabled"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Rotated:
    """The outcome of a refresh. `user` is the row of the user where the token was genuine."""

    outcome: Rotation
    token: RefreshToken | None = None
    user: Row[Any] | None = None


def open_family(
    connection: Connection, family_id: str, user_id: str, audience: str, now_ms: int
) -> tuple[RefreshToken, list[str]]:
    """Begin a session; give its first refresh token, and the sessions that had to end because there were too many.

    The user's row must be locked, so that a ban that comes in between sees this session.
    """
    token = first_token(family_id)
    now = moment(now_ms)
    connection.execute(
        token_families.insert().values(
            id=family_id,
            user_id=user_id,
            audience=audience,
            generation=0,
            token_hash=token.hash,
            rotated_at=now,
            created_at=now,
            expires_at=now + IDLE_LIFE,
        )
    )
    live = select(token_families.c.id).where(
        token_families.c.user_id == user_id, token_families.c.revoked_at.is_(None), token_families.c.id != family_id
    )
    newest_first = live.order_by(token_families.c.created_at.desc(), token_families.c.id)
    crowd = list(connection.scalars(newest_first.offset(PER_USER_MAX - 1)))
    return token, revoke(connection, now_ms, Why.CROWDED, session_ids=crowd)


def rotate(connection: Connection, succession: Succession, token: RefreshToken, audience: str, now_ms: int) -> Rotated:
    """Take a refresh token and give its successor. What is refused may still change rows: commit it."""
    query = select(token_families, users.c.is_active).join(users, users.c.id == token_families.c.user_id)
    locked = query.where(token_families.c.id == token.family_id).with_for_update(of=token_families)
    family = connection.execute(locked).first()
    if (
        family is None
        or family.audience != audience
        or not succession.leads_to(token, family.generation, family.token_hash)
    ):
        return Rotated(Rotation.INVALID)
    user = connection.execute(select(users).where(users.c.id == family.user_id)).one()
    if not user.is_active:
        return Rotated(Rotation.DISABLED, user=user)
    now = moment(now_ms)
    if family.revoked_at is not None or family.expires_at <= now:
        return Rotated(Rotation.INVALID)

    successor = succession.next(token)
    if token.generation == family.generation:
        _move_on(connection, successor, now, family.created_at)
        return Rotated(Rotation.ROTATED, successor, user)
    if token.generation == family.generation - 1 and now - family.rotated_at <= RETRY_WINDOW:
        return Rotated(Rotation.ROTATED, successor, user)
    revoke(connection, now_ms, Why.REUSE, session_ids=[token.family_id])
    return Rotated(Rotation.REUSED, user=user)


def _move_on(connection: Connection, successor: RefreshToken, now: datetime, created_at: datetime) -> None:
    connection.execute(
        update(token_families)
        .where(token_families.c.id == successor.family_id)
        .values(
            generation=successor.generation,
            token_hash=successor.hash,
            rotated_at=now,
            expires_at=min(now + IDLE_LIFE, created_at + WHOLE_LIFE),
        )
    )


def revoke(
    connection: Connection,
    now_ms: int,
    why: Why,
    *,
    session_ids: Sequence[str] | None = None,
    user_id: str | None = None,
    but: str | None = None,
) -> list[str]:
    """End sessions, some or all of a user's (`but` one), and tell every process; give those that were open."""
    if session_ids is not None and not session_ids:
        return []
    chosen: list[ColumnElement[bool]] = [token_families.c.revoked_at.is_(None)]
    if session_ids is not None:
        chosen.append(token_families.c.id.in_(session_ids))
    if user_id is not None:
        chosen.append(token_families.c.user_id == user_id)
    if but is not None:
        chosen.append(token_families.c.id != but)
    assert session_ids is not None or user_id is not None, "somebody's sessions, not everybody's"
    ended = connection.execute(
        update(token_families)
        .where(*chosen)
        .values(revoked_at=moment(now_ms), revoked_why=why.value)
        .returning(token_families.c.id, token_families.c.user_id)
    ).all()
    if ended:
        told = [{"session_id": family_id, "user_id": owner} for family_id, owner in ended]
        connection.execute(insert(connection, revocations).on_conflict_do_nothing(), told)
    return [family_id for family_id, _ in ended]


def purge_families(connection: Connection, now_ms: int) -> int:
    """Forget sessions that ended a day ago (until then, a late reuse is still called by its name); give how many."""
    old = moment(now_ms) - timedelta(days=1)
    gone = (token_families.c.expires_at < old) | (token_families.c.revoked_at < old)
    return connection.execute(delete(token_families).where(gone)).rowcount
