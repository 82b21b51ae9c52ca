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
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from gamefold.engine import codec, history
from gamefold.engine.asked import Ack, Asked, HostStopped, Repeated, WorldQuarantined, WorldUnavailable
from gamefold.engine.balance import Values
from gamefold.engine.clock import Clock
from gamefold.engine.codec import codec_of
from gamefold.engine.entropy import Entropy, commitment_of
from gamefold.engine.feed import Ended, Feed, QueueLimits, Record, Subscription
from gamefold.engine.follow import follow
from gamefold.engine.history import batch_of, ruleset_of
from gamefold.engine.journal import (
    Batch,
    Entry,
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
from gamefold.engine.reactors import Reactor, WorldRef, deliver, last_answered
from gamefold.engine.recovery import open_world, records
from gamefold.engine.resident import Resident, Round, play_round
from gamefold.engine.ruleset import Event, Intent, Ruleset, Spec
from gamefold.engine.schedule import Schedule
from gamefold.engine.world import RuleCrash, World

__all__ = ["Ack", "Host", "HostStopped", "WorldQuarantined", "WorldUnavailable"]

T = TypeVar("T")

STORE_BROKEN: Final = "the store is broken"
CRASHES_MAX: Final = 3  # of the clock's own intents, in a row
RETRY_S: Final = (0.1, 0.5, 1.0, 2.0)  # how soon a world is opened again while the store fails; then every 2 s
REACTOR_LIMITS: Final = QueueLimits(count=1 << 30, bytes=1 << 40, age_s=float("inf"))


async def _nobody_else(_node: str) -> bool:
    return False


async def _own_numbers(ruleset: Ruleset) -> Values:
    return ruleset.balance.values()


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
        lives: Callable[[str], Awaitable[bool]] = _nobody_else,
        balance_of: Callable[[Ruleset], Awaitable[Values]] = _own_numbers,
    ) -> None:
        """`lives(node)` says whether another process still runs: worlds are taken over from dead ones only.

        `balance_of(ruleset)` gives the numbers that new worlds begin with.
        """
        self.journal = journal
        self.clock = clock
        self.entropy = entropy
        self.rulesets = dict(rulesets)
        self.node = node
        self.observer = observer or Observer()
        self._lives = lives
        self._balance_of = balance_of
        self.keeper = Keeper(journal, clock, self.observer)
        self._reactors = dict(reactors or {})
        self._residents: dict[str, Resident] = {}
        self._opening: dict[str, asyncio.Task[Resident]] = {}
        self._lost: dict[str, BaseException] = {}  # worlds that are being folded again, and why
        self._folding: dict[str, asyncio.Task[None]] = {}
        self._early: dict[str, list[Asked]] = {}  # waits for worlds that are being opened
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
        """Begin to work, and open every running resident world that no other living process owns.

        One that cannot be folded is quarantined.
        """
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
        if self._rounds_task is not None and not self._rounds_task.done():
            await self._rounds_task
        for resident in list(self._residents.values()):
            await self._leave(resident, Ended.DRAINING, keep=healthy)
        await self.kill()

    async def kill(self) -> None:
        """Stop as a crash would: nothing is finished, nothing kept. Whoever waits hears HostStopped."""
        self._stopped = self._stopped or "killed"
        tasks = [*self._tasks, *self._opening.values(), *([self._rounds_task] if self._rounds_task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        gone = HostStopped(self._stopped)
        for resident in self._residents.values():
            _turn_away(resident.inbox, gone)
        for early in self._early.values():
            _turn_away(early, gone)
        self._on_demand.abandon(gone)

    @property
    def busy(self) -> bool:
        """Whether there is work under way that waits neither for time nor for anybody outside."""
        waits = self._ready or self._on_demand or self._opening or self._folding or self.keeper.writing
        return self._stopped is None and bool(waits or self._work.is_set() or self._writing.locked())

    def end_streams(self) -> None:
        """Tell every viewer that the server is going down; worlds go on until `close`."""
        for resident in self._residents.values():
            resident.feed.end(Ended.DRAINING, viewers_only=True)

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

    async def submit(
        self, world_id: str, actor: str, intent: Intent, *, request: str | None = None, run: int | None = None
    ) -> Ack:
        """Ask the rules for `intent`. Returns once it is durable.

        Raises Rejected (nothing changed), WorldNotFound, WorldUnavailable, StorageUnavailable, RuleCrash,
        HostStopped. `request` is the sender's own id: sent again, the intent is applied once and answered the same.
        `run` is for what makes sense in one run of the world only: WorldUnavailable where a rollback has begun another.
        """
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        with self.observer.asking(world_id, intent) as trail:
            await self._ask(world_id, Asked(answer, actor, intent, request, run=run, trail=trail))
            ack = await answer
            self.observer.acknowledged(trail, ack)
            return ack

    async def query(self, world_id: str, view: Callable[[Any], T]) -> T:
        """Give `view(state)` of the durable state. `view` must copy what it keeps. Raises like `submit`."""
        ruleset = ruleset_of(self.rulesets, world_id)
        # A world that waits for the store to take its writes can still be read.
        if ruleset.on_demand or isinstance(self._lost.get(world_id), StorageUnavailable):
            self._check_running()
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
        balance = await self._balance_of(ruleset)
        world, batch = self._born(world_id, ruleset, balance, spec, actor, now_ms, request)
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
            await self._tune_newborn(world_id, ruleset, balance)
        return created

    async def _tune_newborn(self, world_id: str, ruleset: Ruleset, balance: Values) -> None:
        """Give a world the numbers that changed while it was made: who changed them could not see it yet."""
        newer = {name: value for name, value in (await self._balance_of(ruleset)).items() if balance[name] != value}
        if newer:
            await self.tune(world_id, "engine", newer, "changed while this world was made")

    async def subscribe(self, world_id: str, limits: QueueLimits | None = None) -> Subscription:
        """Attach a viewer to what happens from now on; with `follow`, to everything. WorldNotFound."""
        limits = limits or QueueLimits()
        row = None if world_id in self._residents else await self.journal.world(world_id)
        if row is not None and (row.status.ended or self.rulesets[row.ruleset].on_demand):
            ended = Feed().subscribe(limits)
            ended.end(Ended.WORLD_OVER)
            return ended
        return (await self._opened(world_id)).feed.subscribe(limits)

    async def stop(self, *world_ids: str) -> None:
        """Take worlds out of memory, with snapshots. They open again when they are asked.

        Worlds that hear each other are stopped together: one that is still here would wake those that are not.
        """
        async with self._writing:
            for resident in [self._residents[world_id] for world_id in world_ids if world_id in self._residents]:
                await self._end_reactors(resident, keep=True)
            for world_id in world_ids:
                if await self._evict(world_id, Ended.WORLD_STOPPED, keep=True):
                    await self.journal.set_status(world_id, Status.STOPPED)

    # -- reading ------------------------------------------------------------------------------------------------

    async def history(self, world_id: str, after: int = 0, run: int | None = None) -> AsyncIterator[Record]:
        """Read the stored events after position `after`, oldest first. WorldNotFound."""
        ruleset = ruleset_of(self.rulesets, world_id)
        lineage = await self.journal.lineage(world_id, run)
        async for record in records(self.journal, ruleset, lineage, after):
            yield record

    def follow(self, world_id: str, subscription: Subscription, after: int = 0) -> AsyncIterator[Record]:
        """Give everything after `after`: first what is stored, then what happens, without gap or repeat."""
        return follow(self.history(world_id, after), subscription, after)

    async def resume_from(self, world_id: str, run: int, position: int) -> int:
        """Turn a viewer's cursor into a position of the current run: a rollback may have undone its end."""
        for segment in reversed(await self.journal.lineage(world_id)):
            if segment.run.world != world_id or segment.run.run <= run:
                break
            position = min(position, segment.run.parent_position)
        return position

    # -- operators ----------------------------------------------------------------------------------------------

    async def look(self, world_id: str, view: Callable[[World], T]) -> T:
        """Give `view(world)` of the durable world, with its head. `view` must copy what it keeps.

        It opens nothing: a world that is not in memory, even one in quarantine, is folded for this look alone.
        WorldNotFound, JournalCorrupt.
        """
        async with self._writing:
            if (resident := self._residents.get(world_id)) is not None:
                return view(resident.world)
        return view(await history.world_at(self.journal, self.rulesets, world_id))

    async def balances(self, ruleset: str) -> dict[str, Values]:
        """Give, for each world of a ruleset in memory, the numbers it goes by from its next tick on."""
        async with self._writing:
            return {
                world_id: {**resident.world.head.balance, **resident.world.head.tuned}
                for world_id, resident in self._residents.items()
                if resident.world.ruleset.name == ruleset
            }

    async def rollback(
        self, world_id: str, *, actor: str, reason: str, seq: int | None = None, tick: int | None = None
    ) -> Run:
        """Go on from an earlier entry, in a new run. Viewers are told to come back. Raises like history.rollback."""
        if seq is None and tick is not None:
            seq = await history.last_seq_of(self.journal, world_id, tick)
        return (await self.rollback_together({world_id: seq}, actor=actor, reason=reason))[world_id]

    async def rollback_together(self, cuts: Mapping[str, int | None], *, actor: str, reason: str) -> dict[str, Run]:
        """Go on from earlier entries in several worlds that hear each other, all of them or none.

        Raises like history.rollback_together, and WorldUnavailable where another living process runs one of them: it
        would be fenced, and end.
        """
        async with self._writing:
            for world_id in cuts:
                node = (await self.journal.world(world_id)).node
                if node not in (None, self.node) and await self._lives(node):
                    raise WorldUnavailable(world_id, "another process runs this world")
            runs = await history.rollback_together(
                self.journal, self.rulesets, self.entropy, self.clock, cuts, actor=actor, reason=reason
            )
            # Only now: a rollback that is refused must leave the worlds as they are. And all reactors before the first
            # world: one of a world that is still here could tell one that is open again of what was undone.
            for resident in [self._residents[world_id] for world_id in cuts if world_id in self._residents]:
                await self._end_reactors(resident, keep=False)
            for world_id in cuts:
                await self._evict(world_id, Ended.REWOUND, keep=False)
                self._on_demand.forget(world_id)
        for world_id in cuts:
            if not ruleset_of(self.rulesets, world_id).on_demand:
                await self._opened(world_id)
        return runs

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
        elif (resident := self._residents.get(world_id)) is not None:
            resident.inbox.append(asked)
            self._ready[world_id] = resident
        else:
            self._ask_early(world_id, asked)
        self._work.set()

    def _ask_early(self, world_id: str, asked: Asked) -> None:
        """Let somebody wait for a world that is not in memory (now): opening it moves them into its inbox."""
        error = self._lost.get(world_id)
        if isinstance(error, StorageUnavailable):
            raise WorldUnavailable(world_id, str(error)) from error
        self._early.setdefault(world_id, []).append(asked)
        if error is None:
            self._open_once(world_id)

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
            events, entry = await self._done_at(world_id, repeated.seq)
        except asyncio.CancelledError:
            asked.settle(HostStopped("the host went down"))
            raise
        except Exception as error:  # noqa: BLE001 - the caller waits for whatever it is
            asked.settle(error)
        else:
            asked.settle(Ack(world_id, repeated.run, entry.seq, entry.time_ms, events, entry.tick, repeated=True))

    async def _done_at(self, world_id: str, seq: int) -> tuple[tuple[Event, ...], Entry]:
        ruleset = ruleset_of(self.rulesets, world_id)
        lineage = await self.journal.lineage(world_id)
        segment = next(part for part in lineage if part.after_seq < seq <= (part.upto_seq or seq))
        [batch] = await self.journal.batches(segment, seq - 1, 1)
        [entry] = [entry for entry in codec.entries_of(batch) if entry.seq == seq]
        stored = [event for event in codec.events_of(batch) if event.seq == seq]
        return tuple(codec_of(ruleset.at(event.version)).event(event.event) for event in stored), entry

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
            rounds: list[Round] = []
            try:
                for world_id, resident in taken.items():
                    if self._residents.get(world_id) is resident:
                        rounds.append(play_round(resident, self.clock, self.observer))
                batches = [round_.batch() for round_ in rounds if round_.played]
                failed: dict[str, BaseException] = {}
                if batches:
                    trails = [asked.trail for round_ in rounds for asked, _ in round_.answers]
                    with self.observer.committing(trails):
                        failed = await self._committed(batches)
                for round_ in rounds:
                    if (error := failed.get(round_.resident.world.id)) is not None:
                        self._lose(round_, error)
                    else:
                        self._tell(round_)
            except BaseException:
                # The engine itself failed, or was killed: nobody who was taken out of an inbox may wait for ever.
                for round_ in rounds:
                    _turn_away((asked for asked, _ in round_.answers), HostStopped("the host went down"))
                raise
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
                self._stop_for_good(STORE_BROKEN)
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
        resident.losses = 0
        resident.over_stored |= round_.over and bool(round_.played) and not resident.reactors
        if round_.clock_played:
            resident.clock_crashes = 0
        if round_.crash is not None:
            self.observer.crashed(world.id, round_.crash)
            resident.clock_crashes += round_.clock_crashed
            self._reopen(resident, round_.crash)
            return
        if round_.played and resident.snapshot_due:
            self._spawn(self.keeper.snapshot(resident))
        if round_.unfinished:
            self._wake(world.id)
        elif round_.over:
            self._end(resident)
        elif round_.due is not None:
            self._schedule.at(world.id, round_.due.at_ms + world.head.frozen_ms)

    def _lose(self, round_: Round, error: BaseException) -> None:
        """The round is not durable: nobody may trust this memory any more."""
        resident = round_.resident
        for asked, _ in round_.answers:
            asked.settle(error)
        resident.losses += 1
        if not isinstance(error, StorageUnavailable | WorldUnavailable):
            self.observer.crashed(resident.world.id, error)
            # What players ask fails for them; what the clock wants would fail again for ever.
            resident.clock_crashes += round_.clock_played
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
        return await asyncio.shield(self._open_once(world_id, mine))

    def _open_once(self, world_id: str, mine: WorldRow | None = None) -> asyncio.Task[Resident]:
        task = self._opening.get(world_id)
        if task is None:
            task = asyncio.create_task(self._install(mine, self._feed()) if mine else self._open(world_id))
            self._opening[world_id] = task
            task.add_done_callback(partial(self._opening_done, world_id))
        return task

    def _opening_done(self, world_id: str, task: asyncio.Task[Resident]) -> None:
        self._opening.pop(world_id, None)
        if task.cancelled():
            self._refuse_early(world_id, WorldUnavailable(world_id, "this world is being moved"))
        elif (error := task.exception()) is not None:
            self._refuse_early(world_id, error)

    def _refuse_early(self, world_id: str, error: BaseException) -> None:
        _turn_away(self._early.pop(world_id, ()), error)

    async def _open(self, world_id: str) -> Resident:
        row = await self.journal.world(world_id)
        if row.status is Status.QUARANTINED:
            raise WorldQuarantined(world_id, f"in quarantine: {row.reason}")
        # What is over will never be written again, so it needs no owner.
        if not row.status.ended:
            if row.node not in (None, self.node) and await self._lives(row.node):
                raise WorldUnavailable(world_id, "another process runs this world")
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
            resident = Resident(world, row, feed, snapshot_seq=loaded.snapshot.seq if loaded.snapshot else 0)
            # The first entry behind the snapshot is in its tick, or in the next one.
            resident.snapshot_tick = codec.entries_of(loaded.tail[0])[0].tick if loaded.tail else world.head.tick
            resident.over_stored = row.status.ended
            if world.outdated and not world.over:
                await self._upgrade(resident)
            if (thaw := world.slept(world.clock_ms(self.clock.now_ms()))) is not None:
                await self._add(resident, thaw)
        except (JournalCorrupt, RuleCrash) as error:
            await self._quarantine(row, str(error))
            raise WorldQuarantined(world_id, f"in quarantine: {error}") from error
        self.clock.not_before(world.head.time_ms + world.head.frozen_ms)
        if not row.status.ended:
            await self._start_reactors(resident)
        resident.inbox.extend(self._early.pop(world_id, ()))
        self._residents[world_id] = resident
        # Whatever the clock owes is played in the next round.
        self._wake(world_id)
        return resident

    async def _upgrade(self, resident: Resident) -> None:
        """Move to the newest rules, with a snapshot in front: the old rules' last word stays readable."""
        world = resident.world
        await self.keeper.snapshot(resident)
        await self._add(resident, Upgrade(version=world.newest_version))

    async def _add(self, resident: Resident, intent: Intent) -> None:
        """Play an entry of the engine's own in a world that is being opened."""
        world, row = resident.world, resident.row
        played = world.play(intent, "engine", world.head.time_ms)
        if await self.journal.commit([batch_of(world, [played], row.epoch, projected=row.projected)]):
            raise WorldUnavailable(world.id, "another process owns this world")

    def _reopen(self, resident: Resident, error: BaseException) -> None:
        """Drop what is in memory and fold again. A clock that only crashes ends in quarantine."""
        world_id = resident.world.id
        self._residents.pop(world_id, None)
        self._lost[world_id] = error
        waiting = [*resident.inbox, *self._early.pop(world_id, ())]
        if isinstance(error, StorageUnavailable):
            # Nobody knows for how long.
            _turn_away(waiting, error)
        else:
            self._early[world_id] = waiting
        self._folding[world_id] = self._spawn(self._fold_again(resident, error))

    async def _fold_again(self, lost: Resident, error: BaseException) -> None:
        world_id = lost.world.id
        try:
            await self._end_reactors(lost, keep=True)
            again = await self._again(lost, error)
        except asyncio.CancelledError:
            lost.feed.end(Ended.WORLD_STOPPED)
            self._refuse_early(world_id, WorldUnavailable(world_id, "this world is being moved"))
            raise
        except Exception as failure:  # noqa: BLE001 - whoever waits is told, whatever it is
            lost.feed.end(Ended.WORLD_STOPPED)
            self._refuse_early(world_id, failure)
        else:
            again.clock_crashes, again.losses = lost.clock_crashes, lost.losses
        finally:
            self._lost.pop(world_id, None)
            self._folding.pop(world_id, None)

    async def _again(self, lost: Resident, error: BaseException) -> Resident:
        """Open a lost world as soon as the store answers. Its viewers stay: what they saw was durable."""
        world_id = lost.world.id
        if lost.clock_crashes >= CRASHES_MAX:
            await self._quarantine(lost.row, f"its clock crashed again and again: {error}")
            raise WorldQuarantined(world_id, f"in quarantine: {error}")
        tries = max(lost.losses - 1, 0)
        while True:
            self._check_running()
            if isinstance(error, StorageUnavailable):
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
            try:
                return await self._install(lost.row, lost.feed)
            except StorageUnavailable as again:
                error = again

    async def _quarantine(self, row: WorldRow, reason: str) -> None:
        self.observer.quarantined(row.world, reason)
        with contextlib.suppress(StorageUnavailable):
            await self.journal.set_status(row.world, Status.QUARANTINED, reason, run=row.run)

    # -- leaving ------------------------------------------------------------------------------------------------

    def _end(self, resident: Resident) -> None:
        """A world that is over leaves memory when its reactors have heard the end and nobody asks it any more."""
        world_id = resident.world.id
        self._schedule.forget(world_id)
        resident.feed.end(Ended.WORLD_OVER)
        if not resident.over_stored:
            if not resident.ending:
                resident.ending = True
                self._spawn(self._end_after_reactors(resident))
        elif not resident.inbox:
            self._residents.pop(world_id, None)

    async def _end_after_reactors(self, resident: Resident) -> None:
        """Say in the store that a world is over: from then on no reactor will ever be started for it."""
        await asyncio.gather(*resident.reactors, return_exceptions=True)
        if self._stopped is not None or self._residents.get(resident.world.id) is not resident:
            return  # they were sent away before they had heard everything
        await self.keeper.cursors(resident)
        with contextlib.suppress(StorageUnavailable):
            # A rollback does not wait for this: what it began again must not be called over.
            await self.journal.set_status(resident.world.id, Status.OVER, run=resident.row.run)
        resident.over_stored = True
        self._wake(resident.world.id)

    async def _evict(self, world_id: str, why: Ended, *, keep: bool) -> bool:
        """Take a world out of memory, also one that is on its way in; give whether it was there."""
        for task in (self._opening.get(world_id), self._folding.get(world_id)):
            if task is not None:
                task.cancel()
                await asyncio.wait((task,))
        resident = self._residents.get(world_id)
        if resident is not None:
            await self._leave(resident, why, keep=keep)
        return resident is not None

    async def _leave(self, resident: Resident, why: Ended, *, keep: bool) -> None:
        """Take a world out of memory. What is kept, and only by a healthy host, saves time at the next start."""
        world = resident.world
        self._residents.pop(world.id, None)
        self._schedule.forget(world.id)
        resident.feed.end(why)
        await self._end_reactors(resident, keep=keep)
        _turn_away(resident.inbox, WorldUnavailable(world.id, "this world is being moved"))
        if keep and resident.snapshot_seq < world.head.seq:
            await self.keeper.snapshot(resident)

    # -- reactors -----------------------------------------------------------------------------------------------

    async def _start_reactors(self, resident: Resident) -> None:
        world = resident.world
        reactors = self._reactors.get(world.ruleset.name, ())
        for reactor in reactors:
            after = await self.journal.cursor(world.id, world.run.run, reactor.name)
            # The kept place may be old, and a rollback may have undone answers. What the world itself remembers of
            # a reactor's answers tells how far it really came.
            resident.cursors[reactor.name] = max(after, last_answered(world.head.requests, reactor.name) - 1, 0)
        # All or none: reading the cursors may fail, and a reactor that has begun would go on without its world.
        for reactor in reactors:
            subscription = resident.feed.subscribe(REACTOR_LIMITS, viewer=False)
            resident.reactors.append(self._spawn(self._react(resident, reactor, subscription)))

    async def _react(self, resident: Resident, reactor: Reactor, subscription: Subscription) -> None:
        world = resident.world
        reference = WorldRef(self, world.id, world.run.run, reactor.name)
        try:
            async for record in self.follow(world.id, subscription, resident.cursors[reactor.name]):
                await deliver(reactor, record, reference, self.observer)
                resident.cursors[reactor.name] = record.position
        except HostStopped:
            return
        finally:
            subscription.close()
            await reactor.forget(world.id)

    async def _end_reactors(self, resident: Resident, *, keep: bool) -> None:
        for task in resident.reactors:
            task.cancel()
        await asyncio.gather(*resident.reactors, return_exceptions=True)
        if keep:
            await self.keeper.cursors(resident)

    # -- birth --------------------------------------------------------------------------------------------------

    def _born(
        self,
        world_id: str,
        ruleset: Ruleset,
        balance: Values,
        spec: Spec,
        actor: str,
        now_ms: int,
        request: str | None,
    ) -> tuple[World, Batch]:
        seed = self.entropy.seed(world_id, 1)
        run = Run(world=world_id, run=1, seed=seed, commitment=commitment_of(seed), created_ms=now_ms, actor=actor)
        world = World(world_id, ruleset, run)
        begin = Begin(spec=codec.encode(spec), balance=balance, commitment=run.commitment)
        return world, batch_of(world, [world.play(begin, actor, now_ms, request)], 1)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _turn_away(waiting: Iterable[Asked], why: BaseException) -> None:
    for asked in waiting:
        asked.settle(why)
