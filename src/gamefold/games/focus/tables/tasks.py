"""Task templates: plain rows of a user, with plain transactions. A deleted one stays for the history of sessions."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, tuple_, update

from gamefold.engine.ruleset import Rejected
from gamefold.games.focus.intents import TASK_NOT_FOUND, TEMPLATE_MISMATCH
from gamefold.games.focus.tables.schema import task_templates
from gamefold.games.focus.tables.scope import Scope
from gamefold.storage.columns import milliseconds, moment

PageKey = tuple[int, str]  # of a row: when it was made or started (ms), and its id


def create_task(
    connection: Connection,
    scope: Scope,
    task_id: str,
    *,
    name: str,
    category: str,
    default_duration_minutes: int,
    room: str,
    now_ms: int,
) -> RowMapping:
    """Add a template and give its row."""
    columns = {
        "name": name,
        "category": category,
        "default_duration_minutes": default_duration_minutes,
        "room": room,
        "created_at": moment(now_ms),
        "updated_at": moment(now_ms),
    }
    added = insert(task_templates).values(scope.row(task_id) | columns).returning(task_templates)
    return connection.execute(added).mappings().one()


def update_task(connection: Connection, scope: Scope, task_id: str, changes: dict[str, Any], now_ms: int) -> RowMapping:
    """Change columns of a template and give its row. Rejected TASK_NOT_FOUND."""
    assert changes.keys() <= {"name", "category", "default_duration_minutes", "room"}, changes
    query = update(task_templates).where(*_living(scope), task_templates.c.id == task_id)
    changed = connection.execute(query.values(**changes, updated_at=moment(now_ms)).returning(task_templates))
    return _found(changed.mappings().one_or_none())


def delete_task(connection: Connection, scope: Scope, task_id: str, now_ms: int) -> None:
    """Put a template out of sight. Rejected TASK_NOT_FOUND."""
    at = moment(now_ms)
    query = update(task_templates).where(*_living(scope), task_templates.c.id == task_id)
    changed = connection.execute(query.values(deleted_at=at, updated_at=at).returning(task_templates))
    _found(changed.mappings().one_or_none())


def task_of(connection: Connection, scope: Scope, task_id: str) -> RowMapping:
    """Read a template. Rejected TASK_NOT_FOUND."""
    query = select(task_templates).where(*_living(scope), task_templates.c.id == task_id)
    return _found(connection.execute(query).mappings().one_or_none())


def template_of(connection: Connection, scope: Scope, task_id: str) -> RowMapping:
    """Read the template a session is to be started from. Rejected TEMPLATE_MISMATCH where it is not this user's."""
    query = select(task_templates).where(*_living(scope), task_templates.c.id == task_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise Rejected(TEMPLATE_MISMATCH, "This task template is not yours.")
    return row


def task_page(
    connection: Connection, scope: Scope, limit: int, after: PageKey | None = None, room: str | None = None
) -> list[RowMapping]:
    """Read templates, oldest first; `after` is `task_key` of the last one seen."""
    key = (task_templates.c.created_at, task_templates.c.id)
    query = select(task_templates).where(*_living(scope)).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > (moment(after[0]), after[1]))
    if room is not None:
        query = query.where(task_templates.c.room == room)
    return list(connection.execute(query).mappings())


def task_key(row: RowMapping) -> PageKey:
    """Give where a template stands in `task_page`."""
    return milliseconds(row["created_at"]), row["id"]


def _living(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return *scope.owns(task_templates), task_templates.c.deleted_at.is_(None)


def _found(row: RowMapping | None) -> RowMapping:
    if row is None:
        raise Rejected(TASK_NOT_FOUND, "There is no such task template.")
    return row
