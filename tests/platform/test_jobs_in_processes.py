"""Jobs in real processes on one PostgreSQL: no due time twice, and none lost with a process that is killed."""

import asyncio
import sys
from pathlib import Path

import pytest

from gamefold.platform.jobs.claims import recent_runs
from gamefold.storage.columns import milliseconds
from gamefold.storage.opening import open_database

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[2]


class Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.told.append(line.decode().strip())

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reader

    def fires(self, word: str) -> list[int]:
        return [int(line.split()[1]) for line in self.told if line.startswith(word)]


async def a_worker(url: str, node: str, work_s: float) -> Worker:
    command = (sys.executable, "-m", "tests.platform.worker", url, node, str(work_s))
    return Worker(await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT))


async def until(condition, within_s: float = 30) -> None:
    for _ in range(round(within_s / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {within_s} s")


async def test_two_processes_run_each_due_time_once(postgres_url: str) -> None:
    workers = await asyncio.gather(a_worker(postgres_url, "one", 0.05), a_worker(postgres_url, "two", 0.05))
    try:
        await until(lambda: all(worker.told for worker in workers))
        await until(lambda: sum(len(worker.fires("done")) for worker in workers) >= 4)
    finally:
        for worker in workers:
            await worker.kill()
    begun = sorted(fire for worker in workers for fire in worker.fires("begun"))
    assert len(set(begun)) == len(begun)
    assert begun == list(range(begun[0], begun[-1] + 1_000, 1_000))  # none was missed either


async def test_a_run_whose_process_is_killed_is_taken_over(postgres_url: str) -> None:
    victim = await a_worker(postgres_url, "victim", 60)
    workers = [victim]
    try:
        await until(lambda: victim.fires("begun"))
        fire_ms = victim.fires("begun")[0]
        await victim.kill()
        heir = await a_worker(postgres_url, "heir", 0.01)
        workers.append(heir)
        await until(lambda: fire_ms in heir.fires("done"))
    finally:
        for worker in workers:
            await worker.kill()
    database = open_database(postgres_url)
    runs = {
        milliseconds(run.fire_at): run for run in await database.read(lambda connection: recent_runs(connection, 99))
    }
    await database.close()
    assert (runs[fire_ms].node, runs[fire_ms].attempt, runs[fire_ms].outcome) == ("heir", 2, "done")
    assert heir.fires("begun").count(fire_ms) == 1
