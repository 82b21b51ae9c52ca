"""How long do Focus' answers take at 200 requests a second, on SQLite and on PostgreSQL?

`gamefold serve focus` as a user starts it (one process, request log to a file), with SESSION_MIN_RATIO=0 so that
sessions can be completed at once and RATE_LIMIT_PER_MIN=0. 100 players with a task each; `bench/focus_load.py`,
in a process of its own, asks 200 times a second for a minute, whatever the server does (an open loop): profile 25 %,
tasks 15 %, history 15 %, inventory 15 %, worldstate 10 %, start 10 %, complete 10 %. A wait counts from the moment
the request was due. Half of that rate for ten seconds warms up.

Told are p50 and p99 by kind and of all, every refused request, the server's processor time, and how late the generator
itself was (`late`: where that is not small, the machine was too busy for the figures to mean the server).
Targets: p99 < 25 ms; the spec's own is 400 ms. PostgreSQL is measured where GAMEFOLD_BENCH_POSTGRES (default
postgresql://postgres@127.0.0.1:5432) answers, in a database of its own that is dropped again.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg

from bench.common import REPOSITORY, Effort, latencies, percentile, run, say, scratch, served
from bench.journal_append import a_database

RATE = 200
PLAYERS = 100
GAME = {"SESSION_MIN_RATIO": "0", "RATE_LIMIT_PER_MIN": "0"}
TASK = {"name": "Deep Work", "category": "build", "defaultDurationMinutes": 25, "room": "build_room"}


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("focus_api", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give both databases."""
    figures: dict[str, Any] = {"rate": RATE, "players": PLAYERS}
    figures["sqlite"] = await asyncio.to_thread(_on, "sqlite", {}, effort)
    server = os.environ.get("GAMEFOLD_BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
    try:
        async with a_database(server) as url:
            figures["postgresql"] = await asyncio.to_thread(_on, "postgresql", {"DATABASE_URL": url}, effort)
    except (OSError, asyncpg.PostgresError) as error:
        say(f"no PostgreSQL: {error}")
    return figures


def _on(name: str, environment: dict[str, str], effort: Effort) -> dict[str, Any]:
    with scratch() as directory:
        arguments = ["-m", "gamefold", "serve", "focus", "--data", str(directory / "data")]
        logs = {"LOG_DIR": str(directory / "logs")}
        with served(arguments, directory, environment={**GAME, **logs, **environment}) as server, _client() as ask:
            with ThreadPoolExecutor(4) as threads:
                players = list(threads.map(lambda number: _player(server.port, number), range(PLAYERS)))
            command = {"port": server.port, "players": players}
            ask({**command, "rate": RATE / 2, "seconds": effort.pick(10, 2)})
            used_s = server.cpu_s()
            answer = ask({**command, "rate": RATE, "seconds": effort.pick(60, 10)})
            used_s = server.cpu_s() - used_s
    return _summed_up(name, answer, used_s)


def _summed_up(name: str, answer: dict[str, Any], used_s: float) -> dict[str, Any]:
    every = [wait for waits in answer["waits"].values() for wait in waits]
    figures = {
        "requests": len(every),
        "per_second": round(len(every) / answer["took_s"], 1),
        **latencies(every),
        "most_ms": round(max(every) * 1_000, 1),
        "over_25_ms": round(sum(wait > 0.025 for wait in every) / len(every), 4),
        "refused": answer["refused"],
        "late_p99_ms": round(percentile(answer["late"], 0.99) * 1_000, 2),
        "connections": answer["connections"],
        "server_cores": round(used_s / answer["took_s"], 2),
        "client_cores": round(answer["client_cpu"], 2),
        "by_kind": {kind: {"requests": len(waits), **latencies(waits)} for kind, waits in answer["waits"].items()},
    }
    say(f"{name}: {json.dumps({key: value for key, value in figures.items() if key != 'by_kind'})}")
    return figures


@contextlib.contextmanager
def _client() -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.focus_load"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(command: dict[str, Any]) -> dict[str, Any]:
        print(json.dumps(command), file=process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
        return answer

    try:
        yield ask
    finally:
        process.stdin.close()
        process.wait(10)


def _player(port: int, number: int) -> dict[str, str]:
    """Register somebody with a task."""
    person = {"email": f"player{number}@example.com", "password": "correct horse battery"}
    token = _call(port, "/focus/api/auth/register", person)["accessToken"]
    return {"token": token, "task": _call(port, "/focus/api/tasks", TASK, token)["id"]}


def _call(port: int, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        given: dict[str, Any] = json.load(answer)["data"]
    return given


if __name__ == "__main__":
    main()
