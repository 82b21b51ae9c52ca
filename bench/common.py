"""What every measurement shares: the machine, the order of rounds, medians and percentiles, servers, the report.

The machine is shared and noisy, so no figure stands alone. The sides of a comparison run in slices of a tenth of a
second that take turns (A B, B A, A B, ...): what disturbs one disturbs the other. A figure is the median over the
rounds, and a ratio is the median of the rounds' ratios, never the ratio of two bests.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import platform
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).parents[1]

Side = Callable[[float], Awaitable[tuple[float, float]]]  # runs for about so long; gives units of work and seconds


def timed(work: Callable[[], Any]) -> Side:
    """Make a side of work that is timed piece by piece."""

    async def side(seconds: float) -> tuple[float, float]:
        done, took_s = 0, 0.0
        while took_s < seconds:
            begin_s = time.perf_counter()
            work()
            took_s += time.perf_counter() - begin_s
            done += 1
        return done, took_s

    return side


@dataclass(frozen=True)
class Effort:
    """How long to measure. `quick` is for seeing that a script works, not for figures."""

    quick: bool

    def pick(self, full: Any, quick: Any) -> Any:
        """Give the first, or the second in a quick run."""
        return quick if self.quick else full


def run(question: str, measure: Callable[[Effort], Coroutine[Any, Any, Mapping[str, Any]]], arguments: Any) -> None:
    """Parse the command line, measure, and print the report as JSON on stdout."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{question}")
    parser.add_argument("--quick", action="store_true", help="a few seconds: shows that it runs, gives no figures")
    effort = Effort(parser.parse_args(arguments).quick)
    before, begin_s = machine(), time.perf_counter()
    figures = _in_a_loop(measure(effort))
    took_s = round(time.perf_counter() - begin_s, 1)
    load = {"load_before": before.pop("load"), "load_after": os.getloadavg()[0]}
    report = {"bench": question, "quick": effort.quick, "machine": before, **load, "took_s": took_s, **figures}
    print(json.dumps(report, indent=2, default=str))


def _in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    import uvloop  # the loop the server runs on

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, file=sys.stderr, flush=True)


# -- figures ------------------------------------------------------------------------------------------------------


def median(values: Sequence[float]) -> float:
    """Give the median."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which `share` (0 to 1) of the sorted or unsorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def latencies(seconds: Sequence[float]) -> dict[str, float]:
    """Give p50 and p99 in milliseconds."""
    return {f"p{share}_ms": round(percentile(seconds, share / 100) * 1_000, 2) for share in (50, 99)}


def spread(values: Sequence[float]) -> list[float]:
    """Give the least and the most, to be shown beside a median."""
    return [rounded(min(values)), rounded(max(values))]


def rounded(value: float) -> float:
    """Keep three or four significant digits."""
    return round(value) if abs(value) >= 1_000 else float(f"{value:.4g}")


async def take_turns(
    sides: Mapping[str, Side], rounds: int, seconds: float, slice_s: float = 0.1
) -> dict[str, list[float]]:
    """Measure every side `seconds` long in each round, in slices that take turns; give the rate of every round.

    The first round only warms up.
    """
    results: dict[str, list[float]] = {name: [] for name in sides}
    slices = max(1, round(seconds / slice_s))
    for number in range(rounds + 1):
        gc.collect()
        done = dict.fromkeys(sides, (0.0, 0.0))
        for turn in range(slices if number else 2):
            for name in list(sides) if turn % 2 else list(reversed(sides)):
                units, took_s = await sides[name](min(slice_s, seconds))
                done[name] = done[name][0] + units, done[name][1] + took_s
        if number:
            for name, (units, took_s) in done.items():
                results[name].append(units / took_s)
    return results


def compared(results: Mapping[str, Sequence[float]], side: str, floor: str) -> dict[str, Any]:
    """Sum up one side beside its floor: medians, and the median and spread of the rounds' ratios."""
    ratios = [one / base for one, base in zip(results[side], results[floor], strict=True)]
    return {
        side: rounded(median(results[side])),
        floor: rounded(median(results[floor])),
        "ratio": round(median(ratios), 3),
        "ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "rounds": len(ratios),
    }


# -- surroundings -------------------------------------------------------------------------------------------------


def machine() -> dict[str, Any]:
    """Describe where this runs."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain", "src") else ""),
        "load": os.getloadavg()[0],
    }


def _cpu() -> str:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return platform.processor()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give an empty directory on a real disk (GAMEFOLD_BENCH_DIR, or a place beside the system's temporary files).

    Never on a memory file system: a sync costs nothing there, and every figure here is about syncs.
    """
    with tempfile.TemporaryDirectory(prefix="gamefold-bench-", dir=os.environ.get("GAMEFOLD_BENCH_DIR")) as directory:
        kind = _file_system(Path(directory))
        assert kind != "tmpfs", f"{directory} is in memory; set GAMEFOLD_BENCH_DIR to a directory on a disk"
        yield Path(directory)


def _file_system(path: Path) -> str:
    mounts = [part for part in psutil.disk_partitions(all=True) if path.resolve().is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"


# -- servers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """A server process that answers."""

    port: int
    process: psutil.Process
    ready_s: float  # from its start until it said that it is ready

    def cpu_s(self) -> float:
        """Give the processor time it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory_bytes(self) -> int:
        """Give the memory that is its own."""
        return int(self.process.memory_full_info().uss)


@contextlib.contextmanager
def served(
    arguments: Sequence[str],
    directory: Path,
    path: str | None = "/health/ready",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """Run `python ARGUMENTS --port PORT` until the block ends; its log goes to a file in `directory`.

    It is ready once `path` is answered with 200, or, without one, once its port is open.
    """
    port = free_port()
    log_file = directory / f"server-{port}.log"
    with log_file.open("wb") as log:
        begin_s = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments, "--port", str(port)],
            cwd=REPOSITORY,
            stdout=log,
            stderr=log,
            env={**child_environment(), **(environment or {})},
        )
        try:
            while not answers(port, path):
                assert process.poll() is None, f"the server ended: {log_file.read_text(errors='replace')[-2_000:]}"
                assert time.perf_counter() - begin_s < 60, "the server is not ready within a minute"
                time.sleep(0.002)
            yield Served(port, psutil.Process(process.pid), time.perf_counter() - begin_s)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def child_environment() -> dict[str, str]:
    """Give the environment of processes: with bytecode caches as an installation has them, outside of the tree.

    A turn waits an hour for its actions, because generators rest while another side has its turn.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bytecode = str(Path(tempfile.gettempdir()) / "gamefold-bench-bytecode")
    return {**kept, "PYTHONPYCACHEPREFIX": bytecode, "TURN_TIMEOUT_SECONDS": "3600"}


def gamefold(data: Path) -> list[str]:
    """Give the arguments that serve Spellcasters the way a user does, with everything kept below `data`."""
    return ["-m", "gamefold", "serve", "spellcasters", "--data", str(data)]


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(port: int, path: str | None) -> bool:
    """Ask once, and say whether the answer was a 200; without a path, whether the port is open."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            if path is None:
                return True
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
