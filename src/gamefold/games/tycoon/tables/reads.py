"""What routes read from the tables."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, or_, select

from gamefold.games.tycoon.state.worlds import worlds_of
from gamefold.games.tycoon.tables.schema import alerts, branches, events, excluded, homes, leaderboard, orders, trades
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert


def branch_positions(connection: Connection, season: int, company_id: str) -> dict[str, int]:
    """Read in which regions a company has branches, with the position in its world at which each was opened."""
    query = select(branches.c.region, branches.c.position).order_by(branches.c.region)
    own = branches.c.world.in_(worlds_of(season)), branches.c.id == company_id
    return {row.region: row.position for row in connection.execute(query.where(*own))}


def alerts_of(connection: Connection, company_id: str, limit: int) -> list[RowMapping]:
    """Read the alerts of a company, newest first."""
    query = select(alerts).where(alerts.c.company_id == company_id)
    newest = query.order_by(alerts.c.created_at.desc(), alerts.c.world, alerts.c.id.desc()).limit(limit)
    return list(connection.execute(newest).mappings())


def events_of(connection: Connection, season: int, limit: int, *, active: bool) -> list[RowMapping]:
    """Read what befalls or befell the worlds of a season, newest first."""
    query = select(events).where(events.c.world.in_(worlds_of(season)))
    if active:
        query = query.where(events.c.resolved_at.is_(None))
    newest = query.order_by(events.c.created_at.desc(), events.c.world, events.c.id.desc()).limit(limit)
    return list(connection.execute(newest).mappings())


def order_history(connection: Connection, world: str, company_id: str, limit: int) -> list[RowMapping]:
    """Read a company's orders of a market world, newest first."""
    query = select(orders).where(orders.c.world == world, orders.c.company_id == company_id)
    newest = query.order_by(orders.c.created_at.desc(), orders.c.id.desc()).limit(limit)
    return list(connection.execute(newest).mappings())


def trades_of(connection: Connection, world: str, company_id: str, limit: int) -> list[RowMapping]:
    """Read a company's own trades of a market world, newest first."""
    own = or_(trades.c.maker_id == company_id, trades.c.taker_id == company_id)
    query = select(trades).where(trades.c.world == world, own).order_by(trades.c.id.desc()).limit(limit)
    return list(connection.execute(query).mappings())


def freeze_leaderboard(connection: Connection, season: int, rows: Sequence[dict[str, object]]) -> None:
    """Write down how a season ended. Once: what is frozen does not change."""
    for row in rows:
        connection.execute(insert(connection, leaderboard).values(season=season, **row).on_conflict_do_nothing())


def frozen_leaderboard(connection: Connection, season: int) -> list[RowMapping]:
    """Read how a season ended, with `owner_id` (None where the owner's account is gone)."""
    joined = leaderboard.outerjoin(homes, homes.c.company_id == leaderboard.c.company_id)
    query = select(leaderboard, homes.c.owner_id).select_from(joined).where(leaderboard.c.season == season)
    return list(connection.execute(query).mappings())


def exclude_owner(connection: Connection, owner_id: str, reason: str, now_ms: int) -> None:
    """Keep somebody out of the leaderboards."""
    row = {"owner_id": owner_id, "reason": reason, "created_at": moment(now_ms)}
    connection.execute(insert(connection, excluded).values(row).on_conflict_do_nothing())


def include_owner(connection: Connection, owner_id: str) -> bool:
    """Let somebody into the leaderboards again; give whether they were kept out."""
    return connection.execute(delete(excluded).where(excluded.c.owner_id == owner_id)).rowcount == 1


def excluded_owners(connection: Connection) -> set[str]:
    """Give who is kept out of the leaderboards."""
    return set(connection.execute(select(excluded.c.owner_id)).scalars())
