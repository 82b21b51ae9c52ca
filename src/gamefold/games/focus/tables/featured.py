"""The shop window: a few items that everybody sees first, others every day."""

from typing import Final

from sqlalchemy import Connection, RowMapping, ScalarSelect, Select, func, select

from gamefold.engine.rng import SEED_BYTES, Rng
from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.tables.schema import day, featured_items, items
from gamefold.storage.statements import insert

FEATURED_ITEMS: Final = 6


def rotate_featured(connection: Connection, today: int) -> list[str]:
    """Choose what is featured from `today` (counted from 1970-01-01) on; give the items. Again, it changes nothing."""
    # Keyed by the day and by no secret: every node chooses the same, and nothing is at stake.
    ids = list(ITEMS)
    Rng(bytes(SEED_BYTES), "featured", today).shuffle(ids)
    chosen = ids[:FEATURED_ITEMS]
    rows = [{"day": day(today), "position": position, "item_id": item_id} for position, item_id in enumerate(chosen)]
    connection.execute(insert(connection, featured_items).values(rows).on_conflict_do_nothing())
    return chosen


def featured_of(connection: Connection, today: int) -> list[RowMapping]:
    """Read the items featured on a day, in order."""
    joined = items.join(featured_items, featured_items.c.item_id == items.c.id)
    query = select(items).select_from(joined).where(featured_items.c.day == _newest(today))
    return list(connection.execute(query.order_by(featured_items.c.position)).mappings())


def featured_on(today: int) -> Select[tuple[str]]:
    """Give the query for the ids of the items featured on a day."""
    return select(featured_items.c.item_id).where(featured_items.c.day == _newest(today))


def _newest(today: int) -> ScalarSelect[object]:
    # Where the job has not run yet, yesterday's window stays open.
    return select(func.max(featured_items.c.day)).where(featured_items.c.day <= day(today)).scalar_subquery()
