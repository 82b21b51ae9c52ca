"""A WebSocket in both directions: what a game says to one viewer, and what it does with what the viewer says."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from enum import StrEnum
from typing import Protocol

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


class Outbox:
    """Frames on their way to one viewer, bounded by count, bytes and age. A viewer who cannot keep up is evicted."""

    def __init__(self, limits: QueueLimits | None = None) -> None:
        self.ended: End | None = None
        self._limits = limits or QueueLimits()
        self._queue: deque[tuple[float, str]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()

    def offer(self, frame: str) -> None:
        """Queue a frame, or evict the viewer. After the end nothing is queued any more."""
        if self.ended is not None:
            return
        now_s = asyncio.get_running_loop().time()
        oldest_s = self._queue[0][0] if self._queue else now_s
        limits = self._limits
        full = len(self._queue) >= limits.count or self._bytes + len(frame) > limits.bytes
        if full or now_s - oldest_s > limits.age_s:
            self.end(End.SLOW)
            return
        self._queue.append((now_s, frame))
        self._bytes += len(frame)
        self._wake.set()

    def end(self, why: End) -> None:
        """Give nothing more than what is queued; to who is slow or has no right any more, nothing at all."""
        if self.ended is not None:
            return
        self.ended = why
        if why in (End.SLOW, End.REVOKED):
            self._queue.clear()
            self._bytes = 0
        self._wake.set()

    async def frames(self) -> AsyncIterator[str]:
        """Give the frames in their order, until the end."""
        while True:
            while self._queue:
                _, frame = self._queue.popleft()
                self._bytes -= len(frame)
                yield frame
            if self.ended is not None:
                return
            self._wake.clear()
            await self._wake.wait()


class Talk(Protocol):
    """One viewer of a game. Make one for each socket, and hand it to `Streams.talk`."""

    @property
    def outbox(self) -> Outbox:
        """What they are told from now on."""
        ...

    def opening(self) -> AsyncGenerator[str]:
        """Give what they are told first: where things stand, and what they have missed."""
        ...

    async def heard(self, text: str) -> None:
        """Deal with a frame they sent. Must not raise, whatever it says."""
        ...

    def farewell(self) -> str:
        """Give the last frame for viewers of a server that goes down."""
        ...
