"""Lineage: the stretches of runs, across rollbacks and forks, that make up one history."""

from sqlalchemy import Connection, literal, select

from gamefold.engine.journal import Run, Segment, WorldNotFound
from gamefold.storage.tables import RUNS, WORLDS


def read_lineage(
    connection: Connection, world: str, run: int | None = None, upto_seq: int | None = None
) -> tuple[Segment, ...]:
    """Read the stretches of a run (None: the current one) up to `upto_seq`, oldest first. WorldNotFound.

    With `upto_seq` the last stretch is the one that holds this entry, which may be an ancestor's. A row may reach
    past the end of a stretch: a branch can start in the middle of a batch. Rows are given whole, and whoever
    takes them apart leaves out what lies past `upto_seq` of the stretch.
    """
    segments: list[Segment] = []
    upto = upto_seq
    for line in _ancestry(connection, world, run):
        # A run that was branched from at its very start has no entry in this history.
        if upto is None or line.parent_seq < upto:
            segments.append(Segment(line, line.parent_seq, upto))
            upto = line.parent_seq
    if not segments:
        raise WorldNotFound(world)
    return tuple(reversed(segments))


def _ancestry(connection: Connection, world: str, run: int | None) -> list[Run]:
    """Read a run, its parent, the parent's parent and so on."""
    number = run if run is not None else select(WORLDS.c.run).where(WORLDS.c.world == world).scalar_subquery()
    line = (
        select(RUNS, literal(0).label("depth")).where(RUNS.c.world == world, RUNS.c.run == number).cte(recursive=True)
    )
    parents = select(RUNS, line.c.depth + 1).join(
        line, (RUNS.c.world == line.c.parent_world) & (RUNS.c.run == line.c.parent_run)
    )
    line = line.union_all(parents)
    columns = [column for column in line.c if column.name != "depth"]
    return [Run(**row) for row in connection.execute(select(*columns).order_by(line.c.depth)).mappings()]
