"""What jobs and metrics ask about all saves. Never for a request: these are the only queries without a scope.

Jobs decide nothing here. They get worlds, and submit `ResetStreak` or `TimeOutSessions` to each; the rules decide.
"""

from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, or_, select, text, tuple_

from gamefold.games.focus.balance import DURATIONS_MINUTES, NUMBERS
from gamefold.games.focus.state import MINUTE_MS
from gamefold.games.focus.tables.schema import day, sessions, world_states
from gamefold.games.focus.tables.scope import Scope, scope_of
from gamefold.storage.columns import moment

BATCH: Final = 500
# As literals, because a partial index is only used where the database can read its condition in the statement.
_OPEN: Final = sessions.c.status.in_((literal_column("'pending'"), literal_column("'active'")))


def streaks_to_reset(connection: Connection, today: int, after: str = "", limit: int = BATCH) -> list[str]:
    """Give worlds, by id after `after`, whose last success is more than a day before `today` and whose streak stands.

    `today` is counted from 1970-01-01. The next batch is asked for with the last world of this one.
    """
    key = (world_states.c.tenant_id, world_states.c.user_id)
    query = (
        select(*key)
        .where(world_states.c.day_streak > 0, world_states.c.last_session_date < day(today - 1), *_behind(key, after))
        .order_by(*key)
        .limit(limit)
    )
    return [Scope(*row).world for row in connection.execute(query)]


def sessions_to_time_out(connection: Connection, now_ms: int, after: str = "", limit: int = BATCH) -> list[str]:
    """Give worlds, by id after `after`, with a session whose time is over by the numbers new worlds begin with."""
    key = (sessions.c.tenant_id, sessions.c.user_id)
    over = (
        and_(
            sessions.c.duration_minutes == minutes, sessions.c.started_at <= moment(_started_before_ms(now_ms, minutes))
        )
        for minutes in DURATIONS_MINUTES
    )
    query = select(*key).distinct().where(_OPEN, or_(*over), *_behind(key, after)).order_by(*key).limit(limit)
    return [Scope(*row).world for row in connection.execute(query)]


def open_sessions(connection: Connection) -> int:
    """Count the sessions that are pending or active, for the gauge."""
    query = select(func.count()).select_from(sessions).where(_OPEN)
    return connection.scalar(query) or 0


def refresh_progression(connection: Connection) -> None:
    """Bring `hero_progression_view` up to date while others read it. SQLite's is always up to date."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("REFRESH MATERIALIZED VIEW CONCURRENTLY focus.hero_progression_view"))


def _started_before_ms(now_ms: int, minutes: int) -> int:
    return now_ms - (minutes + NUMBERS.timeout_grace_minutes) * MINUTE_MS


def _behind(key: tuple[ColumnElement[str], ColumnElement[str]], after: str) -> list[ColumnElement[bool]]:
    if not after:
        return []
    scope = scope_of(after)
    return [tuple_(*key) > (scope.tenant_id, scope.user_id)]
