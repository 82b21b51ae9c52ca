"""Streams of a world's records: server-sent events and WebSockets over the same source.

A viewer that stops reading is noticed twice. Its subscription's queue grows until the engine evicts it, and a send
that stays blocked for `send_timeout_s` ends the stream. Both work only once the kernel's buffers are full, so the
server (see `server.py`) keeps the send buffer of every connection small.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

import structlog
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from gamefold.engine.feed import Ended, Record, Subscription
from gamefold.web.cursor import Cursor
from gamefold.web.drain import Drain
from gamefold.web.errors import Draining, TooManyStreams
from gamefold.web.follow import follow
from gamefold.web.metrics import WebMetrics
from gamefold.web.talks import End, Talk
from gamefold.web.wire import Wire, wire_of

STREAMS_MAX: Final = 5_000
HEARTBEAT_S: Final = 15.0
SEND_TIMEOUT_S: Final = 10.0
FRAME_BYTES_MAX: Final = 64 << 10
FRAMES_PER_SECOND_MAX: Final = 100
GOING_DOWN: Final = b": server going down\n\n"
ABORT_EXTENSION: Final = "gamefold.abort"

log = structlog.get_logger("gamefold.web")

RenderEvent = Callable[[Record], bytes | None]
"""Turns a record into a whole server-sent event (see `encode_event`), or None where viewers get nothing of it."""

RenderFrame = Callable[[Record], str | None]
"""Turns a record into the text of one WebSocket frame, or None."""


CLOSE_CODES: Final = {
    End.FINISHED: 1000,
    End.SLOW: 1013,
    End.STALLED: 1013,
    End.DRAINING: 1012,
    End.WORLD_STOPPED: 1012,
    End.REVOKED: 1008,
    End.FLOOD: 1008,
    End.NOT_TEXT: 1003,
}
_FRAME_TOO_BIG: Final = 1009
_OF_SUBSCRIPTION: Final = {
    Ended.SLOW: End.SLOW,
    Ended.DRAINING: End.DRAINING,
    Ended.WORLD_STOPPED: End.WORLD_STOPPED,
    Ended.WORLD_OVER: End.FINISHED,
    Ended.REWOUND: End.WORLD_STOPPED,  # the viewer comes back, and its cursor is translated to the new run
    Ended.CLOSED: End.REVOKED,
    None: End.FINISHED,
}


def encode_event(name: str, data: str, cursor: Cursor | None = None) -> bytes:
    """Encode one server-sent event."""
    return ServerSentEvent(data, event=name, id=None if cursor is None else str(cursor), sep="\n").encode()


@dataclass(slots=True)
class Source:
    """What a stream shows.

    With a `subscription` (taken before `history` is read): the stored records after `after`, then the live ones.
    Without one: the history alone, as for a replay. `until` names the last record of the stream.
    """

    history: AsyncIterable[Record]
    subscription: Subscription | None = None
    after: int = 0
    until: Callable[[Record], bool] = field(default=lambda _record: False)


@dataclass(slots=True, eq=False)
class _Open:
    """What is the same for everything that streams."""

    kind: str
    owner: str | None
    end: End | None = None
    sending_since_s: float | None = None

    def stop(self, end: End) -> None:
        self.end = self.end or end

    def close(self) -> None:
        """Nobody listens any more."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Talking(_Open):
    talk: Talk

    def stop(self, end: End) -> None:
        self.end = self.end or end
        self.talk.outbox.end(end)

    def close(self) -> None:
        self.talk.outbox.end(self.end or End.DISCONNECTED)
        self.talk.leave()


@dataclass(slots=True, eq=False, kw_only=True)
class _Stream(_Open):
    source: Source

    async def records(self) -> AsyncGenerator[Record]:
        source = self.source
        async with aclosing(self._followed()) as records:
            async for record in records:
                yield record
                if source.until(record):
                    self.end = End.FINISHED
                    return
                if self.end is not None:
                    return
        if self.end is None:
            self.end = _OF_SUBSCRIPTION[source.subscription.ended if source.subscription else None]

    def stop(self, end: End) -> None:
        self.end = self.end or end
        if self.source.subscription is not None:
            self.source.subscription.end(Ended.DRAINING if end is End.DRAINING else Ended.CLOSED)

    def close(self) -> None:
        if self.source.subscription is not None:
            self.source.subscription.close()

    async def _followed(self) -> AsyncGenerator[Record]:
        source = self.source
        records: AsyncIterator[Record]
        if source.subscription is None:
            records = aiter(source.history)
        else:
            records = follow(source.history, source.subscription, source.after)
        try:
            async for record in records:
                yield record
        finally:
            if isinstance(records, AsyncGenerator):
                await records.aclose()


class Streams:
    """All open streams of this process. Give every route the same one."""

    def __init__(
        self,
        metrics: WebMetrics,
        *,
        drain: Drain | None = None,
        most: int = STREAMS_MAX,
        heartbeat_s: float = HEARTBEAT_S,
        send_timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        self._metrics = metrics
        self._held = drain or Drain()  # a server that goes down waits for its viewers' farewell
        self._most = most
        self._heartbeat_s = heartbeat_s
        self._send_timeout_s = send_timeout_s
        self._open: set[_Open] = set()
        self._draining = False

    @property
    def open_now(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def events(
        self,
        source: Source,
        render: RenderEvent,
        *,
        opening: bytes = b"",
        farewell: bytes = GOING_DOWN,
        owner: str | None = None,
    ) -> "EventStream":
        """Give the answer of a server-sent event stream.

        `opening` goes out first (a snapshot, `retry:`), `farewell` last when the server goes down (a comment, where
        a spec fixes the events). `owner` is whose right it depends on. Refused: TOO_MANY_STREAMS, DRAINING.
        """
        return EventStream(self, _Stream("sse", owner, source=source), render, opening, farewell)

    async def frames(
        self,
        socket: WebSocket,
        source: Source,
        render: RenderFrame,
        *,
        opening: Sequence[str] = (),
        owner: str | None = None,
    ) -> None:
        """Accept a WebSocket and stream into it, one text frame per record, until it is over.

        What the viewer sends is read and forgotten; frames over 64 KiB close it with 1009, more than 100 a second
        with 1008. Refused before it is accepted: TOO_MANY_STREAMS, DRAINING.
        """
        stream = _Stream("websocket", owner, source=source)
        with self._opened(stream):
            await socket.accept()
            await self._carried(socket, stream, self._rendered(stream, render, opening))

    async def talk(self, socket: WebSocket, talk: Talk, *, owner: str | None = None) -> None:
        """Accept a WebSocket and speak with its viewer, until one of both has enough: that goes on after this returns.

        Frames over 64 KiB close it with 1009, more than 100 a second with 1008, bytes with 1003. Refused like
        `frames`.
        """
        talking = _Talking("websocket", owner, talk=talk)
        self._admit(talking)
        try:
            await socket.accept()
        except BaseException:
            self._dismiss(talking)
            raise
        wire = wire_of(socket)
        self._held.enter()
        wire.after_return(partial(self._talk_over, wire, talking), on_free=talk.outbox.flush)

    def end(self) -> None:
        """The server goes down: end every stream, open no more."""
        self._draining = True
        for stream in tuple(self._open):
            stream.stop(End.DRAINING)

    def end_of(self, owner: str) -> int:
        """End the streams of somebody who logged out or was banned; give their number."""
        ended = [stream for stream in self._open if stream.owner == owner]
        for stream in ended:
            stream.stop(End.REVOKED)
        return len(ended)

    @contextmanager
    def _opened(self, stream: _Open) -> Iterator[None]:
        self._admit(stream)
        try:
            yield
        finally:
            self._dismiss(stream)

    def _admit(self, stream: _Open) -> None:
        if self._draining or len(self._open) >= self._most:
            stream.close()
            raise Draining if self._draining else TooManyStreams
        self._open.add(stream)
        self._metrics.streams_open.labels(stream.kind).inc()

    def _dismiss(self, stream: _Open) -> None:
        self._open.discard(stream)
        self._metrics.streams_open.labels(stream.kind).dec()
        self._metrics.stream_ends.labels(stream.kind, stream.end or End.DISCONNECTED).inc()
        stream.close()

    async def _talk_over(self, wire: Wire, talking: _Talking) -> None:
        """Speak with a viewer over their wire. Frames are written where they are offered; here it is read."""
        loop, outbox = asyncio.get_running_loop(), talking.talk.outbox
        receive, send = cast("Receive", wire.receive), cast("Send", wire.send)
        code: int | None = None
        opening = asyncio.create_task(_open_talk(wire, talking))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as reading:
                    # Who does not take what waits for them after the end is not waited for long.
                    outbox.on_end(
                        lambda: reading.reschedule(loop.time() + (0 if outbox.over else self._send_timeout_s))
                    )
                    code = await _read_frames(receive, talking, talking.talk.heard)
            outbox.on_end(None)
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            talking.end = talking.end or outbox.ended
            if talking.end is End.DRAINING and outbox.over:
                wire.write(talking.talk.farewell())
            wire.flush()
            if talking.end is not End.DISCONNECTED:
                await _close(send, code or CLOSE_CODES[talking.end or End.FINISHED], wire.abort)
        finally:
            opening.cancel()
            self._held.leave()
            self._dismiss(talking)

    async def _carried(self, socket: WebSocket, stream: _Open, frames: AsyncGenerator[str]) -> None:
        """Send and read until it is over, then close the socket with the code that fits."""
        sender = asyncio.create_task(_send_frames(socket, stream, frames))
        reader = asyncio.create_task(_read_frames(socket.receive, stream, None))
        try:
            done = await self._until_over(stream, sender, reader)
        finally:
            sender.cancel()
            reader.cancel()
            await asyncio.gather(sender, reader, return_exceptions=True)
        for task in done:
            task.result()
        code = reader.result() if reader in done else CLOSE_CODES.get(stream.end or End.FINISHED)
        if code is not None:
            await _close(socket.send, code)

    async def _until_over(
        self, stream: _Open, sender: asyncio.Task[None], reader: asyncio.Task[int | None]
    ) -> set[asyncio.Task[None] | asyncio.Task[int | None]]:
        # Looking at the clock now and then is much cheaper than a timeout around every frame.
        loop = asyncio.get_running_loop()
        while True:
            done, _ = await asyncio.wait(
                {sender, reader}, timeout=self._send_timeout_s / 2, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                return done
            if stream.sending_since_s is not None and loop.time() - stream.sending_since_s >= self._send_timeout_s:
                stream.end = End.STALLED
                return set()

    async def _rendered(self, stream: _Stream, render: RenderFrame, opening: Sequence[str]) -> AsyncGenerator[str]:
        for frame in opening:
            yield frame
        async with aclosing(stream.records()) as records:
            async for record in records:
                rendered = record.rendered(render)
                if rendered is not None:
                    yield rendered


class EventStream(EventSourceResponse):
    """A server-sent event stream of one source."""

    def __init__(self, streams: Streams, stream: _Stream, render: RenderEvent, opening: bytes, farewell: bytes) -> None:
        self._streams = streams
        self._stream = stream
        super().__init__(
            self._chunks(render, opening, farewell),
            headers={"Cache-Control": "no-cache"},
            ping=streams._heartbeat_s,  # noqa: SLF001 - both are one mechanism
            ping_message_factory=lambda: ServerSentEvent(comment="heartbeat", sep="\n"),
            sep="\n",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the source ends, the viewer leaves or stops reading, or the server goes down."""

        async def timely(message: Message) -> None:
            # The library's own timeout leaves out the last chunk, on which an evicted viewer would hang.
            try:
                async with asyncio.timeout(self._streams._send_timeout_s):  # noqa: SLF001
                    await send(message)
            except TimeoutError:
                raise SendTimeoutError from None

        with self._streams._opened(self._stream):  # noqa: SLF001
            try:
                await super().__call__(scope, receive, timely)
            except SendTimeoutError:
                self._stream.end = End.STALLED
                # Closing would wait until the viewer has read what is buffered, and it does not read.
                abort: Callable[[], None] | None = (scope.get("extensions") or {}).get(ABORT_EXTENSION)
                if abort is not None:
                    abort()
                    await asyncio.sleep(0)

    async def _chunks(self, render: RenderEvent, opening: bytes, farewell: bytes) -> AsyncIterator[bytes]:
        if opening:
            yield opening
        async with aclosing(self._stream.records()) as records:
            async for record in records:
                chunk = record.rendered(render)
                if chunk is not None:
                    yield chunk
        if self._stream.end is End.DRAINING:
            yield farewell


async def _send_frames(socket: WebSocket, stream: _Open, frames: AsyncGenerator[str]) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with aclosing(frames):
            async for frame in frames:
                stream.sending_since_s = loop.time()
                await socket.send({"type": "websocket.send", "text": frame})
                stream.sending_since_s = None
    except WebSocketDisconnect:
        stream.end = End.DISCONNECTED


async def _open_talk(wire: Wire, talking: _Talking) -> None:
    """Tell a viewer what they missed, then let flow what happens."""
    talk = talking.talk
    try:
        async with aclosing(talk.opening()) as opening:
            async for frames in opening:
                wire.write(frames)
                wire.flush()
                await wire.writable.wait()
    except Exception as error:  # noqa: BLE001 - a history that cannot be read; they come back for it
        log.warning("a viewer cannot be told what they missed", error=repr(error))
        talk.outbox.end(End.WORLD_STOPPED)
    else:
        talk.outbox.flow(wire)


async def _close(send: Send, code: int, abort: Callable[[], None] = lambda: None) -> None:
    """Close a socket. A viewer that does not read does not get its close frame either."""
    try:
        await asyncio.wait_for(send({"type": "websocket.close", "code": code}), 1.0)
    except TimeoutError:
        abort()
    except (OSError, RuntimeError, WebSocketDisconnect):
        pass


async def _read_frames(receive: Receive, stream: _Open, hear: Callable[[str], Awaitable[None]] | None) -> int | None:
    """Hand on or forget what the viewer sends; give the close code it earned, None where it left."""
    loop = asyncio.get_running_loop()
    window_s = loop.time()
    frames = 0
    while True:
        message: Any = await receive()
        if message["type"] == "websocket.disconnect":
            stream.end = stream.end or End.DISCONNECTED
            return None
        text = message.get("text")
        if len(message.get("bytes") or text or "") > FRAME_BYTES_MAX:
            stream.end = End.FLOOD
            return _FRAME_TOO_BIG
        if loop.time() - window_s >= 1.0:
            window_s, frames = loop.time(), 0
        frames += 1
        if frames > FRAMES_PER_SECOND_MAX:
            stream.end = End.FLOOD
            return CLOSE_CODES[End.FLOOD]
        if hear is None:
            continue
        if text is None:
            stream.end = End.NOT_TEXT
            return CLOSE_CODES[End.NOT_TEXT]
        await hear(text)
