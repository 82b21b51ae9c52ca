"""The reactors of the worlds that are here: each hears one world, from where it stopped, until the world leaves."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Final

from gamefold.engine.asked import HostStopped
from gamefold.engine.feed import QueueLimits
from gamefold.engine.follow import follow
from gamefold.engine.journal import Journal
from gamefold.engine.life import Life
from gamefold.engine.observe import Observer
from gamefold.engine.reactors import Hosting, Reactor, WorldRef, deliver, last_answered
from gamefold.engine.resident import Resident

LIMITS: Final = QueueLimits(count=1 << 30, bytes=1 << 40, age_s=float("inf"))
READ_AGAIN_S: Final = 1.0  # how long a reactor waits for a store that could not be read


class Reacting:
    """Starts and ends the reactors of a resident world. `hosting` is what they ask."""

    def __init__(
        self,
        hosting: Hosting,
        journal: Journal,
        reactors: Mapping[str, Sequence[Reactor]],
        observer: Observer,
        life: Life,
    ) -> None:
        self._hosting = hosting
        self._journal = journal
        self._reactors = reactors
        self._observer = observer
        self._life = life

    async def find_places(self, resident: Resident) -> None:
        """Find where each reactor goes on in a world that is being opened. StorageUnavailable."""
        world = resident.world
        for reactor in self._of(resident):
            after = await self._journal.cursor(world.id, world.run.run, reactor.name)
            # The kept place may be old, and a rollback may have undone answers. What the world itself remembers of
            # a reactor's answers tells how far it really came.
            resident.cursors[reactor.name] = max(after, last_answered(world.head.requests, reactor.name) - 1, 0)

    def start(self, resident: Resident) -> None:
        """Let the reactors of a world that came in hear it."""
        resident.reactors = [self._life.spawn(self._react(resident, reactor)) for reactor in self._of(resident)]

    async def end(self, resident: Resident) -> None:
        """Send the reactors of a world away. What they were told last, they may be told again."""
        for task in resident.reactors:
            # Once only: a second time would cut off what a reactor does to forget the world.
            if not task.cancelling():
                task.cancel()
        if resident.reactors:
            await asyncio.wait(resident.reactors)

    async def heard_all(self, resident: Resident) -> bool:
        """Wait for the reactors of a world that is over; give whether none was sent away before it heard the end."""
        if resident.reactors:
            await asyncio.wait(resident.reactors)
        return self._life.stopped is None and not any(task.cancelled() for task in resident.reactors)

    def _of(self, resident: Resident) -> Sequence[Reactor]:
        # From where the store says that a world is over, nobody has anything to hear of it any more.
        return () if resident.over_stored else self._reactors.get(resident.world.ruleset.name, ())

    async def _react(self, resident: Resident, reactor: Reactor) -> None:
        try:
            while True:
                try:
                    await self._hear(resident, reactor)
                except HostStopped:
                    return
                except Exception as error:  # noqa: BLE001 - the store could not be read, in whatever way
                    self._observer.reactor_failed(resident.world.id, reactor.name, error)
                    await asyncio.sleep(READ_AGAIN_S)
                else:
                    return
        finally:
            await reactor.forget(resident.world.id)

    async def _hear(self, resident: Resident, reactor: Reactor) -> None:
        """Hand everything to a reactor, from where it is to the end of its world."""
        world, after = resident.world, resident.cursors[reactor.name]
        reference = WorldRef(self._hosting, world.id, world.run.run, reactor.name)
        subscription = resident.feed.subscribe(LIMITS, viewer=False)
        async with aclosing(follow(self._hosting.history(world.id, after), subscription, after)) as records:
            async for record in records:
                await deliver(reactor, record, reference, self._observer)
                resident.cursors[reactor.name] = record.position
