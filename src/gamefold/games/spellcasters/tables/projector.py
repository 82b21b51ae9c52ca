"""How events fill the tables.

Sessions, results and match records follow from events alone, so they can be made again. A player's counters follow
too: the result of a match is added once, and taken back when the match is forgotten.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, case, delete, exists, insert, select, update

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk
from gamefold.engine.ruleset import Event
from gamefold.games.spellcasters.events import MatchAborted, MatchBegun, MatchOver
from gamefold.games.spellcasters.tables.schema import (
    GONE,
    game_results,
    match_records,
    players,
    session_of,
    sessions,
    stamp,
)


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
