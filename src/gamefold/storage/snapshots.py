"""Folded states, so that a world opens without folding its whole past."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from gamefold.engine.journal import Segment, Snapshot
from gamefold.storage.statements import insert
from gamefold.storage.tables import SNAPSHOTS


def newest_snapshot(connection: Connection, lineage: Sequence[Segment]) -> Snapshot | None:
    """Read the newest snapshot on a lineage."""
    for segment in reversed(lineage):
        query = select(SNAPSHOTS).where(
            SNAPSHOTS.c.world == segment.run.world,
            SNAPSHOTS.c.run == segment.run.run,
            SNAPSHOTS.c.seq >= segment.after_seq,
        )
        if segment.upto_seq is not None:
            query = query.where(SNAPSHOTS.c.seq <= segment.upto_seq)
        found = connection.execute(query.order_by(SNAPSHOTS.c.seq.desc()).limit(1)).first()
        if found is not None:
            return Snapshot(*found)
    return None


def read_snapshots(connection: Connection, world: str, run: int) -> list[Snapshot]:
    """Read all snapshots of a run, oldest first."""
    query = select(SNAPSHOTS).where(SNAPSHOTS.c.world == world, SNAPSHOTS.c.run == run).order_by(SNAPSHOTS.c.seq)
    return [Snapshot(*row) for row in connection.execute(query)]


def write_snapshot(connection: Connection, snapshot: Snapshot, keep: int) -> None:
    """Keep a snapshot, the newest `keep` of its run, and the run's first."""
    row = {
        "world": snapshot.world,
        "run": snapshot.run,
        "seq": snapshot.seq,
        "version": snapshot.version,
        "digest": snapshot.digest,
        "payload": snapshot.payload,
    }
    key = (SNAPSHOTS.c.world, SNAPSHOTS.c.run, SNAPSHOTS.c.seq)
    connection.execute(insert(connection, SNAPSHOTS).values(row).on_conflict_do_update(index_elements=key, set_=row))
    of_run = SNAPSHOTS.c.world == snapshot.world, SNAPSHOTS.c.run == snapshot.run
    seqs = connection.execute(select(SNAPSHOTS.c.seq).where(*of_run).order_by(SNAPSHOTS.c.seq)).scalars().all()
    old = seqs[1 : -keep or None]
    if old:
        connection.execute(delete(SNAPSHOTS).where(*of_run, SNAPSHOTS.c.seq.in_(old)))
