"""How events fill the tables. Everything but task templates follows from events alone, so it can be made again."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, delete, exists, insert, select, update

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk
from gamefold.engine.ruleset import Event
from gamefold.games.focus.events import (
    HeroCreated,
    ItemAwarded,
    ItemEquipped,
    ItemUnequipped,
    SessionActivated,
    SessionCancelled,
    SessionCompleted,
    SessionStarted,
    SessionTimedOut,
    StreakReset,
)
from gamefold.games.focus.state import Hero, Progress
from gamefold.games.focus.tables.schema import (
    cosmetic_drop_logs,
    day,
    heroes,
    inventory,
    platform_tenant,
    platform_users,
    sessions,
    world_states,
)
from gamefold.games.focus.tables.scope import Scope, scope_of
from gamefold.platform.audit import Actor, audit, write_audit
from gamefold.storage.columns import moment

COMPLETED: Final = "session.completed"  # in the audit log


class FocusProjector:
    """Keeps the tables in step with the worlds."""

    def project(self, connection: Connection, record: Record) -> None:
        """Follow one event. What happened to somebody who has left since leaves no rows."""
        scope = scope_of(record.world)
        if isinstance(record.event, HeroCreated):
            _hero_created(connection, scope, record, record.event)
            return
        projection = PROJECTIONS.get(type(record.event))
        if projection is None:
            return
        if isinstance(record.event, SessionCompleted):
            # The spec's locks, session before hero. The world is locked already, so they keep off only those who
            # come past the engine.
            _lock(connection, scope, sessions, sessions.c.id == record.event.session_id)
        if _lock(connection, scope, heroes):
            projection(connection, scope, record, record.event)

    def forget(self, connection: Connection, world: str) -> None:
        """Delete every row that came from this world. Task templates did not."""
        scope = scope_of(world)
        mine = select(sessions.c.id).where(*scope.owns(sessions))
        connection.execute(
            delete(cosmetic_drop_logs).where(
                cosmetic_drop_logs.c.tenant_id == scope.tenant_id, cosmetic_drop_logs.c.session_id.in_(mine)
            )
        )
        for table in (sessions, inventory, heroes, world_states):
            connection.execute(delete(table).where(*scope.owns(table)))

    def bulk(self, connection: Connection, world: str, bulk: Bulk) -> None:
        """Nothing here is too big to follow event by event."""


def _lock(connection: Connection, scope: Scope, table: Table, *also: Any) -> bool:
    """Lock a row of this scope until the transaction ends; give whether it is there."""
    query = select(table.c.id).where(*scope.owns(table), *also).with_for_update()
    return connection.execute(query).first() is not None


def _hero_created(connection: Connection, scope: Scope, record: Record, event: HeroCreated) -> None:
    if not _still_here(connection, scope):
        return
    rows = (
        (heroes, _hero_columns(event.hero) | {"updated_at": moment(record.time_ms)}),
        (world_states, _progress_columns(event.progress)),
    )
    for table, columns in rows:
        connection.execute(insert(table).values(scope.row(_row_id(table.name, record.world)) | columns))


def _still_here(connection: Connection, scope: Scope) -> bool:
    user = exists().where(platform_users.c.id == scope.user_id)
    tenant = exists().where(platform_tenant.c.id == scope.tenant_id)
    return bool(connection.scalar(select(user & tenant)))


def _session_started(connection: Connection, scope: Scope, record: Record, event: SessionStarted) -> None:
    at = moment(record.time_ms)
    connection.execute(
        insert(sessions).values(
            scope.row(event.session_id)
            | {
                "task_template_id": event.task_template_id,
                "duration_minutes": event.duration_minutes,
                "room": event.room,
                "started_at": at,
                "status": "pending",
                "reward_exp": 0,
                "reward_gold": 0,
                "created_at": at,
                "updated_at": at,
            }
        )
    )


def _session_activated(connection: Connection, scope: Scope, record: Record, event: SessionActivated) -> None:
    _change_session(connection, scope, event.session_id, record, status="active")


def _session_completed(connection: Connection, scope: Scope, record: Record, event: SessionCompleted) -> None:
    at = moment(record.time_ms)
    _change_session(
        connection,
        scope,
        event.session_id,
        record,
        status="success",
        ended_at=at,
        reward_exp=event.reward.exp,
        reward_gold=event.reward.gold,
        drop_item_id=event.drop.item_id,
    )
    _change_hero(connection, scope, record, **_hero_columns(event.hero))
    _change_progress(connection, scope, event.progress)
    if event.drop.item_id is not None:
        connection.execute(
            insert(cosmetic_drop_logs).values(
                id=_row_id("cosmetic_drop_logs", event.session_id),
                tenant_id=scope.tenant_id,
                session_id=event.session_id,
                item_id=event.drop.item_id,
                rolled_at=at,
            )
        )
    _write_completion(connection, scope, record, event)


def _write_completion(connection: Connection, scope: Scope, record: Record, event: SessionCompleted) -> None:
    """Write the audit line the spec asks for. Tables are made again from events, audit lines are not."""
    # A chain for each save: nobody waits for its end but those who wait for the save already.
    chain = f"focus:{scope.tenant_id}:{scope.user_id}"
    written = (audit.c.subject == event.session_id) & (audit.c.chain == chain) & (audit.c.action == COMPLETED)
    if connection.scalar(select(exists().where(written))):
        return
    details = {
        "user_id": scope.user_id,
        "session_id": event.session_id,
        "reward_exp": event.reward.exp,
        "reward_gold": event.reward.gold,
        "drop_item_id": event.drop.item_id,
    }
    actor = Actor(scope.user_id, trace_id=None)
    write_audit(connection, actor, COMPLETED, event.session_id, record.time_ms, details=details, chain=chain)


def _session_cancelled(connection: Connection, scope: Scope, record: Record, event: SessionCancelled) -> None:
    _change_session(connection, scope, event.session_id, record, status="cancel", ended_at=moment(record.time_ms))


def _session_timed_out(connection: Connection, scope: Scope, record: Record, event: SessionTimedOut) -> None:
    _change_session(connection, scope, event.session_id, record, status="timeout", ended_at=moment(event.ended_ms))


def _item_awarded(connection: Connection, scope: Scope, record: Record, event: ItemAwarded) -> None:
    row = scope.row(_row_id("inventory", f"{record.world}/{event.item_id}"))
    connection.execute(
        insert(inventory).values(row | {"item_id": event.item_id, "obtained_at": moment(record.time_ms)})
    )


def _item_equipped(connection: Connection, scope: Scope, record: Record, event: ItemEquipped) -> None:
    _change_hero(connection, scope, record, **{f"equipped_{event.slot}_id": event.item_id})


def _item_unequipped(connection: Connection, scope: Scope, record: Record, event: ItemUnequipped) -> None:
    _change_hero(connection, scope, record, **{f"equipped_{event.slot}_id": None})


def _streak_reset(connection: Connection, scope: Scope, _record: Record, event: StreakReset) -> None:
    _change_progress(connection, scope, event.progress)


def _change_session(connection: Connection, scope: Scope, session_id: str, record: Record, **columns: Any) -> None:
    query = update(sessions).where(*scope.owns(sessions), sessions.c.id == session_id)
    connection.execute(query.values(**columns, updated_at=moment(record.time_ms)))


def _change_hero(connection: Connection, scope: Scope, record: Record, **columns: Any) -> None:
    query = update(heroes).where(*scope.owns(heroes))
    connection.execute(query.values(**columns, updated_at=moment(record.time_ms)))


def _change_progress(connection: Connection, scope: Scope, progress: Progress) -> None:
    connection.execute(update(world_states).where(*scope.owns(world_states)).values(_progress_columns(progress)))


def _hero_columns(hero: Hero) -> dict[str, Any]:
    return {
        "level": hero.level,
        "exp": hero.exp,
        "gold": hero.gold,
        "equipped_hat_id": hero.equipped.hat,
        "equipped_outfit_id": hero.equipped.outfit,
        "equipped_accessory_id": hero.equipped.accessory,
    }


def _progress_columns(progress: Progress) -> dict[str, Any]:
    return {
        "study_room_level": progress.study_room_level,
        "build_room_level": progress.build_room_level,
        "training_room_level": progress.training_room_level,
        "plaza_level": progress.plaza_level,
        "total_sessions_success": progress.total_sessions_success,
        "day_streak": progress.day_streak,
        "last_session_date": None if progress.last_session_day is None else day(progress.last_session_day),
        "last_reset_at": None if progress.last_reset_ms is None else moment(progress.last_reset_ms),
    }


def _row_id(table: str, name: str) -> str:
    """Give a row the same id however often it is made again."""
    return str(UUID(bytes=blake2b(f"focus.{table}:{name}".encode(), digest_size=16).digest(), version=4))


PROJECTIONS: Final[Mapping[type[Event], Callable[[Connection, Scope, Record, Any], None]]] = {
    SessionStarted: _session_started,
    SessionActivated: _session_activated,
    SessionCompleted: _session_completed,
    SessionCancelled: _session_cancelled,
    SessionTimedOut: _session_timed_out,
    ItemAwarded: _item_awarded,
    ItemEquipped: _item_equipped,
    ItemUnequipped: _item_unequipped,
    StreakReset: _streak_reset,
}
