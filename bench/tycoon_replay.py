"""How fast is the past of Tycoon: a region of 10,000 rigs, and the market it belongs to?

Both worlds tick together as behind the border: the market's news are the region's tick, the region's news come back.
100 companies own the rigs; in every tick eight of them send money and trade spot and perpetuals, two maintain rigs. All
entries are stored in SQLite as they are by a server, a row per tick.

`fold` opens a world from its first entry: rows are read, entries decoded, folded by the rules, and held against every
digest and hash. A tick is 5 s of real time, so `x_real_time` is 5 s times ticks over the time it takes.
Target: 1,000 times, for the region and for both together. `cold_start` opens from a snapshot with a tail of 360 entries
(half of what there is between two), and of none. Target: below 100 ms.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from bench.common import Effort, median, rounded, run, say, scratch, spread
from bench.matches import keep_snapshot
from gamefold.engine.codec import encode
from gamefold.engine.history import batch_of
from gamefold.engine.journal import Run, Status, WorldRow
from gamefold.engine.lifecycle import Begin
from gamefold.engine.recovery import open_world
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event, Intent, Ruleset, Spec, Tick
from gamefold.engine.world import Played, World
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.border import Crossed, MarketTicked, RegionTicked
from gamefold.games.tycoon.intents.border import HearMarket, HearRegion, Receive
from gamefold.games.tycoon.intents.market import MarketSpec, PlaceOrder
from gamefold.games.tycoon.intents.region import (
    AddRigs,
    CreateSite,
    GrantFunds,
    MaintainRigs,
    OpenCompany,
    RegionSpec,
    SendToMarket,
)
from gamefold.games.tycoon.rules import MARKET_RULESET, REGION_RULESET
from gamefold.games.tycoon.state.market import PERP, SPOT
from gamefold.games.tycoon.state.region import MODELS
from gamefold.games.tycoon.state.units import MICRO, TICK_S
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database
from gamefold.testkit.clock import START_MS
from gamefold.testkit.play import run_of

COMPANIES: Final = 100
RIGS_EACH: Final = 100
HOME: Final = "EUROPE"
RULESETS: Final = {MARKET_RULESET.name: MARKET_RULESET, REGION_RULESET.name: REGION_RULESET}


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("tycoon_replay", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give multiples of real time, and milliseconds of cold starts."""
    ticks, rounds = effort.pick(720, 30), effort.pick(7, 2)
    with scratch() as directory:
        await upgrade(url := f"sqlite:///{directory / 'replay.db'}")
        database = open_database(url)
        journal = SqlJournal(database, {})
        pair = Pair(journal)
        await pair.play(ticks)
        figures: dict[str, Any] = {"ticks": ticks, "rigs": len(pair.region.world.state.rigs)}
        folds = {stored.name: await _opened(stored, journal, rounds) for stored in (pair.market, pair.region)}
        both = [one + other for one, other in zip(*folds.values(), strict=True)]
        for name, times in {**folds, "both": both}.items():
            figures[name] = _told(name, times, ticks)
        for stored in (pair.market, pair.region):
            figures[stored.name]["entries"] = stored.world.head.seq
        # The tail of a snapshot that was just kept is as long as what is played after it.
        for tail in (effort.pick(360, 20), 0):
            await pair.keep_snapshots()
            await pair.play_entries(tail)
            for stored in (pair.market, pair.region):
                times = await _opened(stored, journal, 2 * rounds)
                figures[stored.name][f"cold_start_tail_{tail}"] = {
                    "ms": rounded(median(times) * 1_000),
                    "spread": spread([one * 1_000 for one in times]),
                }
                say(f"{stored.name:7} from a snapshot and {tail} entries: {median(times) * 1_000:.1f} ms")
        await database.close()
    return figures


class Stored:
    """One world, and what has not been written into the journal yet."""

    def __init__(self, journal: SqlJournal, name: str, world_id: str, ruleset: Ruleset, spec: Spec) -> None:
        self.name = name
        self._journal = journal
        self._spec = spec
        run_: Run = run_of(world_id)
        self.world = World(world_id, ruleset, run_)
        self._played: list[Played] = []

    async def begin(self) -> None:
        run_, ruleset = self.world.run, self.world.ruleset
        self.do(Begin(encode(self._spec), SHEET.values(), run_.commitment))
        row = WorldRow(
            world=self.world.id, ruleset=ruleset.name, run=1, epoch=1, node=None, status=Status.RUNNING,
            projected=False, created_ms=START_MS, updated_ms=START_MS,
        )  # fmt: skip
        await self._journal.create(row, run_, batch_of(self.world, self._played, 1, projected=False))
        self._played = []

    def do(self, intent: Intent) -> list[Event]:
        try:
            played = self.world.play(intent, "bench", START_MS)
        except Rejected:
            return []  # new rigs need no maintenance, and some orders find no money
        self._played.append(played)
        return [record.event for record in played.records]

    async def write(self) -> None:
        if self._played:
            await self._journal.commit([batch_of(self.world, self._played, 1, projected=False)])
            self._played = []


class Pair:
    """A market and one of its regions."""

    def __init__(self, journal: SqlJournal) -> None:
        self._journal = journal
        self.market = Stored(journal, "market", "tycoon-market/s1", MARKET_RULESET, MarketSpec(1))
        self.region = Stored(journal, "region", f"tycoon-region/s1/{HOME}", REGION_RULESET, RegionSpec(1, HOME))
        self._ticks = 0

    async def play(self, ticks: int) -> None:
        """Found everything, then let ticks pass."""
        await self.market.begin()
        await self.region.begin()
        for number in range(COMPANIES):
            self._found(number)
        await self._write()
        for _ in range(ticks):
            await self._tick()

    async def play_entries(self, entries: int) -> None:
        """Go on until the market has so many more entries."""
        until = self.market.world.head.seq + entries
        while self.market.world.head.seq < until:
            await self._tick()

    async def keep_snapshots(self) -> None:
        """Keep both worlds as they are."""
        for stored in (self.market, self.region):
            await keep_snapshot(self._journal, stored.world)

    def _found(self, number: int) -> None:
        name = f"c{number}"
        for intent in (
            OpenCompany(name, f"owner {number}", f"Company {number}"),
            GrantFunds(name, 9_000_000 * MICRO, 1_000_000_000),
            CreateSite(name, "One", 3),
            AddRigs(name, f"europe-{number + 1}", MODELS[number % len(MODELS)], RIGS_EACH),
        ):
            self.region.do(intent)

    async def _tick(self) -> None:
        self._ticks += 1
        for part in range(8):
            self._trade((self._ticks * 8 + part) % COMPANIES)
        for part in range(2):
            self._maintain((self._ticks * 2 + part) % COMPANIES)
        self._carry(self.market.do(Tick()))
        await self._write()

    def _trade(self, number: int) -> None:
        name = f"c{number}"
        self._carry(self.region.do(SendToMarket(name, 20_000 * MICRO, 5_000_000)))
        side = "BUY" if (self._ticks + number) % 2 else "SELL"
        mark = self.market.world.state.listings[SPOT].mark
        self.market.do(PlaceOrder(name, SPOT, side, 5, "MARKET"))
        self.market.do(PlaceOrder(name, PERP, side, 10, price=mark + number % 40 - 20, leverage=2))

    def _maintain(self, number: int) -> None:
        first = number * RIGS_EACH + 1
        self.region.do(MaintainRigs(f"c{number}", f"europe-{number + 1}", tuple(range(first, first + 10))))

    def _carry(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Crossed(to="MARKET", no=no, cargo=cargo):
                    self._carry(self.market.do(Receive(HOME, no, cargo)))
                case Crossed(no=no, cargo=cargo):
                    self._carry(self.region.do(Receive("MARKET", no, cargo)))
                case MarketTicked(news=market_news):
                    self._carry(self.region.do(HearMarket(market_news)))
                case RegionTicked(news=region_news):
                    self.market.do(HearRegion(region_news))

    async def _write(self) -> None:
        await self.market.write()
        await self.region.write()


async def _opened(stored: Stored, journal: SqlJournal, rounds: int) -> list[float]:
    """Give the seconds of opening a world from what is stored, after a round that only warms up."""
    times = []
    for _ in range(rounds + 1):
        begin_s = time.perf_counter()
        world = open_world(stored.world.id, stored.world.ruleset, await journal.load(stored.world.id))
        times.append(time.perf_counter() - begin_s)
        assert world.head.hash == stored.world.head.hash
    return times[1:]


def _told(name: str, times: list[float], ticks: int) -> dict[str, Any]:
    real_time = ticks * TICK_S / median(times)
    say(f"{name:7} folds {ticks} ticks in {median(times):.2f} s = {real_time:,.0f} x real time")
    return {
        "fold_s": rounded(median(times)),
        "spread": spread(times),
        "x_real_time": rounded(real_time),
    }


if __name__ == "__main__":
    main()
