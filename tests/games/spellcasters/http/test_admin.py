"""Operators: what they see, what they may, and who they are."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gamefold.games.spellcasters import tables

from .playground import SAMPLE, TACTICAL, Playground, a_playground, refused

CLOSED = [
    ("GET", "/playground/active"),
    ("GET", "/admin/players"),
    ("GET", "/admin/state"),
    ("DELETE", "/playground/00000000-0000-4000-8000-000000000000"),
    ("DELETE", "/players/00000000-0000-4000-8000-000000000000"),
]


async def test_active_lists_the_running_sessions_only(playground: Playground) -> None:
    one, two = await playground.register("One"), await playground.register("Two")
    assert (await playground.http.get("/playground/active")).json() == []
    session = await playground.start(one, two)
    await playground.played()
    [shown] = (await playground.http.get("/playground/active")).json()
    assert shown.pop("started_at").endswith("Z")
    assert shown == {
        "session_id": session,
        "player_1_id": one,
        "player_2_id": two,
        "status": "running",
        "ended_at": None,
    }


async def test_admin_lists_all_players_with_stats_and_the_built_in_flag(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.played(SAMPLE, TACTICAL)
    shown = {one["player_id"]: one for one in (await playground.http.get("/admin/players")).json()}
    assert set(shown) == {SAMPLE, TACTICAL, player}
    assert [shown[one]["is_builtin"] for one in (SAMPLE, TACTICAL, player)] == [True, True, False]
    assert [shown[one]["total_matches"] for one in (SAMPLE, TACTICAL, player)] == [1, 1, 0]
    winner = (await playground.match(session))["winner_id"]
    assert sum(one["wins"] for one in shown.values()) == (winner is not None)
    for one in shown.values():
        assert one == await playground.player(one["player_id"])


async def test_admin_state_tells_of_sessions_process_and_viewers(streaming: Playground) -> None:
    player = await streaming.register()
    session = await streaming.start(player, SAMPLE)
    await streaming.played()
    async with streaming.http.stream("GET", f"/playground/{session}/events") as viewer:
        lines = viewer.aiter_lines()  # held: a forgotten one closes the stream
        await anext(lines)
        state = (await streaming.http.get("/admin/state")).json()
    assert state["sessions"] == {"running": 1, "completed": 1, "aborted": 0}
    assert state["resident"] == 1
    assert state["streams_open"] == 1
    assert state["memory_bytes"] > 1_000_000
    assert state["uptime_s"] >= 0
    assert {"queued_intents", "queued_events", "event_loop_lag_ms", "subscribers"} <= set(state)


async def test_the_uptime_is_real_time_however_fast_game_time_runs(slow: Playground) -> None:
    await slow.clock.elapse(3_600_000)
    assert (await slow.http.get("/admin/state")).json()["uptime_s"] < 60


async def test_deleting_a_running_session_aborts_its_match_without_a_result(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    answer = await playground.http.delete(f"/playground/{session}")
    assert (answer.status_code, answer.content) == (204, b"")

    record = await playground.match(session)
    assert (record["status"], record["winner_id"], record["reason"]) == ("aborted", None, "aborted")
    [row] = await playground.rows(tables.sessions)
    assert (row["status"], row["ended_at"] is not None) == ("aborted", True)
    assert await playground.rows(tables.game_results) == []
    assert (await playground.player(player))["total_matches"] == 0
    assert (await playground.http.get("/playground/active")).json() == []
    refused(await playground.act(session, player, 1), 404, "SESSION_NOT_FOUND")


async def test_a_session_deleted_by_20_operators_at_once_is_aborted_once(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    answers = await asyncio.gather(*(playground.http.delete(f"/playground/{session}") for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {204, 404}
    assert 204 in {answer.status_code for answer in answers}
    assert [event.name for event in await playground.history(session)] == ["replay_turn", "game_over"]


# -- who is an operator -------------------------------------------------------------------------------------------


@pytest.fixture(params=["0.0.0.0", "::", "192.0.2.7", "example.org"])
async def public(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Playground]:
    async with a_playground(tmp_path, listens_on=request.param, ADMIN_TOKEN="s3cret") as one:
        yield one


async def asked(playground: Playground, headers: dict[str, Any] | None = None) -> set[int]:
    return {(await playground.http.request(*one, headers=headers)).status_code for one in CLOSED}


async def test_on_a_public_address_operators_show_their_token(public: Playground) -> None:
    for method, path in CLOSED:
        answer = await public.http.request(method, path)
        refused(answer, 401, "UNAUTHORIZED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    for header in (
        "Bearer wrong",
        "s3cret",
        "Basic s3cret",
        "Bearer",
        "Bearer s3cret2",
        "Bearer S3CRET",
        "Bearer \xe9",
    ):
        assert await asked(public, {"Authorization": header.encode("latin-1")}) == {401}, header
    assert await asked(public, {"Authorization": "Bearer s3cret"}) == {200, 404}


async def test_on_a_public_address_players_still_play(public: Playground) -> None:
    player = await public.register()
    session = await public.start(player, SAMPLE)
    await public.plays(session, player, 1)
    assert (await public.http.get(f"/playground/{session}/replay")).status_code == 200


async def test_without_a_token_nobody_is_an_operator_on_a_public_address(tmp_path: Path) -> None:
    async with a_playground(tmp_path, listens_on="0.0.0.0") as playground:
        for header in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
            assert await asked(playground, header) == {401}


async def test_spellcasters_open_admin_opens_it_to_everybody(tmp_path: Path) -> None:
    async with a_playground(tmp_path, listens_on="0.0.0.0", SPELLCASTERS_OPEN_ADMIN="1") as playground:
        assert await asked(playground) == {200, 404}


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
async def test_on_loopback_everybody_is_an_operator(tmp_path: Path, address: str) -> None:
    async with a_playground(tmp_path, listens_on=address, ADMIN_TOKEN="s3cret") as playground:
        assert await asked(playground) == {200, 404}
