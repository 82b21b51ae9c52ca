"""Sections 6 to 8: metrics, logs, health, jobs, limits."""

import io
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from gamefold.platform.jobs.tables import job_runs
from gamefold.web.logs import configure_logs
from tests.serving import eventually

from .office import DAY_MS, MINUTE_MS, PASSWORD, Office, Person, an_office, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

METRICS = ("sessions_completed_total", "drops_awarded_total", "session_duration_seconds", "active_sessions_gauge")


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What is logged, from info on."""
    stream = io.StringIO()
    configure_logs("info", stream)
    yield stream
    configure_logs("critical", io.StringIO())


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """An office nobody has been to, where chance is the same every time."""
    shutil.copy(sqlite_template, tmp_path / "playground.db")
    async with an_office(tmp_path, GAMEFOLD_SEED=7) as one:
        yield one


async def test_metrics_tell_the_truth_by_the_spec_names(fresh: Office) -> None:
    me = await fresh.person()
    told = []
    for minutes, room, times in ((25, "study_room", 3), (50, "study_room", 2), (90, "build_room", 8)):
        task = await me.task(room=room)
        told += [(minutes, room, await me.focuses(minutes, task)) for _ in range(times)]
    task = await me.task()
    cancelled, first = await me.starts(25, task), await me.starts(25, task)
    refused(await me.asks("POST", f"/api/sessions/{first}/complete"), 422, "TOO_EARLY")
    await me.posts(f"/api/sessions/{cancelled}/cancel")
    refused(await me.asks("POST", f"/api/sessions/{cancelled}/complete"), 409, "SESSION_ALREADY_COMPLETED")
    again = {"Idempotency-Key": "again"}
    fresh.clock.advance(25 * MINUTE_MS)
    for _ in range(2):
        await me.posts(f"/api/sessions/{first}/complete", headers=again)
    await me.starts(90, task)

    for minutes, room, count in (
        (25, "study_room", 3),
        (50, "study_room", 2),
        (90, "build_room", 8),
        (25, "build_room", 1),
    ):
        assert await fresh.metric("sessions_completed_total", room=room, duration=str(minutes)) == count
    items = (await me.gets("/api/inventory"))["items"]
    for rarity in ("common", "rare", "epic"):
        expected = sum(item["rarity"] == rarity for item in items)
        assert await fresh.metric("drops_awarded_total", rarity=rarity) == expected
    assert items, "the script is long enough that something dropped"
    assert await fresh.metric("session_duration_seconds_count") == 14
    assert await fresh.metric("session_duration_seconds_sum") == 60 * (3 * 25 + 2 * 50 + 8 * 90 + 25)
    assert await fresh.metric("session_duration_seconds_bucket", le="1500.0") == 4
    assert await fresh.metric("active_sessions_gauge") == 1


async def test_the_gauge_finds_back_to_the_truth(fresh: Office) -> None:
    me = await fresh.person()
    await me.starts(25)
    fresh.clock.advance(60 * MINUTE_MS)
    await eventually(lambda: timed_out(me))

    async def is_true() -> bool:
        return await fresh.metric("active_sessions_gauge") == 0

    await eventually(is_true)


async def timed_out(me: Person) -> bool:
    return [item["status"] for item in (await me.gets("/api/sessions/history"))["items"]] == ["timeout"]


async def test_events_are_logged_with_who_and_what_and_without_secrets(fresh: Office, logs: io.StringIO) -> None:
    me = await fresh.person()
    task = await me.task()
    done = []
    while not any(told["session"]["dropItem"] for told in done):
        done.append(await me.focuses(90, task))
    cancelled = await me.starts(25, task)
    await me.posts(f"/api/sessions/{cancelled}/cancel", {"reason": "distracted"})
    await me.starts(25, task)
    fresh.clock.advance(60 * MINUTE_MS)
    await eventually(lambda: '"saves": 1' in logs.getvalue())

    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    told = {name: [line for line in lines if line.get("event") == name] for name in EVENTS}
    sessions = [one["session"] for one in done]
    assert [line["session_id"] for line in told["session_success"]] == [one["id"] for one in sessions]
    assert [line["session_id"] for line in told["session_cancel"]] == [cancelled]
    assert [line["session_id"] for line in told["drop_awarded"]] == [one["id"] for one in sessions if one["dropItem"]]
    (brought,) = [line for line in told["saves brought up to date"] if line["saves"]]
    assert (brought["intent"], brought["saves"]) == ("TimeOutSessions", 1)
    for line in (*told["session_success"], *told["session_cancel"], *told["drop_awarded"]):
        assert (line["user_id"], line["level"]) == (me.id, "info")
        assert len(line["trace_id"]) == 32
    success = told["session_success"][-1]
    assert (success["reward_exp"], success["reward_gold"], success["duration_minutes"]) == (180, 90, 90)
    assert success["drop_item_id"] == sessions[-1]["dropItem"]["id"]
    assert told["session_cancel"][0]["reason"] == "distracted"
    everything = logs.getvalue()
    for secret in (me.tokens["accessToken"], me.tokens["refreshToken"], PASSWORD, me.email):
        assert secret not in everything


EVENTS = ("session_success", "session_cancel", "drop_awarded", "saves brought up to date")


async def test_an_answer_carries_the_trace_of_its_log_lines(fresh: Office, logs: io.StringIO) -> None:
    me = await fresh.person()
    session = await me.starts(25)
    fresh.clock.advance(25 * MINUTE_MS)
    answer = await me.asks("POST", f"/api/sessions/{session}/complete")
    line = next(json.loads(line) for line in logs.getvalue().splitlines() if '"session_success"' in line)
    assert answer.headers["X-Trace-Id"] == line["trace_id"]


async def test_health_tells_of_the_tables_version(fresh: Office) -> None:
    assert (await fresh.http.get("/health/live")).status_code == 200
    ready = await fresh.http.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (200, {"status": "ok"})

    async def becomes(version: str) -> str:
        def change(connection: Any) -> str:
            before = connection.execute(text("SELECT version_num FROM engine_alembic_version")).scalar_one()
            connection.execute(text("UPDATE engine_alembic_version SET version_num = :version"), {"version": version})
            return str(before)

        return await fresh.server.database.write(change)

    right = await becomes("0001")
    not_ready = await fresh.http.get("/health/ready")
    assert not_ready.status_code == 503
    assert not_ready.json()["checks"]["database"] == {
        "status": "failing",
        "detail": "the tables are of another version",
    }
    assert (await fresh.http.get("/health/live")).status_code == 200
    await becomes(right)
    assert (await fresh.http.get("/health/ready")).status_code == 200


async def test_jobs_run_at_the_spec_times(fresh: Office) -> None:
    fresh.clock.advance(DAY_MS)

    async def due_times() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in await fresh.rows(job_runs):
            assert row["outcome"] in {"done", None}, row
            found.setdefault(row["name"], set()).add(row["fire_at"].strftime("%H:%M"))
        return found

    async def all_ran() -> bool:
        return len((await due_times()).get("streak_reset", ())) >= 1 and (
            {"streak_reset", "session_timeout", "cosmetic_rotation"} <= set(await due_times())
        )

    await eventually(all_ran)
    found = await due_times()
    assert found["streak_reset"] == {"04:00"}
    assert found["cosmetic_rotation"] == {"00:00"}
    assert all(int(time[-2:]) % 5 == 0 for time in found["session_timeout"])


async def test_a_save_that_cannot_be_played_does_not_hold_up_the_others(fresh: Office) -> None:
    people = [await fresh.person() for _ in range(4)]
    for person in people:
        await person.starts(25)
    broken = min([f"focus/{await person.tenant()}/{person.id}" for person in people])

    def lose(connection: Any) -> None:
        for table in ("engine_journal", "engine_snapshots", "engine_runs", "engine_worlds"):
            connection.execute(text(f"DELETE FROM {table} WHERE world = :world"), {"world": broken})

    await fresh.server.database.write(lose)
    fresh.clock.advance(60 * MINUTE_MS)
    healthy = [person for person in people if person.id not in broken]

    async def all_timed_out() -> bool:
        return all([await timed_out(person) for person in healthy])

    await eventually(all_timed_out)


async def test_the_61st_request_of_a_minute_is_429_and_others_are_not_hurt(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "playground.db")
    async with an_office(tmp_path, RATE_LIMIT_PER_MIN=60) as office:
        me, other = await office.person(), await office.person()
        answers = [await me.asks("GET", "/api/worldstate") for _ in range(61)]
        assert [answer.status_code for answer in answers] == [200] * 60 + [429]
        refused(answers[-1], 429, "RATE_LIMITED")
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert "RateLimit-Policy" in answers[0].headers
        body = {"taskTemplateId": me.id, "durationMinutes": 25}
        refused(await me.asks("POST", "/api/sessions/start", body), 429, "RATE_LIMITED")
        await other.gets("/api/worldstate")
        # Where they come from is not what counts.
        spoofed = await me.asks("GET", "/api/worldstate", headers={"X-Forwarded-For": "1.2.3.4"})
        assert spoofed.status_code == 429
