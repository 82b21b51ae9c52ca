"""The host: runs worlds, one intent at a time each, and lets nothing out before it is durable.

One task does all the work in rounds. A round takes what waits in every world's inbox, plays what the clock owes,
lets the rules decide, and writes everything in one transaction. Only then are callers answered, viewers told and
reactors woken; refusals wait too, because they may rest on entries of the same round. Queries stand in the same
inbox, so they see durable state only.

A commit that fails, or a rule that crashes, costs the world its memory: it is folded again from the journal, which
is also how it starts. A crash that the clock would repeat for ever puts the world into quarantine.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

from gamefold.engine import codec, history
from gamefold.engine.asked import Ack, Asked, HostStopped, Repeated, WorldQuarantined, WorldUnavailable
from gamefold.engine.clock import Clock
from gamefold.engine.codec import codec_of
from gamefold.engine.entropy import Entropy, commitment_of
from gamefold.engine.feed import Ended, Feed, QueueLimits, Record, Subscription
from gamefold.engine.history import batch_of, ruleset_of
from gamefold.engine.journal import (
    Batch,
    Guard,
    Journal,
    JournalCorrupt,
    Run,
    Status,
    StorageBroken,
    StorageUnavailable,
    WorldRow,
)
from gamefold.engine.keeper import Keeper
from gamefold.engine.lifecycle import Begin, Tune, Upgrade
from gamefold.engine.observe import Observer
from gamefold.engine.on_demand import OnDemand
from gamefold.engine.reactors import Reactor, WorldRef, deliver
from gamefold.engine.recovery import open_world, records
from gamefold.engine.resident import Resident, Round, play_round
from gamefold.engine.ruleset import Event, Intent, Ruleset, Spec
from gamefold.engine.schedule import Schedule
from gamefold.engine.world import World

__all__ = ["Ack", "Host", "HostStopped", "WorldQuarantined", "WorldUnavailable"]

T = TypeVar("T")

CRASHES_MAX: Final = 3  # of the clock's own intents, in a row
RETRY_S: Final = (0.1, 0.5, 1.0, 2.0)  # how soon a world is opened again while the store fails; then every 2 s
REACTOR_LIMITS: Final = QueueLimits(count=1 << 30, bytes=1 << 40, age_s=float("inf"))


class Host:
    """Runs the worlds of several rulesets over one journal. Start it inside a running event loop."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        entropy: Entropy,
        rulesets: Mapping[str, Ruleset],
        *,
        node: str = "local",
        reactors: Mapping[str, Sequence[Reactor]] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.journal = journal
        self.clock = clock
        self.entropy = entropy
        self.rulesets = dict(rulesets)
        self.node = node
        self.observer = observer or Observer()
        self.keeper = Keeper(journal, clock, self.observer)
        self._reactors = dict(reactors or {})
        self._residents: dict[str, Resident] = {}
        self._opening: dict[str, asyncio.Task[Resident]] = {}
        self._lost: dict[str, BaseException] = {}  # worlds that wait for the store to come back
        self._ready: dict[str, Resident] = {}
        self._on_demand = OnDemand(journal, clock, self.rulesets, self.observer, self._settle)
        self._work = asyncio.Event()
        self._writing = asyncio.Lock()  # held for a round, and by operators who change a world's line
        self._schedule = Schedule(clock, self._wake)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._rounds_task: asyncio.Task[None] | None = None
        self._stopped: str | None = None

    # -- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to work, and open every running resident world. One that cannot be folded is quarantined."""
        self._rounds_task = asyncio.create_task(self._rounds())
        self._spawn(self._schedule.run())
        after = ""
        while page := await self.journal.worlds(status=Status.RUNNING, after=after):
            for row in page:
                ruleset = self.rulesets.get(row.ruleset)
                if ruleset is not None and not ruleset.on_demand:
                    with contextlib.suppress(WorldUnavailable):
                        await self._opened(row.world)
            after = page[-1].world

    async def close(self) -> None:
        """Finish what waits, keep a snapshot of every resident world, and stop."""
        healthy = self._stopped is None
        self._stopped = self._stopped or "going down"
        self._work.set()
        if self._rounds_task is not None:
            await self._rounds_task
        for resident in list(self._residents.values()):
            await self._leave(resident, Ended.DRAINING, snapshot=healthy)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def kill(self) -> None:
        """Stop as a crash would: nothing is finished, nothing kept. Whoever waits hears HostStopped."""
        self._stopped = self._stopped or "killed"
        tasks = [*self._tasks, *self._opening.values(), *([self._rounds_task] if self._rounds_task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        """Whether there is work under way that waits neither for time nor for anybody outside."""
        waits = self._ready or self._on_demand or self._opening or self._lost
        return self._stopped is None and bool(waits or self._work.is_set() or self._writing.locked())

    def end_streams(self) -> None:
        """Tell every viewer that the server is going down; worlds go on until `close`."""
        for resident in self._residents.values():
            resident.feed.end(Ended.DRAINING)

    @property
    def stopped(self) -> str | None:
        """Why this host takes no work any more, or None."""
        return self._stopped

    def resident_worlds(self) -> dict[str, tuple[int, int, int]]:
        """Give, for each world in memory: intents waiting, subscribers, records queued to them."""
        return {
            world_id: (len(resident.inbox), len(resident.feed), resident.feed.waiting)
            for world_id, resident in self._residents.items()
        }

    # -- the five calls -----------------------------------------------------------------------------------------

    async def submit(self, world_id: str, actor: str, intent: Intent, *, request: str | None = None) -> Ack:
        """Ask the rules for `intent`. Returns once it is durable.

        Raises Rejected (nothing changed), WorldNotFound, WorldUnavailable, StorageUnavailable, RuleCrash,
        HostStopped. `request` is the sender's own id: sent again, the intent is applied once and answered the same.
        """
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        await self._ask(world_id, Asked(answer, actor, intent, request))
        return await answer

    async def query(self, world_id: str, view: Callable[[Any], T]) -> T:
        """Give `view(state)` of the durable state. `view` must copy what it keeps. Raises like `submit`."""
        ruleset = ruleset_of(self.rulesets, world_id)
        if ruleset.on_demand:
            return view(open_world(world_id, ruleset, await self.journal.load(world_id)).state)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        await self._ask(world_id, Asked(answer, view=view))
        return await answer

    async def ensure(
        self, world_id: str, spec: Spec, *, actor: str = "", guard: Guard | None = None, request: str | None = None
    ) -> bool:
        """Make a world where there is none; give whether it was made.

        `guard(connection)` runs in the same transaction and may refuse. Raises Rejected, StorageUnavailable.
        """
        self._check_running()
        ruleset = ruleset_of(self.rulesets, world_id)
        now_ms = self.clock.now_ms()
        world, batch = self._born(world_id, ruleset, spec, actor, now_ms, request)
        row = WorldRow(
            world=world_id,
            ruleset=ruleset.name,
            run=1,
            epoch=1,
            node=None if ruleset.on_demand else self.node,
            status=Status.RUNNING,
            projected=True,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        created = await self.journal.create(row, world.run, batch, guard)
        if created and not ruleset.on_demand:
            # Just made by this very host: there is nobody to take it over from.
            await self._opened(world_id, row)
        return created

    async def subscribe(self, world_id: str, limits: QueueLimits | None = None) -> Subscription:
        """Attach a viewer to what happens from now on; with `follow`, to everything. WorldNotFound."""
        limits = limits or QueueLimits()
        row = None if world_id in self._residents else await self.journal.world(world_id)
        if row is not None and (row.status.ended or self.rulesets[row.ruleset].on_demand):
            ended = Feed().subscribe(limits)
            ended.end(Ended.WORLD_OVER)
            return ended
        return (await self._opened(world_id)).feed.subscribe(limits)

    async def stop(self, world_id: str) -> None:
        """Take a world out of memory, with a snapshot. It opens again when it is asked."""
        async with self._writing:
            if (resident := self._residents.get(world_id)) is not None:
                await self._leave(resident, Ended.WORLD_STOPPED, snapshot=True)
                await self.journal.set_status(world_id, Status.STOPPED)

    # -- reading ------------------------------------------------------------------------------------------------

    async def history(self, world_id: str, after: int = 0, run: int | None = None) -> AsyncIterator[Record]:
        """Read the stored events after position `after`, oldest first. WorldNotFound."""
        ruleset = ruleset_of(self.rulesets, world_id)
        lineage = await self.journal.lineage(world_id, run)
        async for record in records(self.journal, ruleset, lineage, after):
            yield record

    async def follow(self, world_id: str, subscription: Subscription, after: int = 0) -> AsyncIterator[Record]:
        """Give everything after `after`: first what is stored, then what happens, without gap or repeat."""
        async for record in self.history(world_id, after):
            after = record.position
            yield record
        async for record in subscription:
            if record.position > after:
                after = record.position
                yield record

    async def resume_from(self, world_id: str, run: int, position: int) -> int:
        """Turn a viewer's cursor into a position of the current run: a rollback may have undone its end."""
        for segment in reversed(await self.journal.lineage(world_id)):
            if segment.run.run <= run:
                break
            position = min(position, segment.run.parent_position)
        return position

    # -- operators ----------------------------------------------------------------------------------------------

    async def rollback(
        self, world_id: str, *, actor: str, reason: str, seq: int | None = None, tick: int | None = None
    ) -> Run:
        """Go on from an earlier entry, in a new run. Viewers are told to come back. Raises like history.rollback."""
        async with self._writing:
            if (resident := self._residents.get(world_id)) is not None:
                await self._leave(resident, Ended.REWOUND, snapshot=False)
            self._on_demand.forget(world_id)
            run = await history.rollback(
                self.journal,
                self.rulesets,
                self.entropy,
                self.clock,
                world_id,
                actor=actor,
                reason=reason,
                seq=seq,
                tick=tick,
            )
        if not ruleset_of(self.rulesets, world_id).on_demand:
            await self._opened(world_id)
        return run

    async def tune(self, world_id: str, actor: str, changes: dict[str, Any], reason: str) -> Ack:
        """Change balance numbers of a running world. Rejected BALANCE_UNKNOWN or BALANCE_OUT_OF_BOUNDS."""
        return await self.submit(world_id, actor, Tune(changes=changes, reason=reason))

    # -- asking and answering -----------------------------------------------------------------------------------

    def _check_running(self) -> None:
        if self._stopped is not None:
            raise HostStopped(self._stopped)

    async def _ask(self, world_id: str, asked: Asked) -> None:
        self._check_running()
        ruleset = ruleset_of(self.rulesets, world_id)
        if ruleset.on_demand:
            self._on_demand.ask(world_id, asked)
        else:
            resident = self._residents.get(world_id) or await self._opened(world_id)
            self._check_running()
            resident.inbox.append(asked)
            self._ready[world_id] = resident
        self._work.set()

    def _wake(self, world_id: str) -> None:
        if (resident := self._residents.get(world_id)) is not None:
            self._ready[world_id] = resident
            self._work.set()

    def _settle(self, world_id: str, asked: Asked, outcome: Any) -> None:
        if isinstance(outcome, Repeated):
            self._spawn(self._settle_repeated(world_id, asked, outcome))
        else:
            asked.settle(outcome)

    async def _settle_repeated(self, world_id: str, asked: Asked, repeated: Repeated) -> None:
        """Answer a resent intent with what it did the first time."""
        try:
            events, time_ms = await self._events_of(world_id, repeated.seq)
        except Exception as error:  # noqa: BLE001 - the caller waits for whatever it is
            asked.settle(error)
        else:
            asked.settle(Ack(world_id, repeated.run, repeated.seq, time_ms, events, repeated=True))

    async def _events_of(self, world_id: str, seq: int) -> tuple[tuple[Event, ...], int]:
        ruleset = ruleset_of(self.rulesets, world_id)
        lineage = await self.journal.lineage(world_id)
        segment = next(part for part in lineage if part.after_seq < seq <= (part.upto_seq or seq))
        [batch] = await self.journal.batches(segment, seq - 1, 1)
        [entry] = [entry for entry in codec.entries_of(batch) if entry.seq == seq]
        stored = [event for event in codec.events_of(batch) if event.seq == seq]
        return tuple(codec_of(ruleset.at(event.version)).event(event.event) for event in stored), entry.time_ms

    # -- rounds -------------------------------------------------------------------------------------------------

    async def _rounds(self) -> None:
        try:
            while self._stopped is None:
                await self._work.wait()
                self._work.clear()
                # Whoever is about to ask, let them: a commit costs the same for one entry and for a hundred.
                await asyncio.sleep(0)
                await self._round()
            await self._round()
        except Exception as error:  # noqa: BLE001 - a fault of the engine itself: nothing may be written after it
            self.observer.storage_failed(error)
            self._stop_for_good(f"the engine failed: {error}")

    async def _round(self) -> None:
        async with self._writing:
            taken, self._ready = self._ready, {}
            rounds = [
                play_round(resident, self.clock, self.observer)
                for world_id, resident in taken.items()
                if self._residents.get(world_id) is resident
            ]
            batches = [round_.batch() for round_ in rounds if round_.played]
            failed = await self._committed(batches) if batches else {}
            for round_ in rounds:
                if (error := failed.get(round_.resident.world.id)) is not None:
                    self._lose(round_, error)
                else:
                    self._tell(round_)
            if self._on_demand:
                await self._on_demand.play()

    async def _committed(self, batches: list[Batch]) -> dict[str, BaseException]:
        """Commit, and give what went wrong by world. One world's bad projection must not hurt the others."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            fenced = await self.journal.commit(batches)
        except StorageUnavailable as error:
            self.observer.storage_failed(error)
            if isinstance(error, StorageBroken):
                self._stop_for_good("the store is broken")
            return dict.fromkeys((batch.world for batch in batches), error)
        except Exception as error:  # noqa: BLE001 - a projection's bug, of whatever kind
            if len(batches) == 1:
                return {batches[0].world: error}
            failed: dict[str, BaseException] = {}
            for batch in batches:
                failed |= await self._committed([batch])
            return failed
        entries = sum(batch.last_seq - batch.first_seq + 1 for batch in batches)
        self.observer.committed(entries, len(batches), loop.time() - started_s)
        if fenced:
            self._stop_for_good(f"another process owns {', '.join(sorted(fenced))}")
        return {world: WorldUnavailable(world, "another process owns this world") for world in fenced}

    def _stop_for_good(self, reason: str) -> None:
        if self._stopped is None:
            self._stopped = reason
            self.observer.fatal(reason)

    def _tell(self, round_: Round) -> None:
        """The round is durable: answer, publish, and plan what comes next."""
        resident, world = round_.resident, round_.resident.world
        for asked, outcome in round_.answers:
            self._settle(world.id, asked, outcome)
        told = [record for played in round_.played for record in played.records]
        if told:
            resident.feed.publish(told)
        if round_.crash is not None:
            self.observer.crashed(world.id, round_.crash)
            self._reopen(resident, round_.crash)
            return
        if round_.played and resident.snapshot_due:
            self._spawn(self.keeper.snapshot(resident))
        if round_.unfinished:
            self._wake(world.id)
        elif world.over:
            self._end(resident)
        elif (due := world.due()) is not None:
            self._schedule.at(world.id, due.at_ms + world.head.frozen_ms)

    def _lose(self, round_: Round, error: BaseException) -> None:
        """The round is not durable: nobody may trust this memory any more."""
        resident = round_.resident
        for asked, _ in round_.answers:
            asked.settle(error)
        if not isinstance(error, StorageUnavailable | WorldUnavailable):
            self.observer.crashed(resident.world.id, error)
            resident.clock_crashes += 1
        self._reopen(resident, error)

    # -- opening ------------------------------------------------------------------------------------------------

    async def _opened(self, world_id: str, mine: WorldRow | None = None) -> Resident:
        """Give a world in memory, opening it once however many ask. Raises what opening raises.

        `mine` is the row of a world that this host owns already.
        """
        if (resident := self._residents.get(world_id)) is not None:
            return resident
        if (error := self._lost.get(world_id)) is not None:
            raise WorldUnavailable(world_id, str(error)) from error
        task = self._opening.get(world_id)
        if task is None:
            task = asyncio.create_task(self._install(mine, self._feed()) if mine else self._open(world_id))
            self._opening[world_id] = task
            task.add_done_callback(lambda _: self._opening.pop(world_id, None))
        return await asyncio.shield(task)

    async def _open(self, world_id: str) -> Resident:
        row = await self.journal.world(world_id)
        if row.status is Status.QUARANTINED:
            raise WorldQuarantined(world_id, f"in quarantine: {row.reason}")
        # What is over will never be written again, so it needs no owner.
        if not row.status.ended:
            row = await self.journal.claim(world_id, self.node)
        if row.status is Status.STOPPED:
            await self.journal.set_status(world_id, Status.RUNNING)
        return await self._install(row, self._feed())

    def _feed(self) -> Feed:
        return Feed(self.observer.evicted)

    async def _install(self, row: WorldRow, feed: Feed) -> Resident:
        """Fold a world this process owns, and let it live."""
        world_id = row.world
        try:
            loaded = await self.journal.load(world_id)
            world = open_world(world_id, ruleset_of(self.rulesets, world_id), loaded)
        except JournalCorrupt as error:
            await self._quarantine(world_id, str(error))
            raise WorldQuarantined(world_id, f"in quarantine: {error}") from error
        self.clock.not_before(world.head.time_ms + world.head.frozen_ms)
        resident = Resident(world, row, feed, snapshot_seq=loaded.snapshot.seq if loaded.snapshot else 0)
        if world.outdated and not world.over:
            await self._upgrade(resident)
        if not row.status.ended:
            await self._start_reactors(resident)
        self._residents[world_id] = resident
        # Whatever the clock owes is played in the next round.
        self._wake(world_id)
        return resident

    async def _upgrade(self, resident: Resident) -> None:
        """Move to the newest rules, with a snapshot in front: the old rules' last word stays readable."""
        world = resident.world
        await self.keeper.snapshot(resident)
        played = world.play(Upgrade(version=world.newest_version), "engine", world.head.time_ms)
        if await self.journal.commit([batch_of(world, [played], resident.row.epoch)]):
            raise WorldUnavailable(world.id, "another process owns this world")

    def _reopen(self, resident: Resident, error: BaseException) -> None:
        """Drop what is in memory and fold again. A clock that only crashes ends in quarantine."""
        self._residents.pop(resident.world.id, None)
        self._spawn(self._fold_again(resident, error))

    async def _fold_again(self, lost: Resident, error: BaseException) -> None:
        world_id = lost.world.id
        self._lost[world_id] = error
        await self._end_reactors(lost)
        try:
            again = await self._again(lost, error)
        except Exception as failure:  # noqa: BLE001 - whoever waits is told, whatever it is
            lost.feed.end(Ended.WORLD_STOPPED)
            for asked in lost.inbox:
                asked.settle(failure)
        else:
            again.clock_crashes = lost.clock_crashes
            again.inbox.extend(lost.inbox)
            self._wake(world_id)
        finally:
            self._lost.pop(world_id, None)

    async def _again(self, lost: Resident, error: BaseException) -> Resident:
        """Open a lost world as soon as the store answers. Its viewers stay: what they saw was durable."""
        world_id = lost.world.id
        if lost.clock_crashes >= CRASHES_MAX:
            await self._quarantine(world_id, f"its clock crashed again and again: {error}")
            raise WorldQuarantined(world_id, f"in quarantine: {error}")
        tries = 0
        while True:
            self._check_running()
            if isinstance(error, StorageUnavailable):
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
            try:
                return await self._install(lost.row, lost.feed)
            except StorageUnavailable as again:
                error = again

    async def _quarantine(self, world_id: str, reason: str) -> None:
        self.observer.quarantined(world_id, reason)
        with contextlib.suppress(StorageUnavailable):
            await self.journal.set_status(world_id, Status.QUARANTINED, reason)

    # -- leaving ------------------------------------------------------------------------------------------------

    def _end(self, resident: Resident) -> None:
        """A world that is over leaves memory; one with reactors is marked over once they have heard the end."""
        world_id = resident.world.id
        self._residents.pop(world_id, None)
        self._schedule.forget(world_id)
        resident.feed.end(Ended.WORLD_OVER)
        if resident.reactors:
            self._spawn(self._end_after_reactors(resident))

    async def _end_after_reactors(self, resident: Resident) -> None:
        await asyncio.gather(*resident.reactors, return_exceptions=True)
        with contextlib.suppress(StorageUnavailable):
            await self.journal.set_status(resident.world.id, Status.OVER)

    async def _leave(self, resident: Resident, why: Ended, *, snapshot: bool) -> None:
        world = resident.world
        self._residents.pop(world.id, None)
        self._schedule.forget(world.id)
        resident.feed.end(why)
        await self._end_reactors(resident)
        for asked in resident.inbox:
            asked.settle(WorldUnavailable(world.id, "this world is being moved"))
        if snapshot and resident.snapshot_seq < world.head.seq:
            await self.keeper.snapshot(resident)

    # -- reactors -----------------------------------------------------------------------------------------------

    async def _start_reactors(self, resident: Resident) -> None:
        world = resident.world
        for reactor in self._reactors.get(world.ruleset.name, ()):
            after = await self.journal.cursor(world.id, world.run.run, reactor.name)
            resident.cursors[reactor.name] = max(after, world.run.parent_position)
            subscription = resident.feed.subscribe(REACTOR_LIMITS)
            resident.reactors.append(self._spawn(self._react(resident, reactor, subscription)))

    async def _react(self, resident: Resident, reactor: Reactor, subscription: Subscription) -> None:
        world = resident.world
        reference = WorldRef(self, world.id, world.run.run, reactor.name)
        try:
            async for record in self.follow(world.id, subscription, resident.cursors[reactor.name]):
                await deliver(reactor, record, reference, self.observer)
                resident.cursors[reactor.name] = record.position
        finally:
            subscription.close()
            await reactor.forget(world.id)

    async def _end_reactors(self, resident: Resident) -> None:
        for task in resident.reactors:
            task.cancel()
        await asyncio.gather(*resident.reactors, return_exceptions=True)
        await self.keeper.cursors(resident)

    # -- birth --------------------------------------------------------------------------------------------------

    def _born(
        self, world_id: str, ruleset: Ruleset, spec: Spec, actor: str, now_ms: int, request: str | None
    ) -> tuple[World, Batch]:
        seed = self.entropy.seed(world_id, 1)
        run = Run(world=world_id, run=1, seed=seed, commitment=commitment_of(seed), created_ms=now_ms, actor=actor)
        world = World(world_id, ruleset, run)
        begin = Begin(spec=codec.encode(spec), balance=ruleset.balance.values(), commitment=run.commitment)
        return world, batch_of(world, [world.play(begin, actor, now_ms, request)], 1)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
