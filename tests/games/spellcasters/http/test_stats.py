"""What a finished match leaves in the tables, live and made again from the journal."""

import asyncio
from collections import Counter
from typing import Any

from sqlalchemy import Connection

from gamefold.engine.feed import Record
from gamefold.games.spellcasters import tables

from .playground import SAMPLE, TACTICAL, Playground


async def test_a_finished_match_counts_once_for_both_players(playground: Playground) -> None:
    sessions = [await playground.played(SAMPLE, TACTICAL) for _ in range(3)]
    records = [await playground.match(session) for session in sessions]
    winners = Counter(record["winner_id"] for record in records)
    for player, other in ((SAMPLE, TACTICAL), (TACTICAL, SAMPLE)):
        stats = await playground.player(player)
        assert stats["total_matches"] == 3
        assert (stats["wins"], stats["losses"], stats["draws"]) == (winners[player], winners[other], winners[None])


async def test_a_finished_match_leaves_a_result_and_an_ended_session(playground: Playground) -> None:
    session = await playground.played()
    record = await playground.match(session)
    [result] = await playground.rows(tables.game_results)
    [row] = await playground.rows(tables.sessions)
    shown = ("winner_id", "turns_played", "damage_p1", "damage_p2", "summary")
    assert {name: result[name] for name in shown} == {name: record[name] for name in shown}
    assert result["session_id"] == session
    assert (row["status"], row["ended_at"]) == ("completed", record["ended_at"])
    assert record["damage_p1"] + record["damage_p2"] > 0
    assert str(record["turns_played"]) in record["summary"]


async def test_tables_made_again_from_the_journal_are_the_tables_that_were_kept_live(playground: Playground) -> None:
    player, leaving = await playground.register("Stays"), await playground.register("Leaves")
    for pair in ((SAMPLE, TACTICAL), (TACTICAL, SAMPLE), (SAMPLE, SAMPLE)):
        await playground.played(*pair)
    aborted = await playground.start(player, SAMPLE)
    forgotten = await playground.start(leaving, SAMPLE)
    await playground.start(player, TACTICAL)  # still running
    for session in (aborted, forgotten):
        await playground.http.delete(f"/playground/{session}")
    await playground.http.delete(f"/players/{leaving}")

    before = await _tables(playground)
    await _make_again(playground)
    after = await _tables(playground)

    # When the playground forgot a session is the playground's own affair: it is in no journal.
    for rows in (before, after):
        for row in rows["sessions"]:
            del row["cleaned_at"]
    assert after == before


async def test_many_matches_at_once_are_counted_right(playground: Playground) -> None:
    sessions = await asyncio.gather(*(playground.played() for _ in range(10)))
    records = [await playground.match(session) for session in sessions]
    stats = await playground.player(SAMPLE)
    assert stats["total_matches"] == 10
    assert stats["wins"] == sum(record["winner_id"] == SAMPLE for record in records)
    assert stats["wins"] + stats["losses"] + stats["draws"] == 10
    assert len(await playground.rows(tables.game_results)) == 10


async def _tables(playground: Playground) -> dict[str, list[dict[str, Any]]]:
    kept = (tables.players, tables.sessions, tables.game_results, tables.match_records)
    return {table.name: [dict(row) for row in await playground.rows(table)] for table in kept}


async def _make_again(playground: Playground) -> None:
    host, projector = playground.server.host, tables.SpellcastersProjector()
    for world in await host.journal.worlds():
        records = [record async for record in host.history(world.world)]

        def again(connection: Connection, world: str = world.world, records: list[Record] = records) -> None:
            projector.forget(connection, world)
            for record in records:
                projector.project(connection, record)

        await playground.server.database.write(again)
