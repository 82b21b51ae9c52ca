"""Jobs: each due time once, whoever runs it, and taken over from the dead."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection

from gamefold.engine.journal import StorageUnavailable
from gamefold.platform.jobs.claims import (
    ABANDONED,
    ATTEMPTS_MAX,
    DONE,
    Busy,
    Run,
    claim,
    extend,
    finish,
    purge_runs,
    recent_runs,
    release,
)
from gamefold.platform.jobs.runner import Job, JobMetrics, JobRunner
from gamefold.platform.jobs.schedules import DAY_MS, Every, daily, every
from gamefold.storage.columns import milliseconds
from gamefold.storage.database import Database
from gamefold.testkit.clock import START_MS, VirtualClock
from tests.serving import eventually

MINUTE_MS = 60_000


class House:
    """Processes that share a database and a clock, and what their jobs did."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.ran: list[tuple[str, int]] = []
        self.registry = CollectorRegistry()
        self.runners: list[JobRunner] = []

    def job(self, node: str, work: Callable[[int], Awaitable[None]] | None = None, **options) -> Job:
        async def run(fire_ms: int) -> None:
            self.ran.append((node, fire_ms))
            if work is not None:
                await work(fire_ms)

        return Job(**{"name": "tick", "schedule": every(minutes=5), "run": run, **options})

    def node(self, database: Database, name: str, *jobs: Job, registry: CollectorRegistry | None = None) -> JobRunner:
        metrics = JobMetrics(registry or CollectorRegistry())
        runner = JobRunner(database, self.clock, jobs or [self.job(name)], node=name, metrics=metrics)
        runner.start()
        self.runners.append(runner)
        return runner

    async def until(self, condition: Callable[[], bool]) -> None:
        await eventually(condition)

    async def pass_by(self, ms: int, runs: int | None = None) -> None:
        """Let time pass, and what was due be claimed: until there were so many runs, or for a moment."""
        self.clock.advance(ms)
        if runs is not None:
            await self.until(lambda: len(self.ran) >= runs)
        await asyncio.sleep(0.08)

    async def ran_for(self, *fire_ms: int) -> bool:
        await self.until(lambda: len(self.ran) >= len(fire_ms))
        await asyncio.sleep(0.05)
        return sorted(fire for _, fire in self.ran) == sorted(fire_ms)


@asynccontextmanager
async def a_house() -> AsyncIterator[House]:
    house = House(VirtualClock(START_MS - START_MS % DAY_MS + 12 * 3_600_000))
    try:
        yield house
    finally:
        for runner in house.runners:
            await runner.stop()


@pytest.fixture
async def house(database: Database, other_database: Database) -> AsyncIterator[House]:
    assert database is not other_database  # both are closed after the house, whose jobs use them
    async with a_house() as house:
        yield house


async def ended_runs(database: Database) -> list:
    """All runs, once none is open any more."""

    async def all_ended() -> bool:
        return all(run.finished_at is not None for run in await runs())

    async def runs() -> list:
        return await database.read(lambda connection: recent_runs(connection, 10))

    await eventually(all_ended)
    return await runs()


def test_due_times_follow_from_the_calendar() -> None:
    noon = START_MS - START_MS % DAY_MS + 12 * 3_600_000
    five = every(minutes=5)
    assert (five.latest(noon), five.following(noon)) == (noon, noon + 5 * MINUTE_MS)
    assert (five.latest(noon - 1), five.following(noon - 1)) == (noon - 5 * MINUTE_MS, noon)
    at_four = daily(4)
    midnight = noon - 12 * 3_600_000
    assert (at_four.latest(noon), at_four.following(noon)) == (midnight + 4 * 3_600_000, midnight + 28 * 3_600_000)
    assert at_four.latest(midnight + 4 * 3_600_000 - 1) == midnight - 20 * 3_600_000
    assert at_four.latest(midnight + 4 * 3_600_000) == midnight + 4 * 3_600_000
    assert daily(23, 59).following(midnight) == midnight + DAY_MS - MINUTE_MS
    assert Every(1_000, 250).latest(1_249) == 250
    for broken in (every, lambda: daily(24), lambda: daily(0, 60)):
        with pytest.raises(AssertionError):
            broken()


async def test_each_due_time_is_run_once_by_two_processes(
    house: House, database: Database, other_database: Database
) -> None:
    noon = house.clock.now_ms()
    house.node(database, "one")
    house.node(other_database, "two")
    assert await house.ran_for(noon)
    for number in range(4):
        await house.pass_by(5 * MINUTE_MS, runs=number + 2)
    assert await house.ran_for(*(noon + number * 5 * MINUTE_MS for number in range(5)))
    runs = await ended_runs(database)
    assert [run.outcome for run in runs] == [DONE] * 5
    assert milliseconds(runs[0].fire_at) == noon + 20 * MINUTE_MS


async def test_after_a_downtime_the_latest_missed_run_is_made_up_for(house: House, database: Database) -> None:
    noon = house.clock.now_ms()
    runner = house.node(database, "one")
    assert await house.ran_for(noon)
    await runner.stop()
    house.clock.advance(3 * 3_600_000 + MINUTE_MS)
    house.node(database, "one again")
    assert await house.ran_for(noon, noon + 3 * 3_600_000)


async def test_a_failing_run_is_counted_and_the_next_one_comes(house: House, database: Database) -> None:
    async def fail(_fire_ms: int) -> None:
        raise RuntimeError("no")

    async def cancel(_fire_ms: int) -> None:
        raise asyncio.CancelledError

    noon = house.clock.now_ms()
    failing, cancelling = house.job("one", fail, name="fails"), house.job("one", cancel, name="cancels")
    house.node(database, "one", failing, cancelling, house.job("one"), registry=house.registry)
    await house.until(lambda: len(house.ran) == 3)
    await house.pass_by(5 * MINUTE_MS)
    assert await house.ran_for(*(noon, noon + 5 * MINUTE_MS) * 3)

    def counted(job: str, outcome: str) -> float | None:
        return house.registry.get_sample_value("gamefold_job_runs_total", {"job": job, "outcome": outcome})

    def all_counted() -> bool:
        return (counted("fails", "failed"), counted("cancels", "failed"), counted("tick", "done")) == (2, 2, 2)

    await house.until(all_counted)
    last = house.registry.get_sample_value("gamefold_job_last_success_timestamp_seconds", {"job": "tick"})
    assert last == (noon + 5 * MINUTE_MS) / 1_000


async def test_a_long_run_keeps_its_lease_and_nobody_runs_beside_it(
    house: House, database: Database, other_database: Database
) -> None:
    go_on = asyncio.Event()

    async def long(_fire_ms: int) -> None:
        await go_on.wait()

    noon = house.clock.now_ms()
    house.node(database, "one", house.job("one", long))
    assert await house.ran_for(noon)
    house.node(other_database, "two")
    for _ in range(16):  # over five minutes, with a lease of one
        await house.pass_by(20_000)
    assert house.ran == [("one", noon)]
    go_on.set()
    await house.until(lambda: len(house.ran) == 2)
    assert house.ran[1][1] == noon + 5 * MINUTE_MS


async def test_a_run_whose_process_froze_is_taken_over_and_its_end_does_not_count(
    house: House, database: Database, other_database: Database
) -> None:
    frozen, thaw = asyncio.Event(), asyncio.Event()

    class Freezing:
        """A database that a frozen process does not get around to ask."""

        dialect = database.dialect
        read = database.read

        async def write(self, transaction):
            if frozen.is_set():
                await thaw.wait()
            return await database.write(transaction)

    async def freeze(_fire_ms: int) -> None:
        frozen.set()
        await thaw.wait()

    noon = house.clock.now_ms()
    house.node(Freezing(), "one", house.job("one", freeze), registry=house.registry)
    assert await house.ran_for(noon)
    house.node(other_database, "two")
    await asyncio.sleep(0.1)
    await house.pass_by(59_000)
    assert len(house.ran) == 1
    await house.pass_by(2_000)
    await house.until(lambda: house.ran == [("one", noon), ("two", noon)])
    thaw.set()
    lost = {"job": "tick", "outcome": "lost"}
    await house.until(lambda: house.registry.get_sample_value("gamefold_job_runs_total", lost) == 1)
    run = (await ended_runs(database))[0]
    assert (run.node, run.attempt, run.outcome) == ("two", 2, DONE)


async def test_a_process_that_stops_hands_its_run_over_at_once(
    house: House, database: Database, other_database: Database
) -> None:
    noon = house.clock.now_ms()

    async def for_ever(_fire_ms: int) -> None:
        await asyncio.Event().wait()

    first = house.node(database, "one", house.job("one", for_ever), registry=house.registry)
    assert await house.ran_for(noon)
    await first.stop()
    interrupted = {"job": "tick", "outcome": "interrupted"}
    assert house.registry.get_sample_value("gamefold_job_runs_total", interrupted) == 1
    house.node(other_database, "two")
    await house.until(lambda: house.ran == [("one", noon), ("two", noon)])


async def test_a_database_that_is_away_is_asked_again(house: House, database: Database) -> None:
    class Away:
        dialect = database.dialect
        failures = 2

        async def write(self, transaction):
            if self.failures:
                self.failures -= 1
                raise StorageUnavailable("away")
            return await database.write(transaction)

    noon = house.clock.now_ms()
    house.node(Away(), "one")
    for _ in range(3):
        await house.pass_by(5_000)
    assert await house.ran_for(noon)


async def test_a_claim_is_one_process_until_its_lease_runs_out(database: Database) -> None:
    def ask(node: str, now_ms: int, due_ms: int = START_MS) -> Awaitable[Run | Busy | None]:
        return database.write(lambda connection: claim(connection, "job", due_ms, node, now_ms, 1_000))

    one = await ask("one", START_MS)
    assert one == Run("job", START_MS, "one", 1)
    assert await ask("two", START_MS + 999) == Busy(START_MS + 1_000)
    assert await database.write(lambda connection: extend(connection, one, START_MS + 500, 1_000))
    assert await ask("two", START_MS + 1_400, START_MS + 1_400) == Busy(START_MS + 1_500)
    two = await ask("two", START_MS + 1_500, START_MS + 1_400)
    assert two == Run("job", START_MS, "two", 2)
    assert not await database.write(lambda connection: extend(connection, one, START_MS + 1_600, 1_000))
    assert not await database.write(lambda connection: finish(connection, one, DONE, START_MS + 1_600))
    await database.write(lambda connection: release(connection, one, START_MS + 1_600))
    assert isinstance(await ask("three", START_MS + 1_700), Busy)
    assert await database.write(lambda connection: finish(connection, two, DONE, START_MS + 1_800))
    assert await ask("three", START_MS + 1_800) is None
    assert await ask("three", START_MS + 1_800, START_MS + 1_400) == Run("job", START_MS + 1_400, "three", 1)


async def test_a_run_that_kills_every_process_is_given_up(database: Database) -> None:
    found = []
    for number in range(ATTEMPTS_MAX + 1):

        def ask(connection: Connection, now_ms: int = START_MS + number * 1_000) -> Run | Busy | None:
            return claim(connection, "job", START_MS, "n", now_ms, 1_000)

        found.append(await database.write(ask))
    assert [run and run.attempt for run in found] == [1, 2, 3, 4, 5, None]
    run = (await database.read(lambda connection: recent_runs(connection, 1)))[0]
    assert run.outcome == ABANDONED


async def test_old_runs_are_forgotten_and_open_ones_are_not(database: Database) -> None:
    done = await database.write(lambda connection: claim(connection, "done", START_MS, "n", START_MS, 1_000))
    await database.write(lambda connection: claim(connection, "open", START_MS, "n", START_MS, 1_000))
    await database.write(lambda connection: finish(connection, done, DONE, START_MS))
    assert await database.write(lambda connection: purge_runs(connection, START_MS)) == 0
    assert await database.write(lambda connection: purge_runs(connection, START_MS + 1)) == 1
    assert [run.name for run in await database.read(lambda connection: recent_runs(connection, 9))] == ["open"]
