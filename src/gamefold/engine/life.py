"""What the rooms of one host share: whether it takes work, whether some waits, and the tasks under way."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from gamefold.engine.asked import HostStopped, WorldUnavailable
from gamefold.engine.observe import Observer

T = TypeVar("T")

STORE_BROKEN: Final = "the store is broken"


class Life:
    """One host's life. `stopped` says why it takes no work any more; it never works again after that."""

    def __init__(self, observer: Observer) -> None:
        self.stopped: str | None = None
        self.work = asyncio.Event()  # something waits to be played
        self.writing = asyncio.Lock()  # held for a round, and by operators who change a world's line
        self._observer = observer
        self._tasks: set[asyncio.Task[Any]] = set()

    def check(self) -> None:
        """Raise HostStopped where the host takes no work any more."""
        if self.stopped is not None:
            raise HostStopped(self.stopped)

    def stop(self, reason: str) -> None:
        """Take no more work. The first reason stays."""
        self.stopped = self.stopped or reason

    def fail(self, reason: str) -> None:
        """Take no more work, because this process must not write any more; whoever runs it is told."""
        if self.stopped is None:
            self.stopped = reason
            self._observer.fatal(reason)

    def gone(self, world_id: str) -> HostStopped | WorldUnavailable:
        """What those hear who wait for a world that leaves memory."""
        if self.stopped is not None:
            return HostStopped(self.stopped)
        return WorldUnavailable(world_id, "this world is being moved")

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Do something beside; the end of this life cuts it off."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something to its end, even where the caller leaves amid it. HostStopped where this life ends first."""
        task = self.spawn(work)
        # Where the caller has left, nobody is there to hear how it failed.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait((task,))
        if task.cancelled():
            raise HostStopped(self.stopped or "killed")
        return task.result()

    async def end(self) -> None:
        """Cut off everything that is under way."""
        while self._tasks:
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
