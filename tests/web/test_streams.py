"""Server-sent events and WebSockets: resumed without gap or repeat, ended for a reason, never leaked."""

import asyncio
import re

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from prometheus_client import CollectorRegistry
from starlette.responses import Response

from gamefold.engine.feed import Ended, QueueLimits, Record
from gamefold.engine.rng import Rng
from gamefold.web.cursor import Cursor, SentCursor
from gamefold.web.install import Web
from gamefold.web.metrics import WebMetrics
from gamefold.web.streams import Source, Streams, encode_event

from ..engine.records import AWorld, TurnPlayed  # noqa: TID252 - the same world as the tests of `follow`
from .house import House, a_house, connected

EVENTS, FRAMES = "/quest/events", "/quest/socket"


def as_event(record: Record) -> bytes | None:
    assert isinstance(record.event, TurnPlayed)
    return encode_event("turn", f'{{"turn":{record.event.turn}}}', Cursor.of(record))


def as_frame(record: Record) -> str | None:
    return str(Cursor.of(record))


def a_stage(world: AWorld, limits: QueueLimits | None = None, **options: float) -> House:
    """A house with both kinds of streams over one world."""
    streams = Streams(WebMetrics(CollectorRegistry()), **options)  # type: ignore[arg-type]

    def source(cursor: Cursor | None) -> Source:
        after = (cursor.position_in(world.run) if cursor else None) or 0
        subscription = world.subscribe(limits)
        return Source(world.history(after), subscription, after, until=lambda record: record.position == 1_000)

    def routes(app: FastAPI, _: Web) -> None:
        router = APIRouter(prefix="/quest")

        @router.get("/events")
        async def events(cursor: SentCursor) -> Response:
            return streams.events(source(cursor), as_event, opening=b"retry: 1000\n\n", owner="ada")

        @router.websocket("/socket")
        async def socket(socket: WebSocket, cursor: SentCursor) -> None:
            await streams.frames(socket, source(cursor), as_frame, opening=["hello"], owner="ada")

        @router.get("/replay")
        async def replay() -> Response:
            return streams.events(Source(world.history(0)), as_event)

        app.include_router(router)

    return a_house(routes=routes, streams=streams)


def positions(chunks: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"^id: 1:(\d+)$", chunks, re.MULTILINE)]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_event_stream_has_its_headers_and_its_events() -> None:
    world = AWorld(stored=2)
    house = a_stage(world)
    async with connected(house.app, EVENTS) as viewer:
        start = await viewer.next()
        headers = dict(start["headers"])
        assert start["status"] == 200
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert headers[b"cache-control"] == b"no-cache"
        assert headers[b"x-accel-buffering"] == b"no"
        assert b"x-trace-id" in headers
        chunks = viewer.events()
        assert [await anext(chunks) for _ in range(3)] == [
            b"retry: 1000\n\n",
            b'id: 1:1\nevent: turn\ndata: {"turn":1}\n\n',
            b'id: 1:2\nevent: turn\ndata: {"turn":2}\n\n',
        ]
        world.play()
        assert positions(await anext(chunks)) == [3]


async def test_an_event_is_encoded_once_for_all_viewers() -> None:
    world = AWorld()
    house = a_stage(world)
    async with connected(house.app, EVENTS) as one, connected(house.app, EVENTS) as other:
        await settle()
        world.play()
        await settle()
        got = []
        for viewer in (one, other):
            chunks = viewer.events()
            await anext(chunks)
            got.append(await anext(chunks))
    assert got[0] is got[1]


async def test_two_hundred_cuts_leave_no_gap_and_no_repeat_in_an_event_stream() -> None:
    world, chance = AWorld(), Rng(bytes(32), "event cuts")
    house = a_stage(world)
    seen: list[int] = []
    for _ in range(200):
        headers = {"Last-Event-ID": f"1:{seen[-1]}"} if seen else {}
        world.play(chance.below(3))
        async with connected(house.app, EVENTS, headers=headers) as viewer:
            for _ in range(chance.below(6)):
                await asyncio.sleep(0)
            world.play(chance.below(3))
            for _ in range(chance.below(12)):
                await asyncio.sleep(0)
            # The cut: what was not read by now is lost on the way.
            while not viewer.sent.empty():
                seen += positions(viewer.sent.get_nowait().get("body", b""))
    assert len(seen) > 100
    assert seen == list(range(1, len(seen) + 1))
    assert len(world.feed) == 0


async def test_two_hundred_cuts_leave_no_gap_and_no_repeat_in_a_socket() -> None:
    world, chance = AWorld(), Rng(bytes(32), "socket cuts")
    house = a_stage(world)
    seen: list[int] = []
    for _ in range(200):
        query = f"since=1:{seen[-1]}" if seen else ""
        world.play(chance.below(3))
        async with connected(house.app, FRAMES, kind="websocket", query=query) as viewer:
            for _ in range(chance.below(6)):
                await asyncio.sleep(0)
            world.play(chance.below(3))
            for _ in range(chance.below(20)):
                await asyncio.sleep(0)
            while not viewer.sent.empty():
                text = viewer.sent.get_nowait().get("text") or ""
                if text.startswith("1:"):
                    seen.append(int(text[2:]))
    assert len(seen) > 100
    assert seen == list(range(1, len(seen) + 1))
    assert len(world.feed) == 0


async def test_the_header_of_a_reconnecting_browser_beats_its_old_address() -> None:
    house = a_stage(AWorld(stored=9))
    async with connected(house.app, EVENTS, headers={"Last-Event-ID": "1:8"}, query="since=1:2") as viewer:
        chunks = viewer.events()
        await anext(chunks)
        assert positions(await anext(chunks)) == [9]


async def test_a_cursor_of_another_run_starts_from_the_beginning() -> None:
    house = a_stage(AWorld(stored=2))
    async with connected(house.app, EVENTS, query="since=7:2") as viewer:
        chunks = viewer.events()
        await anext(chunks)
        assert positions(await anext(chunks)) == [1]


@pytest.mark.parametrize("sent", [{"headers": {"Last-Event-ID": "x"}}, {"query": "since=1:"}, {"query": "since="}])
@pytest.mark.parametrize(("path", "kind"), [(EVENTS, "http"), (FRAMES, "websocket")])
async def test_a_malformed_cursor_is_refused_before_the_stream_begins(path: str, kind: str, sent: dict) -> None:
    world = AWorld()
    async with connected(a_stage(world).app, path, kind=kind, **sent) as viewer:
        start, body = await viewer.next(), await viewer.next()
    assert start["status"] == 422
    assert b'"success":false' in body["body"]
    assert len(world.feed) == 0


async def test_a_viewer_that_leaves_frees_its_subscription() -> None:
    world = AWorld()
    house = a_stage(world)
    for path, kind in ((EVENTS, "http"), (FRAMES, "websocket")):
        async with connected(house.app, path, kind=kind) as viewer:
            await settle()
            assert (len(world.feed), house.web.streams.open_now) == (1, 1)
            viewer.push({"type": f"{kind}.disconnect", "code": 1001})
            await viewer.done()
        assert (len(world.feed), house.web.streams.open_now) == (0, 0)
    assert ends(house) == {("sse", "disconnected"): 1, ("websocket", "disconnected"): 1}


async def test_a_viewer_cancelled_at_any_moment_frees_its_subscription() -> None:
    world = AWorld(stored=3)
    house = a_stage(world)
    for path, kind in ((EVENTS, "http"), (FRAMES, "websocket")):
        for steps in range(25):
            async with connected(house.app, path, kind=kind) as viewer:
                for _ in range(steps):
                    await asyncio.sleep(0)
                viewer.task.cancel()
            assert (len(world.feed), house.web.streams.open_now) == (0, 0)


async def test_a_slow_event_stream_is_evicted() -> None:
    world = AWorld()
    house = a_stage(world, QueueLimits(count=5), send_timeout_s=0.05)
    async with connected(house.app, EVENTS) as viewer:
        await settle()
        viewer.blocked.clear()
        world.play(20)
        assert len(world.feed) == 0
        await viewer.done()
    assert house.web.streams.open_now == 0
    assert set(ends(house)) <= {("sse", "slow_consumer"), ("sse", "stalled")}


async def test_an_evicted_event_stream_that_reads_again_ends_without_a_hole() -> None:
    world = AWorld()
    house = a_stage(world, QueueLimits(count=5))
    async with connected(house.app, EVENTS) as viewer:
        await settle()
        viewer.blocked.clear()
        world.play(3)
        await settle()
        world.play(20)
        viewer.blocked.set()
        seen = positions(b"".join([chunk async for chunk in viewer.events()]))
    assert seen == list(range(1, len(seen) + 1))
    assert ends(house) == {("sse", "slow_consumer"): 1}


async def test_a_slow_socket_is_closed_with_try_again_later() -> None:
    world = AWorld()
    house = a_stage(world, QueueLimits(count=5))
    async with connected(house.app, FRAMES, kind="websocket") as viewer:
        await settle()
        viewer.blocked.clear()
        world.play(3)
        await settle()
        world.play(20)
        viewer.blocked.set()
        assert await close_code(viewer) == 1013
    assert ends(house) == {("websocket", "slow_consumer"): 1}


async def test_a_socket_that_does_not_read_at_all_is_given_up() -> None:
    world = AWorld()
    house = a_stage(world, send_timeout_s=0.05)
    async with connected(house.app, FRAMES, kind="websocket") as viewer:
        await settle()
        viewer.blocked.clear()
        world.play()
        await viewer.done()
    assert ends(house) == {("websocket", "stalled"): 1}


async def test_at_the_end_of_the_server_streams_get_their_last_word() -> None:
    world = AWorld(stored=1)
    house = a_stage(world)
    async with (
        connected(house.app, EVENTS) as events,
        connected(house.app, FRAMES, kind="websocket") as frames,
    ):
        await settle()
        house.web.drain.begin()
        chunks = [chunk async for chunk in events.events()]
        assert chunks[-1] == b": server going down\n\n"
        assert await close_code(frames) == 1012
        await events.done()
    assert len(world.feed) == 0
    assert ends(house) == {("sse", "draining"): 1, ("websocket", "draining"): 1}


@pytest.mark.parametrize(("path", "kind"), [(EVENTS, "http"), (FRAMES, "websocket")])
async def test_a_draining_server_opens_no_stream(path: str, kind: str) -> None:
    house = a_stage(AWorld())
    house.web.drain.begin()
    async with connected(house.app, path, kind=kind) as viewer:
        start = await viewer.next()
    assert start["status"] == 503
    assert dict(start["headers"])[b"retry-after"] == b"2"


@pytest.mark.parametrize(("path", "kind"), [(EVENTS, "http"), (FRAMES, "websocket")])
async def test_a_stream_too_many_is_refused_and_leaks_nothing(path: str, kind: str) -> None:
    world = AWorld()
    house = a_stage(world, most=1)
    async with connected(house.app, path, kind=kind):
        await settle()
        async with connected(house.app, path, kind=kind) as second:
            start, body = await second.next(), await second.next()
        assert start["status"] == 503
        assert b"retry-after" in dict(start["headers"])
        assert b"TOO_MANY_STREAMS" in body["body"]
        assert len(world.feed) == 1


async def test_a_world_that_stops_ends_its_streams() -> None:
    world = AWorld()
    house = a_stage(world)
    async with (
        connected(house.app, EVENTS) as events,
        connected(house.app, FRAMES, kind="websocket") as frames,
    ):
        await settle()
        world.play()
        world.feed.end(Ended.WORLD_STOPPED)
        assert positions(b"".join([chunk async for chunk in events.events()])) == [1]
        assert await close_code(frames) == 1012


async def test_the_last_record_ends_the_stream() -> None:
    house = a_stage(AWorld(stored=1_000))
    async with connected(house.app, EVENTS, query="since=1:998") as events:
        assert positions(b"".join([chunk async for chunk in events.events()])) == [999, 1_000]
    async with connected(house.app, FRAMES, kind="websocket", query="since=1:998") as frames:
        assert await close_code(frames) == 1000


async def test_a_replay_is_a_stream_without_a_present() -> None:
    house = a_stage(AWorld(stored=30))
    async with house.client() as client:
        answer = await client.get("/quest/replay")
    assert positions(answer.content) == list(range(1, 31))


async def test_streams_of_somebody_who_was_banned_end() -> None:
    world = AWorld()
    house = a_stage(world)
    async with (
        connected(house.app, EVENTS) as events,
        connected(house.app, FRAMES, kind="websocket") as frames,
    ):
        await settle()
        assert house.web.streams.end_of("eve") == 0
        assert house.web.streams.end_of("ada") == 2
        assert await close_code(frames) == 1008
        await events.done()
    assert len(world.feed) == 0


async def test_a_quiet_stream_has_a_heartbeat_without_a_meaning() -> None:
    house = a_stage(AWorld(), heartbeat_s=0.02)
    async with connected(house.app, EVENTS) as viewer:
        chunks = viewer.events()
        assert [await anext(chunks) for _ in range(2)][1] == b": heartbeat\n\n"


async def test_what_a_viewer_sends_is_forgotten_unless_it_floods() -> None:
    world = AWorld()
    house = a_stage(world)
    async with connected(house.app, FRAMES, kind="websocket") as viewer:
        for _ in range(100):
            viewer.push({"type": "websocket.receive", "text": "hello"})
        await settle()
        world.play()
        await settle()
        assert not viewer.task.done()
        viewer.push({"type": "websocket.receive", "bytes": b"x"})
        assert await close_code(viewer) == 1008
    assert ends(house) == {("websocket", "flood"): 1}


async def test_a_frame_that_is_too_big_closes_the_socket() -> None:
    house = a_stage(AWorld())
    async with connected(house.app, FRAMES, kind="websocket") as viewer:
        viewer.push({"type": "websocket.receive", "text": "x" * ((64 << 10) + 1)})
        assert await close_code(viewer) == 1009


async def test_streams_are_no_latencies() -> None:
    house = a_stage(AWorld(stored=3))
    async with house.client() as client:
        await client.get("/quest/replay")
        await client.get("/quest/actions")
    registry = house.web.metrics.registry
    sample = "gamefold_http_request_duration_seconds_count"
    labels = {"method": "GET", "status": "200"}
    assert registry.get_sample_value(sample, {**labels, "route": "/quest/replay"}) is None
    assert registry.get_sample_value(sample, {**labels, "route": "/quest/actions"}) == 1


async def close_code(viewer) -> int:
    while (message := await viewer.next())["type"] != "websocket.close":
        pass
    await viewer.done()
    code: int = message["code"]
    return code


def ends(house: House) -> dict[tuple[str, str], int]:
    metrics = house.web.streams._metrics
    return {
        (sample.labels["kind"], sample.labels["reason"]): int(sample.value)
        for metric in metrics.stream_ends.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
