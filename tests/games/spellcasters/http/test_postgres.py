"""The same journey on PostgreSQL: register, play, watch, crash nothing, count once, and find it all after a restart."""

import asyncio
from pathlib import Path

import pytest

from gamefold.games.spellcasters import tables
from tests.serving import eventually

from .playground import SAMPLE, STAY, TACTICAL, Playground, a_playground, live, refused

pytestmark = pytest.mark.postgres


async def test_players_are_unique_and_leave_with_what_hangs_on_them(tmp_path: Path, postgres_url: str) -> None:
    async with a_playground(tmp_path, DATABASE_URL=postgres_url, MAX_TURNS=2) as playground:
        names = ["FireMage", "firemage", "FIREMAGE", "Firemage"] * 5
        answers = await asyncio.gather(
            *(playground.http.post("/players/register", json={"player_name": name}) for name in names)
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
        [player] = [answer.json()["player_id"] for answer in answers if answer.status_code == 201]

        session = await playground.start(player, SAMPLE)
        refused(await playground.http.delete(f"/players/{player}"), 409, "PLAYER_IN_SESSION")
        for turn in (1, 2):
            await playground.plays(session, player, turn)
            await eventually(lambda turn=turn: _is_at(playground, session, turn))
        await playground.ended(session)
        assert (await playground.player(player))["draws"] == 1
        refused(await playground.http.delete(f"/players/{SAMPLE}"), 400, "PLAYER_IS_BUILTIN")
        assert (await playground.http.delete(f"/players/{player}")).status_code == 204
        assert await playground.rows(tables.sessions) == []
        assert await playground.rows(tables.game_results) == []
        assert (await playground.match(session))["player_1_name"] == "deleted player"


async def test_the_cap_holds_under_60_parallel_starts(tmp_path: Path, postgres_url: str) -> None:
    async with a_playground(tmp_path, DATABASE_URL=postgres_url, PLAYGROUND_MAX_SESSIONS=20) as playground:
        body = {"player_1_id": SAMPLE, "player_2_id": TACTICAL, "tick_delay_ms": 60_000}
        answers = await asyncio.gather(*(playground.http.post("/playground/start", json=body) for _ in range(60)))
        assert sorted(answer.status_code for answer in answers) == [200] * 20 + [503] * 40
        assert len(await playground.rows(tables.sessions)) == 20


async def test_matches_are_watched_counted_paged_and_found_after_a_restart(tmp_path: Path, postgres_url: str) -> None:
    key = {"Idempotency-Key": "once"}
    body = {"player_1_id": SAMPLE, "player_2_id": TACTICAL, "tick_delay_ms": 5}
    async with a_playground(tmp_path, DATABASE_URL=postgres_url, sockets=True) as playground:
        one, two = await playground.register("One"), await playground.register("Two")
        duel = await playground.start(one, two)
        await playground.plays(duel, one, 1, {"move": [1, 1]})
        session = (await playground.http.post("/playground/start", json=body, headers=key)).json()["session_id"]
        seen = [event async for event in live(playground, session, "0")]
        record = await playground.ended(session)
        assert [event.name for event in seen] == ["turn_update"] * (record["turns_played"] + 1) + ["game_over"]

    async with a_playground(tmp_path, DATABASE_URL=postgres_url, sockets=True, TURN_TIMEOUT_SECONDS=60) as playground:
        again = await playground.http.post("/playground/start", json=body, headers=key)
        assert again.json()["session_id"] == session
        assert [event async for event in live(playground, session, "0")] == seen
        for player in (SAMPLE, TACTICAL):
            assert (await playground.player(player))["total_matches"] == 1
        await playground.plays(duel, two, (await playground.now(duel))["latest"]["turn"] + 1, STAY)
        assert (await playground.http.delete(f"/playground/{duel}")).status_code == 204
        pages = []
        cursor: str | None = None
        while cursor or not pages:
            query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
            page = (await playground.http.get("/matches", params=query)).json()
            pages.append([item["match_id"] for item in page["items"]])
            cursor = page["next_cursor"]
        assert pages == [[session], [duel]]
        assert (await playground.http.get("/health/ready")).status_code == 200


async def _is_at(playground: Playground, session: str, turn: int) -> bool:
    return (await playground.now(session))["latest"]["turn"] >= turn
