"""Watching: server-sent events, WebSockets, resuming, and viewers that come, go and ask nonsense."""

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from gamefold import app
from gamefold.engine.rng import Rng
from gamefold.web.streams import Streams
from tests.serving import eventually

from .playground import (
    SAMPLE,
    STAY,
    Event,
    Playground,
    a_playground,
    events_in,
    live,
    refused,
)

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def watched(playground: Playground, session: str, since: str | None = None) -> list[Event]:
    return [event async for event in live(playground, session, since)]


async def a_duel(playground: Playground) -> tuple[str, str, str]:
    one, two = await playground.register("One"), await playground.register("Two")
    return await playground.start(one, two), one, two


async def play(playground: Playground, session: str, players: tuple[str, str], turns: range) -> None:
    for turn in turns:
        for player in players:
            await playground.plays(session, player, turn)


def told(events: list[Event]) -> list[tuple[str, Any]]:
    return [(event.id, event.data) for event in events]


async def test_a_stream_is_an_uncached_event_stream(streaming: Playground) -> None:
    session = await streaming.start(tick_delay_ms=60_000)
    async with streaming.http.stream("GET", f"/playground/{session}/events") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_whole_match_is_turn_updates_and_then_game_over(streaming: Playground) -> None:
    session = await streaming.start(tick_delay_ms=5)
    events = await watched(streaming, session, since="0")
    record = await streaming.match(session)

    assert [event.name for event in events] == ["turn_update"] * (record["turns_played"] + 1) + ["game_over"]
    assert [event.id for event in events] == [str(number) for number in range(1, len(events) + 1)]
    for turn, event in enumerate(events[:-1]):
        assert set(event.data) == {"turn", "state", "actions", "events", "log_line"}
        assert event.data["turn"] == event.data["state"]["turn"] == turn
        assert all(isinstance(line, str) for line in event.data["events"])
        assert isinstance(event.data["log_line"], str)
        assert event.data["log_line"]
        for action in event.data["actions"]:
            assert set(action) == {"player_id", "resolved"}
    assert events[0].data["actions"] == []
    assert events[-1].data == {"winner": record["winner_id"], "reason": record["reason"]}
    assert record["reason"] in {"hp_zero", "max_turns"}


async def test_a_new_viewer_first_gets_the_board_of_turn_0_so_that_it_can_act_in_turn_1(streaming: Playground) -> None:
    session, one, two = await a_duel(streaming)
    stream = live(streaming, session)
    first = await anext(stream)
    assert (first.id, first.name, first.data["turn"]) == ("1", "turn_update", 0)
    assert first.data["state"]["player_1"]["position"] == [0, 0]
    assert first.data["state"]["player_2"]["position"] == [9, 9]
    await play(streaming, session, (one, two), range(first.data["turn"] + 1, 2))
    assert (await anext(stream)).data["turn"] == 1
    await stream.aclose()


async def test_a_viewer_who_comes_later_first_gets_the_current_turn(streaming: Playground) -> None:
    session, *players = await a_duel(streaming)
    await play(streaming, session, tuple(players), range(1, 6))
    stream = live(streaming, session)
    first = await anext(stream)
    assert (first.id, first.name, first.data["turn"]) == ("6", "turn_update", 5)
    await play(streaming, session, tuple(players), range(6, 7))
    assert (await anext(stream)).data["turn"] == 6
    await stream.aclose()


async def test_a_viewer_who_comes_after_the_end_gets_the_last_turn_and_game_over(streaming: Playground) -> None:
    session = await streaming.played()
    record = await streaming.match(session)
    events = await watched(streaming, session)
    assert [event.name for event in events] == ["turn_update", "game_over"]
    assert events[0].data["turn"] == record["turns_played"]


@pytest.mark.parametrize("seed", range(3))
async def test_a_stream_cut_anywhere_resumes_without_gap_or_repeat(streaming: Playground, seed: int) -> None:
    cut = Rng(bytes(32), seed)
    session = await streaming.start(tick_delay_ms=10)
    seen: list[Event] = []
    while not seen or seen[-1].name != "game_over":
        stream = live(streaming, session, seen[-1].id if seen else "0")
        for _ in range(cut.between(1, 30)):
            event = await anext(stream, None)
            if event is None:
                break
            seen.append(event)
        await stream.aclose()
    assert told(seen) == told(await streaming.history(session))


async def test_last_event_id_resumes_an_ended_match_after_any_event(streaming: Playground) -> None:
    session = await streaming.played()
    whole = await streaming.history(session)
    cut = Rng(bytes(32), "anywhere")
    for position in [0, 1, len(whole) - 2, len(whole) - 1, *(cut.below(len(whole)) for _ in range(8))]:
        rest = await watched(streaming, session, str(position))
        assert told(rest) == told(whole[position:]), position


async def test_since_works_like_last_event_id_and_the_header_wins(streaming: Playground) -> None:
    session = await streaming.played()
    whole = await streaming.history(session)
    path = f"/playground/{session}/events"
    by_query = events_in((await streaming.http.get(path, params={"since": "7"})).text)
    both = events_in((await streaming.http.get(path, params={"since": "7"}, headers={"Last-Event-ID": "50"})).text)
    assert told(by_query) == told(whole[7:])
    assert told(both) == told(whole[50:])


async def test_a_cursor_from_beyond_the_end_still_hears_what_happens_next(streaming: Playground) -> None:
    # A server that was restored from a backup knows less than its viewers have seen.
    session, *players = await a_duel(streaming)
    stream = live(streaming, session, "5000")
    next_event = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.1)
    await play(streaming, session, tuple(players), range(1, 2))
    assert (await asyncio.wait_for(next_event, 60)).data["turn"] == 1
    await stream.aclose()


async def test_several_viewers_see_the_same_and_one_who_leaves_changes_nothing(streaming: Playground) -> None:
    session = await streaming.start(tick_delay_ms=10)
    leaving = live(streaming, session, "0")
    await anext(leaving)
    viewers = [asyncio.create_task(watched(streaming, session, "0")) for _ in range(8)]
    await anext(leaving)
    await leaving.aclose()
    first, *others = await asyncio.gather(*viewers)
    assert first[-1].name == "game_over"
    assert all(other == first for other in others)
    assert told(first) == told(await streaming.history(session))


async def test_a_match_without_any_viewer_goes_on(streaming: Playground) -> None:
    session = await streaming.start(tick_delay_ms=1)
    stream = live(streaming, session)
    await anext(stream)
    await stream.aclose()
    assert (await streaming.ended(session))["status"] == "completed"


async def test_a_deleted_match_ends_its_streams_with_game_over(streaming: Playground) -> None:
    session, *_ = await a_duel(streaming)
    viewer = asyncio.create_task(watched(streaming, session))
    await eventually(lambda: streaming.server.host.resident_worlds()[f"spellcasters/{session}"][1] > 2)
    assert (await streaming.http.delete(f"/playground/{session}")).status_code == 204
    events = await asyncio.wait_for(viewer, 60)
    assert events[-1].name == "game_over"
    assert events[-1].data == {"winner": None, "reason": "aborted"}


NO_CURSORS = ["x", "-1", "1.5", "", " ", "1:2:3", "9" * 40, "0x10", "\u0661", "NaN"]


@pytest.mark.parametrize("stream", ["events", "replay"])
async def test_a_malformed_cursor_is_422(playground: Playground, stream: str) -> None:
    session = await playground.start(tick_delay_ms=60_000)
    for cursor in NO_CURSORS:
        for options in ({"headers": {"Last-Event-ID": cursor.encode()}}, {"params": {"since": cursor}}):
            answer = await playground.http.get(f"/playground/{session}/{stream}", **options)
            refused(answer, 422, "INVALID_REQUEST")


async def test_an_unknown_session_is_404(playground: Playground) -> None:
    for path in ("", "/events", "/replay"):
        refused(await playground.http.get(f"/playground/{UNKNOWN}{path}"), 404, "SESSION_NOT_FOUND")


async def test_a_quiet_stream_carries_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "Streams", partial(Streams, heartbeat_s=0.05))
    async with a_playground(tmp_path, sockets=True) as playground:
        session, *_ = await a_duel(playground)
        comments = 0
        async with playground.http.stream("GET", f"/playground/{session}/events") as answer:
            async for line in answer.aiter_lines():
                comments += line.startswith(":")
                if comments == 3:
                    return


# -- replay -----------------------------------------------------------------------------------------------------


async def test_a_replay_is_the_match_again_as_replay_turns(streaming: Playground) -> None:
    session = await streaming.start(tick_delay_ms=1)
    lived = await watched(streaming, session, "0")
    answer = await streaming.http.get(f"/playground/{session}/replay")
    replayed = events_in(answer.text)
    assert answer.headers["Content-Type"].partition(";")[0] == "text/event-stream"
    assert told(replayed) == told(lived)
    assert {event.name for event in replayed[:-1]} == {"replay_turn"}


async def test_a_replay_of_a_running_match_is_what_has_happened_so_far(streaming: Playground) -> None:
    session, *players = await a_duel(streaming)
    await play(streaming, session, tuple(players), range(1, 4))
    replayed = events_in((await streaming.http.get(f"/playground/{session}/replay")).text)
    assert [event.data["turn"] for event in replayed] == [0, 1, 2, 3]


# -- WebSocket --------------------------------------------------------------------------------------------------


def socket_at(playground: Playground, session: str, query: str = "") -> Any:
    url = str(playground.http.base_url).replace("http", "ws", 1).rstrip("/")
    return connect(f"{url}/playground/{session}/ws{query}")


async def test_the_websocket_carries_the_same_stream(streaming: Playground) -> None:
    session = await streaming.start(tick_delay_ms=5)
    async with socket_at(streaming, session, "?since=0") as socket:
        frames = [json.loads(frame) async for frame in socket]
    events = await streaming.history(session)
    assert all(set(frame) == {"id", "event", "data"} for frame in frames)
    assert [(frame["id"], frame["data"]) for frame in frames] == told(events)
    assert [frame["event"] for frame in frames] == ["turn_update"] * (len(events) - 1) + ["game_over"]


async def test_a_new_websocket_first_gets_the_current_turn_and_resumes_with_since(streaming: Playground) -> None:
    session, *players = await a_duel(streaming)
    await play(streaming, session, tuple(players), range(1, 4))
    async with socket_at(streaming, session) as socket:
        assert json.loads(await socket.recv())["data"]["turn"] == 3
    async with socket_at(streaming, session, "?since=2") as socket:
        assert [json.loads(await socket.recv())["id"] for _ in range(2)] == ["3", "4"]


@pytest.mark.parametrize(("session", "query", "status"), [(UNKNOWN, "", 404), (None, "?since=x", 422)])
async def test_a_websocket_that_cannot_be_is_refused_with_the_envelope(
    streaming: Playground, session: str | None, query: str, status: int
) -> None:
    session = session or await streaming.start()
    with pytest.raises(InvalidStatus) as refusal:
        await socket_at(streaming, session, query).__aenter__()
    assert refusal.value.response.status_code == status
    assert set(json.loads(refusal.value.response.body or b"")["error"]) >= {"code", "message"}


async def test_what_a_viewer_sends_into_the_websocket_changes_nothing(streaming: Playground) -> None:
    session, *players = await a_duel(streaming)
    async with socket_at(streaming, session) as socket:
        await socket.recv()
        for frame in ("", "hello", json.dumps({"player_id": players[0], "turn": 1, "action": STAY}), b"\xff\x00"):
            await socket.send(frame)
        await play(streaming, session, tuple(players), range(1, 2))
        assert json.loads(await socket.recv())["data"]["turn"] == 1


async def test_a_poller_never_hangs_while_a_match_ends(streaming: Playground) -> None:
    # The moment in which a match ends is the one in which everybody asks for it.
    sessions = [await streaming.start(tick_delay_ms=1) for _ in range(4)]
    paths = [f"/playground/{session}{end}" for session in sessions for end in ("", "/replay", "/events")]

    async def poll(path: str) -> None:
        for _ in range(15):
            answer = await asyncio.wait_for(streaming.http.get(path), 60)
            assert answer.status_code == 200

    await asyncio.gather(*(poll(path) for path in paths))
    await asyncio.gather(*(streaming.ended(session) for session in sessions))


async def test_a_match_that_is_over_is_not_kept_in_memory_and_its_world_is_over(playground: Playground) -> None:
    player = await playground.register()
    sessions = [await playground.start(SAMPLE, SAMPLE, tick_delay_ms=0) for _ in range(4)]
    unfinished = await playground.start(player, SAMPLE)
    for session in sessions:
        await playground.ended(session)

    async def settled() -> bool:
        rows = await playground.server.host.journal.worlds()
        return {row.status for row in rows if row.world != f"spellcasters/{unfinished}"} == {"over"}

    await eventually(settled)
    assert set(playground.server.host.resident_worlds()) == {f"spellcasters/{unfinished}"}
