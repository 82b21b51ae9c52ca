"""Sessions, as long as the playground remembers them."""

from typing import Final

from sqlalchemy import Connection, RowMapping, exists, func, select, text, update

from gamefold.engine.ruleset import Rejected
from gamefold.games.spellcasters.intents import SESSION_LIMIT
from gamefold.games.spellcasters.tables.player_rows import found
from gamefold.games.spellcasters.tables.schema import match_records, players, sessions, stamp

SESSION_STATUSES: Final = ("running", "completed", "aborted")
_CAP_LOCK: Final = 0x5E55_1045  # PostgreSQL: starts wait for each other, so that the cap holds


def admit_session(connection: Connection, session_id: str, player_ids: tuple[str, str], sessions_max: int) -> None:
    """Guard of a new session. Rejected PLAYER_NOT_FOUND, SESSION_LIMIT."""
    if connection.scalar(select(exists().where(match_records.c.match_id == session_id))):
        return  # a request sent again after its answer was lost: the session it made takes no second place
    # KEY SHARE keeps a player from being deleted, and lets matches that end meanwhile count their results.
    for player_id in sorted(set(player_ids)):
        row = connection.execute(
            select(players.c.player_id)
            .where(players.c.player_id == player_id)
            .with_for_update(key_share=True, read=True)
        )
        found(row.mappings().one_or_none())
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CAP_LOCK})
    running = connection.scalar(select(func.count()).where(sessions.c.status == "running")) or 0
    if running >= sessions_max:
        raise Rejected(SESSION_LIMIT, f"{sessions_max} matches are running, and no more may.")


def session_row(connection: Connection, session_id: str) -> RowMapping | None:
    """Read a session the playground still remembers."""
    kept = sessions.c.cleaned_at.is_(None)
    row = connection.execute(select(sessions).where(sessions.c.session_id == session_id, kept)).mappings()
    return row.one_or_none()


def running_sessions(connection: Connection) -> list[RowMapping]:
    """Read the sessions that are being played, oldest first."""
    order = (sessions.c.started_at, sessions.c.session_id)
    query = select(sessions).where(sessions.c.status == "running").order_by(*order)
    return list(connection.execute(query).mappings())


def sessions_by_status(connection: Connection) -> dict[str, int]:
    """Count the sessions the playground remembers."""
    query = select(sessions.c.status, func.count()).where(sessions.c.cleaned_at.is_(None)).group_by(sessions.c.status)
    return {**dict.fromkeys(SESSION_STATUSES, 0), **{row.status: row[1] for row in connection.execute(query)}}


def clean_session(connection: Connection, session_id: str, now_ms: int) -> bool:
    """Let the playground forget a session; give whether it remembered it."""
    kept = sessions.c.cleaned_at.is_(None)
    cleaned = connection.execute(
        update(sessions).where(sessions.c.session_id == session_id, kept).values(cleaned_at=stamp(now_ms))
    )
    return cleaned.rowcount == 1


def clean_idle_sessions(connection: Connection, ended_before_ms: int, now_ms: int) -> list[str]:
    """Let the playground forget what ended before `ended_before_ms`; give the sessions."""
    idle = (sessions.c.cleaned_at.is_(None), sessions.c.ended_at < stamp(ended_before_ms))
    gone = list(connection.scalars(select(sessions.c.session_id).where(*idle)))
    connection.execute(update(sessions).where(*idle).values(cleaned_at=stamp(now_ms)))
    return gone
