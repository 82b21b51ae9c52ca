"""A WebSocket in both directions: what a game says to one viewer, and what it does with what the viewer says."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from enum import StrEnum
from typing import Final, Protocol

from gamefold.engine.feed import QueueLimits


class End(StrEnum):
    """Why a stream ended."""

    FINISHED = "finished"  # everything was sent
    SLOW = "slow_consumer"  # evicted by the engine: the queue was too long, too big or too old
    STALLED = "stalled"  # a send stayed blocked
    DRAINING = "draining"
    WORLD_STOPPED = "world_stopped"
    REVOKED = "revoked"  # the viewer's right to it ended
    DISCONNECTED = "disconnected"
    FLOOD = "flood"  # the viewer sent too much or too often
    NOT_TEXT = "not_text"  # the viewer sent bytes where text is spoken


_LIMITS: Final = QueueLimits()


class Line(Protocol):
    """Where frames go. One that is not `free` is not written to: its viewer has not read what was written before."""

    @property
    def free(self) -> bool:
        """Whether the viewer takes what is written."""
        ...

    def write(self, frames: bytes) -> None:
        """Send whole frames."""
        ...


class Outbox:
    """Frames on their way to one viewer. They are written at once where that is possible.

    What cannot be written waits, bounded by count, bytes and age: a viewer who cannot keep up is evicted.
    """

    def __init__(self, limits: QueueLimits = _LIMITS) -> None:
        self.ended: End | None = None
        self._limits = limits
        self._line: Line | None = None
        self._waiting: list[tuple[float, bytes]] = []
        self._bytes = 0
        self._on_end: Callable[[], None] | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended and nothing waits."""
        return self.ended is not None and not self._waiting

    def offer(self, frame: bytes) -> bool:
        """Send a frame, or let it wait, or evict the viewer. False where it was not taken: after the end nothing is."""
        if self.ended is not None:
            return False
        line = self._line
        if line is not None and line.free and not self._waiting:
            line.write(frame)
            return True
        now_s = asyncio.get_running_loop().time()
        oldest_s = self._waiting[0][0] if self._waiting else now_s
        limits = self._limits
        full = len(self._waiting) >= limits.count or self._bytes + len(frame) > limits.bytes
        if full or now_s - oldest_s > limits.age_s:
            self.end(End.SLOW)
            return False
        self._waiting.append((now_s, frame))
        self._bytes += len(frame)
        return True

    def flow(self, line: Line) -> None:
        """Send what waits, and from now on what is offered: what comes before has been written."""
        self._line = line
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as the viewer takes it."""
        line, sent = self._line, 0
        if line is None:
            return
        while sent < len(self._waiting) and line.free:
            frame = self._waiting[sent][1]
            self._bytes -= len(frame)
            line.write(frame)
            sent += 1
        del self._waiting[:sent]
        if self.over and self._on_end is not None:
            self._on_end()

    def end(self, why: End) -> None:
        """Send nothing more than what waits; to who is slow or has no right any more, nothing at all.

        Nor does what waits go out where something that comes before it has not: the viewer comes back for both.
        """
        if self.ended is not None:
            return
        self.ended = why
        if self._line is None or why in (End.SLOW, End.REVOKED):
            self._waiting.clear()
            self._bytes = 0
        if self._on_end is not None:
            self._on_end()

    def on_end(self, hear: Callable[[], None] | None) -> None:
        """Call `hear` when it has ended, and when it is over."""
        self._on_end = hear
        if self.ended is not None and hear is not None:
            hear()


class Talk(Protocol):
    """One viewer of a game. Make one for each socket, and hand it to `Streams.talk`.

    Frames are whole, as they go over the wire (see `text_frame`).
    """

    @property
    def outbox(self) -> Outbox:
        """What they are told from now on."""
        ...

    def opening(self) -> AsyncGenerator[bytes]:
        """Give what they are told first: where things stand, and what they have missed.

        It may be cut wherever it waits, so what belongs together is given as one.
        """
        ...

    async def heard(self, text: str) -> None:
        """Deal with a frame they sent. Must not raise, whatever it says."""
        ...

    def farewell(self) -> bytes:
        """Give the last frame for viewers of a server that goes down."""
        ...

    def leave(self) -> None:
        """The viewer is gone."""
        ...
