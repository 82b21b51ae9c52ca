"""How many bot matches a second, and what does each layer above the rules cost?

The two built-in bots against each other, matches of up to 100 turns, all in one process:

- `rules`: views for the bots, their decisions, the rules; no entries, no bytes. This is the floor of the others.
- `world`: the same through the engine's World: intents and events encoded, entries chained, states digested.
- `hosted`: 16 matches at a time on a real host with the playground's reactors (each bot decision hops to its
  match's thread, as in the server), the journal in SQLite with synchronous=FULL, and the playground's tables.

The seeds of `rules` and `world` are the same, so both play the same matches.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from bench.common import Effort, compared, run, say, scratch, take_turns
from bench.matches import play_as_world, play_by_rules, spec_of
from gamefold.engine.clock import RealClock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.journal import Status
from gamefold.games.spellcasters.reactors.play_bots import PlayBots
from gamefold.games.spellcasters.reactors.runner import TrustedBots
from gamefold.games.spellcasters.rules import RULESET
from gamefold.games.spellcasters.tables import SpellcastersProjector
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database

AT_A_TIME = 16


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("headless_matches", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give matches per second of the three ways."""
    with scratch() as directory:
        await upgrade(url := f"sqlite:///{directory / 'matches.db'}")
        database = open_database(url)
        journal = SqlJournal(database, {RULESET.name: SpellcastersProjector()})
        reactors = {RULESET.name: (PlayBots(TrustedBots(decide_timeout_ms=5_000)),)}
        host = Host(journal, RealClock(), Entropy(1), {RULESET.name: RULESET}, reactors=reactors)
        await host.start()
        hosted = Hosted(host)
        sides = {"rules": in_turn(play_by_rules), "world": in_turn(play_as_world), "hosted": hosted.side}
        results = await take_turns(sides, effort.pick(9, 2), effort.pick(4.0, 1.0), 1.0)
        await host.close()
        await database.close()
    figures = {side: compared(results, side, "rules") for side in ("world", "hosted")}
    turns = sum(play_by_rules(number) for number in range(50)) / 50
    for side, figure in figures.items():
        say(
            f"{side:6} {figure[side]:>7.1f} matches/s = {figure['ratio']:.2f} {figure['ratio_spread']} of the rules "
            f"alone ({figure['rules']:.1f})"
        )
    return {"turns_per_match": turns, **figures}


def in_turn(play: Callable[[int], int]) -> Any:
    """Play one match after the other."""
    numbers = iter(range(1_000_000))

    async def side(seconds: float) -> tuple[float, float]:
        done, begin_s = 0, time.perf_counter()
        while (took_s := time.perf_counter() - begin_s) < seconds:
            play(next(numbers))
            done += 1
        return done, took_s

    return side


class Hosted:
    """Matches on a host, some at a time."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._begun = 0

    async def side(self, seconds: float) -> tuple[float, float]:
        """Begin matches for so long, and finish what was begun."""
        begin_s = time.perf_counter()
        done = sum(await asyncio.gather(*(self._play(begin_s + seconds) for _ in range(AT_A_TIME))))
        return done, time.perf_counter() - begin_s

    async def _play(self, until_s: float) -> int:
        done = 0
        while time.perf_counter() < until_s:
            self._begun += 1
            world = f"{RULESET.name}/hosted-{self._begun}"
            await self._host.ensure(world, spec_of())
            subscription = await self._host.subscribe(world)
            async for _ in subscription:
                pass
            assert (await self._host.journal.world(world)).status in (Status.RUNNING, Status.OVER)
            done += 1
        return done


if __name__ == "__main__":
    main()
