"""A clock that stands still until somebody moves it."""

import asyncio
import heapq
from collections.abc import Callable
from typing import Final

START_MS: Final = 1_800_000_000_000  # where virtual time begins unless a test says otherwise

# Handing a result from one task to the next costs a few turns of the event loop; after this many without any work
# nothing is on its way any more.
_QUIET_TURNS: Final = 12


class VirtualClock:
    """The engine's `Clock`, moved by hand.

    `advance` jumps: whatever was due in between is late, as after a pause of the process. `elapse` walks: it stops
    at every time somebody waits for and lets the host finish its round, as when time really passes.
    """

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._slept = 0
        self._busy: list[Callable[[], bool]] = []

    def now_ms(self) -> int:
        """Give the time."""
        return self._now_ms

    async def sleep_until(self, at_ms: int) -> None:
        """Wait until the clock shows at least `at_ms`."""
        if at_ms <= self._now_ms:
            return
        wakes: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._slept += 1
        heapq.heappush(self._sleepers, (at_ms, self._slept, wakes))
        await wakes

    def not_before(self, at_ms: int) -> None:
        """Move the clock forward to `at_ms` where it is behind."""
        if at_ms > self._now_ms:
            self.advance(at_ms - self._now_ms)

    def advance(self, ms: int) -> None:
        """Jump forward, and wake everybody whose time has come, in the order of their times."""
        assert ms >= 0, "time does not run backwards"
        self._now_ms += ms
        while self._sleepers and self._sleepers[0][0] <= self._now_ms:
            _, _, wakes = heapq.heappop(self._sleepers)
            if not wakes.done():
                wakes.set_result(None)

    async def elapse(self, ms: int) -> None:
        """Walk forward, from one sleeper's time to the next, settling at each."""
        until_ms = self._now_ms + ms
        await self.settle()
        while (next_ms := self._next_ms()) is not None and next_ms <= until_ms:
            self.advance(max(next_ms - self._now_ms, 0))
            await self.settle()
        self.advance(until_ms - self._now_ms)
        await self.settle()

    async def settle(self) -> None:
        """Wait until everybody who is watched has finished what they can do without time passing."""
        quiet = 0
        while quiet < _QUIET_TURNS:
            if any(busy() for busy in self._busy):
                quiet = 0
                await asyncio.sleep(0.000_2)  # a commit is under way in another thread: let it have the processor
            else:
                quiet += 1
                await asyncio.sleep(0)

    def watch(self, busy: Callable[[], bool]) -> None:
        """Let `settle` wait while `busy()` says so."""
        self._busy.append(busy)

    def unwatch(self, busy: Callable[[], bool]) -> None:
        """Watch it no more."""
        self._busy.remove(busy)

    def _next_ms(self) -> int | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None
