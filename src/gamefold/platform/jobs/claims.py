"""Who runs what: one row per job and due time, held for the length of a lease.

A run whose lease ran out belongs to nobody: its process died or hangs, and the next who asks takes it over. Two runs
of one job are never under way at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select, update

from gamefold.platform.jobs.tables import job_runs
from gamefold.storage.columns import milliseconds, moment
from gamefold.storage.statements import insert, lock_name

ATTEMPTS_MAX: Final = 5
DONE: Final = "done"
FAILED: Final = "failed"
ABANDONED: Final = "abandoned"  # every process that tried it died


@dataclass(frozen=True, slots=True)
class Run:
    """A due time this process has claimed."""

    name: str
    fire_ms: int
    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else runs the job, until then at least."""

    until_ms: int


def claim(connection: Connection, name: str, due_ms: int, node: str, now_ms: int, lease_ms: int) -> Run | Busy | None:
    """Claim a run that was left behind, else the one that is due; None where there is nothing to do."""
    lock_name(connection, f"job:{name}")
    now = moment(now_ms)
    open_runs = (
        select(job_runs)
        .where(job_runs.c.name == name, job_runs.c.finished_at.is_(None))
        .order_by(job_runs.c.fire_at)
        .with_for_update()
    )
    held = {"node": node, "lease_until": now + timedelta(milliseconds=lease_ms), "started_at": now}
    left_behind: list[Row[Any]] = []
    for row in connection.execute(open_runs).all():
        if row.lease_until > now:
            return Busy(milliseconds(row.lease_until))
        left_behind.append(row)
    for row in left_behind:
        run = Run(name, milliseconds(row.fire_at), node, row.attempt + 1)
        if row.attempt < ATTEMPTS_MAX:
            connection.execute(update(job_runs).where(_row_of(run)).values(attempt=run.attempt, **held))
            return run
        connection.execute(update(job_runs).where(_row_of(run)).values(finished_at=now, outcome=ABANDONED))
    due = insert(connection, job_runs).values(name=name, fire_at=moment(due_ms), attempt=1, **held)
    claimed = connection.execute(due.on_conflict_do_nothing().returning(job_runs.c.name)).first()
    return None if claimed is None else Run(name, due_ms, node, 1)


def extend(connection: Connection, run: Run, now_ms: int, lease_ms: int) -> bool:
    """Hold a run for another lease; give whether it was still ours."""
    held = update(job_runs).where(_held(run)).values(lease_until=moment(now_ms + lease_ms))
    return connection.execute(held).rowcount == 1


def finish(connection: Connection, run: Run, outcome: str, now_ms: int) -> bool:
    """Write down how a run ended; give whether it was still ours."""
    ended = update(job_runs).where(_held(run)).values(finished_at=moment(now_ms), outcome=outcome)
    return connection.execute(ended).rowcount == 1


def release(connection: Connection, run: Run, now_ms: int) -> None:
    """Let somebody else take a run over at once, because this process goes."""
    connection.execute(update(job_runs).where(_held(run)).values(lease_until=moment(now_ms)))


def recent_runs(connection: Connection, limit: int, name: str | None = None) -> list[Row[Any]]:
    """Read runs, newest first."""
    query = select(job_runs).order_by(job_runs.c.fire_at.desc(), job_runs.c.name).limit(limit)
    return list(connection.execute(query if name is None else query.where(job_runs.c.name == name)))


def purge_runs(connection: Connection, before_ms: int) -> int:
    """Forget finished runs that were due before then; give how many."""
    old = and_(job_runs.c.fire_at < moment(before_ms), job_runs.c.finished_at.is_not(None))
    return connection.execute(delete(job_runs).where(old)).rowcount


def _row_of(run: Run) -> ColumnElement[bool]:
    return and_(job_runs.c.name == run.name, job_runs.c.fire_at == moment(run.fire_ms))


def _held(run: Run) -> ColumnElement[bool]:
    # Node and attempt together are a fencing token: who lost the run cannot write its end.
    mine = and_(job_runs.c.node == run.node, job_runs.c.attempt == run.attempt)
    return and_(_row_of(run), mine, job_runs.c.finished_at.is_(None))
