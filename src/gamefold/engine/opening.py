"""From the store into memory: how a world is claimed, folded, and brought up to date before anybody meets it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from gamefold.engine import codec
from gamefold.engine.asked import WorldQuarantined, WorldUnavailable
from gamefold.engine.clock import Clock
from gamefold.engine.feed import Feed
from gamefold.engine.history import batch_of, ruleset_of
from gamefold.engine.journal import Journal, JournalCorrupt, Status, StorageUnavailable, WorldRow
from gamefold.engine.keeper import Keeper
from gamefold.engine.life import Life
from gamefold.engine.lifecycle import Upgrade
from gamefold.engine.observe import Observer
from gamefold.engine.reacting import Reacting
from gamefold.engine.recovery import open_world
from gamefold.engine.resident import Lost, Resident
from gamefold.engine.ruleset import Intent, Ruleset
from gamefold.engine.world import RuleCrash

CRASHES_MAX: Final = 3  # of the clock's own intents, in a row
RETRY_S: Final = (0.1, 0.5, 1.0, 2.0)  # how soon a world is opened again while the store fails; then every 2 s


class Opening:
    """Gives worlds as residents. What cannot be folded goes into quarantine."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        rulesets: Mapping[str, Ruleset],
        node: str,
        lives: Callable[[str], Awaitable[bool]],
        keeper: Keeper,
        reacting: Reacting,
        observer: Observer,
        life: Life,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._rulesets = rulesets
        self.node = node
        self._lives = lives
        self._keeper = keeper
        self._reacting = reacting
        self._observer = observer
        self._life = life

    async def claimed(self, world_id: str) -> Resident:
        """Take a world over, unless another living process runs it, and open it.

        WorldNotFound, WorldUnavailable, WorldQuarantined, StorageUnavailable.
        """
        row = await self._journal.world(world_id)
        if row.status is Status.QUARANTINED:
            raise WorldQuarantined(world_id, f"in quarantine: {row.reason}")
        # What is over will never be written again, so it needs no owner.
        if not row.status.ended:
            await self.check_owner(row)
            row = await self._journal.claim(world_id, self.node)
        if row.status is Status.STOPPED:
            await self._journal.set_status(world_id, Status.RUNNING, epoch=row.epoch)
        return await self.owned(row)

    async def check_owner(self, row: WorldRow) -> None:
        """Raise WorldUnavailable where another living process runs a world: it would be fenced, and end."""
        if row.node not in (None, self.node) and await self._lives(row.node):
            raise WorldUnavailable(row.world, "another process runs this world")

    async def owned(self, row: WorldRow, feed: Feed | None = None) -> Resident:
        """Open a world that this process owns. Raises like `claimed`."""
        world_id = row.world
        try:
            loaded = await self._journal.load(world_id)
            if loaded.row.epoch != row.epoch:
                # It was claimed or rolled back since: under this epoch it would be fenced, and end the host.
                raise self._life.gone(world_id)
            world = open_world(world_id, ruleset_of(self._rulesets, world_id), loaded)
            resident = Resident(world, row, feed or Feed(self._observer.evicted))
            resident.snapshot_seq = loaded.snapshot.seq if loaded.snapshot else 0
            # The first entry behind the snapshot is in its tick, or in the next one.
            resident.snapshot_tick = codec.entries_of(loaded.tail[0])[0].tick if loaded.tail else world.head.tick
            resident.over_stored = row.status.ended
            if world.outdated and not world.over:
                # With a snapshot in front: the old rules' last word stays readable.
                await self._keeper.snapshot(resident)
                await self._add(resident, Upgrade(version=world.newest_version))
            if (thaw := world.slept(world.clock_ms(self._clock.now_ms()))) is not None:
                await self._add(resident, thaw)
            await self._reacting.find_places(resident)
        except (JournalCorrupt, RuleCrash) as error:
            raise await self._quarantined(row, str(error)) from error
        self._clock.not_before(world.head.time_ms + world.head.frozen_ms)
        return resident

    async def again(self, lost: Lost) -> Resident:
        """Open a world whose memory was lost. Its viewers stay: what they saw was durable. Raises like `claimed`."""
        before, error = lost.resident, lost.error
        if before.clock_crashes >= CRASHES_MAX:
            raise await self._quarantined(before.row, f"its clock crashed again and again: {error}")
        if isinstance(error, StorageUnavailable):
            await asyncio.sleep(RETRY_S[min(max(before.losses - 1, 0) + lost.tries, len(RETRY_S) - 1)])
            lost.tries += 1
        self._life.check()
        resident = await self.owned(before.row, before.feed)
        resident.clock_crashes, resident.losses = before.clock_crashes, before.losses
        return resident

    async def _add(self, resident: Resident, intent: Intent) -> None:
        """Play an entry of the engine's own."""
        world, row = resident.world, resident.row
        played = world.play(intent, "engine", world.head.time_ms)
        if await self._journal.commit([batch_of(world, [played], row.epoch, projected=row.projected)]):
            raise WorldUnavailable(world.id, "another process owns this world")

    async def _quarantined(self, row: WorldRow, reason: str) -> WorldQuarantined:
        self._observer.quarantined(row.world, reason)
        with contextlib.suppress(StorageUnavailable):
            await self._journal.set_status(row.world, Status.QUARANTINED, reason, epoch=row.epoch)
        return WorldQuarantined(row.world, f"in quarantine: {reason}")
