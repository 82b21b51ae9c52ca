"""Worlds that live in no process: locked, loaded, played, appended and committed in one transaction each round."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from gamefold.engine import codec
from gamefold.engine.asked import Asked, HostStopped
from gamefold.engine.clock import Clock
from gamefold.engine.history import batch_of, ruleset_of
from gamefold.engine.journal import Journal, Locked, Snapshot, StorageUnavailable, WorldNotFound, WorldRow
from gamefold.engine.lifecycle import Upgrade
from gamefold.engine.observe import Observer
from gamefold.engine.recovery import open_world
from gamefold.engine.resident import play_asked, play_clock
from gamefold.engine.ruleset import Ruleset
from gamefold.engine.world import Played, RuleCrash, World

CACHED_WORLDS: Final = 4_096
ENTRIES_MAX: Final = 100_000  # in one round of one world: its clock may owe a lot, but not for ever

Answer = Callable[[str, Asked, Any], None]


class OnDemand:
    """The inbox of all on-demand worlds, and a cache of their states that is trusted only at the stored entry."""

    def __init__(
        self, journal: Journal, clock: Clock, rulesets: Mapping[str, Ruleset], observer: Observer, answer: Answer
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._rulesets = rulesets
        self._observer = observer
        self._answer = answer
        self._waiting: deque[tuple[str, Asked]] = deque()
        self._cache: OrderedDict[str, tuple[World, WorldRow]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def ask(self, world_id: str, asked: Asked) -> None:
        """Let one intent wait for the next round."""
        self._waiting.append((world_id, asked))

    def forget(self, world_id: str) -> None:
        """Drop a world from the cache."""
        self._cache.pop(world_id, None)

    def abandon(self, why: BaseException) -> None:
        """Tell everybody who waits that they will not be heard."""
        while self._waiting:
            world_id, asked = self._waiting.popleft()
            self._answer(world_id, asked, why)

    async def play(self) -> None:
        """Play everything that waits, in one transaction of the store."""
        taken: dict[str, list[Asked]] = {}
        while self._waiting:
            world_id, asked = self._waiting.popleft()
            taken.setdefault(world_id, []).append(asked)
        errands = [_Errand(self, world_id, asked) for world_id, asked in sorted(taken.items())]
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        outcomes: list[Any]
        try:
            with self._observer.committing([asked.trail for errand in errands for asked in errand.asked]):
                outcomes = await self._journal.transact([(errand.world_id, errand.work) for errand in errands])
        except asyncio.CancelledError:
            outcomes = [HostStopped("killed")] * len(errands)
            raise
        except Exception as error:  # noqa: BLE001 - the callers wait for whatever it is
            if isinstance(error, StorageUnavailable):
                self._observer.storage_failed(error)
            outcomes = [error] * len(errands)
        else:
            self._observer.committed(sum(map(len, taken.values())), len(errands), loop.time() - started_s)
        finally:
            for errand, outcome in zip(errands, outcomes, strict=True):
                self._settle(errand, outcome)

    def _settle(self, errand: "_Errand", outcome: Any) -> None:
        self.forget(errand.world_id)
        for crash in errand.crashes:
            self._observer.crashed(errand.world_id, crash)
        if isinstance(outcome, BaseException):
            if isinstance(outcome, RuleCrash):
                self._observer.crashed(errand.world_id, outcome)
            for asked in errand.asked:
                self._answer(errand.world_id, asked, outcome)
            return
        if errand.opened is not None:
            self._cache[errand.world_id] = errand.opened
            if len(self._cache) > CACHED_WORLDS:
                self._cache.popitem(last=False)
        for asked, answer in zip(errand.asked, errand.answers, strict=True):
            self._answer(errand.world_id, asked, answer)

    # The two below run inside the store's transaction, in whatever thread that needs. Only one transaction runs at
    # a time, and the event loop waits for it, so the cache is never used from two threads at once.

    def open(self, world_id: str, locked: Locked) -> tuple[World, WorldRow]:
        """Give a locked world, from memory if that is exactly at the stored entry. WorldNotFound."""
        if locked.head is None:
            raise WorldNotFound(world_id)
        cached = self._cache.get(world_id)
        if cached is not None and (cached[0].run.run, cached[0].head.seq) == locked.head:
            return cached
        loaded = locked.load()
        return open_world(world_id, ruleset_of(self._rulesets, world_id), loaded), loaded.row

    def play_next(self, world: World, asked: Asked, played: list[Played]) -> Any:
        """Play what time owes and then one intent; give its answer. RuleCrash."""
        if world.outdated:
            played.append(world.play(Upgrade(version=world.newest_version), "engine", world.head.time_ms))
        now_ms = world.clock_ms(self._clock.now_ms())
        while (owed := world.overdue(now_ms)) is not None:
            played.append(play_clock(world, *owed))
            if len(played) > ENTRIES_MAX:
                raise RuleCrash(f"the clock of {world.id} never comes to an end")
        return play_asked(world, asked, now_ms, played, self._observer)


class _Errand:
    """The waiting intents of one world."""

    def __init__(self, desk: OnDemand, world_id: str, asked: list[Asked]) -> None:
        self._desk = desk
        self.world_id = world_id
        self.asked = asked
        self.answers: list[Any] = []
        self.crashes: list[RuleCrash] = []
        self.opened: tuple[World, WorldRow] | None = None

    def work(self, locked: Locked) -> None:
        """Load, play, append. Raises to undo everything."""
        while len(self.answers) < len(self.asked):
            world, row = self._desk.open(self.world_id, locked)
            if world.outdated:
                self._save(locked, world)  # in front of the upgrade: the old rules' last word stays readable
            played, crash = self._play(world)
            if played:
                self._keep(locked, world, row, played, crash)
            # A crash leaves the state half changed: whoever comes next gets a freshly folded one.
            self.opened = (world, row) if crash is None else None
            self._desk.forget(self.world_id)

    def _play(self, world: World) -> tuple[list[Played], RuleCrash | None]:
        """Play until everybody is answered or somebody's intent crashes, who alone is told."""
        played: list[Played] = []
        for asked in self.asked[len(self.answers) :]:
            try:
                self.answers.append(self._desk.play_next(world, asked, played))
            except RuleCrash as crash:
                self.answers.append(crash)
                self.crashes.append(crash)
                return played, crash
        return played, None

    def _keep(self, locked: Locked, world: World, row: WorldRow, played: list[Played], crash: RuleCrash | None) -> None:
        over = crash is None and world.over
        locked.append(batch_of(world, played, row.epoch, projected=row.projected, over=over))
        head, every = world.head, world.ruleset.snapshot_every
        if crash is None and head.seq // every > (head.seq - len(played)) // every:
            self._save(locked, world)

    def _save(self, locked: Locked, world: World) -> None:
        head, payload = world.head, codec.compress(world.payload())
        locked.save_snapshot(Snapshot(world.id, world.run.run, head.seq, head.version, world.digest(), payload))
