"""Viewers at real WebSockets: those who read, those who do not, and those who talk nonsense."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gamefold.engine.feed import QueueLimits
from gamefold.web.drain import Drain
from gamefold.web.metrics import WebMetrics
from gamefold.web.streams import Streams
from gamefold.web.talks import End, Outbox
from gamefold.web.wire import Wire, text_frame
from tests.serving import eventually

BIG = "x" * 20_000


class Guest:
    """Says hello, echoes, and tells when it has left."""

    def __init__(self, stage: "Stage") -> None:
        self.stage = stage
        self.outbox = Outbox(stage.limits)
        stage.here.add(self)

    async def opening(self) -> AsyncGenerator[bytes]:
        yield text_frame("hello")
        await self.stage.opened.wait()
        yield text_frame("welcome")

    async def heard(self, text: str) -> None:
        self.outbox.offer(text_frame(f"you said {text}"))

    def farewell(self) -> bytes:
        return text_frame("bye")

    def leave(self) -> None:
        self.stage.here.discard(self)


class Stage:
    def __init__(self) -> None:
        self.here: set[Guest] = set()
        self.limits = QueueLimits(count=50)
        self.opened = asyncio.Event()
        self.opened.set()
        self.drain, self.metrics = Drain(), WebMetrics(CollectorRegistry())
        self.streams = Streams(self.metrics, drain=self.drain, most=100, send_timeout_s=0.2)
        self.url = ""

    async def live(self, socket: WebSocket) -> None:
        await self.streams.talk(socket, Guest(self), owner="somebody")

    def tell(self, text: str) -> None:
        frame = text_frame(text)
        for guest in tuple(self.here):
            guest.outbox.offer(frame)

    def ends(self) -> dict[str, float]:
        samples = (sample for metric in self.metrics.stream_ends.collect() for sample in metric.samples)
        return {one.labels["reason"]: one.value for one in samples if one.name.endswith("_total")}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    door = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[WebSocketRoute("/", stage.live)])
    options = {"ws": Wire, "ws_max_size": 64 << 10, "log_config": None, "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=1, **options))
    task = asyncio.create_task(server._serve([door]))
    stage.url = f"ws://127.0.0.1:{door.getsockname()[1]}/"
    yield stage
    server.should_exit = True
    await task


async def rest(viewer: ClientConnection) -> list[str]:
    """Read until the server closes."""
    texts = []
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionClosed):
            while True:
                texts.append(await viewer.recv())
    return texts


async def test_everybody_hears_the_opening_then_what_happens_and_what_they_asked(stage: Stage) -> None:
    async with connect(stage.url) as one, connect(stage.url) as other:
        for viewer in (one, other):
            assert [await viewer.recv(), await viewer.recv()] == ["hello", "welcome"]
        await one.send("ping")
        assert await one.recv() == "you said ping"
        stage.tell("a")
        stage.tell("b")
        for viewer in (one, other):
            assert [await viewer.recv(), await viewer.recv()] == ["a", "b"]
    await eventually(lambda: not stage.here)
    assert stage.streams.open_now == 0
    assert stage.ends() == {"disconnected": 2}


async def test_nobody_hears_what_happens_before_what_they_missed(stage: Stage) -> None:
    stage.opened.clear()
    async with connect(stage.url) as viewer:
        assert await viewer.recv() == "hello"
        stage.tell("live")
        await viewer.send("early")
        await asyncio.sleep(0.05)
        stage.opened.set()
        assert [await viewer.recv() for _ in range(3)] == ["welcome", "live", "you said early"]


async def test_a_server_that_goes_down_says_bye_and_waits_until_it_is_said(stage: Stage) -> None:
    async with connect(stage.url) as viewer:
        await viewer.recv()
        await viewer.recv()
        stage.tell("last")
        stage.streams.end()
        assert stage.drain.in_flight == 1
        assert await rest(viewer) == ["last", "bye"]
        assert viewer.close_code == 1012
        assert await stage.drain.idle(5)


async def test_what_happened_behind_an_opening_that_is_cut_is_not_told(stage: Stage) -> None:
    stage.opened.clear()
    async with connect(stage.url) as viewer:
        assert await viewer.recv() == "hello"
        stage.tell("live")
        stage.streams.end()
        assert await rest(viewer) == ["bye"]
    assert stage.ends() == {"draining": 1}


async def test_who_never_reads_is_evicted_cut_and_counted_and_the_others_hear_everything(stage: Stage) -> None:
    async with connect(stage.url) as reading, connect(stage.url, max_queue=1) as stalled:
        await eventually(lambda: len(stage.here) == 2)
        stalled.transport.pause_reading()
        heard = asyncio.create_task(rest(reading))
        told = 0
        async with asyncio.timeout(20):
            while len(stage.here) == 2:
                stage.tell(f"{told} {BIG}")
                told += 1
                await asyncio.sleep(0.001)
        assert stage.ends() == {"slow_consumer": 1}
        stage.tell("end")
        stage.streams.end()
        texts = [text.partition(" ")[0] for text in await heard]
        assert texts == ["hello", "welcome", *map(str, range(told)), "end", "bye"]
        stalled.transport.abort()


async def test_who_loses_their_right_hears_nothing_more(stage: Stage) -> None:
    async with connect(stage.url) as viewer:
        await viewer.recv()
        await viewer.recv()
        assert stage.streams.end_of("somebody") == 1
        stage.tell("secret")
        assert await rest(viewer) == []
        assert viewer.close_code == 1008
    assert stage.ends() == {End.REVOKED: 1}


@pytest.mark.parametrize(
    ("sent", "code"), [(b"\x00", 1003), ("x" * 70_000, 1009), (["x"] * 150, 1008)], ids=["bytes", "giant", "flood"]
)
async def test_nonsense_closes_its_own_socket_and_no_other(stage: Stage, sent: object, code: int) -> None:
    async with connect(stage.url) as calm, connect(stage.url) as loud:
        await calm.recv()
        await calm.recv()
        with contextlib.suppress(ConnectionClosed):
            for frame in sent if isinstance(sent, list) else [sent]:
                await loud.send(frame)
        await rest(loud)
        assert loud.close_code == code
        stage.tell("still here")
        assert await calm.recv() == "still here"


async def test_text_that_is_none_closes_the_socket_and_leaves_no_stack_in_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(stage.url) as viewer:
        await viewer.send(b"\xff\xfe", text=True)
        await rest(viewer)
        assert viewer.close_code == 1007
    await eventually(lambda: not stage.here)
    assert not [record for record in caplog.records if record.exc_info]


async def test_connecting_and_leaving_leaves_nothing_behind(stage: Stage) -> None:
    async def visit(number: int) -> None:
        async with connect(stage.url) as viewer:
            if number % 3:
                await viewer.recv()
            if number % 2:
                viewer.transport.abort()

    await visit(0)
    await eventually(lambda: not stage.here)
    before = len(asyncio.all_tasks())
    for _ in range(5):
        await asyncio.gather(*(visit(number) for number in range(30)))
    await eventually(lambda: not stage.here)
    await eventually(lambda: len(asyncio.all_tasks()) <= before)
    assert stage.streams.open_now == stage.drain.in_flight == 0


async def test_more_viewers_than_there_is_room_for_are_refused(stage: Stage) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(100):
            await stack.enter_async_context(connect(stage.url))
        await eventually(lambda: len(stage.here) == 100)
        with pytest.raises(Exception, match="503"):
            await stack.enter_async_context(connect(stage.url))
        assert len(stage.here) == 100
