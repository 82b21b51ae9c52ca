"""What anti-cheat reads, page by page and oldest first, and up to when it has looked. Never for a request."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, select, tuple_, update

from gamefold.games.tycoon.tables.schema import checks, homes, links, orders, seasons, trades
from gamefold.storage.columns import milliseconds, moment
from gamefold.storage.statements import insert

PAGE: Final = 2_000  # rows in one read, so that on PostgreSQL the event loop is never held for long
_NAMES: Final = 500  # in one IN

Key = tuple[int, Any]
"""Where a page ended: time in ms, and id."""


def played_seasons(connection: Connection, from_ms: int) -> list[int]:
    """Give the seasons that run, or ran at a time since then."""
    ended = seasons.c.ended_at
    query = select(seasons.c.number).where(ended.is_(None) | (ended >= moment(from_ms))).order_by(seasons.c.number)
    return list(connection.scalars(query))


def trade_page(connection: Connection, world: str, from_ms: int, upto_ms: int, after: Key | None) -> list[Row[Any]]:
    """Read trades of a market with from_ms <= ts < upto_ms, those behind `after`: the `trade_key` of the last one."""
    query = select(trades).where(trades.c.world == world, trades.c.ts < moment(upto_ms))
    key = (trades.c.ts, trades.c.id)
    if after is None:
        query = query.where(trades.c.ts >= moment(from_ms))
    else:
        query = query.where(trades.c.ts >= moment(after[0]), tuple_(*key) > (moment(after[0]), after[1]))
    return list(connection.execute(query.order_by(*key).limit(PAGE)))


def trade_key(row: Row[Any]) -> Key:
    """Give where a trade stands in `trade_page`."""
    return milliseconds(row.ts), row.id


def order_page(connection: Connection, world: str, from_ms: int, after: Key | None) -> list[Row[Any]]:
    """Read orders of a market that were placed or changed since then; later pages as `trade_page` gives them."""
    query = select(orders).where(orders.c.world == world)
    key = (orders.c.updated_at, orders.c.id)
    if after is None:
        query = query.where(orders.c.updated_at >= moment(from_ms))
    else:
        query = query.where(orders.c.updated_at >= moment(after[0]), tuple_(*key) > (moment(after[0]), after[1]))
    return list(connection.execute(query.order_by(*key).limit(PAGE)))


def order_key(row: Row[Any]) -> Key:
    """Give where an order stands in `order_page`."""
    return milliseconds(row.updated_at), row.id


def link_page(connection: Connection, season: int, after: tuple[str, str] | None) -> list[Row[Any]]:
    """Read `company_id` and `key` of a season's companies whose accounts came from a network that is known."""
    key = (homes.c.company_id, links.c.key)
    joined = homes.join(links, homes.c.owner_id == links.c.owner_id)
    query = select(*key).select_from(joined).where(homes.c.season == season)
    if after is not None:
        query = query.where(tuple_(*key) > after)
    return list(connection.execute(query.order_by(*key).limit(PAGE)))


def owners_of(connection: Connection, companies: Iterable[str]) -> dict[str, str]:
    """Give the accounts of companies."""
    owners: dict[str, str] = {}
    for some in _some(sorted(companies)):
        query = select(homes.c.company_id, homes.c.owner_id).where(homes.c.company_id.in_(some))
        owners.update({row.company_id: row.owner_id for row in connection.execute(query)})
    return owners


def checked_upto(connection: Connection, name: str) -> int | None:
    """Give the time in ms up to which a check has looked, None where it never has."""
    upto = connection.scalar(select(checks.c.upto).where(checks.c.name == name))
    return None if upto is None else milliseconds(upto)


def check_done(connection: Connection, name: str, since_ms: int | None, upto_ms: int) -> bool:
    """Write down that a check has looked on from `since_ms`; False where another process was quicker."""
    if since_ms is None:
        new = insert(connection, checks).values(name=name, upto=moment(upto_ms))
        return connection.execute(new.on_conflict_do_nothing().returning(checks.c.name)).first() is not None
    on = update(checks).where(checks.c.name == name, checks.c.upto == moment(since_ms))
    return connection.execute(on.values(upto=moment(upto_ms))).rowcount == 1


def _some(names: list[str]) -> Iterator[list[str]]:
    return (names[first : first + _NAMES] for first in range(0, len(names), _NAMES))
