"""Records of every match ever played."""

from sqlalchemy import Connection, RowMapping, or_, select, tuple_

from gamefold.games.spellcasters.tables.schema import game_results, match_records


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
