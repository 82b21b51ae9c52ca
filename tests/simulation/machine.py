"""A machine with a disk that forgets, the real host and store on it, and clients who remember every answer."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import apsw

from gamefold.engine.asked import Ack, HostStopped, WorldUnavailable
from gamefold.engine.entropy import Entropy
from gamefold.engine.history import verify
from gamefold.engine.host import Host
from gamefold.engine.journal import Journal, StorageUnavailable, WorldNotFound
from gamefold.engine.observe import Observer
from gamefold.engine.recovery import steps
from gamefold.engine.rng import Rng
from gamefold.storage.journal import SqlJournal
from gamefold.storage.sqlite import SqliteDatabase
from gamefold.testkit.clock import VirtualClock
from gamefold.testkit.disk import Disk, File
from gamefold.testkit.disk_driver import DiskDriver
from gamefold.testkit.simulation import simulate
from gamefold.testkit.toys import LEDGER, PROJECTORS, PURSE
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec
from gamefold.testkit.toys.purse import Earn, PurseSpec
from gamefold.testkit.toys.tables import holdings_of

FILE = "/gamefold.db"
WORLDS = ("ledger/1", "ledger/2", "purse/1")
RULESETS = {"ledger": replace(LEDGER, snapshot_every=6), "purse": replace(PURSE, snapshot_every=6)}
CALLS_MOST = 110  # writes and syncs of an undisturbed life are about as many


class AckedEntryLost(AssertionError):
    """Somebody was told that an intent is durable, and it is not there."""


@dataclass
class Machine:
    """One run from one integer."""

    seed: int
    template: bytes
    synchronous: str = "FULL"
    sometimes: Counter[str] = field(default_factory=Counter)
    acks: dict[tuple[str, str], Ack] = field(default_factory=dict)  # by world and request
    unknown: set[tuple[str, str]] = field(default_factory=set)
    made: set[str] = field(default_factory=set)

    _asked: int = 0

    def run(self) -> None:
        simulate(self._rng("loop"), self._two_lives)

    def _rng(self, concern: str) -> Rng:
        return Rng(self.seed.to_bytes(32, "big"), concern)

    async def _two_lives(self) -> None:
        self._clock = VirtualClock()
        self._disk = Disk(f"disk-{self.seed}-{self.synchronous}", self._rng("disk"))
        self._disk.files[FILE] = File(bytearray(self.template), bytearray(self.template))
        for _ in range(2):
            self._plan_fault()
            host, database = await self._boot()
            if host is not None:
                clients = [asyncio.create_task(self._client(host, number)) for number in range(5)]
                await asyncio.gather(*clients)
                self.sometimes["life ended by a fault" if self._disk.dead else "life without a crash"] += 1
                await host.kill()
            await self._cut_power(database)
        self._disk.fault = lambda _call: None
        host, database = await self._boot()
        assert host is not None, "a healthy disk did not start"
        await self._check_acks(host.journal)
        await self._resend(host)
        await self._check_worlds(host, database)
        await host.close()
        await database.close()
        self.sometimes.update(self._disk.sometimes)

    def _plan_fault(self) -> None:
        rng = self._rng(f"fault-{self._disk.calls}")
        at = self._disk.calls + 1 + rng.below(CALLS_MOST)
        kind = rng.choice(["crash", "crash", "crash", "crash in sync", "EIO", "EIO in sync", "full"])
        full_until = at + rng.below(12)

        def fault(call: str) -> int | None:
            now = self._disk.calls
            if now < at:
                return None
            if kind == "full":
                self.sometimes["full"] += 1
                return apsw.SQLITE_FULL if now <= full_until and call == "xWrite" else None
            if kind.endswith("sync") and call != "xSync":
                return None
            self._disk.fault = lambda _call: None
            self.sometimes[kind] += 1
            if kind.startswith("crash"):
                return self._disk.crash()
            return apsw.SQLITE_IOERR_FSYNC if call == "xSync" else apsw.SQLITE_IOERR_WRITE

        self._disk.fault = fault

    async def _boot(self) -> tuple[Host | None, SqliteDatabase]:
        self._driver = DiskDriver(self._disk, synchronous=self.synchronous)
        database = SqliteDatabase(Path(FILE), module=self._driver)
        journal = SqlJournal(database, PROJECTORS, self._clock)
        host = Host(journal, self._clock, Entropy(self.seed), RULESETS, observer=Quiet())
        try:
            await host.start()
            for world in WORLDS:
                await host.ensure(world, PurseSpec() if world.startswith("purse") else LedgerSpec())
                self.made.add(world)
        except (StorageUnavailable, WorldUnavailable, HostStopped):
            self.sometimes["fault while booting"] += 1
            await host.kill()
            return None, database
        return host, database

    async def _cut_power(self, database: SqliteDatabase) -> None:
        self._disk.dead = True  # closing must not write: there is no power
        await database.close()
        try:
            self._driver.drop()
        except apsw.Error:
            self.sometimes["a connection that could not be closed"] += 1
        self._disk.power_loss()

    async def _client(self, host: Host, number: int) -> None:
        rng = self._rng(f"client-{number}-{len(self.acks)}")
        for _ in range(1 + rng.below(8)):
            await asyncio.sleep(rng.below(4) / 1_000)
            world, request = rng.choice(WORLDS), self._next_request(number)
            if not await self._ask(host, world, request):
                return

    def _next_request(self, number: int) -> str:
        self._asked += 1
        return f"{number}-{self._asked}"

    async def _ask(self, host: Host, world: str, request: str) -> bool:
        actor, _, _ = request.partition("-")
        self.unknown.add((world, request))
        for _ in range(3):
            try:
                self.acks[world, request] = await host.submit(world, actor, _intent(world), request=request)
            except (StorageUnavailable, WorldUnavailable):
                await asyncio.sleep(0.3)
            except HostStopped:
                return False
            else:
                self.unknown.discard((world, request))
                return True
        return False

    async def _resend(self, host: Host) -> None:
        for world, request in sorted(self.unknown):
            assert await self._ask(host, world, request), "a healthy disk did not answer"
            self.sometimes["resent: was applied"] += self.acks[world, request].repeated
            self.sometimes["resent: was lost"] += not self.acks[world, request].repeated

    async def _check_acks(self, journal: Journal) -> None:
        for world in WORLDS:
            requests: dict[int, str | None] = {}
            with contextlib.suppress(WorldNotFound):
                async for step in steps(journal, await journal.lineage(world)):
                    requests[step.entry.seq] = step.entry.request
            for (acked_world, request), ack in self.acks.items():
                if acked_world == world and requests.get(ack.seq) != request:
                    raise AckedEntryLost(f"seed {self.seed}: {world} has no entry of {request} ({ack}) but {requests}")

    async def _check_worlds(self, host: Host, database: SqliteDatabase) -> None:
        """Every intent moved one coin, once, and the tables say the same as the worlds."""
        for world in WORLDS:
            verdict = await verify(host.journal, RULESETS, world)
            assert verdict.holds, f"seed {self.seed}: {verdict}"
            held = await host.query(world, _holdings)
            assert sum(held.values()) == sum(acked == world for acked, _ in self.acks), f"seed {self.seed}: {world}"
            rows = await database.read(lambda connection, world=world: holdings_of(connection, world))
            assert rows == held, f"seed {self.seed}: half an entry in {world}"


class Quiet(Observer):
    """Faults are the business of this place: nobody needs a log of them."""

    def crashed(self, world: str, error: BaseException) -> None:
        raise AssertionError(f"{world} crashed") from error

    def storage_failed(self, error: BaseException) -> None:
        pass

    def fatal(self, reason: str) -> None:
        pass


def _intent(world: str) -> Any:
    return Earn(coins=1) if world.startswith("purse") else Deposit(amount=1)


def _holdings(state: Any) -> dict[str, int]:
    return dict(state.accounts) if hasattr(state, "accounts") else {"purse": state.coins}
