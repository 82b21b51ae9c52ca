"""Runs the jobs this process has claimed.

After a downtime the latest missed due time is run, and no earlier one: a job looks at how things are, not at how
often it was called. A job may be run again for the same due time, when its process died before the end was written
down, so it has to be idempotent; the due time is its argument.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gamefold.engine.clock import Clock
from gamefold.engine.journal import StorageUnavailable
from gamefold.platform.jobs.claims import DONE, FAILED, Busy, Run, claim, extend, finish, release
from gamefold.platform.jobs.schedules import Schedule
from gamefold.storage.database import Database

LEASE_MS: Final = 60_000
RETRY_MS: Final = 5_000
LOST: Final = "lost"
INTERRUPTED: Final = "interrupted"

log = structlog.get_logger("gamefold.jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to be done at times. `run` gets the due time in ms and must bear being called for it again.

    A process that dies in the middle is replaced after `lease_ms` at the latest; a living one prolongs its lease.
    """

    name: str
    schedule: Schedule
    run: Callable[[int], Awaitable[None]]
    lease_ms: int = LEASE_MS


class JobMetrics:
    """Counts runs by job and outcome: done, failed, lost (taken over by another process), interrupted (by the stop)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.runs = Counter("gamefold_job_runs", "Runs by outcome.", ("job", "outcome"), registry=registry)
        self.seconds = Histogram("gamefold_job_duration_seconds", "How long runs took.", ("job",), registry=registry)
        self.succeeded = Gauge(
            "gamefold_job_last_success_timestamp_seconds",
            "Due time of the last run that was done here.",
            ("job",),
            registry=registry,
        )


class JobRunner:
    """Waits for due times on a clock, claims them in the database, and runs the jobs. `node` names this process."""

    def __init__(
        self, database: Database, clock: Clock, jobs: Sequence[Job], *, node: str, metrics: JobMetrics
    ) -> None:
        assert len({job.name for job in jobs}) == len(jobs), "a job's name is its own"
        self._database = database
        self._clock = clock
        self._jobs = tuple(jobs)
        self._node = node
        self._metrics = metrics
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to wait. The tables must be there."""
        self._loops = [asyncio.create_task(self._loop(job), name=f"job {job.name}") for job in self._jobs]

    async def stop(self) -> None:
        """End what is under way; other processes may take it over at once."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []

    async def _loop(self, job: Job) -> None:
        while True:
            try:
                wake_ms = await self._once(job)
            except StorageUnavailable as error:
                log.warning("job not claimed", job=job.name, exc_info=error)
                wake_ms = self._clock.now_ms() + RETRY_MS
            except Exception as error:  # a mistake in one round must not end the job for good
                log.exception("job not claimed", job=job.name, exc_info=error)
                wake_ms = self._clock.now_ms() + RETRY_MS
            await self._clock.sleep_until(wake_ms)

    async def _once(self, job: Job) -> int:
        """Do what there is to do, and give when to look again."""
        while True:
            now_ms = self._clock.now_ms()
            due_ms = job.schedule.latest(now_ms)
            claimed = await self._claim(job, due_ms, now_ms)
            if isinstance(claimed, Run):
                await self._run(job, claimed)
                continue
            next_ms = job.schedule.following(now_ms)
            return next_ms if claimed is None else min(next_ms, claimed.until_ms)

    async def _claim(self, job: Job, due_ms: int, now_ms: int) -> Run | Busy | None:
        return await self._database.write(
            lambda connection: claim(connection, job.name, due_ms, self._node, now_ms, job.lease_ms)
        )

    async def _run(self, job: Job, run: Run) -> None:
        known = log.bind(job=job.name, fire_ms=run.fire_ms, attempt=run.attempt)
        known.info("job started")
        begin_s = time.perf_counter()
        work = asyncio.ensure_future(job.run(run.fire_ms))
        lease = asyncio.create_task(self._hold(job, run))
        try:
            await asyncio.wait({work, lease}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                outcome = LOST
            elif work.cancelled() or (error := work.exception()) is not None:
                outcome = FAILED
                known.error("job failed", exc_info=None if work.cancelled() else error)
            else:
                outcome = DONE
        except asyncio.CancelledError:
            await self._give_up(run, work, lease)
            self._metrics.runs.labels(job.name, INTERRUPTED).inc()
            raise
        await _cancelled(work, lease)
        if outcome != LOST and not await self._database.write(
            lambda connection: finish(connection, run, outcome, self._clock.now_ms())
        ):
            outcome = LOST
        seconds = time.perf_counter() - begin_s
        self._metrics.runs.labels(job.name, outcome).inc()
        self._metrics.seconds.labels(job.name).observe(seconds)
        if outcome == DONE:
            self._metrics.succeeded.labels(job.name).set(run.fire_ms / 1_000)
        known.info("job ended", outcome=outcome, duration_ms=round(seconds * 1_000, 2))

    async def _hold(self, job: Job, run: Run) -> None:
        """Prolong the lease; return once the run is not ours any more."""
        until_ms = self._clock.now_ms() + job.lease_ms
        while True:
            await self._clock.sleep_until(self._clock.now_ms() + job.lease_ms // 3)
            now_ms = self._clock.now_ms()
            try:
                if not await self._database.write(lambda connection: extend(connection, run, now_ms, job.lease_ms)):  # noqa: B023 - called at once
                    return
                until_ms = now_ms + job.lease_ms
            except StorageUnavailable as error:
                log.warning("lease not prolonged", job=job.name, exc_info=error)
                if self._clock.now_ms() >= until_ms:
                    return  # others may have taken it over, and cannot be asked

    async def _give_up(self, run: Run, work: asyncio.Future[None], lease: asyncio.Task[None]) -> None:
        await _cancelled(work, lease)
        with suppress(StorageUnavailable):
            await self._database.write(lambda connection: release(connection, run, self._clock.now_ms()))


async def _cancelled(*tasks: asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
