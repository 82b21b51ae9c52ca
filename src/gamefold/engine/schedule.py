"""Who is due when: wakes worlds at their times, by the host's clock."""

import asyncio
import heapq
from collections.abc import Callable
from typing import Any

from gamefold.engine.clock import Clock


class Schedule:
    """A heap of (time, world). A world has one time; setting it again replaces it."""

    def __init__(self, clock: Clock, wake: Callable[[str], None]) -> None:
        self._clock = clock
        self._wake = wake
        self._times: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._changed = asyncio.Event()

    def at(self, world_id: str, at_ms: int) -> None:
        """Wake `world_id` at `at_ms`."""
        if self._times.get(world_id) == at_ms:
            return
        self._times[world_id] = at_ms
        heapq.heappush(self._heap, (at_ms, world_id))
        if self._heap[0][0] == at_ms:
            self._changed.set()

    def forget(self, world_id: str) -> None:
        """Wake it no more."""
        self._times.pop(world_id, None)

    async def run(self) -> None:
        """Wake worlds for ever."""
        while True:
            self._wake_due()
            self._changed.clear()
            waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._changed.wait())]
            if self._heap:
                waiting.append(asyncio.ensure_future(self._clock.sleep_until(self._heap[0][0])))
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in waiting:
                    task.cancel()

    def _wake_due(self) -> None:
        now_ms = self._clock.now_ms()
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, world_id = heapq.heappop(self._heap)
            # Times that were replaced or forgotten since stay in the heap until they come up.
            if self._times.get(world_id) == at_ms:
                del self._times[world_id]
                self._wake(world_id)
