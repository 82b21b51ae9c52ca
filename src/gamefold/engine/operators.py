"""What operators do to worlds: look at them, stop them, roll them back.

Whoever changes a world's line holds the rounds up meanwhile, and does it to the end even where the operator leaves.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from gamefold.engine import history
from gamefold.engine.balance import Values
from gamefold.engine.clock import Clock
from gamefold.engine.departures import Departures
from gamefold.engine.entropy import Entropy
from gamefold.engine.feed import Ended
from gamefold.engine.history import ruleset_of
from gamefold.engine.journal import Journal, Run, Status, StorageUnavailable
from gamefold.engine.life import Life
from gamefold.engine.on_demand import OnDemand
from gamefold.engine.opening import Opening
from gamefold.engine.residents import Residents
from gamefold.engine.ruleset import Ruleset
from gamefold.engine.world import World

T = TypeVar("T")


class Operators:
    """The operators' part of a host; `Host` says what each call promises."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        entropy: Entropy,
        rulesets: Mapping[str, Ruleset],
        residents: Residents,
        opening: Opening,
        departures: Departures,
        on_demand: OnDemand,
        life: Life,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._entropy = entropy
        self._rulesets = rulesets
        self._residents = residents
        self._opening = opening
        self._departures = departures
        self._on_demand = on_demand
        self._life = life

    # -- looking ------------------------------------------------------------------------------------------------

    async def look(self, world_id: str, view: Callable[[World], T]) -> T:
        """See Host.look."""
        async with self._life.writing:
            if (resident := self._residents.here.get(world_id)) is not None:
                return view(resident.world)
        return view(await history.world_at(self._journal, self._rulesets, world_id))

    async def balances(self, ruleset: str) -> dict[str, Values]:
        """See Host.balances."""
        async with self._life.writing:
            return {
                world_id: {**resident.world.head.balance, **resident.world.head.tuned}
                for world_id, resident in self._residents.here.items()
                if resident.world.ruleset.name == ruleset
            }

    # -- moving -------------------------------------------------------------------------------------------------

    async def stop(self, *world_ids: str) -> None:
        """See Host.stop."""
        async with self._life.writing:
            await self._departures.end_reactors(world_ids)
            for world_id in world_ids:
                if await self._departures.leave(world_id, Ended.WORLD_STOPPED, keep=True):
                    await self._say_stopped(world_id)

    async def rollback(self, world_id: str, seq: int | None, tick: int | None, actor: str, reason: str) -> Run:
        """See Host.rollback."""
        async with self._life.writing:
            # Not before: another rollback may have begun another run meanwhile.
            if seq is None and tick is not None:
                seq = await history.last_seq_of(self._journal, world_id, tick)
            runs = await self._rewind({world_id: seq}, actor, reason)
        await self._open_again(runs)
        return runs[world_id]

    async def rollback_together(self, cuts: Mapping[str, int | None], actor: str, reason: str) -> dict[str, Run]:
        """See Host.rollback_together."""
        async with self._life.writing:
            runs = await self._rewind(cuts, actor, reason)
        await self._open_again(runs)
        return runs

    async def _rewind(self, cuts: Mapping[str, int | None], actor: str, reason: str) -> dict[str, Run]:
        for world_id in cuts:
            await self._opening.check_owner(await self._journal.world(world_id))
        try:
            runs = await history.rollback_together(
                self._journal, self._rulesets, self._entropy, self._clock, cuts, actor=actor, reason=reason
            )
        except StorageUnavailable:
            # It may have happened, and then what is in memory is of a run that is over.
            await self._leave_line(cuts)
            raise
        # Only now: a rollback that is refused must leave the worlds as they are.
        await self._leave_line(cuts)
        return runs

    async def _leave_line(self, world_ids: Iterable[str]) -> None:
        await self._departures.end_reactors(world_ids)
        for world_id in world_ids:
            await self._departures.leave(world_id, Ended.REWOUND, keep=False)
            self._on_demand.forget(world_id)

    async def _open_again(self, world_ids: Iterable[str]) -> None:
        for world_id in world_ids:
            if not ruleset_of(self._rulesets, world_id).on_demand:
                await self._residents.opened(world_id)

    async def _say_stopped(self, world_id: str) -> None:
        row = await self._journal.world(world_id)
        # Somebody may have asked it since. Who asks it from here on raises its epoch, and then this says nothing.
        mine = row.node == self._opening.node
        if mine and row.status is Status.RUNNING and not self._residents.knows(world_id):
            await self._journal.set_status(world_id, Status.STOPPED, epoch=row.epoch)
