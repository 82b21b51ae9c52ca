"""Players: plain rows, that no event makes."""

import unicodedata

from sqlalchemy import Connection, RowMapping, delete, exists, or_, select, update

from gamefold.engine.ruleset import Rejected
from gamefold.games.spellcasters.intents import (
    PLAYER_IN_SESSION,
    PLAYER_IS_BUILTIN,
    PLAYER_NAME_TAKEN,
    PLAYER_NOT_FOUND,
)
from gamefold.games.spellcasters.tables.schema import GONE, match_records, players, sessions, stamp
from gamefold.storage.statements import insert as upsert


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
    if found(locked.mappings().one_or_none())["is_builtin"]:
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
    return found(row.one_or_none())


def found(row: RowMapping | None) -> RowMapping:
    """Give the row of a player. Rejected PLAYER_NOT_FOUND."""
    if row is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no such player.")
    return row


def all_players(connection: Connection) -> list[RowMapping]:
    """Read all players, built-in ones first, then by age."""
    order = (players.c.is_builtin.desc(), players.c.created_at, players.c.player_id)
    return list(connection.execute(select(players).order_by(*order)).mappings())


def name_key(name: str) -> str:
    """Fold a name to what makes it unique: compatible forms and letter case do not tell players apart."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
