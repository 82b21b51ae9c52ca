"""How worlds leave memory: because they are over, because they are moved, or because the server goes down."""

import asyncio
import contextlib
from collections.abc import Iterable

from gamefold.engine.asked import turn_away
from gamefold.engine.feed import Ended
from gamefold.engine.journal import Journal, Status, StorageUnavailable
from gamefold.engine.keeper import Keeper
from gamefold.engine.life import Life
from gamefold.engine.reacting import Reacting
from gamefold.engine.resident import Resident
from gamefold.engine.residents import Residents


class Departures:
    """Sends worlds away, their reactors and viewers first."""

    def __init__(self, journal: Journal, residents: Residents, reacting: Reacting, keeper: Keeper, life: Life) -> None:
        self._journal = journal
        self._residents = residents
        self._reacting = reacting
        self._keeper = keeper
        self._life = life

    # -- over ---------------------------------------------------------------------------------------------------

    def over(self, resident: Resident) -> None:
        """A world that is over leaves when its reactors have heard the end and nobody asks it any more."""
        world_id = resident.world.id
        self._residents.schedule.forget(world_id)
        resident.feed.end(Ended.WORLD_OVER)
        if not resident.over_stored:
            if not resident.ending:
                resident.ending = True
                self._life.spawn(self._over_after_reactors(resident))
        elif not resident.inbox:
            self._residents.here.pop(world_id, None)

    async def _over_after_reactors(self, resident: Resident) -> None:
        """Say in the store that a world is over: from then on no reactor will ever be started for it."""
        world_id = resident.world.id
        if not await self._reacting.heard_all(resident) or self._residents.here.get(world_id) is not resident:
            return
        await self._keeper.cursors(resident)
        with contextlib.suppress(StorageUnavailable):
            # A rollback does not wait for this: what it began again must not be called over.
            await self._journal.set_status(world_id, Status.OVER, epoch=resident.row.epoch)
        resident.over_stored = True
        self._residents.wake(world_id)

    # -- moved --------------------------------------------------------------------------------------------------

    async def end_reactors(self, world_ids: Iterable[str]) -> None:
        """Send the reactors of several worlds away, before the first of these worlds leaves.

        One of a world that is still here would wake, or tell of what was undone, one that has left.
        """
        for world_id in world_ids:
            if (resident := self._residents.here.get(world_id)) is not None:
                await self._reacting.end(resident)

    async def leave(self, world_id: str, why: Ended, *, keep: bool) -> bool:
        """Take a world out of memory, also one that is on its way in; give whether there was one.

        What is kept saves time at the next start. A host whose memory may not be trusted keeps nothing.
        """
        came = await self._residents.send_back(world_id)
        resident = self._residents.here.pop(world_id, None)
        if resident is None:
            return came
        world = resident.world
        self._residents.schedule.forget(world_id)
        resident.feed.end(why)
        await self._reacting.end(resident)
        turn_away(resident.inbox, self._life.gone(world_id))
        if keep:
            if resident.keeping is not None:
                await asyncio.wait((resident.keeping,))
            await self._keeper.cursors(resident)
            if resident.snapshot_seq < world.head.seq:
                await self._keeper.snapshot(resident)
        return True
