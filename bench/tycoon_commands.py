"""How many order commands a second does the market take: with funds, fees, self-trade prevention and events?

A recorded flow (`tycoon_flow`) is played on the market it was recorded on, as it was at the beginning: 5,000 companies,
empty books, every command accepted. Sides:

- `handlers`: `PlaceOrder`, `CancelOrder` and `AmendOrder` as the rules get them, giving events. Target: 700,000/s.
- `perpetual`: the same for perpetuals with positions, where every fill changes two margins.
- `matching`: the book alone on the flow of `tycoon_book`, as the floor.
- `world`: through `World.play`: intents are written down and read back, entries hashed, events written down.
- `hosted`: 100 submitters in a closed loop through a host on SQLite with synchronous=FULL (orders only).

The collector of cycles leaves alone what was there before, as the server does with its modules.
"""

import asyncio
import gc
import itertools
import time
from collections.abc import Sequence
from typing import Any, Final

from bench.common import Effort, compared, median, rounded, run, say, scratch, spread, take_turns
from bench.tycoon_book import _ours, a_flow
from bench.tycoon_flow import Command, a_trading_market, play, record
from bench.tycoon_worlds import a_context, balance
from gamefold.engine.clock import RealClock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.world import Head, World
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import MarketSpec, PlaceOrder
from gamefold.games.tycoon.rules import MARKET_RULESET
from gamefold.games.tycoon.state.border import Money
from gamefold.games.tycoon.state.market import PERP, SPOT
from gamefold.games.tycoon.state.units import MICRO
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database
from gamefold.testkit.clock import START_MS
from gamefold.testkit.play import run_of

SUBMITTERS: Final = 100


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("tycoon_commands", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give commands a second, and what share of bare matching is left."""
    count = effort.pick(100_000, 10_000)
    spot, perpetual, bare = record(count), record(count, PERP), a_flow(count)
    gc.freeze()
    sides = {
        "handlers": _handlers(spot),
        "perpetual": _handlers(perpetual),
        "matching": _matching(bare),
        "world": _world(spot),
    }
    results = await take_turns(sides, effort.pick(9, 2), 0.1)
    figures: dict[str, Any] = {"commands": count}
    for name in ("handlers", "perpetual", "world"):
        figures[name] = {**compared(results, name, "matching"), "spread": spread(results[name])}
        say(f"{name:10} {median(results[name]):>10,.0f}/s  {figures[name]['ratio']} of bare matching")
    figures["hosted"] = await _hosted(effort)
    return figures


def _handlers(commands: Sequence[Command]) -> Any:
    async def side(_seconds: float) -> tuple[float, float]:
        market, ctx = a_trading_market(), a_context(1)
        begin_s = time.perf_counter()
        play(market, commands, ctx)
        return len(commands), time.perf_counter() - begin_s

    return side


def _matching(flow: list[Any]) -> Any:
    async def side(_seconds: float) -> tuple[float, float]:
        begin_s = time.perf_counter()
        _ours(flow)
        return len(flow), time.perf_counter() - begin_s

    return side


def _world(commands: Sequence[Command]) -> Any:
    # An entry's seq is not a part of any order's id, so the recorded ids hold here too.
    async def side(_seconds: float) -> tuple[float, float]:
        run_ = run_of("tycoon-market/bench")
        world = World(run_.world, MARKET_RULESET, run_, Head(version=1, seq=1, balance=balance()), a_trading_market())
        begin_s = time.perf_counter()
        for _, intent in commands:
            world.play(intent, "player", START_MS)
        return len(commands), time.perf_counter() - begin_s

    return side


async def _hosted(effort: Effort) -> dict[str, Any]:
    with scratch() as directory:
        await upgrade(url := f"sqlite:///{directory / 'market.db'}")
        database = open_database(url)
        host = Host(SqlJournal(database, {}), RealClock(), Entropy(), {MARKET_RULESET.name: MARKET_RULESET})
        await host.start()
        await host.ensure(world := "tycoon-market/s1", MarketSpec(1))
        names = [f"company-{number:06}" for number in range(SUBMITTERS)]
        money = tuple(Money(name, 10_000_000 * MICRO, 0) for name in names)
        await host.submit(world, "bench", Receive("EUROPE", 1, money))
        done, until_s = (
            0,
            time.perf_counter() + effort.pick(4.0, 1.0),
        )  # idle money goes home with the first tick, after 5 s

        async def submit(name: str) -> None:
            nonlocal done
            for number in itertools.count():
                if time.perf_counter() > until_s:
                    return
                # Below the market, and a new price each time; far fewer than may be open rest at the end.
                order = PlaceOrder(
                    name, SPOT, "BUY", 1, price=430_000 - number % 1_000, tif="GTC" if number < 50 else "IOC"
                )
                await host.submit(world, name, order)
                done += 1

        begin_s = time.perf_counter()
        await asyncio.gather(*(submit(name) for name in names))
        took_s = time.perf_counter() - begin_s
        await host.close()
        await database.close()
    say(f"hosted     {done / took_s:>10,.0f}/s by {SUBMITTERS} submitters")
    return {"orders_per_s": rounded(done / took_s), "submitters": SUBMITTERS}


if __name__ == "__main__":
    main()
