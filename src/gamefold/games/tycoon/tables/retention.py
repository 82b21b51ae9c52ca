"""Old rows go: what ticks tell would fill any disk. The journal keeps what its own retention says."""

from typing import Final

from sqlalchemy import Column, Connection, Table, delete, select

from gamefold.games.tycoon.tables.schema import alerts, orders, tick_snapshots, trades
from gamefold.storage.columns import moment

DAY_MS: Final = 86_400_000
BATCH: Final = 5_000  # rows in one transaction, so that ticks never wait for long

# By table: the column that tells its rows' age, and how many days they are kept.
KEPT: Final = (
    (tick_snapshots, "ts", 14),
    (trades, "ts", 30),
    (orders, "updated_at", 30),
    (alerts, "created_at", 30),
)


def delete_old(connection: Connection, now_ms: int) -> int:
    """Delete some of the rows that are past their time; give how many. Open orders stay."""
    return sum(_delete_some(connection, table, table.c[column], now_ms - days * DAY_MS) for table, column, days in KEPT)


def _delete_some(connection: Connection, table: Table, age: "Column[object]", before_ms: int) -> int:
    key = next(column for column in table.primary_key.columns if column.name != "world")
    old = select(table.c.world, key).where(age < moment(before_ms))
    if "status" in table.c:
        old = old.where(table.c.status != "OPEN")
    rows = connection.execute(old.limit(BATCH)).all()
    for world in sorted({row[0] for row in rows}):
        keys = [row[1] for row in rows if row[0] == world]
        for first in range(0, len(keys), 500):
            connection.execute(delete(table).where(table.c.world == world, key.in_(keys[first : first + 500])))
    return len(rows)
