"""How far each reactor has come in each run."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from gamefold.storage.statements import insert
from gamefold.storage.tables import CURSORS


def read_cursor(connection: Connection, world: str, run: int, reactor: str) -> int:
    """Give the last position a reactor has dealt with; 0 where it has none."""
    query = select(CURSORS.c.position).where(
        CURSORS.c.world == world, CURSORS.c.run == run, CURSORS.c.reactor == reactor
    )
    return connection.execute(query).scalar() or 0


def write_cursors(connection: Connection, cursors: Sequence[tuple[str, int, str, int]]) -> None:
    """Keep (world, run, reactor, position) tuples."""
    statement = insert(connection, CURSORS)
    key = (CURSORS.c.world, CURSORS.c.run, CURSORS.c.reactor)
    connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"position": statement.excluded.position}),
        # Sorted, so that two processes lock the rows in one order.
        [dict(zip(("world", "run", "reactor", "position"), cursor, strict=True)) for cursor in sorted(cursors)],
    )
