"""Everything at once: worlds are asked, watched, stopped, rolled back, crashed and ended while the store hesitates,
fails, and does not say what it did, and callers leave. One integer gives one run."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamefold.engine.asked import HostStopped, WorldUnavailable
from gamefold.engine.entropy import Entropy
from gamefold.engine.feed import Record
from gamefold.engine.history import verify
from gamefold.engine.host import Host
from gamefold.engine.journal import Status, StorageUnavailable
from gamefold.engine.observe import Observer
from gamefold.engine.reactors import WorldRef
from gamefold.engine.refusal import Rejected
from gamefold.engine.rng import Rng
from gamefold.engine.world import RuleCrash
from gamefold.storage.journal import SqlJournal
from gamefold.storage.sqlite import SqliteDatabase
from gamefold.testkit.clock import VirtualClock
from gamefold.testkit.disk import Disk, File
from gamefold.testkit.disk_driver import DiskDriver
from gamefold.testkit.hosted import a_store
from gamefold.testkit.simulation import simulate
from gamefold.testkit.toys import LEDGER, METADATA, PROJECTORS
from gamefold.testkit.toys.ledger import CloseLedger, Deposit, LedgerSpec

from ..engine.faulty import FAULTY, Count, CrashNow, FaultySpec  # noqa: TID252 - the same crashes as everywhere

FILE = "/gamefold.db"
RULESETS = {"ledger": replace(LEDGER, snapshot_every=4), "faulty": replace(FAULTY, snapshot_every=4)}
SPECS = {"ledger/1": LedgerSpec(), "ledger/2": LedgerSpec(), "faulty/1": FaultySpec()}
WORLDS = tuple(SPECS)
SEEDS = 20
CALLERS = 8
ASKS_EACH = 10
ALLOWED = (Rejected, WorldUnavailable, StorageUnavailable, RuleCrash)
MUST_HAPPEN = (
    "failed before",
    "failed after",
    "left",
    "rolled back",
    "stopped",
    "ended",
    "crashed",
    "killed",
    "closed",
)

Call = Callable[[], Coroutine[Any, Any, Any]]


class Quiet(Observer):
    """Faults are the business of this place: nobody needs a log of them."""

    def crashed(self, world: str, error: BaseException) -> None:
        pass

    def storage_failed(self, error: BaseException) -> None:
        pass

    def reactor_failed(self, world: str, reactor: str, error: BaseException) -> None:
        pass

    def fatal(self, reason: str) -> None:
        pass


class Listening:
    """A reactor that remembers what it heard."""

    name = "listening"

    def __init__(self) -> None:
        self.heard: set[tuple[str, int, int]] = set()

    async def react(self, record: Record, world: WorldRef) -> None:
        await asyncio.sleep(0)
        self.heard.add((record.world, record.run, record.position))

    async def forget(self, world_id: str) -> None:
        await asyncio.sleep(0)


class Hesitating:
    """A journal whose calls take turns, and fail before or after they did their work."""

    def __init__(self, journal: SqlJournal, rng: Rng, sometimes: Counter[str]) -> None:
        self._journal = journal
        self._rng = rng
        self._sometimes = sometimes
        self.fails = True

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._journal, name)

        async def hesitating(*arguments: Any, **options: Any) -> Any:
            await self._pause(f"{name} failed before")
            outcome = await call(*arguments, **options)
            await self._pause(f"{name} failed after")
            return outcome

        return hesitating

    async def _pause(self, what: str) -> None:
        for _ in range(self._rng.below(4)):
            await asyncio.sleep(0)
        if self.fails and self._rng.below(25) == 0:
            self._sometimes[what.partition(" ")[2]] += 1
            raise StorageUnavailable(what)


class Bustle:
    """One run from one integer."""

    def __init__(self, seed: int, template: bytes, sometimes: Counter[str]) -> None:
        self.seed = seed
        self.sometimes = sometimes
        self.reactor = Listening()
        self._rng = Rng(seed.to_bytes(32, "big"), "bustle")
        self._disk = Disk(f"bustle-{seed}", Rng(seed.to_bytes(32, "big"), "disk"))
        self._disk.files[FILE] = File(bytearray(template), bytearray(template))
        self._clock = VirtualClock()

    def run(self) -> None:
        simulate(Rng(self.seed.to_bytes(32, "big"), "loop"), self._two_lives)

    async def _two_lives(self) -> None:
        driver = DiskDriver(self._disk)
        database = SqliteDatabase(Path(FILE), module=driver)
        journal = Hesitating(SqlJournal(database, PROJECTORS, self._clock), self._rng, self.sometimes)
        for life in range(2):
            journal.fails = False
            host = await self._start(journal, f"life-{life}")
            journal.fails = True
            await asyncio.gather(*(self._caller(host) for _ in range(CALLERS)))
            assert host.stopped is None, f"seed {self.seed}: the host ended itself: {host.stopped}"
            journal.fails = False
            await self._check(host)
            await self._end(host)
        await database.close()
        driver.drop()

    async def _start(self, journal: Any, node: str) -> Host:
        reactors = {ruleset: [self.reactor] for ruleset in RULESETS}
        host = Host(journal, self._clock, Entropy(self.seed), RULESETS, node=node, reactors=reactors, observer=Quiet())
        await host.start()
        for world, spec in SPECS.items():
            await host.ensure(world, spec)
        return host

    # -- what goes on -------------------------------------------------------------------------------------------

    async def _caller(self, host: Host) -> None:
        for _ in range(ASKS_EACH):
            world = self._rng.choice(WORLDS)
            call = asyncio.create_task(self._rng.choice(self._calls(host, world))())
            for _ in range(self._rng.below(30)):
                await asyncio.sleep(0)
            if leaves := self._rng.below(4) == 0 and not call.done():
                self.sometimes["left"] += 1
                call.cancel()
            try:
                async with asyncio.timeout(60):
                    await asyncio.wait((call,))
            except TimeoutError:
                raise AssertionError(f"seed {self.seed}: nobody answers {call}") from None
            if call.cancelled():
                assert leaves, f"seed {self.seed}: {call} was cut off, and nobody left"
            elif (error := call.exception()) is not None and not isinstance(error, ALLOWED):
                raise error

    def _calls(self, host: Host, world: str) -> list[Call]:
        number = self._rng.below(1_000)
        asks = Deposit(1) if world.startswith("ledger") else Count()
        crashes = CloseLedger() if world == "ledger/2" else CrashNow()

        async def submit() -> None:
            await host.submit(world, f"player-{number % 3}", asks, request=f"{number % 40}")

        async def break_or_end() -> None:
            if world == "ledger/1":
                return
            with contextlib.suppress(RuleCrash):
                await host.submit(world, "player", crashes)
            self.sometimes["ended" if world == "ledger/2" else "crashed"] += 1

        async def watch() -> None:
            subscription = await host.subscribe(world)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rng.below(3)):
                    async for _ in host.follow(world, subscription):
                        await asyncio.sleep(0)
            subscription.close()

        async def query() -> None:
            await host.query(world, lambda _state: None)

        async def stop() -> None:
            await host.stop(world)
            self.sometimes["stopped"] += 1

        async def rollback() -> None:
            await host.rollback(world, actor="operator", reason="again", seq=1 + number % 5)
            self.sometimes["rolled back"] += 1

        async def ensure() -> None:
            await host.ensure(world, SPECS[world])

        return [submit, submit, submit, break_or_end, watch, query, stop, rollback, ensure]

    # -- what must hold -----------------------------------------------------------------------------------------

    async def _check(self, host: Host) -> None:
        await self._quiet(host)
        for world in WORLDS:
            where = f"seed {self.seed}, {world}"
            status = (await host.journal.world(world)).status
            assert status is not Status.QUARANTINED, where
            assert world not in host.resident_worlds() or status is Status.RUNNING, f"{where} is here and {status}"
            assert (await verify(host.journal, RULESETS, world)).holds, where
            with contextlib.suppress(Rejected):
                await asyncio.wait_for(host.submit(world, "checker", _harmless(world)), 60)
        await self._quiet(host)
        for world in WORLDS:
            stored = {(world, record.run, record.position) async for record in host.history(world)}
            assert stored <= self.reactor.heard, f"seed {self.seed}: {stored - self.reactor.heard} were never heard"
            if world in host.resident_worlds():
                assert (await host.journal.world(world)).status is Status.RUNNING, f"seed {self.seed}: {world}"

    async def _quiet(self, host: Host) -> None:
        """Wait until nothing is left to do; reactors wait a second for a store that could not be read."""
        for _ in range(4):
            await asyncio.sleep(1.0)
            while host.busy:
                await asyncio.sleep(0.01)

    async def _end(self, host: Host) -> None:
        """Go down amid asking; everybody hears of it."""
        asked: list[Awaitable[Any]] = [
            asyncio.ensure_future(host.submit(world, f"late-{number}", _harmless(world)))
            for world in WORLDS
            for number in range(3)
        ]
        for _ in range(self._rng.below(12)):
            await asyncio.sleep(0)
        if self._rng.below(2):
            self.sometimes["killed"] += 1
            await host.kill()
        else:
            self.sometimes["closed"] += 1
            await host.close()
        outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 60)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, (*ALLOWED, HostStopped)):
                raise outcome
        for world in WORLDS:
            assert (await verify(host.journal, RULESETS, world)).holds, f"seed {self.seed}, {world}"


def _harmless(world: str) -> Any:
    return Deposit(1) if world.startswith("ledger") else Count()


@pytest.fixture
async def template(tmp_path: Path) -> bytes:
    return (await a_store(tmp_path / "template.db", METADATA)).read_bytes()


@pytest.mark.parametrize("start", [0, pytest.param(1_000, marks=pytest.mark.long)])
def test_whatever_happens_at_once_everybody_is_answered_and_nothing_is_lost(template: bytes, start: int) -> None:
    sometimes: Counter[str] = Counter()
    for seed in range(start, start + (SEEDS if start == 0 else 10 * SEEDS)):
        Bustle(seed, template, sometimes).run()
    assert [event for event in MUST_HAPPEN if not sometimes[event]] == []
