"""Tenants and their members as plain functions, to be part of any transaction.

Whoever is no member of a tenant gets one answer, TENANT_FORBIDDEN, whether it exists or not. Changes lock the
tenant's row first, so that two owners who leave at once are not both the last but one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select, update

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.addresses import normal_email
from gamefold.platform.accounts.tables import users
from gamefold.platform.accounts.users import find_by_email
from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.refusals import (
    ACCOUNT_NOT_FOUND,
    ALREADY_A_MEMBER,
    LAST_OWNER,
    MEMBER_NOT_FOUND,
    ROLE_FORBIDDEN,
    TENANT_FORBIDDEN,
    TENANT_NAME_INVALID,
)
from gamefold.platform.tenants.roles import Role, may_manage, may_rename
from gamefold.platform.tenants.tables import memberships, tenants
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert, lock_name

NAME_CHARACTERS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One person in one tenant."""

    tenant_id: str
    tenant_name: str
    user_id: str
    role: Role
    is_default: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as other members see them."""

    user_id: str
    role: Role
    email: str | None
    username: str | None
    full_name: str | None
    created_at: datetime


# -- reading ------------------------------------------------------------------------------------------------------


def membership_of(connection: Connection, user_id: str, tenant_id: str | None) -> Membership:
    """Read a person's membership in a tenant, None for their default one. Rejected TENANT_FORBIDDEN."""
    if tenant_id is not None and not _is_id(tenant_id):
        raise forbidden()
    which = memberships.c.is_default if tenant_id is None else memberships.c.tenant_id == tenant_id
    row = connection.execute(_MEMBERSHIPS.where(memberships.c.user_id == user_id, which)).first()
    if row is None:
        raise forbidden()
    return _membership(row)


def memberships_of(connection: Connection, user_id: str) -> list[Membership]:
    """Read all memberships of a person, the default one first, then by age."""
    query = _MEMBERSHIPS.where(memberships.c.user_id == user_id)
    order = (memberships.c.is_default.desc(), memberships.c.created_at, memberships.c.tenant_id)
    return [_membership(row) for row in connection.execute(query.order_by(*order))]


def members_of(connection: Connection, asking_id: str, tenant_id: str) -> list[Member]:
    """Read the members of a tenant for one of them, by age. Rejected TENANT_FORBIDDEN."""
    membership_of(connection, asking_id, tenant_id)
    query = (
        select(memberships, users.c.email, users.c.username, users.c.full_name, users.c.is_guest)
        .join(users, users.c.id == memberships.c.user_id)
        .where(memberships.c.tenant_id == tenant_id)
        .order_by(memberships.c.created_at, memberships.c.user_id)
    )
    return [
        Member(
            user_id=row.user_id,
            role=Role(row.role),
            email=None if row.is_guest else row.email,
            username=row.username,
            full_name=row.full_name,
            created_at=row.created_at,
        )
        for row in connection.execute(query)
    ]


# -- changing -----------------------------------------------------------------------------------------------------


def create_tenant(
    connection: Connection, actor: Actor, tenant_id: str, name: str, owner_id: str, now_ms: int
) -> Membership:
    """Make a tenant with its owner; it becomes their default where they have none.

    The same id for the same owner again changes nothing. Rejected TENANT_NAME_INVALID.
    """
    shown = _checked_name(name)
    made = insert(connection, tenants).values(id=tenant_id, name=shown, created_at=moment(now_ms))
    if connection.execute(made.on_conflict_do_nothing().returning(tenants.c.id)).first() is not None:
        _join(connection, tenant_id, owner_id, Role.OWNER, now_ms)
        write_audit(connection, actor, "tenant.created", tenant_id, now_ms, details={"owner": owner_id})
    return membership_of(connection, owner_id, tenant_id)


def rename_tenant(connection: Connection, actor: Actor, tenant_id: str, name: str, now_ms: int) -> Membership:
    """Give a tenant another name. Rejected TENANT_FORBIDDEN, ROLE_FORBIDDEN, TENANT_NAME_INVALID."""
    shown = _checked_name(name)
    if not may_rename(_locked_role(connection, actor.id, tenant_id)):
        raise _role_forbidden()
    connection.execute(update(tenants).where(tenants.c.id == tenant_id).values(name=shown, updated_at=moment(now_ms)))
    write_audit(connection, actor, "tenant.renamed", tenant_id, now_ms)
    return membership_of(connection, actor.id, tenant_id)


def add_member(connection: Connection, actor: Actor, tenant_id: str, email: str, role: Role, now_ms: int) -> Membership:
    """Add the person with this address.

    Rejected TENANT_FORBIDDEN, ROLE_FORBIDDEN, EMAIL_INVALID, ACCOUNT_NOT_FOUND, ALREADY_A_MEMBER.
    """
    if not may_manage(_locked_role(connection, actor.id, tenant_id), role):
        raise _role_forbidden()
    user = find_by_email(connection, normal_email(email))
    if user is None or not user.is_active:
        raise Rejected(ACCOUNT_NOT_FOUND, "Nobody here has this address; they need to register first.")
    if _role(connection, user.id, tenant_id) is not None:
        raise Rejected(ALREADY_A_MEMBER, "They are a member already.")
    _join(connection, tenant_id, user.id, role, now_ms)
    write_audit(
        connection, actor, "tenant.member_added", tenant_id, now_ms, details={"user": user.id, "role": role.value}
    )
    return membership_of(connection, user.id, tenant_id)


def change_role(
    connection: Connection, actor: Actor, tenant_id: str, user_id: str, role: Role, now_ms: int
) -> Membership:
    """Make a member something else. Rejected TENANT_FORBIDDEN, ROLE_FORBIDDEN, MEMBER_NOT_FOUND, LAST_OWNER."""
    if _locked_role(connection, actor.id, tenant_id) is not Role.OWNER:
        raise _role_forbidden()
    was = _member_role(connection, user_id, tenant_id)
    if was is Role.OWNER and role is not Role.OWNER:
        _refuse_last_owner(connection, tenant_id)
    connection.execute(
        update(memberships)
        .where(memberships.c.tenant_id == tenant_id, memberships.c.user_id == user_id)
        .values(role=role.value)
    )
    details = {"user": user_id, "from": was.value, "to": role.value}
    write_audit(connection, actor, "tenant.role_changed", tenant_id, now_ms, details=details)
    return membership_of(connection, user_id, tenant_id)


def remove_member(connection: Connection, actor: Actor, tenant_id: str, user_id: str, now_ms: int) -> None:
    """Remove a member, or leave. Rejected TENANT_FORBIDDEN, ROLE_FORBIDDEN, MEMBER_NOT_FOUND, LAST_OWNER."""
    mine = _locked_role(connection, actor.id, tenant_id)
    leaving = actor.id == user_id
    if mine is Role.MEMBER and not leaving:
        raise _role_forbidden()
    theirs = _member_role(connection, user_id, tenant_id)
    if not leaving and not may_manage(mine, theirs):
        raise _role_forbidden()
    if theirs is Role.OWNER:
        _refuse_last_owner(connection, tenant_id)
    connection.execute(
        delete(memberships).where(memberships.c.tenant_id == tenant_id, memberships.c.user_id == user_id)
    )
    _find_default(connection, user_id)
    write_audit(connection, actor, "tenant.member_removed", tenant_id, now_ms, details={"user": user_id})


def delete_tenant(connection: Connection, actor: Actor, tenant_id: str, now_ms: int) -> None:
    """Delete a tenant with everything that hangs on its row. Rejected TENANT_FORBIDDEN, ROLE_FORBIDDEN."""
    if _locked_role(connection, actor.id, tenant_id) is not Role.OWNER:
        raise _role_forbidden()
    _drop(connection, tenant_id)
    write_audit(connection, actor, "tenant.deleted", tenant_id, now_ms)


def set_default(connection: Connection, user_id: str, tenant_id: str) -> Membership:
    """Make a tenant the one that counts where a request names none. Rejected TENANT_FORBIDDEN."""
    _lock_defaults(connection, user_id)
    membership_of(connection, user_id, tenant_id)
    mine = update(memberships).where(memberships.c.user_id == user_id)
    connection.execute(mine.where(memberships.c.is_default).values(is_default=False))
    connection.execute(mine.where(memberships.c.tenant_id == tenant_id).values(is_default=True))
    return membership_of(connection, user_id, tenant_id)


def leave_all(connection: Connection, actor: Actor, user_id: str, now_ms: int) -> None:
    """Take a person out of all tenants, because they go for good; tenants they were alone in go with them.

    Rejected LAST_OWNER, with the `tenants`, where others would be left behind without an owner.
    """
    ids = sorted(connection.scalars(select(memberships.c.tenant_id).where(memberships.c.user_id == user_id)))
    left_behind, alone = [], []
    for tenant_id in ids:
        role = _locked_role(connection, user_id, tenant_id)
        if _count(connection, tenant_id) == 1:
            alone.append(tenant_id)
        elif role is Role.OWNER and _count(connection, tenant_id, Role.OWNER) == 1:
            left_behind.append(tenant_id)
    if left_behind:
        raise Rejected(LAST_OWNER, "Make somebody else an owner first, or delete the tenant.", tenants=left_behind)
    for tenant_id in alone:
        _drop(connection, tenant_id)
    connection.execute(delete(memberships).where(memberships.c.user_id == user_id))
    for tenant_id in alone:
        write_audit(connection, actor, "tenant.deleted", tenant_id, now_ms)


def forbidden() -> Rejected:
    """Give the one answer for a tenant that is not there and for one that is not theirs."""
    return Rejected(TENANT_FORBIDDEN, "You are not a member of this tenant.")


# -- inside -------------------------------------------------------------------------------------------------------

_MEMBERSHIPS: Final = select(memberships, tenants.c.name).join(tenants, tenants.c.id == memberships.c.tenant_id)


def _membership(row: Row[Any]) -> Membership:
    return Membership(
        tenant_id=row.tenant_id,
        tenant_name=row.name,
        user_id=row.user_id,
        role=Role(row.role),
        is_default=row.is_default,
        created_at=row.created_at,
    )


def _checked_name(name: str) -> str:
    shown = name.strip()
    if not 1 <= len(shown) <= NAME_CHARACTERS_MAX or not shown.isprintable():
        raise Rejected(TENANT_NAME_INVALID, f"A tenant's name has 1 to {NAME_CHARACTERS_MAX} characters, on one line.")
    return shown


def _locked_role(connection: Connection, user_id: str, tenant_id: str) -> Role:
    """Lock a tenant and give what somebody is in it. Rejected TENANT_FORBIDDEN."""
    if not _is_id(tenant_id):
        raise forbidden()
    connection.execute(select(tenants.c.id).where(tenants.c.id == tenant_id).with_for_update())
    role = _role(connection, user_id, tenant_id)
    if role is None:
        raise forbidden()
    return role


def _role(connection: Connection, user_id: str, tenant_id: str) -> Role | None:
    query = select(memberships.c.role).where(memberships.c.tenant_id == tenant_id, memberships.c.user_id == user_id)
    role = connection.scalar(query)
    return None if role is None else Role(role)


def _member_role(connection: Connection, user_id: str, tenant_id: str) -> Role:
    role = _role(connection, user_id, tenant_id) if _is_id(user_id) else None
    if role is None:
        raise Rejected(MEMBER_NOT_FOUND, "There is no such member.")
    return role


def _join(connection: Connection, tenant_id: str, user_id: str, role: Role, now_ms: int) -> None:
    _lock_defaults(connection, user_id)
    connection.execute(
        memberships.insert().values(
            tenant_id=tenant_id, user_id=user_id, role=role.value, is_default=False, created_at=moment(now_ms)
        )
    )
    _find_default(connection, user_id)


def _lock_defaults(connection: Connection, user_id: str) -> None:
    # Two tenants that somebody joins at once must not both become their default.
    lock_name(connection, f"default tenant:{user_id}")


def _find_default(connection: Connection, user_id: str) -> None:
    """Make the oldest membership the default one where there is none."""
    mine = select(memberships.c.tenant_id, memberships.c.is_default).where(memberships.c.user_id == user_id)
    rows = connection.execute(mine.order_by(memberships.c.created_at, memberships.c.tenant_id)).all()
    if rows and not any(row.is_default for row in rows):
        oldest = (memberships.c.user_id == user_id) & (memberships.c.tenant_id == rows[0].tenant_id)
        connection.execute(update(memberships).where(oldest).values(is_default=True))


def _refuse_last_owner(connection: Connection, tenant_id: str) -> None:
    if _count(connection, tenant_id, Role.OWNER) == 1:
        raise Rejected(LAST_OWNER, "A tenant keeps at least one owner.")


def _count(connection: Connection, tenant_id: str, role: Role | None = None) -> int:
    query = select(func.count()).select_from(memberships).where(memberships.c.tenant_id == tenant_id)
    if role is not None:
        query = query.where(memberships.c.role == role.value)
    return connection.scalar(query) or 0


def _drop(connection: Connection, tenant_id: str) -> None:
    others = list(connection.scalars(select(memberships.c.user_id).where(memberships.c.tenant_id == tenant_id)))
    connection.execute(delete(tenants).where(tenants.c.id == tenant_id))
    for user_id in sorted(others):
        _lock_defaults(connection, user_id)
        _find_default(connection, user_id)


def _role_forbidden() -> Rejected:
    return Rejected(ROLE_FORBIDDEN, "Your role in this tenant does not allow this.")


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
