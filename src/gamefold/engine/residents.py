"""The worlds in memory: each is here, or on its way in, or neither; who asks one on its way in waits with it."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

from gamefold.engine.asked import Asked, WorldUnavailable, turn_away
from gamefold.engine.clock import Clock
from gamefold.engine.feed import Ended
from gamefold.engine.journal import StorageUnavailable, WorldRow
from gamefold.engine.keeper import Keeper
from gamefold.engine.life import Life
from gamefold.engine.opening import Opening
from gamefold.engine.reacting import Reacting
from gamefold.engine.resident import Lost, Resident
from gamefold.engine.schedule import Schedule


class Residents:
    """Brings worlds in, once however many ask, and folds again those whose memory was lost."""

    def __init__(self, opening: Opening, reacting: Reacting, keeper: Keeper, clock: Clock, life: Life) -> None:
        self.here: dict[str, Resident] = {}
        self.schedule = Schedule(clock, self.wake)
        self._opening = opening
        self._reacting = reacting
        self._keeper = keeper
        self._life = life
        self._coming: dict[str, asyncio.Task[Resident]] = {}
        self._lost: dict[str, Lost] = {}  # those of them that were here a moment ago
        self._early: dict[str, list[Asked]] = {}  # who waits for those that are coming
        self._ready: dict[str, Resident] = {}

    # -- asking -------------------------------------------------------------------------------------------------

    def ask(self, world_id: str, asked: Asked) -> None:
        """Let somebody wait for a world's next round. WorldUnavailable where the store does not let it in."""
        if (resident := self.here.get(world_id)) is not None:
            resident.inbox.append(asked)
            self._ready[world_id] = resident
            self._life.work.set()
            return
        self._check_store(world_id)
        self._early.setdefault(world_id, []).append(asked)
        self._bring(world_id, None)

    def wake(self, world_id: str) -> None:
        """Let a world take part in the next round."""
        if (resident := self.here.get(world_id)) is not None:
            self._ready[world_id] = resident
            self._life.work.set()

    def take_ready(self) -> list[Resident]:
        """Give the worlds that have something to do now."""
        taken, self._ready = self._ready, {}
        return [resident for world_id, resident in taken.items() if self.here.get(world_id) is resident]

    @property
    def busy(self) -> bool:
        """Whether a world is on its way in or has something to do."""
        return bool(self._ready or self._coming)

    def waits_for_store(self, world_id: str) -> bool:
        """Whether a world will be here again as soon as the store takes its writes."""
        lost = self._lost.get(world_id)
        return lost is not None and isinstance(lost.error, StorageUnavailable)

    # -- coming -------------------------------------------------------------------------------------------------

    async def opened(self, world_id: str, mine: WorldRow | None = None) -> Resident:
        """Give a world in memory. HostStopped, and what opening raises.

        `mine` is the row of a world that this host owns already.
        """
        self._life.check()
        if (resident := self.here.get(world_id)) is not None:
            return resident
        self._check_store(world_id)
        task = self._bring(world_id, mine)
        # Not awaited itself: where it is cut off, whoever waits for it was not.
        await asyncio.wait((task,))
        if task.cancelled():
            raise self._life.gone(world_id)
        return task.result()

    def lose(self, resident: Resident, error: BaseException) -> None:
        """Drop a world whose memory cannot be trusted any more, and fold it again. Its viewers stay."""
        world_id = resident.world.id
        self.here.pop(world_id, None)
        self._lost[world_id] = lost = Lost(resident, error)
        if isinstance(error, StorageUnavailable):
            # Nobody knows for how long.
            turn_away(resident.inbox, error)
        else:
            self._early[world_id] = list(resident.inbox)
        self._come(world_id, self._again(lost))

    async def send_back(self, world_id: str) -> bool:
        """Let a world that is on its way in not arrive; give whether there was one."""
        if (task := self._coming.get(world_id)) is None:
            return False
        task.cancel()
        await asyncio.wait((task,))
        return True

    def knows(self, world_id: str) -> bool:
        """Whether a world is here or on its way in."""
        return world_id in self.here or world_id in self._coming

    def _check_store(self, world_id: str) -> None:
        if self.waits_for_store(world_id):
            error = self._lost[world_id].error
            raise WorldUnavailable(world_id, str(error)) from error

    def _bring(self, world_id: str, mine: WorldRow | None) -> asyncio.Task[Resident]:
        if (task := self._coming.get(world_id)) is not None:
            return task
        return self._come(world_id, self._opening.owned(mine) if mine else self._opening.claimed(world_id))

    def _come(self, world_id: str, way: Coroutine[Any, Any, Resident]) -> asyncio.Task[Resident]:
        self._coming[world_id] = task = self._life.spawn(way)
        task.add_done_callback(partial(self._arrived, world_id))
        return task

    async def _again(self, lost: Lost) -> Resident:
        await self._reacting.end(lost.resident)
        await self._keeper.cursors(lost.resident)
        while True:
            try:
                return await self._opening.again(lost)
            except StorageUnavailable as error:
                lost.error = error
                turn_away(self._early.pop(lost.resident.world.id, ()), error)

    def _arrived(self, world_id: str, task: asyncio.Task[Resident]) -> None:
        """A world has come in, or not: whoever waits hears of it, and nobody else is left behind."""
        del self._coming[world_id]
        lost, early = self._lost.pop(world_id, None), self._early.pop(world_id, ())
        error = self._life.gone(world_id) if task.cancelled() else task.exception()
        if error is not None:
            turn_away(early, error)
            if lost is not None:
                lost.resident.feed.end(Ended.WORLD_STOPPED)
            return
        self.here[world_id] = resident = task.result()
        resident.inbox.extend(early)
        self._reacting.start(resident)
        # Whatever the clock owes is played in the next round.
        self.wake(world_id)
