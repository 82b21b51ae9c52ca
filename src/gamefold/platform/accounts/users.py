"""People as rows: finding, adding and changing them, inside a transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select, update
from sqlalchemy.exc import IntegrityError

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.addresses import username_key
from gamefold.platform.accounts.passwords import UNUSABLE
from gamefold.platform.accounts.tables import users
from gamefold.platform.refusals import ACCOUNT_NOT_FOUND, EMAIL_TAKEN, USERNAME_TAKEN
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person as games may know them. A guest has no email."""

    id: str
    email: str | None
    username: str | None
    full_name: str | None
    profile_picture: str | None
    is_active: bool
    is_superuser: bool
    is_verified: bool
    is_guest: bool
    created_at: datetime
    updated_at: datetime | None


def user_of(row: Row[Any]) -> User:
    """Give a row of `users` without what is nobody's business."""
    return User(
        id=row.id,
        email=None if row.is_guest else row.email,
        username=row.username,
        full_name=row.full_name,
        profile_picture=row.profile_picture,
        is_active=row.is_active,
        is_superuser=row.is_superuser,
        is_verified=row.is_verified,
        is_guest=row.is_guest,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def find_user(connection: Connection, user_id: str) -> User:
    """Read a person. Rejected ACCOUNT_NOT_FOUND."""
    return user_of(_found(connection.execute(select(users).where(users.c.id == user_id)).first()))


def find_by_email(connection: Connection, email: str) -> User | None:
    """Read the person with this address, as `normal_email` gives it. Guests have none."""
    row = connection.execute(select(users).where(users.c.email == email, users.c.is_guest.is_(False))).first()
    return None if row is None else user_of(row)


def lock_user(connection: Connection, user_id: str) -> Row[Any]:
    """Read a person and keep them as they are until the transaction ends. Rejected ACCOUNT_NOT_FOUND."""
    return _found(connection.execute(select(users).where(users.c.id == user_id).with_for_update()).first())


def add_user(
    connection: Connection,
    user_id: str,
    *,
    email: str,
    hashed_password: str,
    now_ms: int,
    username: str | None = None,
    full_name: str | None = None,
    is_superuser: bool = False,
) -> User:
    """Add a person. The same id with the same address again changes nothing. Rejected EMAIL_TAKEN, USERNAME_TAKEN."""
    now = moment(now_ms)
    return _insert(
        connection,
        id=user_id,
        email=email,
        hashed_password=hashed_password,
        username=username,
        username_key=username and username_key(username),
        full_name=full_name,
        is_superuser=is_superuser,
        is_guest=False,
        created_at=now,
        password_changed_at=now,
    )


def add_guest(connection: Connection, user_id: str, now_ms: int, username: str | None = None) -> User:
    """Add somebody of whom nothing is known. Rejected USERNAME_TAKEN."""
    return _insert(
        connection,
        id=user_id,
        email=f"{user_id}@guest.invalid",  # a name nobody can own; `user_of` does not show it
        hashed_password=UNUSABLE,
        username=username,
        username_key=username and username_key(username),
        full_name=None,
        is_superuser=False,
        is_guest=True,
        created_at=moment(now_ms),
        password_changed_at=None,
    )


def change_user(connection: Connection, user_id: str, now_ms: int, **values: object) -> User:
    """Change columns of a locked row. Rejected EMAIL_TAKEN, USERNAME_TAKEN, ACCOUNT_NOT_FOUND."""
    if "username" in values:
        name = values["username"]
        values["username_key"] = username_key(name) if isinstance(name, str) else None
    _refuse_taken(connection, user_id, values.get("email"), values.get("username_key"))
    changed = update(users).where(users.c.id == user_id).values(**values, updated_at=moment(now_ms)).returning(users)
    try:
        with connection.begin_nested():
            row = connection.execute(changed).first()
    except IntegrityError:  # somebody took it since we looked
        _refuse_taken(connection, user_id, values.get("email"), values.get("username_key"))
        raise
    return user_of(_found(row))


def _insert(connection: Connection, **values: Any) -> User:
    _refuse_taken(connection, values["id"], values["email"], values["username_key"])
    made = insert(connection, users).values(is_active=True, is_verified=False, **values).on_conflict_do_nothing()
    row = connection.execute(made.returning(users)).first()
    if row is None:
        # Somebody was quicker, or this is the same request once more: then the row is there as it should be.
        row = connection.execute(select(users).where(users.c.id == values["id"])).first()
        if row is None or row.email != values["email"]:
            _refuse_taken(connection, values["id"], values["email"], values["username_key"])
            raise Rejected(EMAIL_TAKEN, "This address has an account already.")
    return user_of(row)


def _refuse_taken(connection: Connection, user_id: str, email: object, key: object) -> None:
    if email is not None and _taken(connection, users.c.email == email, user_id):
        raise Rejected(EMAIL_TAKEN, "This address has an account already.")
    if key is not None and _taken(connection, users.c.username_key == key, user_id):
        raise Rejected(USERNAME_TAKEN, "This username is taken.")


def _taken(connection: Connection, condition: Any, user_id: str) -> bool:
    return bool(connection.scalar(select(exists().where(condition, users.c.id != user_id))))


def _found(row: Row[Any] | None) -> Row[Any]:
    if row is None:
        raise Rejected(ACCOUNT_NOT_FOUND, "There is no such account.")
    return row
