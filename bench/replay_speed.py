"""How fast is the past: verifying a match, folding it, and both as multiples of real time?

A finished match of the two built-in bots is stored a turn per row, two entries per turn, as a live match with turns
of one second would be. `verify` is what `gamefold verify` does: it reads every row, folds every entry by the rules,
and holds digest, hash chain and events against what is stored. `open` is what a restart does without a snapshot:
load and fold. `rules` plays the same match without any bytes, as the floor of both.

A match of T turns takes T seconds in real time, so `x_real_time` is T over the time a verification takes.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from bench.common import Effort, compared, median, rounded, run, say, scratch, take_turns
from bench.matches import play_by_rules, store_match
from gamefold.engine.history import verify
from gamefold.engine.recovery import open_world
from gamefold.games.spellcasters.rules import RULESET
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database

MATCHES = 20


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("replay_speed", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give entries per second and multiples of real time."""
    with scratch() as directory:
        await upgrade(url := f"sqlite:///{directory / 'replay.db'}")
        database = open_database(url)
        journal = SqlJournal(database, {})
        worlds = [await store_match(journal, number, f"spellcasters/m{number}") for number in range(MATCHES)]
        entries = sum(world.head.seq for world in worlds)
        turns = sum(world.state.turn for world in worlds)

        async def verified(number: int) -> None:
            verdict = await verify(journal, {RULESET.name: RULESET}, worlds[number].id)
            assert verdict.holds, verdict.reason

        async def opened(number: int) -> None:
            world = open_world(worlds[number].id, RULESET, await journal.load(worlds[number].id))
            assert world.digest() == worlds[number].digest()

        async def played(number: int) -> None:
            assert play_by_rules(number) == worlds[number].state.turn

        sides = {name: all_of(work, entries) for name, work in
                 (("verify", verified), ("open", opened), ("rules", played))}  # fmt: skip
        results = await take_turns(sides, effort.pick(9, 2), effort.pick(2.0, 0.5), 0.5)
        await database.close()
    figures: dict[str, Any] = {"matches": MATCHES, "turns": turns, "entries": entries}
    for side in ("verify", "open"):
        real_time = median(results[side]) / entries * turns
        figures[side] = {
            f"{name}_entries_per_s" if name in results else name: value
            for name, value in compared(results, side, "rules").items()
        }
        figures[side]["x_real_time"] = rounded(real_time)
        say(f"{side:6} {median(results[side]):>8,.0f} entries/s = {real_time:,.0f} x real time")
    return figures


def all_of(work: Callable[[int], Awaitable[None]], entries: int) -> Any:
    """Do all matches, as often as fits."""

    async def side(seconds: float) -> tuple[float, float]:
        done, begin_s, took_s = 0, time.perf_counter(), 0.0
        while took_s < seconds:
            for number in range(MATCHES):
                await work(number)
            done += entries
            took_s = time.perf_counter() - begin_s
        return done, took_s

    return side


if __name__ == "__main__":
    main()
