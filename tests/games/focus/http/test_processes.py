"""Two servers on one PostgreSQL database: what one promises the other keeps. Real processes, real sockets."""

import asyncio
import contextlib
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gamefold.platform.jobs.tables import job_runs
from tests.serving import eventually

from .office import DAY_MS, MINUTE_MS, PASSWORD, an_office, code_of, good, refused

ROOT = Path(__file__).parents[4]
SECRET = "two servers of one house know this, 93hgf0"


class Process:
    """One `gamefold serve`, and clients of it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process, self.url = process, url
        self.http = httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=None))

    async def asks(
        self, tokens: dict[str, Any], method: str, path: str, body: Any = None, **more: str
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {tokens['accessToken']}", **more}
        return await self.http.request(method, path, json=body, headers=headers)

    async def registers(self, name: str) -> dict[str, Any]:
        body = {"email": f"{name}@example.com", "password": PASSWORD}
        return good(await self.http.post("/api/auth/register", json=body), 201)

    async def task(self, tokens: dict[str, Any]) -> str:
        body = {"name": "Deep Work", "category": "build", "defaultDurationMinutes": 50, "room": "build_room"}
        return good(await self.asks(tokens, "POST", "/api/tasks", body), 201)["id"]

    async def starts(self, tokens: dict[str, Any], task: str) -> str:
        body = {"taskTemplateId": task, "durationMinutes": 50}
        return good(await self.asks(tokens, "POST", "/api/sessions/start", body), 201)["sessionId"]


@contextlib.asynccontextmanager
async def serving(data: Path, url: str) -> AsyncIterator[Process]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "DATABASE_URL": url,
        "JWT_SECRET": SECRET,
        "SESSION_MIN_RATIO": "0",
        "RATE_LIMIT_PER_MIN": "0",
        "GAMEFOLD_LOG_LEVEL": "error",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gamefold", "serve", "focus", "--at-root", "--port", "0", "--data", str(data)),
        env=environment,
        cwd=data,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told = (await process.stdout.readline()).decode()
    one = Process(process, told.partition(" at ")[2].partition(" ")[0])
    try:
        yield one
    finally:
        await one.http.aclose()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@pytest.fixture
async def two(empty_postgres_url: str, tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with contextlib.AsyncExitStack() as stack:
        # At once, so that they also find out who makes the tables.
        starting = [stack.enter_async_context(serving(tmp_path / name, empty_postgres_url)) for name in ("one", "two")]
        one, other = await asyncio.gather(*starting)
        yield one, other


@pytest.mark.postgres
async def test_two_processes_keep_each_others_promises(two: tuple[Process, Process]) -> None:
    one, other = two
    me = await one.registers("me")
    task = await one.task(me)

    # 20 starts over both: two succeed.
    start = {"taskTemplateId": task, "durationMinutes": 50}
    answers = await asyncio.gather(*(two[n % 2].asks(me, "POST", "/api/sessions/start", start) for n in range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: 18}
    sessions = [good(answer, 201)["sessionId"] for answer in answers if answer.is_success]

    # 100 completes of one session over both: one is paid.
    path = f"/api/sessions/{sessions[0]}/complete"
    answers = await asyncio.gather(*(two[n % 2].asks(me, "POST", path) for n in range(100)))
    counted = Counter("ok" if answer.is_success else code_of(answer) for answer in answers)
    assert counted == {"ok": 1, "SESSION_ALREADY_COMPLETED": 99}
    for process in two:
        assert good(await process.asks(me, "GET", "/api/profile"))["hero"]["gold"] == 50

    # Complete and cancel over both: one of them.
    ways = ("complete", "cancel") * 10
    asked = (two[n // 2 % 2].asks(me, "POST", f"/api/sessions/{sessions[1]}/{way}") for n, way in enumerate(ways))
    counted = Counter("ok" if answer.is_success else code_of(answer) for answer in await asyncio.gather(*asked))
    assert counted == {"ok": 1, "SESSION_ALREADY_COMPLETED": 19}

    # One key over both: one session.
    answers = await asyncio.gather(
        *(two[n % 2].asks(me, "POST", "/api/sessions/start", start, **{"Idempotency-Key": "once"}) for n in range(10))
    )
    assert {code_of(answer) for answer in answers if not answer.is_success} <= {"IDEMPOTENCY_IN_FLIGHT"}
    assert len({answer.text for answer in answers if answer.is_success}) == 1

    # A cursor of the one is good at the other.
    page = good(await one.asks(me, "GET", "/api/sessions/history?limit=1"))
    rest = good(await other.asks(me, "GET", f"/api/sessions/history?cursor={page['nextCursor']}"))
    assert len(rest["items"]) == 2

    # Who logs out here is out there, within a second.
    assert (await one.asks(me, "POST", "/api/auth/logout")).status_code == 204

    async def out() -> bool:
        return (await other.asks(me, "GET", "/api/profile")).status_code == 401

    await eventually(out, seconds=1.5)
    refused(await one.asks(me, "GET", "/api/profile"), 401, "UNAUTHORIZED")


@pytest.mark.long
@pytest.mark.postgres
async def test_nothing_is_lost_and_nothing_twice_when_one_of_two_is_killed(two: tuple[Process, Process]) -> None:
    one, other = two
    rounds, going = 8, asyncio.Event()
    interrupted: list[str] = []

    async def played(name: str) -> tuple[dict[str, Any], int]:
        """Focus again and again at both, and go to the survivor where one does not answer."""
        me = await other.registers(name)
        task = await other.task(me)
        paid = 0
        for number in range(rounds):
            process = two[number % 2]
            try:
                session = await process.starts(me, task)
            except httpx.HTTPError as error:
                interrupted.append(type(error).__name__)
                # Started or not: the survivor knows.
                history = good(await other.asks(me, "GET", "/api/sessions/history"))["items"]
                pending = [item["id"] for item in history if item["status"] == "pending"]
                session = pending[0] if pending else await other.starts(me, task)
            try:
                answer = await process.asks(me, "POST", f"/api/sessions/{session}/complete")
            except httpx.HTTPError:
                answer = await other.asks(me, "POST", f"/api/sessions/{session}/complete")
            assert answer.is_success or code_of(answer) == "SESSION_ALREADY_COMPLETED", answer.text
            paid += 1
            if number == 2:
                going.set()
        return me, paid

    async def kill() -> None:
        await going.wait()
        one.process.kill()

    *told, _ = await asyncio.gather(*(played(f"builder-{n}") for n in range(8)), kill())
    assert interrupted, "the kill came too late to hurt anybody"
    for me, paid in told:
        profile = good(await other.asks(me, "GET", "/api/profile"))
        items = good(await other.asks(me, "GET", "/api/sessions/history?limit=50"))["items"]
        done = [item for item in items if item["status"] == "success"]
        assert profile["hero"]["gold"] == 50 * len(done) == 50 * paid == 50 * rounds
        assert profile["worldState"]["totalSessionsSuccess"] == rounds


@pytest.mark.postgres
async def test_jobs_run_once_over_two_servers(postgres_url: str, tmp_path: Path) -> None:
    async with (
        an_office(tmp_path / "one", DATABASE_URL=postgres_url, JWT_SECRET=SECRET) as one,
        an_office(tmp_path / "two", DATABASE_URL=postgres_url, JWT_SECRET=SECRET) as other,
    ):
        me = await one.person()
        for _ in range(2):
            await me.focuses(25)
        session = await me.starts(25)
        other.clock.advance(50 * MINUTE_MS)
        for office in (one, other):
            office.clock.advance(DAY_MS * 2)

        async def missed() -> bool:
            shown = await me.gets("/api/worldstate")
            ended = (await me.gets(f"/api/sessions/{session}"))["status"]
            return (shown["worldState"]["dayStreak"], ended) == (0, "timeout")

        await eventually(missed)

        async def all_done() -> bool:
            return all(row["outcome"] == "done" for row in await one.rows(job_runs))

        await eventually(all_done)
        runs = Counter(row["name"] for row in await one.rows(job_runs))
        assert all(row["attempt"] == 1 for row in await one.rows(job_runs))
        for job in ("streak_reset", "session_timeout", "cosmetic_rotation"):
            counted = [
                await office.metric("gamefold_job_runs_total", job=job, outcome="done") for office in (one, other)
            ]
            assert sum(counted) == runs[job], (job, counted)
        world = f"focus/{await me.tenant()}/{me.id}"
        told = [type(record.event).__name__ async for record in one.server.host.history(world)]
        assert (told.count("StreakReset"), told.count("SessionTimedOut")) == (1, 1)
