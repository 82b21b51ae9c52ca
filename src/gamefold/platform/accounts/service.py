"""What a game's routes ask of accounts. Nothing here knows HTTP shapes; refusals are codes.

A game that has something to add to a new person (a tenant, a company) hands in `also`: it runs in the same
transaction, so there is never a person without it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Row, delete, select

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.addresses import checked_username, normal_email, username_key
from gamefold.platform.accounts.families import Why, revoke
from gamefold.platform.accounts.passwords import Passwords, check_new_password, password_bytes
from gamefold.platform.accounts.profiles import UNCHANGED, Change, Unchanged, checked_full_name, checked_picture
from gamefold.platform.accounts.sessions import Begun, Grant, Sessions
from gamefold.platform.accounts.tables import users
from gamefold.platform.accounts.throttle import (
    Attempts,
    account_digest,
    check_throttle,
    forgive,
    note_failure,
)
from gamefold.platform.accounts.users import (
    User,
    add_guest,
    add_user,
    change_user,
    find_by_email,
    find_user,
    lock_user,
    user_of,
)
from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.refusals import (
    ACCOUNT_DISABLED,
    EMAIL_TAKEN,
    INVALID_CREDENTIALS,
    NOT_A_GUEST,
)
from gamefold.storage.columns import moment
from gamefold.storage.database import Database

log = structlog.get_logger("gamefold.platform")

Also = Callable[[Connection, User], None]
"""Adds what a game needs for a new person, in the transaction that makes them."""

Leaving = Callable[[Connection, Actor, str, int], None]
"""Takes a person out of a room of the house before their row goes: (connection, actor, user id, now in ms)."""


class Accounts:
    """People of one installation, whichever games they play."""

    def __init__(
        self,
        database: Database,
        wall: Clock,
        entropy: Entropy,
        passwords: Passwords,
        sessions: Sessions,
        *,
        leaving: Sequence[Leaving] = (),
    ) -> None:
        self._database = database
        self._wall = wall
        self._entropy = entropy
        self._passwords = passwords
        self._leaving = tuple(leaving)
        self._attempts = Attempts()
        self.sessions = sessions

    # -- coming ---------------------------------------------------------------------------------------------------

    async def register(
        self,
        email: str,
        password: str,
        audience: str,
        *,
        username: str | None = None,
        full_name: str | None = None,
        user_id: str | None = None,
        also: Also | None = None,
    ) -> Grant:
        """Add a person and let them in. Pass a `user_id` made from `request_entropy` to make a repetition harmless.

        Rejected EMAIL_INVALID, EMAIL_TAKEN, USERNAME_INVALID, USERNAME_TAKEN, PASSWORD_TOO_WEAK, PASSWORD_TOO_LONG,
        PROFILE_INVALID. EMAIL_TAKEN tells that an address is known: the games' specs ask for it.
        """
        address = normal_email(email)
        shown_name = checked_username(username) if username is not None else None
        name = checked_full_name(full_name)
        raw = check_new_password(password, address, shown_name)
        # A taken address is told before the work of hashing, not after it.
        await self._database.read(lambda connection: _refuse_known(connection, address, user_id))
        hashed = await self._passwords.hash(raw)
        new_id = user_id or self._entropy.new_id()

        def transaction(connection: Connection) -> Begun:
            fresh = _row(connection, users.c.id == new_id) is None
            user = add_user(
                connection,
                new_id,
                email=address,
                hashed_password=hashed,
                username=shown_name,
                full_name=name,
                now_ms=self._wall.now_ms(),
            )
            if fresh and also is not None:
                also(connection, user)
            return self.sessions.begin(connection, user, audience)

        grant = self.sessions.granted(await self._database.write(transaction))
        log.info("account registered", user_id=grant.user.id)
        return grant

    async def guest(
        self, audience: str, *, username: str | None = None, user_id: str | None = None, also: Also | None = None
    ) -> Grant:
        """Let somebody in of whom nothing is known. Rejected USERNAME_INVALID, USERNAME_TAKEN."""
        shown_name = checked_username(username) if username is not None else None
        new_id = user_id or self._entropy.new_id()

        def transaction(connection: Connection) -> Begun:
            fresh = _row(connection, users.c.id == new_id) is None
            user = add_guest(connection, new_id, self._wall.now_ms(), shown_name)
            if fresh and also is not None:
                also(connection, user)
            return self.sessions.begin(connection, user, audience)

        return self.sessions.granted(await self._database.write(transaction))

    async def login(self, identifier: str, password: str, audience: str) -> Grant:
        """Let a person in by address or username.

        Rejected INVALID_CREDENTIALS, the same for unknown people and in the same time; ACCOUNT_DISABLED, only to
        who knows the password. Refused 429 after too many failures, known or not.
        """
        condition, account = _identified(identifier)
        raw = password_bytes(password)
        if raw is None:
            raise _not_them()
        async with self._attempts.one_at_a_time(account):
            known = await self._database.read(lambda connection: self._admitted(connection, account, condition))
            fits, better_hash = await self._passwords.verify(raw, known.hashed_password if known else None)
            if known is None or not fits:
                await self._failed(account)
                raise _not_them()
            checked = known

            def transaction(connection: Connection) -> Begun | None:
                row = connection.execute(select(users).where(users.c.id == checked.id).with_for_update()).first()
                if row is None or row.hashed_password != checked.hashed_password:
                    return None  # changed meanwhile, perhaps because others know this password
                if not row.is_active:
                    raise Rejected(ACCOUNT_DISABLED, "This account is disabled.")
                forgive(connection, account)
                if better_hash is not None:
                    change_user(connection, row.id, self._wall.now_ms(), hashed_password=better_hash)
                return self.sessions.begin(connection, user_of(row), audience)

            begun = await self._database.write(transaction)
        if begun is None:
            raise _not_them()
        return self.sessions.granted(begun)

    async def upgrade(
        self, user_id: str, email: str, password: str, audience: str, *, username: str | None = None
    ) -> Grant:
        """Make an account of a guest, once; what they own stays. Their guest sessions end, a new one begins.

        Rejected NOT_A_GUEST and everything `register` is rejected with.
        """
        address = normal_email(email)
        shown_name = checked_username(username) if username is not None else None
        hashed = await self._passwords.hash(check_new_password(password, address, shown_name))
        actor = Actor(user_id)

        def transaction(connection: Connection) -> tuple[Begun, list[str]]:
            now_ms = self._wall.now_ms()
            if not lock_user(connection, user_id).is_guest:
                raise Rejected(NOT_A_GUEST, "This is an account already.")
            values = {"username": shown_name} if shown_name is not None else {}
            user = change_user(
                connection,
                user_id,
                now_ms,
                email=address,
                hashed_password=hashed,
                is_guest=False,
                password_changed_at=moment(now_ms),
                **values,
            )
            ended = revoke(connection, now_ms, Why.UPGRADED, user_id=user_id)
            begun = self.sessions.begin(connection, user, audience)
            write_audit(connection, actor, "account.upgraded", user_id, now_ms)
            return begun, ended

        begun, ended = await self._database.write(transaction)
        self.sessions.ended(ended, user_id)
        return self.sessions.granted(begun)

    # -- being here -----------------------------------------------------------------------------------------------

    async def user(self, user_id: str) -> User:
        """Read a person. Rejected ACCOUNT_NOT_FOUND."""
        return await self._database.read(lambda connection: find_user(connection, user_id))

    async def update_profile(
        self,
        user_id: str,
        *,
        full_name: Change = UNCHANGED,
        profile_picture: Change = UNCHANGED,
        username: str | Unchanged = UNCHANGED,
    ) -> User:
        """Change what a person says about themselves. Rejected PROFILE_INVALID, USERNAME_INVALID, USERNAME_TAKEN."""
        values: dict[str, object] = {}
        if not isinstance(full_name, Unchanged):
            values["full_name"] = checked_full_name(full_name)
        if not isinstance(profile_picture, Unchanged):
            values["profile_picture"] = checked_picture(profile_picture)
        if not isinstance(username, Unchanged):
            values["username"] = checked_username(username)
        if not values:
            return await self.user(user_id)
        return await self._database.write(
            lambda connection: change_user(connection, user_id, self._wall.now_ms(), **values)
        )

    async def change_password(self, user_id: str, session_id: str, old: str, new: str) -> None:
        """Replace a password by its owner; all other sessions end.

        Rejected INVALID_CREDENTIALS, PASSWORD_TOO_WEAK, PASSWORD_TOO_LONG, ACCOUNT_NOT_FOUND. Refused 429 as `login`.
        """
        row = await self._database.read(lambda connection: _row(connection, users.c.id == user_id))
        if row is None:
            raise _not_them()
        account = account_digest(row.email)
        raw_new = check_new_password(new, row.email, row.username)
        raw_old = password_bytes(old)
        async with self._attempts.one_at_a_time(account):
            await self._database.read(lambda connection: check_throttle(connection, account, self._wall.now_ms()))
            fits, _ = await self._passwords.verify(raw_old or b"", row.hashed_password)
            if not fits or raw_old is None:
                await self._failed(account)
                raise _not_them()
        hashed, actor = await self._passwords.hash(raw_new), Actor(user_id)

        def transaction(connection: Connection) -> list[str]:
            now_ms = self._wall.now_ms()
            if lock_user(connection, user_id).hashed_password != row.hashed_password:
                raise _not_them()
            change_user(connection, user_id, now_ms, hashed_password=hashed, password_changed_at=moment(now_ms))
            ended = revoke(connection, now_ms, Why.PASSWORD, user_id=user_id, but=session_id)
            write_audit(connection, actor, "account.password_changed", user_id, now_ms)
            return ended

        self.sessions.ended(await self._database.write(transaction), user_id)

    # -- going ----------------------------------------------------------------------------------------------------

    async def delete(self, user_id: str, actor_id: str) -> None:
        """Delete a person with everything that hangs on their row. Journals keep their id, which says nothing any more.

        Rejected ACCOUNT_NOT_FOUND, and whatever a room they would leave says (LAST_OWNER).
        """
        actor = Actor(actor_id)

        def transaction(connection: Connection) -> list[str]:
            now_ms = self._wall.now_ms()
            row = lock_user(connection, user_id)
            for leave in self._leaving:
                leave(connection, actor, user_id, now_ms)
            ended = revoke(connection, now_ms, Why.DELETED, user_id=user_id)
            forgive(connection, account_digest(row.email))
            connection.execute(delete(users).where(users.c.id == user_id))
            write_audit(connection, actor, "account.deleted", user_id, now_ms)
            return ended

        self.sessions.ended(await self._database.write(transaction), user_id)
        log.info("account deleted", user_id=user_id)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _admitted(self, connection: Connection, account: bytes, condition: ColumnElement[bool]) -> Row[Any] | None:
        check_throttle(connection, account, self._wall.now_ms())
        return _row(connection, condition)

    async def _failed(self, account: bytes) -> None:
        failure_id = self._entropy.new_id()
        await self._database.write(
            lambda connection: note_failure(connection, failure_id, account, self._wall.now_ms())
        )
        log.warning("login failed")


def _identified(identifier: str) -> tuple[ColumnElement[bool], bytes]:
    """Give how to find somebody by what they typed, and under which name their failures are counted.

    What is neither an address nor a username is looked for all the same, so that it takes as long.
    """
    if "@" in identifier:
        try:
            address = normal_email(identifier)
        except Rejected:
            return users.c.email == "", account_digest(identifier.casefold())
        return users.c.email == address, account_digest(address)
    try:
        key = username_key(checked_username(identifier))
    except Rejected:
        return users.c.username_key == "", account_digest(identifier.casefold())
    return users.c.username_key == key, account_digest(key)


def _row(connection: Connection, condition: ColumnElement[bool]) -> Row[Any] | None:
    return connection.execute(select(users).where(condition)).first()


def _refuse_known(connection: Connection, address: str, user_id: str | None) -> None:
    known = find_by_email(connection, address)
    if known is not None and known.id != user_id:
        raise Rejected(EMAIL_TAKEN, "This address has an account already.")


def _not_them() -> Rejected:
    return Rejected(INVALID_CREDENTIALS, "Address or password is wrong.")
