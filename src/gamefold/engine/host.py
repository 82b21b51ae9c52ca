"""The host: runs worlds, one intent at a time each, and lets nothing out before it is durable.

Here is what others may ask of it; each room behind it does one thing:

- `residents` has the worlds that are in memory, and the inboxes of those who ask them; worlds come in through
  `opening` (or begin in `birth`), their reactors hear them through `reacting`, and they leave through `departures`;
- `on_demand` has the inbox of worlds that live in no process;
- `rounds` plays what waits, commits it, and tells of it; `answers` settles who asked;
- `operators` look into worlds and change their lines; `keeper` keeps what a restart needs beside the journal;
- `life` says whether the host still works.

A commit that fails, or a rule that crashes, costs the world its memory: it is folded again from the journal, which
is also how it starts. A crash that the clock would repeat for ever puts the world into quarantine.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from gamefold.engine.answers import Answers
from gamefold.engine.asked import Ack, Asked, HostStopped, WorldQuarantined, WorldUnavailable, turn_away
from gamefold.engine.balance import Values
from gamefold.engine.birth import Birth
from gamefold.engine.clock import Clock
from gamefold.engine.departures import Departures
from gamefold.engine.entropy import Entropy
from gamefold.engine.feed import Ended, Feed, QueueLimits, Record, Subscription
from gamefold.engine.follow import follow
from gamefold.engine.history import ruleset_of
from gamefold.engine.journal import Guard, Journal, Run, Status
from gamefold.engine.keeper import Keeper
from gamefold.engine.life import Life
from gamefold.engine.lifecycle import Tune
from gamefold.engine.observe import Observer
from gamefold.engine.on_demand import OnDemand
from gamefold.engine.opening import Opening
from gamefold.engine.operators import Operators
from gamefold.engine.reacting import Reacting
from gamefold.engine.reactors import Reactor
from gamefold.engine.recovery import open_world, records
from gamefold.engine.residents import Residents
from gamefold.engine.rounds import Rounds
from gamefold.engine.ruleset import Intent, Ruleset, Spec
from gamefold.engine.world import World

__all__ = ["Ack", "Host", "HostStopped", "WorldQuarantined", "WorldUnavailable"]

T = TypeVar("T")


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
        self.keeper = Keeper(journal, clock, self.observer)
        self._life = Life(self.observer)
        self._reacting = Reacting(self, journal, dict(reactors or {}), self.observer, self._life)
        self._opening = Opening(
            journal, clock, self.rulesets, node, lives, self.keeper, self._reacting, self.observer, self._life
        )
        self._residents = Residents(self._opening, self._reacting, self.keeper, clock, self._life)
        self._birth = Birth(self, journal, clock, entropy, self.rulesets, node, balance_of, self._residents)
        self._departures = Departures(journal, self._residents, self._reacting, self.keeper, self._life)
        self._answers = Answers(journal, self.rulesets, self._life)
        self._on_demand = OnDemand(journal, clock, self.rulesets, self.observer, self._answers.settle)
        self._rounds = Rounds(
            journal,
            clock,
            self._residents,
            self._departures,
            self._on_demand,
            self._answers,
            self.keeper,
            self.observer,
            self._life,
        )
        self._operators = Operators(
            journal,
            clock,
            entropy,
            self.rulesets,
            self._residents,
            self._opening,
            self._departures,
            self._on_demand,
            self._life,
        )
        self._working: asyncio.Task[None] | None = None

    # -- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to work, and open every running resident world that no other living process owns.

        One that cannot be folded is quarantined.
        """
        self._working = self._life.spawn(self._rounds.run())
        self._life.spawn(self._residents.schedule.run())
        after = ""
        while page := await self.journal.worlds(status=Status.RUNNING, after=after):
            for row in page:
                ruleset = self.rulesets.get(row.ruleset)
                if ruleset is not None and not ruleset.on_demand:
                    with contextlib.suppress(WorldUnavailable):
                        await self._residents.opened(row.world)
            after = page[-1].world

    async def close(self) -> None:
        """Finish what waits, keep a snapshot of every resident world, and stop."""
        healthy = self._life.stopped is None
        self._life.stop("going down")
        self._life.work.set()
        if self._working is not None:
            await asyncio.wait((self._working,))
        for world_id in list(self._residents.here):
            await self._departures.leave(world_id, Ended.DRAINING, keep=healthy)
        await self.kill()

    async def kill(self) -> None:
        """Stop as a crash would: nothing is finished, nothing kept. Whoever waits hears HostStopped."""
        self._life.stop("killed")
        await self._life.end()
        gone = HostStopped(self._life.stopped)
        for resident in self._residents.here.values():
            turn_away(resident.inbox, gone)
        self._on_demand.abandon(gone)

    @property
    def busy(self) -> bool:
        """Whether there is work under way that waits neither for time nor for anybody outside."""
        life = self._life
        waits = self._residents.busy or self._on_demand or self.keeper.writing
        return life.stopped is None and bool(waits or life.work.is_set() or life.writing.locked())

    def end_streams(self) -> None:
        """Tell every viewer that the server is going down; worlds go on until `close`."""
        for resident in self._residents.here.values():
            resident.feed.end(Ended.DRAINING, viewers_only=True)

    @property
    def stopped(self) -> str | None:
        """Why this host takes no work any more, or None."""
        return self._life.stopped

    def resident_worlds(self) -> dict[str, tuple[int, int, int]]:
        """Give, for each world in memory: intents waiting, subscribers, records queued to them."""
        return {
            world_id: (len(resident.inbox), len(resident.feed), resident.feed.waiting)
            for world_id, resident in self._residents.here.items()
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
            self._ask(world_id, Asked(answer, actor, intent, request, run=run, trail=trail))
            ack = await answer
            self.observer.acknowledged(trail, ack)
            return ack

    async def query(self, world_id: str, view: Callable[[Any], T]) -> T:
        """Give `view(state)` of the durable state. `view` must copy what it keeps. Raises like `submit`."""
        ruleset = ruleset_of(self.rulesets, world_id)
        # A world that waits for the store to take its writes can still be read.
        if ruleset.on_demand or self._residents.waits_for_store(world_id):
            self._life.check()
            return view(open_world(world_id, ruleset, await self.journal.load(world_id)).state)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._ask(world_id, Asked(answer, view=view))
        return await answer

    def _ask(self, world_id: str, asked: Asked) -> None:
        self._life.check()
        if ruleset_of(self.rulesets, world_id).on_demand:
            self._on_demand.ask(world_id, asked)
            self._life.work.set()
        else:
            self._residents.ask(world_id, asked)

    async def ensure(
        self, world_id: str, spec: Spec, *, actor: str = "", guard: Guard | None = None, request: str | None = None
    ) -> bool:
        """Make a world where there is none; give whether it was made.

        `guard(connection)` runs in the same transaction and may refuse. Raises Rejected, StorageUnavailable.
        """
        self._life.check()
        return await self._life.finish(self._birth.ensure(world_id, spec, actor, guard, request))

    async def subscribe(self, world_id: str, limits: QueueLimits | None = None) -> Subscription:
        """Attach a viewer to what happens from now on; with `follow`, to everything. WorldNotFound."""
        limits = limits or QueueLimits()
        row = None if world_id in self._residents.here else await self.journal.world(world_id)
        if row is not None and (row.status.ended or ruleset_of(self.rulesets, world_id).on_demand):
            ended = Feed().subscribe(limits)
            ended.end(Ended.WORLD_OVER)
            return ended
        return (await self._residents.opened(world_id)).feed.subscribe(limits)

    async def stop(self, *world_ids: str) -> None:
        """Take worlds out of memory, with snapshots. They open again when they are asked.

        Worlds that hear each other are stopped together: one that is still here would wake those that are not.
        """
        await self._life.finish(self._operators.stop(*world_ids))

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
        return await self._operators.look(world_id, view)

    async def balances(self, ruleset: str) -> dict[str, Values]:
        """Give, for each world of a ruleset in memory, the numbers it goes by from its next tick on."""
        return await self._operators.balances(ruleset)

    async def rollback(
        self, world_id: str, *, actor: str, reason: str, seq: int | None = None, tick: int | None = None
    ) -> Run:
        """Go on from an earlier entry, in a new run. Viewers are told to come back. Raises like history.rollback."""
        return await self._life.finish(self._operators.rollback(world_id, seq, tick, actor, reason))

    async def rollback_together(self, cuts: Mapping[str, int | None], *, actor: str, reason: str) -> dict[str, Run]:
        """Go on from earlier entries in several worlds that hear each other, all of them or none.

        Raises like history.rollback_together, and WorldUnavailable where another living process runs one of them: it
        would be fenced, and end.
        """
        return await self._life.finish(self._operators.rollback_together(cuts, actor, reason))

    async def tune(self, world_id: str, actor: str, changes: dict[str, Any], reason: str) -> Ack:
        """Change balance numbers of a running world. Rejected BALANCE_UNKNOWN or BALANCE_OUT_OF_BOUNDS."""
        return await self.submit(world_id, actor, Tune(changes=changes, reason=reason))
