"""Tables of Spellcasters: how events fill them, and how players and matches are read.

Players are plain rows; sessions, results and match records follow from events alone, so they can be made again.
A player's counters follow too: the result of a match is added once, and taken back when the match is forgotten.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    RowMapping,
    Table,
    Text,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk
from gamefold.engine.ruleset import Event, Rejected
from gamefold.games.spellcasters.events import MatchAborted, MatchBegun, MatchOver, TurnResolved
from gamefold.games.spellcasters.intents import (
    PLAYER_IN_SESSION,
    PLAYER_IS_BUILTIN,
    PLAYER_NAME_TAKEN,
    PLAYER_NOT_FOUND,
    SESSION_LIMIT,
)
from gamefold.storage.naming import register
from gamefold.storage.statements import insert as upsert

METADATA: Final = register(MetaData(schema="spellcasters"))
GONE: Final = "deleted player"  # the name that stays in the records of matches

SESSION_STATUSES: Final = ("running", "completed", "aborted")

players: Final = Table(
    "players",
    METADATA,
    Column("player_id", Text, primary_key=True),
    Column("player_name", Text, nullable=False, unique=True),
    Column("name_key", Text, nullable=False, unique=True),  # how names are compared: NFKC, case folded
    Column("is_builtin", Integer, nullable=False, server_default="0"),
    Column("sprite_path", Text),
    Column("minion_sprite_path", Text),
    Column("submitted_from", Text),
    Column("total_matches", Integer, nullable=False, server_default="0"),
    Column("wins", Integer, nullable=False, server_default="0"),
    Column("losses", Integer, nullable=False, server_default="0"),
    Column("draws", Integer, nullable=False, server_default="0"),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)


def _player(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, ForeignKey("spellcasters.players.player_id", ondelete="CASCADE"), **options)


sessions: Final = Table(
    "sessions",
    METADATA,
    Column("session_id", Text, primary_key=True),
    _player("p1_id", nullable=False),
    _player("p2_id", nullable=False),
    Column("status", Text, CheckConstraint("status IN ('running','completed','aborted')"), nullable=False),
    Column("started_at", Text),
    Column("ended_at", Text),
    Column("cleaned_at", Text),  # from when the playground has forgotten it; the match record stays
    Index("ix_spellcasters_sessions_p1_id", "p1_id"),
    Index("ix_spellcasters_sessions_p2_id", "p2_id"),
    Index("ix_spellcasters_sessions_status", "status", "ended_at"),
)

game_results: Final = Table(
    "game_results",
    METADATA,
    Column("result_id", Text, primary_key=True),
    Column(
        "session_id",
        Text,
        ForeignKey("spellcasters.sessions.session_id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("winner_id", Text),
    Column("turns_played", Integer),
    Column("damage_p1", Integer),
    Column("damage_p2", Integer),
    Column("summary", Text),
    Column("created_at", Text, nullable=False),
)

# Every match ever played, whoever has left since.
match_records: Final = Table(
    "match_records",
    METADATA,
    Column("match_id", Text, primary_key=True),
    Column("p1_id", Text, nullable=False),
    Column("p2_id", Text, nullable=False),
    Column("p1_name", Text, nullable=False),
    Column("p2_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("winner_id", Text),
    Column("reason", Text),
    Column("turns_played", Integer),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text),
    Index("ix_spellcasters_match_records_started_at", "started_at", "match_id"),
    Index("ix_spellcasters_match_records_p1_id", "p1_id"),
    Index("ix_spellcasters_match_records_p2_id", "p2_id"),
)

# The three below are named by the spec and wait for tournaments.
tournaments: Final = Table(
    "tournaments",
    METADATA,
    Column("tournament_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('draft','ready','running','completed')"), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

tournament_players: Final = Table(
    "tournament_players",
    METADATA,
    Column(
        "tournament_id",
        Text,
        ForeignKey("spellcasters.tournaments.tournament_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    _player("player_id", primary_key=True),
)

matches: Final = Table(
    "matches",
    METADATA,
    Column("match_id", Text, primary_key=True),
    Column("tournament_id", Text, ForeignKey("spellcasters.tournaments.tournament_id")),
    Column("p1_id", Text, nullable=False),
    Column("p2_id", Text, nullable=False),
    Column("scheduled_ord", Integer),
    Column("status", Text, CheckConstraint("status IN ('pending','running','completed','aborted')"), nullable=False),
    Column("winner_id", Text),
    Column("turns_played", Integer),
    Column("started_at", Text),
    Column("ended_at", Text),
)


def world_of(session_id: str) -> str:
    """Give the world in which a session is played."""
    return f"spellcasters/{session_id}"


def session_of(world: str) -> str:
    """Give the session that a world plays."""
    return world.partition("/")[2]


def stamp(time_ms: int) -> str:
    """Write a time the way the tables keep it: ISO 8601, UTC, milliseconds. It sorts as text."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log_line(record: Record) -> str:
    """Give one event as one line: time, turn, what happened. Nothing in it can begin a second line."""
    match record.event:
        case MatchBegun(state=state):
            text = f"turn=0 {state.player_1.name} against {state.player_2.name}"
        case TurnResolved(turn=turn, events=events, log_line=line):
            text = f"turn={turn} {'; '.join(events) or line}"
        case MatchOver(turns=turns, reason=reason, summary=summary):
            text = f"turn={turns} game over ({reason}): {summary}"
        case MatchAborted(turns=turns, reason=reason):
            text = f"turn={turns} aborted: {reason}"
        case other:
            text = type(other).__name__
    printable = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return f"{stamp(record.time_ms)} {printable}"


def name_key(name: str) -> str:
    """Fold a name to what makes it unique: compatible forms and letter case do not tell players apart."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


# -- what events do ---------------------------------------------------------------------------------------------


def _begun(connection: Connection, record: Record, event: MatchBegun) -> None:
    one, two = event.state.player_1, event.state.player_2
    row = {"p1_id": one.player_id, "p2_id": two.player_id, "status": "running", "started_at": stamp(record.time_ms)}
    session_id = session_of(record.world)
    names = {"p1_name": one.name, "p2_name": two.name}
    if _both_exist(connection, one.player_id, two.player_id):
        connection.execute(insert(sessions).values(session_id=session_id, **row))
    else:
        # Made again after a player has left: the record keeps the match, without the name.
        names = {key: name if _exists(connection, row[f"{key[:2]}_id"]) else GONE for key, name in names.items()}
    connection.execute(insert(match_records).values(match_id=session_id, **row, **names))


def _over(connection: Connection, record: Record, event: MatchOver) -> None:
    session_id, ended_at = session_of(record.world), stamp(record.time_ms)
    connection.execute(
        update(match_records)
        .where(match_records.c.match_id == session_id)
        .values(
            status="completed",
            winner_id=event.winner,
            reason=event.reason,
            turns_played=event.turns,
            ended_at=ended_at,
        )
    )
    if _end_session(connection, session_id, "completed", ended_at):
        connection.execute(
            insert(game_results).values(
                result_id=_result_id(session_id),
                session_id=session_id,
                winner_id=event.winner,
                turns_played=event.turns,
                damage_p1=event.damage_p1,
                damage_p2=event.damage_p2,
                summary=event.summary,
                created_at=ended_at,
            )
        )
        _count(connection, session_id, event.winner_seat, +1, ended_at)


def _aborted(connection: Connection, record: Record, event: MatchAborted) -> None:
    session_id, ended_at = session_of(record.world), stamp(record.time_ms)
    connection.execute(
        update(match_records)
        .where(match_records.c.match_id == session_id)
        .values(status="aborted", reason="aborted", turns_played=event.turns, ended_at=ended_at)
    )
    _end_session(connection, session_id, "aborted", ended_at)


def _end_session(connection: Connection, session_id: str, status: str, ended_at: str) -> bool:
    ended = connection.execute(
        update(sessions).where(sessions.c.session_id == session_id).values(status=status, ended_at=ended_at)
    )
    return ended.rowcount == 1


def _count(connection: Connection, session_id: str, winner_seat: int | None, step: Literal[1, -1], at: str) -> None:
    """Add a result to both players' counters, or take it back. A bot that plays itself wins and loses."""
    row = connection.execute(
        select(sessions.c.p1_id, sessions.c.p2_id).where(sessions.c.session_id == session_id)
    ).one()
    for seat, player_id in enumerate(row, start=1):
        counter = "draws" if winner_seat is None else "wins" if winner_seat == seat else "losses"
        connection.execute(
            update(players)
            .where(players.c.player_id == player_id)
            .values(
                {
                    "total_matches": players.c.total_matches + step,
                    counter: players.c[counter] + step,
                    "updated_at": case((players.c.updated_at < at, at), else_=players.c.updated_at),
                }
            )
        )


def _result_id(session_id: str) -> str:
    """Give a result the same id however often it is made again."""
    return str(UUID(bytes=blake2b(f"result:{session_id}".encode(), digest_size=16).digest(), version=4))


def _exists(connection: Connection, player_id: str) -> bool:
    return bool(connection.scalar(select(exists().where(players.c.player_id == player_id))))


def _both_exist(connection: Connection, one_id: str, two_id: str) -> bool:
    return _exists(connection, one_id) and _exists(connection, two_id)


PROJECTIONS: Final[Mapping[type[Event], Callable[[Connection, Record, Any], None]]] = {
    MatchBegun: _begun,
    MatchOver: _over,
    MatchAborted: _aborted,
}


class SpellcastersProjector:
    """Keeps the tables in step with the worlds."""

    def project(self, connection: Connection, record: Record) -> None:
        """Follow one event."""
        projection = PROJECTIONS.get(type(record.event))
        if projection is not None:
            projection(connection, record, record.event)

    def forget(self, connection: Connection, world: str) -> None:
        """Undo everything a world has told so far."""
        session_id = session_of(world)
        row = connection.execute(
            select(game_results.c.winner_id, sessions.c.p1_id, game_results.c.created_at)
            .join(sessions, sessions.c.session_id == game_results.c.session_id)
            .where(game_results.c.session_id == session_id)
        ).one_or_none()
        if row is not None:
            seat = None if row.winner_id is None else 1 if row.winner_id == row.p1_id else 2
            _count(connection, session_id, seat, -1, row.created_at)
        connection.execute(delete(game_results).where(game_results.c.session_id == session_id))
        connection.execute(delete(sessions).where(sessions.c.session_id == session_id))
        connection.execute(delete(match_records).where(match_records.c.match_id == session_id))

    def bulk(self, connection: Connection, world: str, bulk: Bulk) -> None:
        """Nothing here is too big to follow event by event."""


# -- players ----------------------------------------------------------------------------------------------------


def register_player(connection: Connection, player_id: str, name: str, submitted_from: str | None, now_ms: int) -> None:
    """Add a player. The same id with the same name again changes nothing. Rejected PLAYER_NAME_TAKEN."""
    now = stamp(now_ms)
    added = connection.execute(
        upsert(connection, players)
        .values(
            player_id=player_id,
            player_name=name,
            name_key=name_key(name),
            submitted_from=submitted_from,
            created_at=now,
            updated_at=now,
        )
        # Asking first would let two that register at once both pass.
        .on_conflict_do_nothing()
        .returning(players.c.player_id)
    ).scalar_one_or_none()
    if added is None:
        known = connection.scalar(select(players.c.name_key).where(players.c.player_id == player_id))
        if known != name_key(name):
            raise Rejected(PLAYER_NAME_TAKEN, "This name is taken.")


def delete_player(connection: Connection, player_id: str) -> None:
    """Remove a player with everything that hangs on them; records of matches keep a tombstone.

    Rejected PLAYER_NOT_FOUND, PLAYER_IS_BUILTIN, PLAYER_IN_SESSION.
    """
    locked = connection.execute(select(players).where(players.c.player_id == player_id).with_for_update())
    if _found(locked.mappings().one_or_none())["is_builtin"]:
        raise Rejected(PLAYER_IS_BUILTIN, "A built-in player cannot be deleted.")
    playing = or_(sessions.c.p1_id == player_id, sessions.c.p2_id == player_id)
    if connection.scalar(select(exists().where(sessions.c.status == "running", playing))):
        raise Rejected(PLAYER_IN_SESSION, "This player is in a running match.")

    for seat in ("p1", "p2"):
        connection.execute(
            update(match_records).where(match_records.c[f"{seat}_id"] == player_id).values({f"{seat}_name": GONE})
        )
    connection.execute(delete(players).where(players.c.player_id == player_id))


def player_of(connection: Connection, player_id: str) -> RowMapping:
    """Read a player. Rejected PLAYER_NOT_FOUND."""
    row = connection.execute(select(players).where(players.c.player_id == player_id)).mappings()
    return _found(row.one_or_none())


def _found(row: RowMapping | None) -> RowMapping:
    if row is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no such player.")
    return row


def all_players(connection: Connection) -> list[RowMapping]:
    """Read all players, built-in ones first, then by age."""
    order = (players.c.is_builtin.desc(), players.c.created_at, players.c.player_id)
    return list(connection.execute(select(players).order_by(*order)).mappings())


# -- sessions and matches ---------------------------------------------------------------------------------------

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
        _found(row.mappings().one_or_none())
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


def match_record(connection: Connection, match_id: str) -> RowMapping | None:
    """Read the record of a match."""
    query = select(match_records, game_results.c.damage_p1, game_results.c.damage_p2, game_results.c.summary)
    joined = query.outerjoin(game_results, game_results.c.session_id == match_records.c.match_id)
    return connection.execute(joined.where(match_records.c.match_id == match_id)).mappings().one_or_none()


def match_page(
    connection: Connection, limit: int, before: tuple[str, str] | None, player_id: str | None, status: str | None
) -> list[RowMapping]:
    """Read records of matches, newest first; `before` is (started_at, match_id) of the last one seen."""
    key = (match_records.c.started_at, match_records.c.match_id)
    query = select(match_records).order_by(key[0].desc(), key[1].desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(*key) < before)
    if player_id is not None:
        query = query.where(or_(match_records.c.p1_id == player_id, match_records.c.p2_id == player_id))
    if status is not None:
        query = query.where(match_records.c.status == status)
    return list(connection.execute(query).mappings())
