"""Starting matches: both forms of the request, who may meet whom, the cap, and requests sent twice."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from gamefold.games.spellcasters import tables
from gamefold.storage.tables import IDEMPOTENCY

from .playground import SAMPLE, TACTICAL, Playground, a_playground, refused


async def test_starting_gives_a_session_and_the_url_of_its_stream(playground: Playground) -> None:
    player = await playground.register()
    body = {"player_1_id": player, "player_2_id": SAMPLE, "tick_delay_ms": 1000}
    answer = await playground.http.post("/playground/start", json=body)
    session = answer.json()["session_id"]
    assert answer.status_code == 200
    assert answer.json() == {"session_id": session, "sse_url": f"/playground/{session}/events"}
    assert UUID(session).version == 4


async def test_starting_persists_a_running_session(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    [row] = await playground.rows(tables.sessions)
    assert (row["session_id"], row["p1_id"], row["p2_id"], row["status"]) == (session, player, SAMPLE, "running")
    assert row["started_at"] is not None
    assert row["ended_at"] is None


@pytest.mark.parametrize("body", [{"opponent_id": None, "tick_delay_ms": 1000}, {}, {"opponent_id": SAMPLE}])
async def test_the_tournament_form_plays_against_the_sample_bot_by_default(
    playground: Playground, body: dict[str, Any]
) -> None:
    player = await playground.register()
    answer = await playground.http.post(
        "/playground/start", json={"player_id": player, "opponent_type": "builtin", **body}
    )
    now = await playground.now(answer.json()["session_id"])
    assert (now["player_1_id"], now["player_2_id"]) == (player, SAMPLE)


@pytest.mark.parametrize(("kind", "opponent"), [("builtin", TACTICAL), ("player", SAMPLE), ("bot", TACTICAL)])
async def test_the_tournament_form_names_any_opponent(playground: Playground, kind: str, opponent: str) -> None:
    player = await playground.register()
    body = {"player_id": player, "opponent_type": kind, "opponent_id": opponent}
    answer = await playground.http.post("/playground/start", json=body)
    assert (await playground.now(answer.json()["session_id"]))["player_2_id"] == opponent


async def test_the_tournament_form_lets_two_players_meet(playground: Playground) -> None:
    one, two = await playground.register("One"), await playground.register("Two")
    body = {"player_id": one, "opponent_type": "player", "opponent_id": two}
    answer = await playground.http.post("/playground/start", json=body)
    now = await playground.now(answer.json()["session_id"])
    assert (now["player_1_id"], now["player_2_id"]) == (one, two)


@pytest.mark.parametrize(
    "body",
    [
        {"player_1_id": "nobody", "player_2_id": SAMPLE},
        {"player_1_id": SAMPLE, "player_2_id": "nobody"},
        {"player_1_id": SAMPLE, "player_2_id": "Builtin_Sample_1"},
        {"player_id": "nobody", "opponent_type": "builtin"},
        {"player_id": SAMPLE, "opponent_type": "player", "opponent_id": "nobody"},
    ],
)
async def test_both_players_must_exist(playground: Playground, body: dict[str, Any]) -> None:
    refused(await playground.http.post("/playground/start", json=body), 404, "PLAYER_NOT_FOUND")
    assert await playground.rows(tables.sessions) == []


@pytest.mark.parametrize("kind", ["builtin", "bot"])
async def test_an_opponent_without_a_bot_is_404(playground: Playground, kind: str) -> None:
    one, two = await playground.register("One"), await playground.register("Two")
    body = {"player_id": one, "opponent_type": kind, "opponent_id": two}
    refused(await playground.http.post("/playground/start", json=body), 404, "BOT_NOT_FOUND")


async def test_nobody_plays_against_themselves(playground: Playground) -> None:
    player = await playground.register()
    body = {"player_1_id": player, "player_2_id": player}
    refused(await playground.http.post("/playground/start", json=body), 422, "INVALID_REQUEST")


async def test_a_built_in_bot_may_meet_itself_and_the_second_one_gets_a_suffix(playground: Playground) -> None:
    session = await playground.played(SAMPLE, SAMPLE)
    board = (await playground.history(session))[0].data["state"]
    assert board["player_1"]["name"] == "sample_bot_1"
    assert board["player_2"]["name"] != "sample_bot_1"
    assert board["player_2"]["name"].startswith("sample_bot_1")
    stats = await playground.player(SAMPLE)
    assert stats["total_matches"] == 2
    assert stats["wins"] == stats["losses"]


@pytest.mark.parametrize("delay", [-1, 60_001, 1.5, "5", True, [], 10**30])
async def test_a_delay_outside_of_0_to_60000_ms_is_refused(playground: Playground, delay: object) -> None:
    body = {"player_1_id": SAMPLE, "player_2_id": TACTICAL, "tick_delay_ms": delay}
    refused(await playground.http.post("/playground/start", json=body), 422, "INVALID_REQUEST")


@pytest.mark.parametrize("delay", [0, 60_000, None])
async def test_a_delay_from_0_to_60000_ms_is_taken(playground: Playground, delay: int | None) -> None:
    assert await playground.start(tick_delay_ms=delay)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"player_id": SAMPLE, "opponent_type": "human"}, "opponent_type"),
        ({"player_id": SAMPLE}, "opponent_type"),
        ({"opponent_type": "builtin"}, "player_id"),
        ({"player_1_id": SAMPLE}, "player_2_id"),
        ({"player_2_id": SAMPLE}, "player_1_id"),
        ({}, "player_1_id"),
    ],
)
async def test_what_is_missing_is_named_in_the_form_that_was_meant(
    playground: Playground, body: dict[str, Any], field: str
) -> None:
    answer = await playground.http.post("/playground/start", json=body)
    refused(answer, 422, "INVALID_REQUEST")
    assert answer.json()["error"]["field"] == field


async def test_of_60_parallel_starts_exactly_as_many_as_the_cap_succeed(tmp_path: Path) -> None:
    async with a_playground(tmp_path, PLAYGROUND_MAX_SESSIONS=50) as playground:
        body = {"player_1_id": SAMPLE, "player_2_id": TACTICAL, "tick_delay_ms": 60_000}
        answers = await asyncio.gather(*(playground.http.post("/playground/start", json=body) for _ in range(60)))
        started = [answer.json()["session_id"] for answer in answers if answer.status_code == 200]
        assert len(set(started)) == 50
        for answer in answers:
            if answer.status_code != 200:
                refused(answer, 503, "SESSION_LIMIT")
                assert int(answer.headers["Retry-After"]) >= 1
        assert len((await playground.http.get("/playground/active")).json()) == 50

        await playground.http.delete(f"/playground/{started[0]}")
        assert await playground.start(tick_delay_ms=60_000)
        refused(await playground.http.post("/playground/start", json=body), 503, "SESSION_LIMIT")


# -- the same request again --------------------------------------------------------------------------------------

BODY = {"player_1_id": SAMPLE, "player_2_id": TACTICAL, "tick_delay_ms": 60_000}
KEY = {"Idempotency-Key": "a-start"}


async def test_a_start_sent_twice_with_one_key_starts_one_session(playground: Playground) -> None:
    answers = await asyncio.gather(
        *(playground.http.post("/playground/start", json=BODY, headers=KEY) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    assert len(await playground.rows(tables.sessions)) == 1


async def test_a_key_used_for_another_start_is_refused(playground: Playground) -> None:
    await playground.http.post("/playground/start", json=BODY, headers=KEY)
    other = await playground.http.post("/playground/start", json={**BODY, "tick_delay_ms": 1}, headers=KEY)
    refused(other, 422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_start_sent_again_after_a_restart_gives_the_same_session(tmp_path: Path) -> None:
    sessions = []
    for _ in range(2):
        async with a_playground(tmp_path) as playground:
            answer = await playground.http.post("/playground/start", json=BODY, headers=KEY)
            sessions.append(answer.json()["session_id"])
            assert len(await playground.rows(tables.sessions)) == 1
    assert sessions[0] == sessions[1]


async def test_a_start_whose_answer_was_lost_in_a_crash_finds_its_session_even_at_the_cap(tmp_path: Path) -> None:
    async with a_playground(tmp_path, PLAYGROUND_MAX_SESSIONS=1) as playground:
        first = await playground.http.post("/playground/start", json=BODY, headers=KEY)
        # As if the process had died between making the session and keeping the answer.
        await playground.server.database.write(lambda connection: connection.execute(delete(IDEMPOTENCY)).close())

        again = await playground.http.post("/playground/start", json=BODY, headers=KEY)
        assert (again.status_code, again.json()) == (200, first.json())
        refused(await playground.http.post("/playground/start", json=BODY), 503, "SESSION_LIMIT")
