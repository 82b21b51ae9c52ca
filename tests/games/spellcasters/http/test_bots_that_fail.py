"""Bots that hang, raise, lie or answer nonsense: the match goes on, and everybody can read why."""

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from gamefold.games.spellcasters.reactors import runner
from gamefold.games.spellcasters.reactors.bots import BUILTIN_BOTS, BotInterface
from tests.serving import eventually

from .playground import SAMPLE, TACTICAL, Playground, a_playground

TURNS = 5
PATIENCE_S = 60.0
Decide = Callable[[dict[str, Any]], Any]


def a_bot(decide: Decide, built: Callable[[], None] = lambda: None) -> type[BotInterface]:
    class Bot(BotInterface):
        def __init__(self) -> None:
            built()

        @property
        def name(self) -> str:
            return "sample_bot_1"

        def decide(self, state: dict[str, Any]) -> Any:
            return decide(state)

    return Bot


async def a_match_against(
    bot: type[BotInterface], path: Path, monkeypatch: pytest.MonkeyPatch, **environment: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Let `bot` meet the tactical bot for a few turns; give the record and the turns."""
    async with an_arena(path, **environment) as playground:
        return await met(playground, bot, monkeypatch)


def an_arena(path: Path, **environment: Any) -> AbstractAsyncContextManager[Playground]:
    """A playground of short matches."""
    quick = {"MAX_TURNS": TURNS, "BOT_DECIDE_TIMEOUT_MS": 2_000, "TURN_TIMEOUT_SECONDS": 20}
    return a_playground(path, **{**quick, **environment})


async def met(
    playground: Playground, bot: type[BotInterface], monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    monkeypatch.setattr(runner, "BUILTIN_BOTS", {**BUILTIN_BOTS, "sample_bot_1": bot})
    session = await playground.played(SAMPLE, TACTICAL)
    return await playground.match(session), await turns_of(playground, session)


async def turns_of(playground: Playground, session: str) -> list[dict[str, Any]]:
    events = await playground.history(session)
    return [event.data for event in events if event.name == "replay_turn"][1:]


def notes_in(turns: list[dict[str, Any]]) -> list[str]:
    return [" / ".join(line for line in turn["events"] if line.startswith("sample_bot_1: ")) for turn in turns]


def other_bot_played(turns: list[dict[str, Any]]) -> bool:
    return all(turn["actions"][1]["resolved"] is not None for turn in turns)


class Treacherous:
    """Every question about it is an attack."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("compared")

    def __hash__(self) -> int:
        return hash("move")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("looked at")

    def __repr__(self) -> str:
        raise RuntimeError("shown")


def raise_(error: BaseException) -> Any:
    raise error


ERRORS = [
    ValueError("secret-marker"), ZeroDivisionError(), KeyError("x"), RecursionError(), MemoryError(), StopIteration(),
    StopAsyncIteration(), GeneratorExit(), SystemExit(3), KeyboardInterrupt(), TimeoutError(),
]  # fmt: skip


async def test_a_bot_that_raises_skips_its_turns_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with an_arena(tmp_path) as playground:
        for error in ERRORS:
            bot = a_bot(lambda _state, error=error: raise_(error))
            record, turns = await met(playground, bot, monkeypatch)
            assert (record["status"], record["turns_played"]) == ("completed", TURNS)
            assert all(turn["actions"][0]["resolved"] is None for turn in turns)
            assert notes_in(turns) == [f"sample_bot_1: failed with {type(error).__name__}"] * TURNS
            assert not any("secret-marker" in line for turn in turns for line in turn["events"])
            assert other_bot_played(turns)


async def test_a_bot_that_cannot_even_be_built_skips_its_turns_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = a_bot(lambda _state: {}, built=lambda: raise_(RuntimeError("no")))
    record, turns = await a_match_against(bot, tmp_path, monkeypatch)
    assert record["turns_played"] == TURNS
    assert notes_in(turns) == ["sample_bot_1: failed with RuntimeError"] * TURNS
    assert other_bot_played(turns)


NONSENSE = [
    None, 5, "fireball", [], (), {}, {"move": "up"}, {"move": [9e99, 1]}, {"move": [float("nan"), 0]}, {"spell": 7},
    {"spell": {"name": ["fireball"]}}, {"move": [1, 2, 3]}, {1: 2}, {"move": 10**400}, {"move": [10**400, 0]},
    {"spell": {"name": "fireball", "target": [10**30, -(10**30)]}}, {"spell": "x" * 10_000_000}, {"move": "\ud800"},
    Treacherous(), {"move": Treacherous()}, {Treacherous(): 1}, {"spell": {"name": Treacherous()}},
]  # fmt: skip


async def test_a_bot_that_answers_nonsense_plays_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with an_arena(tmp_path) as playground:
        for answer in NONSENSE:
            record, turns = await met(playground, a_bot(lambda _state, answer=answer: answer), monkeypatch)
            assert (record["status"], record["turns_played"]) == ("completed", TURNS)
            assert all(turn["state"]["player_1"]["position"] == [0, 0] for turn in turns)
            assert all(len(line) < 200 for turn in turns for line in turn["events"])
            assert other_bot_played(turns)


async def test_a_bot_that_answers_itself_endlessly_nested_plays_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer: dict[str, Any] = {}
    answer["move"] = answer["spell"] = answer
    deep: list[Any] = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    for one in (answer, {"move": deep}):
        record, _ = await a_match_against(a_bot(lambda _state, one=one: one), tmp_path, monkeypatch)
        assert record["turns_played"] == TURNS


async def test_a_bot_that_hangs_costs_nobody_but_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(state: dict[str, Any]) -> Any:
        if state["turn"] == 2:
            over.wait(PATIENCE_S)
        return {"move": [1, 0], "spell": None}

    try:
        record, turns = await a_match_against(
            a_bot(hang), tmp_path, monkeypatch, BOT_DECIDE_TIMEOUT_MS=1_000, TURN_DELAY_SECONDS=0
        )
    finally:
        over.set()
    assert (record["status"], record["turns_played"]) == ("completed", TURNS)
    notes = notes_in(turns)
    assert notes[1] == "sample_bot_1: took longer than 1000 ms"
    assert turns[1]["actions"][0]["resolved"] is None
    assert "is still thinking" in notes[2]
    assert other_bot_played(turns), "the other bot of the match must not pay for it"
    assert not any(line.startswith("tactical_bot: ") for turn in turns for line in turn["events"])


async def test_a_bot_that_was_late_once_plays_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Event()

    def late_once(state: dict[str, Any]) -> Any:
        if state["turn"] == 1:
            late.wait(PATIENCE_S)
        return {"move": [1, 0], "spell": None}

    monkeypatch.setattr(runner, "BUILTIN_BOTS", {**BUILTIN_BOTS, "sample_bot_1": a_bot(late_once)})
    async with a_playground(tmp_path, MAX_TURNS=10, BOT_DECIDE_TIMEOUT_MS=1_000) as playground:
        session = await playground.start(SAMPLE, TACTICAL, tick_delay_ms=100)
        try:
            await eventually(lambda: _has_played(playground, session, 1))
        finally:
            late.set()
        await playground.ended(session)
        turns = await turns_of(playground, session)
    assert turns[0]["actions"][0]["resolved"] is None
    assert turns[-1]["actions"][0]["resolved"] == {"move": [1, 0], "spell": None}


async def _has_played(playground: Playground, session: str, turn: int) -> bool:
    return (await playground.now(session))["latest"]["turn"] >= turn


async def test_a_bot_that_changes_what_it_sees_changes_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vandal(state: dict[str, Any]) -> Any:
        state["opponent"]["hp"] = 0
        state["self"]["position"][0] = 9
        state["self"]["cooldowns"].clear()
        state["artifacts"].append("x")
        state.clear()
        return {"move": [0, 1], "spell": None}

    record, turns = await a_match_against(a_bot(vandal), tmp_path, monkeypatch)
    assert record["turns_played"] == TURNS
    assert turns[0]["state"]["player_1"]["position"] == [0, 1]
    assert turns[0]["state"]["player_2"]["hp"] == 100
    assert other_bot_played(turns)


async def test_both_bots_hear_how_it_ended_and_a_bot_that_dies_of_it_hurts_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bool] = []

    class Listening(BUILTIN_BOTS["sample_bot_1"]):  # type: ignore[misc]
        def game_over(self, won: bool) -> None:
            heard.append(won)
            raise SystemExit

    monkeypatch.setattr(runner, "BUILTIN_BOTS", {**BUILTIN_BOTS, "sample_bot_1": Listening})
    async with a_playground(tmp_path, MAX_TURNS=1) as playground:
        for _ in range(2):
            await playground.played(SAMPLE, SAMPLE)
    assert heard == [False] * 4


async def test_bots_play_on_at_once_after_a_rollback_and_the_match_counts_once(tmp_path: Path) -> None:
    async with a_playground(tmp_path, TURN_TIMEOUT_SECONDS=60) as playground:
        session = await playground.played(SAMPLE, TACTICAL)
        await playground.server.host.rollback(f"spellcasters/{session}", actor="operator", reason="a test", seq=4)
        assert (await playground.match(session))["status"] == "running"
        assert (await playground.player(SAMPLE))["total_matches"] == 0
        record = await playground.ended(session)
        assert (record["run"], record["status"]) == (2, "completed")
        assert not any("timed out" in line for turn in await turns_of(playground, session) for line in turn["events"])
        assert (await playground.player(SAMPLE))["total_matches"] == 1
