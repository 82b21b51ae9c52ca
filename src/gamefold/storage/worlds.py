"""Rows of worlds and runs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, select, update

from gamefold.engine.journal import Run, Status, WorldNotFound, WorldRow
from gamefold.storage.statements import insert
from gamefold.storage.tables import RUNS, WORLDS

_LAST: Final = "\U0010ffff"  # sorts behind every character an id can go on with


def insert_world(connection: Connection, row: WorldRow, run: Run) -> bool:
    """Add a world and its run, or give False where the world exists."""
    added = connection.execute(
        insert(connection, WORLDS).values(asdict(row) | {"status": row.status.value}).on_conflict_do_nothing()
    )
    if added.rowcount != 1:
        return False
    insert_run(connection, run)
    return True


def insert_run(connection: Connection, run: Run) -> None:
    """Add a run."""
    connection.execute(RUNS.insert().values(asdict(run)))


def read_world(connection: Connection, world: str) -> WorldRow:
    """Read one world. WorldNotFound."""
    found = connection.execute(select(WORLDS).where(WORLDS.c.world == world)).mappings().first()
    if found is None:
        raise WorldNotFound(world)
    return _world_row(found)


def list_worlds(connection: Connection, prefix: str, status: Status | None, limit: int, after: str) -> list[WorldRow]:
    """List worlds by id."""
    query = select(WORLDS).where(WORLDS.c.world > after)
    if prefix:
        # A range and not LIKE: SQLite's LIKE does not tell upper from lower case.
        query = query.where(WORLDS.c.world >= prefix, WORLDS.c.world < prefix + _LAST)
    if status is not None:
        query = query.where(WORLDS.c.status == status.value)
    found = connection.execute(query.order_by(WORLDS.c.world).limit(limit)).mappings()
    return [_world_row(row) for row in found]


def lock_worlds(connection: Connection, worlds: list[str]) -> dict[str, WorldRow]:
    """Read those of the (sorted) worlds that exist, and keep everybody else's writes off them.

    On SQLite the transaction keeps everybody off already.
    """
    query = select(WORLDS).where(WORLDS.c.world.in_(worlds)).order_by(WORLDS.c.world).with_for_update()
    return {row["world"]: _world_row(row) for row in connection.execute(query).mappings()}


def update_world(connection: Connection, world: str, values: Mapping[str, Any]) -> WorldRow:
    """Change a world's row and give it. WorldNotFound."""
    changed = connection.execute(update(WORLDS).where(WORLDS.c.world == world).values(values).returning(WORLDS))
    found = changed.mappings().first()
    if found is None:
        raise WorldNotFound(world)
    return _world_row(found)


def set_status(connection: Connection, world: str, values: Mapping[str, Any], epoch: int | None) -> None:
    """Change a world's row, with `epoch` only while that is its epoch. WorldNotFound."""
    here = update(WORLDS).where(WORLDS.c.world == world)
    changed = connection.execute((here if epoch is None else here.where(WORLDS.c.epoch == epoch)).values(values))
    if changed.rowcount != 1:
        read_world(connection, world)


def read_runs(connection: Connection, world: str) -> list[Run]:
    """Read all runs of a world, oldest first. WorldNotFound."""
    found = connection.execute(select(RUNS).where(RUNS.c.world == world).order_by(RUNS.c.run)).mappings()
    runs = [Run(**row) for row in found]
    if not runs:
        raise WorldNotFound(world)
    return runs


def _world_row(row: Mapping[Any, Any]) -> WorldRow:
    return WorldRow(**{**row, "status": Status(row["status"])})
