"""kill -9 under load: what was acknowledged is there, nothing is half, and the next start goes on."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from gamefold.engine.clock import RealClock
from gamefold.engine.history import verify
from gamefold.engine.journal import Journal
from gamefold.engine.recovery import steps
from gamefold.engine.rng import Rng
from gamefold.storage.journal import SqlJournal
from gamefold.storage.opening import open_database
from gamefold.testkit.hosted import make_tables
from gamefold.testkit.toys import METADATA, PROJECTORS
from gamefold.testkit.toys.tables import holdings_of

from .loaded import RULESETS, WORLDS

ROOT = Path(__file__).parent.parent.parent

Acked = dict[tuple[str, int], str]  # by world and seq: the request


async def one_life(url: str, number: int) -> Acked:
    """Start a server, let it answer a drawn number of times, kill it, and give what it had answered."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.simulation.loaded", url, f"life-{number}"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    first = await process.stdout.readline()
    assert first == b"ready\n", (await process.stderr.read()).decode()
    lines = [await process.stdout.readline() for _ in range(50 + Rng(bytes(32), "kill", number).below(1_000))]
    process.kill()
    lines += (await process.stdout.read()).splitlines()
    await process.wait()
    told = (line.decode().split() for line in lines)
    return {(world, int(seq)): request for world, seq, request in told}


async def check(url: str, acked: Acked) -> None:
    """Hold everything that was ever answered against what is stored."""
    database = open_database(url)
    try:
        journal = SqlJournal(database, PROJECTORS, RealClock())
        for world in WORLDS:
            stored = await stored_requests(journal, world)
            lost = [key for key, request in acked.items() if key[0] == world and stored.get(key[1]) != request]
            assert not lost, f"{len(lost)} answers were lost, the first one is {lost[0]}"
            requests = [request for request in stored.values() if request is not None]
            assert len(set(requests)) == len(requests)
            verdict = await verify(journal, RULESETS, world)
            assert verdict.holds, verdict.reason
            rows = await database.read(lambda connection, world=world: holdings_of(connection, world))
            assert sum(rows.values()) == len(requests), "tables and journal tell different stories"
    finally:
        await database.close()


async def stored_requests(journal: Journal, world: str) -> dict[int, str | None]:
    lineage = await journal.lineage(world)
    return {step.entry.seq: step.entry.request async for step in steps(journal, lineage)}


async def kill_again_and_again(url: str, times: int) -> None:
    acked: Acked = {}
    for number in range(times):
        answered = await one_life(url, number)
        assert not answered.keys() & acked.keys(), "a seq was given twice"
        acked |= answered
        if number % 10 == 9 or number == times - 1:
            await check(url, acked)


@pytest.fixture
async def url(url: str) -> str:
    database = open_database(url)
    await database.write(lambda connection: make_tables(connection, METADATA))
    await database.close()
    return url


async def test_a_killed_server_loses_no_answer(url: str) -> None:
    await kill_again_and_again(url, 4)


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_a_server_killed_a_hundred_times_loses_no_answer(url: str) -> None:
    await kill_again_and_again(url, 100)
