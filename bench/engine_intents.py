"""How many durable intents a second does one world take in process, as a share of the raw append floor?

1, 16, 100 and 400 submitters call `Host.submit` in a closed loop on one world of the smallest ruleset
(`bench/counting.py`: one event per intent) over `SqlJournal` on SQLite with synchronous=FULL; every submit waits
for its own commit. The floor is `journal_append`'s for SQLite: one blob row per commit, with the same number of
bytes and entries per commit as the host writes. Both take turns in one process and one run; the submitters are
tasks that live through the whole run and pause while the floor has its turn.

`entries_per_commit` says how full the host's commits were: at N submitters the best is N.
Target: at least 50 % of the floor at 100 submitters.
"""

import asyncio
import time
from typing import Any

from bench.common import Effort, compared, latencies, median, run, say, scratch, take_turns
from bench.counting import COUNTING, CountSpec, Step
from bench.journal_append import SqliteFloor, cut
from gamefold.engine.clock import RealClock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.journal import Batch
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database

SUBMITTERS = (1, 16, 100, 400)


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("engine_intents", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give a ratio for every number of submitters."""
    figures: dict[str, Any] = {}
    for submitters in SUBMITTERS:
        with scratch() as directory:
            await upgrade(url := f"sqlite:///{directory / 'engine.db'}")
            database = open_database(url)
            journal = CountingJournal(database, {})
            host = Host(journal, RealClock(), Entropy(), {COUNTING.name: COUNTING})
            await host.start()
            await host.ensure(world := "counting/one", CountSpec())
            floor = SqliteFloor(directory / "floor.db")
            load = Load(host, world, submitters)
            # How many bytes an intent takes in the journal is what the floor writes for it.
            await load.side(0.2)
            entry_bytes = round(journal.bytes / journal.entries)
            raw = Raw(floor, submitters, entry_bytes)
            load.waits.clear()
            results = await take_turns(
                {"engine": load.side, "floor": raw.side}, effort.pick(9, 3), effort.pick(2.0, 0.5)
            )
            figure = {
                **compared(results, "engine", "floor"),
                **latencies(load.waits),
                "entry_bytes": entry_bytes,
                "entries_per_commit": round(journal.entries / journal.commits, 1),
                "us_above_floor": round(1e6 / median(results["engine"]) - 1e6 / median(results["floor"]), 2),
            }
            figures[str(submitters)] = figure
            say(
                f"{submitters:3} submitters: engine {figure['engine']:>8,.0f}/s  floor {figure['floor']:>9,.0f}/s  "
                f"ratio {figure['ratio']:.2f} {figure['ratio_spread']}  p99 {figure['p99_ms']} ms  "
                f"{figure['entries_per_commit']} entries a commit, {entry_bytes} bytes each"
            )
            await load.end()
            await host.close()
            await floor.close()
            await database.close()
    return figures


class CountingJournal(SqlJournal):
    """Counts what passes."""

    entries = bytes = commits = 0

    async def commit(self, batches: Any) -> frozenset[str]:
        """Count and commit."""
        batch: Batch
        for batch in batches:
            self.entries += batch.last_seq - batch.first_seq + 1
            self.bytes += len(batch.entries) + len(batch.events)
        self.commits += 1
        return await super().commit(batches)


class Load:
    """Submitters in a closed loop, with a gate in front of them."""

    def __init__(self, host: Host, world: str, submitters: int) -> None:
        self.waits: list[float] = []
        self._host = host
        self._world = world
        self._gate = asyncio.Event()
        self._done = 0
        self._resting = 0
        self._all_rest = asyncio.Event()
        self._submitters = submitters
        self._tasks = [asyncio.create_task(self._submit(f"player-{number}")) for number in range(submitters)]

    async def side(self, seconds: float) -> tuple[float, float]:
        """Let them submit for so long; the time until the last answer counts."""
        self._done = self._resting = 0
        self._all_rest.clear()
        begin_s = time.perf_counter()
        self._gate.set()
        await asyncio.sleep(seconds)
        self._gate.clear()
        await self._all_rest.wait()
        return self._done, time.perf_counter() - begin_s

    async def _submit(self, player: str) -> None:
        intent = Step(1, "a step of usual length")
        clock = time.perf_counter
        while True:
            await self._gate.wait()
            while self._gate.is_set():
                begin_s = clock()
                await self._host.submit(self._world, player, intent)
                self.waits.append(clock() - begin_s)
                self._done += 1
            self._resting += 1
            if self._resting == self._submitters:
                self._all_rest.set()

    async def end(self) -> None:
        """Send them home."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Raw:
    """The floor, with as many entries per commit."""

    def __init__(self, floor: SqliteFloor, entries: int, entry_bytes: int) -> None:
        self._floor = floor
        self._entries = entries
        self._size = entries * entry_bytes
        self._seq = 0

    async def side(self, seconds: float) -> tuple[float, float]:
        """Commit for so long."""
        done, begin_s, took_s = 0, time.perf_counter(), 0.0
        while took_s < seconds:
            self._seq += 1
            await self._floor.write([("world", self._seq, cut(self._size, self._seq))])
            done += self._entries
            took_s = time.perf_counter() - begin_s
        return done, took_s


if __name__ == "__main__":
    main()
