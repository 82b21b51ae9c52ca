"""An event loop without threads, sockets and waiting: what runs on it runs the same way every time.

Timers fire as soon as nothing else is left to do. Work for threads runs inline, a drawn number of turns later, so
that what happens meanwhile really happens meanwhile: awaits that cost nothing hide races.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from gamefold.engine.rng import Rng

T = TypeVar("T")

DELAY_TURNS_MOST: Final = 6


class Deadlock(Exception):
    """Everybody waits for somebody."""


class SimulatedLoop(asyncio.SelectorEventLoop):
    """The loop. Its time starts at zero and costs none."""

    def __init__(self, rng: Rng) -> None:
        self._time_s = 0.0
        self._rng = rng
        super().__init__(_TimeMachine(self._skip))

    def time(self) -> float:
        """Give the simulated time in seconds."""
        return self._time_s

    def run_in_executor(  # type: ignore[override]
        self, _executor: Any, work: Callable[..., T], *arguments: Any
    ) -> asyncio.Future[T]:
        """Run `work` inline, a few turns from now."""
        done: asyncio.Future[T] = self.create_future()

        def turn(left: int) -> None:
            if left:
                self.call_soon(turn, left - 1)
            elif not done.cancelled():
                _settle(done, work, arguments)

        self.call_soon(turn, self._rng.below(DELAY_TURNS_MOST))
        return done

    def _skip(self, seconds: float | None) -> None:
        if seconds is None:
            raise Deadlock("nothing is due, and nobody can go on")
        self._time_s += seconds


class _TimeMachine(selectors.BaseSelector):
    """Waits for nothing: where a selector would sleep, time jumps."""

    def __init__(self, skip: Callable[[float | None], None]) -> None:
        self._skip = skip
        self._keys: dict[int, selectors.SelectorKey] = {}

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self._skip(timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        # Only the loop's own pipe is ever registered.
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        self._keys[number] = key = selectors.SelectorKey(fileobj, number, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


def simulate(rng: Rng, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main()` on a loop of its own."""
    loop = SimulatedLoop(rng)
    try:
        return loop.run_until_complete(main())
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()


def _settle(done: asyncio.Future[T], work: Callable[..., T], arguments: tuple[Any, ...]) -> None:
    try:
        outcome = work(*arguments)
    except Exception as error:  # noqa: BLE001 - as an executor does
        done.set_exception(error)
    else:
        done.set_result(outcome)
