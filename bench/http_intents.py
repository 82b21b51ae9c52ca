"""How many durable intents a second does one server process take over HTTP, beside a bare FastAPI server?

`gamefold serve spellcasters` as a user starts it (one process, SQLite FULL, request log to a file), and the floor
`bench/floor_server.py` (bare FastAPI, one Pydantic body, SQLite FULL group commit), both up at once and idle while
the other has its turn. 50 connections of `bench/http_load.py`, in a third process, play both seats of 50 matches
without delay between turns, so that every request is an accepted, journaled intent and every second one resolves a
turn by the rules, tells its events and digests the board.

Per side: requests a second, p50 and p99 of the waits, the server's processor time, and requests per second of it.
Both ratios to the floor: by the wall, and by processor time (the one that other people's work disturbs least).
Targets: at least 70 % of the floor; at least 3,500 a second with p99 < 40 ms on 2 cores.
"""

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from typing import Any

from bench.common import (
    REPOSITORY,
    Effort,
    Served,
    gamefold,
    latencies,
    median,
    rounded,
    run,
    say,
    scratch,
    served,
    spread,
)

CONNECTIONS = 50
GAME = {"TURN_DELAY_SECONDS": "0", "MAX_TURNS": "100000", "PLAYGROUND_MAX_SESSIONS": "1000"}


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("http_intents", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give both sides and their ratio."""
    rounds, seconds = effort.pick(9, 2), effort.pick(3.0, 1.0)
    with scratch() as directory, contextlib.ExitStack() as stack:
        (directory / "game").mkdir()
        (directory / "floor").mkdir()
        logs = {"LOG_DIR": str(directory / "logs")}
        game = stack.enter_context(served(gamefold(directory / "game"), directory, environment={**GAME, **logs}))
        floor = stack.enter_context(served(["-m", "bench.floor_server", "--data", str(directory / "floor")], directory))
        client = stack.enter_context(Client.started())
        matches = start_matches(game.port, CONNECTIONS)
        sides = {"gamefold": Side(client, "gamefold", game), "floor": Side(client, "floor", floor)}
        client.ask({"open": "gamefold", "port": game.port, "matches": matches})
        bare = [{**match, "path": match["path"].removeprefix("/spellcasters")} for match in matches]
        client.ask({"open": "floor", "port": floor.port, "matches": bare})
        for number in range(rounds + 1):
            for side in list(sides.values()) if number % 2 else reversed(list(sides.values())):
                side.play(seconds if number else 1.0, count=number > 0)
    figures: dict[str, Any] = {name: side.figures() for name, side in sides.items()}
    for what in ("per_second", "per_core_second"):
        pairs = zip(getattr(sides["gamefold"], what), getattr(sides["floor"], what), strict=True)
        ratios = [one / base for one, base in pairs]
        figures[f"ratio_{what}"] = round(median(ratios), 3)
        figures[f"ratio_{what}_spread"] = [round(min(ratios), 3), round(max(ratios), 3)]
        say(f"ratio {what}: {figures[f'ratio_{what}']} {figures[f'ratio_{what}_spread']}")
    return figures


class Side:
    """One server under load."""

    def __init__(self, client: "Client", name: str, server: Served) -> None:
        self._client = client
        self._name = name
        self._server = server
        self._waits: list[float] = []
        self._cores: list[float] = []
        self._client_cores: list[float] = []
        self.per_second: list[float] = []
        self.per_core_second: list[float] = []

    def play(self, seconds: float, *, count: bool) -> None:
        """Load it for so long."""
        before_s = self._server.cpu_s()
        answer = self._client.ask({"play": self._name, "seconds": seconds})
        used_s = self._server.cpu_s() - before_s
        assert not answer["refused"], f"{answer['refused']} requests were refused, first: {answer['first_refusal']}"
        done, took_s = len(answer["waits"]), answer["took_s"]
        say(
            f"{self._name:9} {done / took_s:>7,.0f}/s  p99 {latencies(answer['waits'])['p99_ms']:>6} ms  "
            f"{used_s / took_s:.2f} cores  client {answer['client_cpu']:.2f}"
        )
        if count:
            self._waits += answer["waits"]
            self._cores.append(used_s / took_s)
            self._client_cores.append(answer["client_cpu"])
            self.per_second.append(done / took_s)
            self.per_core_second.append(done / used_s)

    def figures(self) -> dict[str, Any]:
        """Sum up."""
        return {
            "per_second": rounded(median(self.per_second)),
            "per_second_spread": spread(self.per_second),
            "per_core_second": rounded(median(self.per_core_second)),
            **latencies(self._waits),
            "server_cores": round(median(self._cores), 2),
            "client_cores": round(median(self._client_cores), 2),
        }


class Client:
    """The load generator's process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Any:
        """Run it until the block ends."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.http_load"], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        try:
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Give a command and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def start_matches(port: int, count: int, tick_delay_ms: int = 0) -> list[dict[str, Any]]:
    """Register two players for each match, and start them."""
    tag = time.time_ns() % 1_000_000
    matches = []
    for number in range(count):
        players = [
            call(port, "/spellcasters/players/register", {"player_name": f"{side}{number}-{tag}"})["player_id"]
            for side in ("one", "two")
        ]
        body = {"player_1_id": players[0], "player_2_id": players[1], "tick_delay_ms": tick_delay_ms}
        session = call(port, "/spellcasters/playground/start", body)["session_id"]
        matches.append({"path": f"/spellcasters/playground/{session}/action", "players": players, "session": session})
    return matches


def call(port: int, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post once."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        given: dict[str, Any] = json.load(answer)
    return given


if __name__ == "__main__":
    main()
