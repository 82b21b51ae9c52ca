"""Seasons, and whose company is where. No world tells these rows: they are made before the worlds they speak of."""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, RowMapping, func, select, update

from gamefold.games.tycoon.tables.schema import companies, homes, seasons
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert, lock_name

RUNNING: Final = "RUNNING"
ENDED: Final = "ENDED"
_LOCK: Final = "tycoon:seasons"
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # PostgreSQL is asked for nothing else


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody's company of one season is."""

    season: int
    owner_id: str
    company_id: str
    region: str
    name: str


def open_season(connection: Connection, now_ms: int) -> int | None:
    """Give the season that runs, None between two; the first one begins by itself."""
    row = running_season(connection)
    if row is not None:
        return int(row["number"])
    if connection.scalar(select(func.max(seasons.c.number))) is not None:
        return None
    return begin_season(connection, "Season 1", now_ms)


def running_season(connection: Connection) -> RowMapping | None:
    """Read the season that runs, None between two."""
    query = select(seasons).where(seasons.c.status == RUNNING).order_by(seasons.c.number.desc()).limit(1)
    return connection.execute(query).mappings().first()


def begin_season(connection: Connection, name: str, now_ms: int) -> int:
    """Add the next season, or give the one that runs already."""
    lock_name(connection, _LOCK)
    row = running_season(connection)
    if row is not None:
        return int(row["number"])
    number = (connection.scalar(select(func.max(seasons.c.number))) or 0) + 1
    row_values = {"number": number, "name": name, "status": RUNNING, "started_at": moment(now_ms)}
    connection.execute(seasons.insert().values(row_values))
    return number


def end_season(connection: Connection, number: int, now_ms: int) -> bool:
    """Let a season be over; give whether it ran."""
    lock_name(connection, _LOCK)
    ended = connection.execute(
        update(seasons)
        .where(seasons.c.number == number, seasons.c.status == RUNNING)
        .values(status=ENDED, ended_at=moment(now_ms))
    )
    return ended.rowcount == 1


def all_seasons(connection: Connection) -> list[RowMapping]:
    """Read all seasons, the newest first."""
    return list(connection.execute(select(seasons).order_by(seasons.c.number.desc())).mappings())


def claim_home(connection: Connection, home: Home, now_ms: int) -> Home:
    """Give somebody a home in a season, or the one they have."""
    values = {
        "season": home.season,
        "owner_id": home.owner_id,
        "company_id": home.company_id,
        "region": home.region,
        "name": home.name,
        "created_at": moment(now_ms),
    }
    connection.execute(insert(connection, homes).values(values).on_conflict_do_nothing())
    found = home_of(connection, home.season, home.owner_id)
    assert found is not None, "a company id was given twice"
    return found


def home_of(connection: Connection, season: int, owner_id: str) -> Home | None:
    """Read where somebody's company of a season is."""
    if not _UUID.fullmatch(owner_id):
        return None
    query = select(homes).where(homes.c.season == season, homes.c.owner_id == owner_id)
    return _home(connection.execute(query).mappings().first())


def last_home_of(connection: Connection, owner_id: str) -> Home | None:
    """Read where somebody's company was the last time they had one."""
    query = select(homes).where(homes.c.owner_id == owner_id).order_by(homes.c.season.desc()).limit(1)
    return _home(connection.execute(query).mappings().first())


def home_of_company(connection: Connection, company_id: str) -> Home | None:
    """Read where a company is, also one without an account behind it, such as a simulated player's."""
    if not _UUID.fullmatch(company_id):
        return None
    home = _home(connection.execute(select(homes).where(homes.c.company_id == company_id)).mappings().first())
    if home is not None:
        return home
    row = connection.execute(select(companies).where(companies.c.id == company_id)).mappings().first()
    return None if row is None else Home(row["season"], row["owner_id"], row["id"], row["region"], row["name"])


def rename_home(connection: Connection, company_id: str, name: str) -> None:
    """Write down another name."""
    connection.execute(update(homes).where(homes.c.company_id == company_id).values(name=name))


def _home(row: RowMapping | None) -> Home | None:
    if row is None:
        return None
    return Home(row["season"], row["owner_id"], row["company_id"], row["region"], row["name"])
