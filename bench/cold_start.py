"""How long until a server answers, and until a world is in memory?

`process`: from the start of `gamefold serve spellcasters` until `/health/ready` answers 200 (asked every 2 ms), on an
empty data directory (which makes the tables) and on one that was used before. `imports` is the same interpreter
importing what the server imports and nothing more, `interpreter` an empty program: the two floors. Bytecode is
cached, as after an installation.

`world`: a Spellcasters match in SQLite is loaded and folded, from a snapshot with a tail (of 500 entries, half of
`snapshot_every`, and of 999, the longest there can be), and from its first entry without any snapshot (1,000 and
10,000 entries). Every entry is folded by the rules and held against its digest and the hash chain.
Target: below 100 ms from a snapshot.
"""

import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.common import REPOSITORY, Effort, child_environment, gamefold, median, run, say, scratch, served, spread
from bench.matches import store_match
from gamefold.engine.recovery import open_world
from gamefold.games.spellcasters.rules import RULESET
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import upgrade
from gamefold.storage.opening import open_database

FOLDS = {  # name: entries, and where the snapshot lies
    "snapshot_and_tail_500": (1_501, 1_001),
    "snapshot_and_tail_999": (2_001, 1_002),
    "full_fold_1000": (1_001, None),
    "full_fold_10000": (10_001, None),
}


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("cold_start", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give milliseconds."""
    with scratch() as directory:
        return {
            "process_ms": start_processes(directory, effort.pick(9, 2)),
            "world_ms": await open_worlds(directory, effort.pick(15, 3)),
        }


def start_processes(directory: Path, rounds: int) -> dict[str, Any]:
    """Start servers and floors in turn."""
    times: dict[str, list[float]] = {"interpreter": [], "imports": [], "used": [], "empty": []}
    used = directory / "used"
    for number in range(rounds + 1):
        empty = directory / f"empty-{number}"
        for name in times if number % 2 else reversed(times):
            if name in ("used", "empty"):
                took_s = _until_ready(empty if name == "empty" else used, directory)
            else:
                took_s = _until_done("pass" if name == "interpreter" else "import gamefold.cli")
            if number:
                times[name].append(took_s * 1_000)
    return _told("process", times)


def _until_ready(data: Path, directory: Path) -> float:
    with served(gamefold(data), directory, environment={"LOG_DIR": str(directory / "logs")}) as server:
        return server.ready_s


def _until_done(program: str) -> float:
    begin_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True, env=child_environment())
    return time.perf_counter() - begin_s


async def open_worlds(directory: Path, rounds: int) -> dict[str, Any]:
    """Load and fold, all kinds in turn."""
    await upgrade(url := f"sqlite:///{directory / 'worlds.db'}")
    database = open_database(url)
    journal = SqlJournal(database, {})
    openings: dict[str, Callable[[], Awaitable[None]]] = {}
    for number, (name, (entries, snapshot_at)) in enumerate(FOLDS.items()):
        world_id = f"spellcasters/{name}"
        stored = await store_match(journal, number, world_id, entries=entries, snapshot_at=snapshot_at)

        async def opened(world_id: str = world_id, digest: bytes = stored.digest()) -> None:
            world = open_world(world_id, RULESET, await journal.load(world_id))
            assert world.digest() == digest

        openings[name] = opened
    times: dict[str, list[float]] = {name: [] for name in openings}
    for number in range(rounds + 1):
        for name in openings if number % 2 else reversed(openings):
            begin_s = time.perf_counter()
            await openings[name]()
            if number:
                times[name].append((time.perf_counter() - begin_s) * 1_000)
    await database.close()
    return _told("world", times)


def _told(kind: str, times: dict[str, list[float]]) -> dict[str, Any]:
    for name, values in times.items():
        say(f"{kind:8} {name:22} {median(values):>8.1f} ms {spread(values)}")
    return {name: {"median": round(median(values), 1), "spread": spread(values)} for name, values in times.items()}


if __name__ == "__main__":
    main()
