"""Time as a port: the engine asks a clock, never the machine."""

import asyncio
import time
from typing import Protocol


def stopwatch_s() -> float:
    """Give seconds that only their differences mean something of, for metrics."""
    return time.perf_counter()


class Clock(Protocol):
    """Milliseconds of game time since the Unix epoch. Never runs backwards."""

    def now_ms(self) -> int:
        """Give the time."""
        ...

    async def sleep_until(self, at_ms: int) -> None:
        """Wait until the clock shows at least `at_ms`."""
        ...

    def not_before(self, at_ms: int) -> None:
        """Move the clock forward to `at_ms` where it is behind: a restart must not turn game time back."""
        ...


class RealClock:
    """The machine's time, optionally `scale` times as fast.

    It is read from the machine's calendar once, at the start, and follows the monotonic clock from there: when
    somebody sets the calendar, ticks neither burst nor stop.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self._origin_s = time.monotonic()
        self._origin_ms = time.time_ns() // 1_000_000

    def now_ms(self) -> int:
        """Give the time."""
        return self._origin_ms + int((time.monotonic() - self._origin_s) * 1_000 * self._scale)

    async def sleep_until(self, at_ms: int) -> None:
        """Wait until the clock shows at least `at_ms`."""
        while (left_ms := at_ms - self.now_ms()) > 0:
            # Long waits are cut, so that `not_before` and a suspended laptop are noticed within a second.
            await asyncio.sleep(min(left_ms / 1_000 / self._scale, 1.0))

    def not_before(self, at_ms: int) -> None:
        """Move the clock forward to `at_ms` where it is behind."""
        behind_ms = at_ms - self.now_ms()
        if behind_ms > 0:
            self._origin_ms += behind_ms
