"""The one task that does all the work, in rounds: play, commit, tell.

A round takes what waits in every world's inbox, plays what the clock owes, lets the rules decide, and writes
everything in one transaction. Only then are callers answered, viewers told and reactors woken; refusals wait too,
because they may rest on entries of the same round. Queries stand in the same inbox, so they see durable state only.
"""

import asyncio

from gamefold.engine.answers import Answers
from gamefold.engine.asked import HostStopped, WorldUnavailable, turn_away
from gamefold.engine.clock import Clock
from gamefold.engine.departures import Departures
from gamefold.engine.journal import Batch, Journal, StorageBroken, StorageUnavailable
from gamefold.engine.keeper import Keeper
from gamefold.engine.life import STORE_BROKEN, Life
from gamefold.engine.observe import Observer
from gamefold.engine.on_demand import OnDemand
from gamefold.engine.resident import Round, play_round
from gamefold.engine.residents import Residents


class Rounds:
    """Works while the host lives."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        residents: Residents,
        departures: Departures,
        on_demand: OnDemand,
        answers: Answers,
        keeper: Keeper,
        observer: Observer,
        life: Life,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._residents = residents
        self._departures = departures
        self._on_demand = on_demand
        self._answers = answers
        self._keeper = keeper
        self._observer = observer
        self._life = life

    async def run(self) -> None:
        """Work until the host stops, and then once more for those who wait already."""
        try:
            while self._life.stopped is None:
                await self._life.work.wait()
                self._life.work.clear()
                # Whoever is about to ask, let them: a commit costs the same for one entry and for a hundred.
                await asyncio.sleep(0)
                await self._round()
            await self._round()
        except Exception as error:  # noqa: BLE001 - a fault of the engine itself: nothing may be written after it
            self._observer.storage_failed(error)
            self._life.fail(f"the engine failed: {error}")

    async def _round(self) -> None:
        async with self._life.writing:
            rounds: list[Round] = []
            try:
                taken = self._residents.take_ready()
                rounds.extend(play_round(resident, self._clock, self._observer) for resident in taken)
                failed = await self._written(rounds)
                for round_ in rounds:
                    if (error := failed.get(round_.resident.world.id)) is not None:
                        self._lose(round_, error)
                    else:
                        self._tell(round_)
            except BaseException:
                # The engine itself failed, or was killed: nobody who was taken out of an inbox may wait for ever.
                for round_ in rounds:
                    turn_away((asked for asked, _ in round_.answers), HostStopped("the host went down"))
                raise
            if self._on_demand:
                await self._on_demand.play()

    # -- commit -------------------------------------------------------------------------------------------------

    async def _written(self, rounds: list[Round]) -> dict[str, BaseException]:
        batches = [round_.batch() for round_ in rounds if round_.played]
        if not batches:
            return {}
        with self._observer.committing([asked.trail for round_ in rounds for asked, _ in round_.answers]):
            return await self._committed(batches)

    async def _committed(self, batches: list[Batch]) -> dict[str, BaseException]:
        """Commit, and give what went wrong by world. One world's bad projection must not hurt the others."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            fenced = await self._journal.commit(batches)
        except StorageUnavailable as error:
            self._observer.storage_failed(error)
            if isinstance(error, StorageBroken):
                self._life.fail(STORE_BROKEN)
            return dict.fromkeys((batch.world for batch in batches), error)
        except Exception as error:  # noqa: BLE001 - a projection's bug, of whatever kind
            if len(batches) == 1:
                return {batches[0].world: error}
            failed: dict[str, BaseException] = {}
            for batch in batches:
                failed |= await self._committed([batch])
            return failed
        entries = sum(batch.last_seq - batch.first_seq + 1 for batch in batches)
        self._observer.committed(entries, len(batches), loop.time() - started_s)
        if fenced:
            self._life.fail(f"another process owns {', '.join(sorted(fenced))}")
        return {world: WorldUnavailable(world, "another process owns this world") for world in fenced}

    # -- tell ---------------------------------------------------------------------------------------------------

    def _tell(self, round_: Round) -> None:
        """The round is durable: answer, publish, and plan what comes next."""
        resident, world = round_.resident, round_.resident.world
        for asked, outcome in round_.answers:
            self._answers.settle(world.id, asked, outcome)
        told = [record for played in round_.played for record in played.records]
        if told:
            resident.feed.publish(told)
        resident.losses = 0
        resident.over_stored |= round_.over and bool(round_.played) and not resident.reactors
        if round_.clock_played:
            resident.clock_crashes = 0
        if round_.crash is not None:
            self._observer.crashed(world.id, round_.crash)
            resident.clock_crashes += round_.clock_crashed
            self._residents.lose(resident, round_.crash)
            return
        if round_.played and resident.snapshot_due:
            resident.keeping = self._life.spawn(self._keeper.snapshot(resident))
        if round_.unfinished:
            self._residents.wake(world.id)
        elif round_.over:
            self._departures.over(resident)
        elif round_.due is not None:
            self._residents.schedule.at(world.id, round_.due.at_ms + world.head.frozen_ms)

    def _lose(self, round_: Round, error: BaseException) -> None:
        """The round is not durable: nobody may trust this memory any more."""
        resident = round_.resident
        turn_away((asked for asked, _ in round_.answers), error)
        resident.losses += 1
        if not isinstance(error, StorageUnavailable | WorldUnavailable):
            self._observer.crashed(resident.world.id, error)
            # What players ask fails for them; what the clock wants would fail again for ever.
            resident.clock_crashes += round_.clock_played
        self._residents.lose(resident, error)
