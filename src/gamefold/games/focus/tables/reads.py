"""What a player sees: hero, rooms, sessions, inventory, what could drop, and how others of the tenant stand."""

from sqlalchemy import Connection, RowMapping, Select, and_, exists, func, or_, select, tuple_

from gamefold.games.focus.tables.featured import featured_on
from gamefold.games.focus.tables.schema import (
    heroes,
    inventory,
    inventory_with_items,
    items,
    leaderboard_view,
    sessions,
    world_states,
)
from gamefold.games.focus.tables.scope import Scope
from gamefold.games.focus.tables.tasks import PageKey
from gamefold.storage.columns import milliseconds, moment


def hero_of(connection: Connection, scope: Scope) -> RowMapping | None:
    """Read the hero; None where this user has no save in this tenant."""
    return connection.execute(select(heroes).where(*scope.owns(heroes))).mappings().one_or_none()


def world_state_of(connection: Connection, scope: Scope) -> RowMapping | None:
    """Read rooms and streak; None where this user has no save in this tenant."""
    return connection.execute(select(world_states).where(*scope.owns(world_states))).mappings().one_or_none()


def session_of(connection: Connection, scope: Scope, session_id: str) -> RowMapping | None:
    """Read a session with what it dropped: `drop_name`, `drop_type`, `drop_rarity`, `drop_sprite_key`."""
    query = _sessions_with_drops(scope).where(sessions.c.id == session_id)
    return connection.execute(query).mappings().one_or_none()


def session_page(connection: Connection, scope: Scope, limit: int, before: PageKey | None = None) -> list[RowMapping]:
    """Read sessions as `session_of` does, newest first; `before` is `session_key` of the last one seen."""
    key = (sessions.c.started_at, sessions.c.id)
    query = _sessions_with_drops(scope).order_by(key[0].desc(), key[1].desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(*key) < (moment(before[0]), before[1]))
    return list(connection.execute(query).mappings())


def session_key(row: RowMapping) -> PageKey:
    """Give where a session stands in `session_page`."""
    return milliseconds(row["started_at"]), row["id"]


def inventory_of(connection: Connection, scope: Scope) -> list[RowMapping]:
    """Read what a user owns, newest first, with everything about the items."""
    order = (inventory_with_items.c.obtained_at.desc(), inventory_with_items.c.item_id)
    query = select(inventory_with_items).where(*scope.owns(inventory_with_items)).order_by(*order)
    return list(connection.execute(query).mappings())


def available_drops(connection: Connection, scope: Scope, today: int, room: str | None = None) -> list[RowMapping]:
    """Read the items a hero of this level could still find (in `room`), with `featured`, those first."""
    owned = exists().where(*scope.owns(inventory), inventory.c.item_id == items.c.id)
    unlocked = exists().where(*scope.owns(heroes), heroes.c.level >= items.c.unlock_level)
    featured = items.c.id.in_(featured_on(today)).label("featured")
    query = select(items, featured).where(~owned, unlocked)
    if room is not None:
        query = query.where(or_(items.c.room_affinity.is_(None), items.c.room_affinity == room))
    order = (featured.desc(), items.c.unlock_level, items.c.sprite_key)
    return list(connection.execute(query.order_by(*order)).mappings())


def leaderboard(connection: Connection, scope: Scope, limit: int) -> list[RowMapping]:
    """Read the heroes of the scope's tenant, the furthest first: `rank`, user_id, level, exp, total_sessions, `mine`.

    Names are the platform's. On PostgreSQL the standings are as of the last `refresh_progression`, and are seen
    only behind `scoped`.
    """
    board = leaderboard_view
    order = (board.c.level.desc(), board.c.exp.desc(), board.c.total_sessions.desc(), board.c.user_id)
    in_tenant, mine = scope.owns(board)
    rank = func.row_number().over(order_by=order).label("rank")
    columns = (rank, board.c.user_id, board.c.level, board.c.exp, board.c.total_sessions, mine.label("mine"))
    return list(connection.execute(select(*columns).where(in_tenant).order_by(*order).limit(limit)).mappings())


def _sessions_with_drops(scope: Scope) -> Select[tuple[object, ...]]:
    drop = [items.c[name].label(f"drop_{name}") for name in ("name", "type", "rarity", "sprite_key")]
    joined = sessions.outerjoin(items, and_(items.c.id == sessions.c.drop_item_id))
    return select(sessions, *drop).select_from(joined).where(*scope.owns(sessions))
