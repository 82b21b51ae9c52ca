"""Every name of the spec's configuration table changes what it says, read from the environment."""

import time
from pathlib import Path
from typing import Any

import pytest

from gamefold.engine.clock import RealClock
from gamefold.games.spellcasters.reactors import runner
from gamefold.games.spellcasters.reactors.bots import BUILTIN_BOTS
from gamefold.testkit.clock import VirtualClock

from .playground import SAMPLE, Playground, a_playground, refused


async def turn_of(playground: Playground, session: str) -> int:
    return (await playground.now(session))["latest"]["turn"]


async def test_turn_delay_seconds_passes_between_turns(tmp_path: Path) -> None:
    async with a_playground(tmp_path, clock=VirtualClock(), TURN_DELAY_SECONDS=3) as playground:
        one, two = await playground.register("One"), await playground.register("Two")
        session = await playground.start(one, two)
        for turn in (1, 2):
            await playground.plays(session, one, turn)
            await playground.plays(session, two, turn)
        await playground.clock.elapse(2_999)
        assert await turn_of(playground, session) == 1
        await playground.clock.elapse(1)
        assert await turn_of(playground, session) == 2


async def test_turn_timeout_seconds_is_waited_for_an_action(tmp_path: Path) -> None:
    async with a_playground(tmp_path, clock=VirtualClock(), TURN_TIMEOUT_SECONDS=0.7) as playground:
        session = await playground.start(await playground.register(), SAMPLE)
        await playground.clock.elapse(699)
        assert await turn_of(playground, session) == 0
        await playground.clock.elapse(1)
        assert await turn_of(playground, session) == 1


async def test_max_turns_is_the_draw_threshold(tmp_path: Path) -> None:
    async with a_playground(tmp_path, MAX_TURNS=3) as playground:
        record = await playground.match(await playground.played())
        assert (record["turns_played"], record["reason"], record["winner_id"]) == (3, "max_turns", None)


async def test_bot_decide_timeout_ms_is_all_a_bot_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(BUILTIN_BOTS["sample_bot_1"]):  # type: ignore[misc]
        def decide(self, state: dict[str, Any]) -> dict[str, Any]:
            time.sleep(0.2)
            return super().decide(state)

    monkeypatch.setattr(runner, "BUILTIN_BOTS", {**BUILTIN_BOTS, "sample_bot_1": Slow})
    skipped = []
    for number, limit in enumerate((50, 5_000)):
        async with a_playground(tmp_path / str(number), MAX_TURNS=1, BOT_DECIDE_TIMEOUT_MS=limit) as playground:
            [_, turn, _] = await playground.history(await playground.played())
            skipped.append(turn.data["actions"][0]["resolved"] is None)
    assert skipped == [True, False]


async def test_playground_idle_ttl_min_keeps_a_finished_session(tmp_path: Path) -> None:
    async with a_playground(tmp_path, clock=VirtualClock(), PLAYGROUND_IDLE_TTL_MIN=2, MAX_TURNS=1) as playground:
        session = await playground.played()
        await playground.clock.elapse(2 * 60_000)
        assert (await playground.now(session))["status"] == "completed"
        await playground.clock.elapse(1)
        refused(await playground.http.get(f"/playground/{session}"), 404, "SESSION_NOT_FOUND")


async def test_playground_max_sessions_is_the_cap(tmp_path: Path) -> None:
    async with a_playground(tmp_path, PLAYGROUND_MAX_SESSIONS=2) as playground:
        for _ in range(2):
            await playground.start(tick_delay_ms=60_000)
        body = {"player_1_id": SAMPLE, "player_2_id": SAMPLE}
        refused(await playground.http.post("/playground/start", json=body), 503, "SESSION_LIMIT")


async def test_db_path_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "er" / "arena.sqlite"
    async with a_playground(tmp_path / "data", DB_PATH=file) as playground:
        player = await playground.register()
    assert file.stat().st_size > 0
    assert not list((tmp_path / "data").glob("*.db"))
    async with a_playground(tmp_path / "elsewhere", DB_PATH=file) as playground:
        assert (await playground.player(player))["player_name"] == "FireMage"


async def test_two_fresh_servers_with_one_seed_play_the_same_matches(tmp_path: Path) -> None:
    async def lived(number: int, seed: int | None) -> list[Any]:
        patient = {"BOT_DECIDE_TIMEOUT_MS": 10_000, "TURN_TIMEOUT_SECONDS": 60}  # the machine may be busy
        async with a_playground(tmp_path / str(number), GAMEFOLD_SEED=seed, MAX_TURNS=20, **patient) as playground:
            sessions = [await playground.played() for _ in range(2)]
            seeds = [(await playground.match(session))["seed"] for session in sessions]
            return [*zip(sessions, seeds, [await playground.history(session) for session in sessions], strict=True)]

    first, second, other, unseeded = [await lived(*one) for one in ((1, 42), (2, 42), (3, 43), (4, None))]
    assert first == second
    assert first[0] != first[1]
    assert other[0] != first[0]
    assert unseeded[0] != first[0]


async def test_a_seeded_server_makes_no_id_twice_after_a_restart(tmp_path: Path) -> None:
    sessions = []
    for _ in range(3):
        async with a_playground(tmp_path, GAMEFOLD_SEED=42, MAX_TURNS=1) as playground:
            sessions += [await playground.played() for _ in range(2)]
    assert len(set(sessions)) == 6


async def test_time_runs_faster_where_asked(tmp_path: Path) -> None:
    async with a_playground(tmp_path, clock=RealClock(2_000), TURN_DELAY_SECONDS=60, MAX_TURNS=20) as playground:
        began = time.monotonic()
        session = await playground.start(tick_delay_ms=60_000)
        await playground.ended(session)  # 19 minutes of game time: nobody waits that long
        took_s = time.monotonic() - began
    assert took_s >= 0.5, "but longer than none: 19 delays of 30 ms"
