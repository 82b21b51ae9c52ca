"""What stays of a match: the session for a while, the record, the log and the proof of its chance for ever."""

import asyncio
import os
import re
import time
from hashlib import blake2b
from pathlib import Path

import pytest

from gamefold import app
from gamefold.games.spellcasters import tables
from gamefold.testkit.clock import VirtualClock
from tests.serving import eventually

from .playground import SAMPLE, TACTICAL, Playground, a_playground, events_in, refused

MINUTE_MS = 60_000
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def a_finished_match(playground: Playground) -> str:
    session = await playground.start(tick_delay_ms=0)
    await playground.ended(session)
    return session


# -- while the playground remembers -------------------------------------------------------------------------------


async def test_a_finished_session_is_kept_for_the_idle_time_and_then_404(slow: Playground) -> None:
    session = await a_finished_match(slow)
    paths = [f"/playground/{session}{end}" for end in ("", "/events", "/replay")]
    await slow.clock.elapse(30 * MINUTE_MS)
    for path in paths:
        assert (await slow.http.get(path)).status_code == 200
    await slow.clock.elapse(1)
    for path in paths:
        refused(await slow.http.get(path), 404, "SESSION_NOT_FOUND")
    refused(await slow.act(session, SAMPLE, 1), 404, "SESSION_NOT_FOUND")
    assert events_in((await slow.http.get(f"/matches/{session}/replay")).text)


async def test_a_running_session_is_never_too_old(slow: Playground) -> None:
    one, two = await slow.register("One"), await slow.register("Two")
    session = await slow.start(one, two, tick_delay_ms=60_000)
    await slow.clock.elapse(45 * MINUTE_MS)
    assert (await slow.now(session))["status"] == "running"


async def test_the_idle_sweeper_cleans_finished_sessions_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "TIDY_S", 0.05)
    async with a_playground(tmp_path, PLAYGROUND_IDLE_TTL_MIN=0) as playground:
        player = await playground.register()
        running = await playground.start(player, SAMPLE)
        finished = await playground.played()

        async def swept() -> bool:
            cleaned = {row["session_id"]: row["cleaned_at"] for row in await playground.rows(tables.sessions)}
            assert cleaned[running] is None
            return cleaned[finished] is not None

        await eventually(swept)
        assert (await playground.match(finished))["status"] == "completed"
        assert len(await playground.rows(tables.game_results)) == 1


async def test_tidying_up_goes_on_after_something_could_not_be_tidied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "TIDY_S", 0.05)
    logs = tmp_path / "logs" / "playground"
    # A directory where a log file should be cannot be unlinked.
    (logs / "old.log").mkdir(parents=True)
    os.utime(logs / "old.log", (0, 0))
    async with a_playground(tmp_path, PLAYGROUND_IDLE_TTL_MIN=0) as playground:
        finished = await playground.played()

        async def swept() -> bool:
            [row] = await playground.rows(tables.sessions)
            assert row["session_id"] == finished
            return row["cleaned_at"] is not None

        await eventually(swept)


async def test_a_deleted_session_is_404_at_once_and_its_match_stays(playground: Playground) -> None:
    session = await a_finished_match(playground)
    assert (await playground.http.delete(f"/playground/{session}")).status_code == 204
    refused(await playground.http.get(f"/playground/{session}/replay"), 404, "SESSION_NOT_FOUND")
    refused(await playground.http.delete(f"/playground/{session}"), 404, "SESSION_NOT_FOUND")
    assert (await playground.match(session))["status"] == "completed"
    assert await playground.history(session)


# -- the record ---------------------------------------------------------------------------------------------------


async def test_matches_are_paged_newest_first_without_gap_or_repeat(playground: Playground) -> None:
    started = [await playground.start(tick_delay_ms=60_000) for _ in range(7)]
    for limit in (1, 2, 3, 7, 50):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
            page = (await playground.http.get("/matches", params=query)).json()
            assert set(page) == {"items", "next_cursor"}
            assert 1 <= len(page["items"]) <= limit
            seen += [item["match_id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        # Several may have begun in one millisecond; then their order is fixed, but not by age.
        assert sorted(seen) == sorted(started)
        assert len(set(seen)) == 7
    default = (await playground.http.get("/matches")).json()["items"]
    assert [item["started_at"] for item in default] == sorted((item["started_at"] for item in default), reverse=True)


async def test_matches_can_be_asked_by_player_and_by_status(playground: Playground) -> None:
    player = await playground.register()
    mine = await playground.start(player, SAMPLE)
    other = await playground.played(SAMPLE, TACTICAL)

    async def found(**query: str) -> set[str]:
        return {item["match_id"] for item in (await playground.http.get("/matches", params=query)).json()["items"]}

    assert await found(player_id=player) == {mine}
    assert await found(player_id=SAMPLE) == {mine, other}
    assert await found(player_id="nobody") == set()
    assert await found(status="running") == {mine}
    assert await found(status="completed") == {other}
    assert await found(status="aborted") == set()


NO_LIMITS = ["0", "51", "-1", "1e1", "abc", "", "1.0", "+1", "01", "\u0661", "9" * 30]


async def test_a_limit_outside_of_1_to_50_is_422(playground: Playground) -> None:
    for limit in NO_LIMITS:
        refused(await playground.http.get("/matches", params={"limit": limit}), 422, "INVALID_REQUEST")


async def test_a_cursor_that_was_not_given_here_is_422(playground: Playground) -> None:
    for _ in range(2):
        await playground.start(tick_delay_ms=60_000)
    given = (await playground.http.get("/matches", params={"limit": "1"})).json()["next_cursor"]
    other = "B" if given[0] == "A" else "A"
    for cursor in (other + given[1:], given[:-3] + "xyz", given[:-4], given + "AAAA", "", "x", "%", "é", "A" * 600):
        refused(await playground.http.get("/matches", params={"cursor": cursor}), 422, "INVALID_REQUEST")
    assert (await playground.http.get("/matches", params={"cursor": given})).status_code == 200


async def test_a_match_commits_to_its_chance_before_it_begins_and_reveals_it_after_the_end(slow: Playground) -> None:
    player = await slow.register()
    session = await slow.start(player, SAMPLE)
    during = await slow.match(session)
    assert during["seed"] is None
    assert during["status"] == "running"
    assert re.fullmatch("[0-9a-f]{64}", during["commitment"])

    await slow.clock.elapse(100 * 6_000)

    after = await slow.ended(session)
    assert after["commitment"] == during["commitment"]
    assert blake2b(bytes.fromhex(after["seed"]), digest_size=32).hexdigest() == during["commitment"]


async def test_the_seed_is_told_nowhere_while_the_match_runs(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    seed = (await playground.server.host.journal.lineage(f"spellcasters/{session}"))[-1].run.seed
    of_match = [f"/matches/{session}{end}" for end in ("", "/replay", "/log")]
    of_session = [f"/playground/{session}{end}" for end in ("", "/replay")]
    for path in (*of_match, *of_session, "/matches", "/playground/active", "/admin/state"):
        answer = await playground.http.get(path)
        assert answer.status_code == 200
        assert seed.hex() not in answer.text


async def test_an_unknown_match_is_404(playground: Playground) -> None:
    for path in ("", "/replay", "/log"):
        refused(await playground.http.get(f"/matches/{UNKNOWN}{path}"), 404, "MATCH_NOT_FOUND")


async def test_a_match_is_replayed_at_the_asked_speed(tmp_path: Path) -> None:
    async with a_playground(tmp_path, MAX_TURNS=6) as playground:
        session = await a_finished_match(playground)
        fast = events_in((await playground.http.get(f"/matches/{session}/replay")).text)
        began = time.monotonic()
        paced = events_in((await playground.http.get(f"/matches/{session}/replay", params={"speed": "20"})).text)
        assert paced == fast
        # Six turns follow the first board, and the end follows the last turn: 7 pauses of 50 ms.
        assert time.monotonic() - began >= 0.3


NO_SPEEDS = ["-1", "nan", "inf", "x", "", "1001", "1e999", "0.0000001"]


async def test_a_speed_that_makes_no_sense_is_422(playground: Playground) -> None:
    session = await playground.start(tick_delay_ms=60_000)
    for speed in NO_SPEEDS:
        answer = await playground.http.get(f"/matches/{session}/replay", params={"speed": speed})
        refused(answer, 422, "INVALID_REQUEST")


# -- the log ------------------------------------------------------------------------------------------------------


async def test_the_log_file_is_written_whole_at_the_end_with_one_line_a_turn(playground: Playground) -> None:
    session = await a_finished_match(playground)
    path = playground.settings.log_dir / "playground" / f"{session}.log"
    await eventually(path.exists)
    lines = path.read_text(encoding="utf-8").splitlines()
    record = await playground.match(session)
    turns = [re.search(r" turn=(\d+) ", line)[1] for line in lines]  # type: ignore[index]
    assert [int(turn) for turn in turns] == [*range(record["turns_played"] + 1), record["turns_played"]]
    assert record["summary"] in lines[-1]
    assert (await playground.http.get(f"/matches/{session}/log")).text.splitlines() == lines
    assert list(path.parent.iterdir()) == [path]


async def test_no_log_file_exists_while_a_match_runs_but_its_lines_can_be_read(slow: Playground) -> None:
    one, two = await slow.register("One"), await slow.register("Two")
    session = await slow.start(one, two)
    await slow.clock.elapse(5_000)
    assert not (slow.settings.log_dir / "playground" / f"{session}.log").exists()
    lines = (await slow.http.get(f"/matches/{session}/log")).text.splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("One timed out; Two timed out")


async def test_an_aborted_match_has_its_log_too(playground: Playground) -> None:
    one, two = await playground.register("One"), await playground.register("Two")
    session = await playground.start(one, two)
    await playground.http.delete(f"/playground/{session}")
    path = playground.settings.log_dir / "playground" / f"{session}.log"
    await eventually(path.exists)
    assert "aborted" in path.read_text().splitlines()[-1]


async def test_logs_are_kept_for_the_days_of_log_retention_days(tmp_path: Path) -> None:
    logs = tmp_path / "logs" / "playground"
    logs.mkdir(parents=True)
    ages_days = {"old": 3, "fresh": 1}
    for name, days in ages_days.items():
        (logs / f"{name}.log").write_text("a line\n")
        os.utime(logs / f"{name}.log", (time.time() - days * 86_400,) * 2)
    (logs / "other.txt").write_text("not ours")
    async with a_playground(tmp_path, LOG_RETENTION_DAYS=2):
        await eventually(lambda: not (logs / "old.log").exists())
    assert {path.name for path in logs.iterdir()} == {"fresh.log", "other.txt"}


async def test_0_days_of_log_retention_keep_logs_for_ever(tmp_path: Path) -> None:
    logs = tmp_path / "logs" / "playground"
    logs.mkdir(parents=True)
    (logs / "old.log").write_text("a line\n")
    os.utime(logs / "old.log", (0, 0))
    async with a_playground(tmp_path, LOG_RETENTION_DAYS=0, clock=VirtualClock()) as playground:
        await playground.played()
        await asyncio.sleep(0.1)
    assert (logs / "old.log").exists()
