"""What do 1,000 WebSockets of Tycoon cost, and how soon after a tick do all of them know of it?

    uv run --with picows python -m bench.tycoon_sockets

The server is `gamefold serve tycoon` with stamps of when each event was durable (`bench/watched_server.py`); viewers
are raw sockets in another process (`bench/socket_client.py`). Each viewer is a guest with a company of their own, a
fifth of them in each region; every fifth has a site with rigs, whose balance changes with each tick, and every fifth
watches the book of BTC-SPOT. So everybody gets `tick:update`, `prices:update` and `region:update`, and some
`player:update` and `book:update`, all of them real.

**Fan-out**: game time runs so fast that there are 10 ticks a second. `us_per_message` is the server's processor time
per frame that arrived, less what the same server takes for the same ticks while nobody is connected;
`us_per_message_all` leaves nothing out. `kib_per_client` is the growth of its own memory (USS) from before the viewers
came until all are in; `kib_per_client_after` until the end of the run, which also holds what the worlds grew by.

**Floors**, in turns with it: servers that send the same ready-made text of as many bytes to as many viewers, as often
as Tycoon's viewers got a frame (`bench/socket_floors.py`): Starlette on uvicorn, the library websockets, and picows
where it is installed. What they send is one text for all, without a position.

**Round trip**: one tick a second for some minutes. `tick_to_socket` is the time from the stamp until the frame's bytes
are in the viewer's process, which holds that process's own queue as well; `due_to_socket` begins when the tick was
due: ticks are due every `5 s / time scale`, and the one that was durable soonest is taken to have been on time. The
drift is the slope of a line through `due_to_socket` over the run, in ms a minute.

The server and the viewers share the cores with everything else on the machine: processor time per message and
ratios are worth more than milliseconds.
"""

import contextlib
import http.client
import json
import subprocess
import sys
import time
import urllib.request
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.common import REPOSITORY, Effort, Served, median, rounded, run, say, scratch, served, spread

TICK_S: Final = 5.0
REGIONS: Final = ("US_WEST", "US_EAST", "EUROPE", "ASIA", "SOUTH_AMERICA")
BOOK: Final = json.dumps({"type": "subscribe", "channel": "book:BTC-SPOT"})
FLOORS: Final = ("starlette", "websockets", "picows")
SERVER: Final = {"RATE_LIMIT_PER_MIN": "0", "LOG_LEVEL": "warning"}


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("tycoon_sockets", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give the fan-out to few and to many beside the floors, and the round trip of a tick."""
    most, rounds, seconds = effort.pick(1_000, 100), effort.pick(3, 1), effort.pick(10.0, 4.0)
    sizes = sorted({100, most})
    return {
        "fan_out": {size: fan_out(size, rounds, seconds) for size in sizes},
        "round_trip": {size: round_trip(size, effort.pick(120.0, 5.0)) for size in sizes},
    }


# -- what a message costs -----------------------------------------------------------------------------------------


def fan_out(viewers: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Measure Tycoon and the floors, each `rounds` times."""
    sides: dict[str, list[dict[str, Any]]] = {"tycoon": []}
    floors = [name for name in FLOORS if find_spec(name)]
    for _ in range(rounds):
        ours = _tycoon(viewers, time_scale=50.0, seconds=seconds)
        sides["tycoon"].append(ours)
        hertz, size = ours["messages_per_s_each"], round(ours["bytes_per_message"])
        for name in floors:
            sides.setdefault(name, []).append(_floor(name, viewers, hertz, size, seconds))
        say(f"{viewers} viewers: " + ", ".join(f"{name} {runs[-1]['us_per_message']}" for name, runs in sides.items()))
    figures: dict[str, Any] = {name: _summed_up(runs) for name, runs in sides.items()}
    for name in floors:
        pairs = zip(sides["tycoon"], sides[name], strict=True)
        ratios = [ours["us_per_message"] / floor["us_per_message"] for ours, floor in pairs]
        figures[f"ratio_to_{name}"] = {"median": rounded(median(ratios)), "spread": spread(ratios)}
    return figures


def _summed_up(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the medians of all numbers, and one run's other things."""
    return {
        name: rounded(median([one[name] for one in runs])) if isinstance(value, int | float) else value
        for name, value in runs[-1].items()
        if name not in ("seen", "waits")
    }


def _floor(name: str, viewers: int, hertz: float, size: int, seconds: float) -> dict[str, Any]:
    arguments = ["-m", "bench.socket_floors", name, "--hertz", str(hertz), "--bytes", str(size)]
    with scratch() as directory, served(arguments, directory, path=None) as serving:
        timed = {"timed": '{"type":"tick:update"', "number": r'"number":(\d+)'}
        command = {**timed, "path": "/ws", "viewers": [{}] * viewers}
        return _watched(serving, command, directory, seconds)


def _tycoon(viewers: int, time_scale: float, seconds: float) -> dict[str, Any]:
    with scratch() as directory:
        stamps = directory / "stamps"
        server = ["-m", "bench.watched_server", "--game", "tycoon", "--time-scale", str(time_scale)]
        server += ["--data", str(directory / "data"), "--stamps", str(stamps)]
        with served(server, directory, environment={**SERVER, "LOG_DIR": str(directory)}) as serving:
            people = _companies(serving.port, viewers)
            cpu_s, ticks = serving.cpu_s(), _ticks(serving.port)
            time.sleep(seconds / 2)
            tick_cpu_s = (serving.cpu_s() - cpu_s) / (_ticks(serving.port) - ticks)
            command = {
                "path": "/tycoon/ws",
                "timed": '{"type":"tick:update"',
                "number": r'"position":"s\d+[^"]*?\.MARKET-\d+-(\d+)',
                "viewers": people,
            }
            figures = _watched(serving, command, directory, seconds, tick_cpu_s)
        figures["idle_ms_per_tick"] = rounded(tick_cpu_s * 1_000)
        if stamps.exists():  # not where the server could not end in time, so that whatever it said at its end is lost
            numbers, at_s = figures.pop("seen")
            durable = {
                int(position): float(at)
                for world, position, at in (line.split() for line in stamps.read_text("utf-8").splitlines())
                if world.startswith("tycoon-market/")
            }
            figures["waits"] = numbers, at_s, np.array([durable[int(number)] for number in numbers])
        return figures


def _watched(
    serving: Served, command: dict[str, Any], directory: Path, seconds: float, tick_cpu_s: float = 0.0
) -> dict[str, Any]:
    """Let viewers watch for so long; give what the server spent on them."""
    viewers = len(command["viewers"])
    answer_file = directory / "answer.json"
    memory = serving.memory_bytes()
    whole = {**command, "port": serving.port, "seconds": seconds, "answer": str(answer_file)}
    with _client(whole, directory) as client:
        client.stdout.readline()
        connected = serving.memory_bytes()
        cpu_s, ticks = serving.cpu_s(), _ticks(serving.port) if tick_cpu_s else 0
        client.stdin.write("\n")
        client.stdin.flush()
        client.stdout.readline()
        spent_s = serving.cpu_s() - cpu_s
        idle_s = tick_cpu_s and tick_cpu_s * (_ticks(serving.port) - ticks)
        after = serving.memory_bytes()
        answer = json.loads(answer_file.read_text(encoding="utf-8"))
    assert not answer["lost"], f"{answer['lost']} viewers were cut off: {answer['closed_with']}"
    seen = array("d", answer_file.with_suffix(".seen").read_bytes())
    numbers, at_s = np.array(seen).reshape(2, -1)
    messages = answer["messages"]
    figures = {
        "us_per_message": (spent_s - idle_s) / messages * 1e6,
        "us_per_message_all": spent_s / messages * 1e6,
        "kib_per_client": (connected - memory) / viewers / 1024,
        "kib_per_client_after": (after - memory) / viewers / 1024,
        "messages_per_s_each": messages / viewers / answer["took_s"],
        "bytes_per_message": answer["bytes"] / messages,
        "server_cores": spent_s / answer["took_s"],
        "client_cores": answer["client_cpu_s"] / answer["took_s"],
    }
    return {**{name: rounded(one) for name, one in figures.items()}, "kinds": answer["kinds"], "seen": (numbers, at_s)}


# -- how soon -----------------------------------------------------------------------------------------------------


def round_trip(viewers: int, seconds: float) -> dict[str, Any]:
    """Measure the time from a tick to its viewers."""
    figures = _tycoon(viewers, time_scale=TICK_S, seconds=seconds)
    numbers, at_s, durable_s = figures.pop("waits")
    waits_ms = (at_s - durable_s) * 1_000
    ticks, firsts = np.unique(numbers, return_index=True)
    place = np.searchsorted(ticks, numbers)  # the how manieth tick of the run
    late_s = durable_s[firsts] - np.arange(len(ticks))  # a second apart
    due_s = late_s.min() + place
    round_ms = (at_s - due_s) * 1_000
    slope = float(np.polyfit(at_s / 60, round_ms, 1)[0])
    report = {
        "ticks": len(ticks),
        "delivered_share": len(numbers) / (len(ticks) * viewers),
        "tick_to_socket_ms": _percentiles(waits_ms),
        "due_to_socket_ms": _percentiles(round_ms),
        "drift_ms_per_minute": rounded(slope),
        "server_cores": figures["server_cores"],
    }
    say(f"{viewers} viewers, {len(ticks)} ticks: due to socket {report['due_to_socket_ms']}, drift {slope:.3f} ms/min")
    return report


def _percentiles(values: Any) -> dict[str, float]:
    return {f"p{share:g}": rounded(float(np.percentile(values, share))) for share in (50, 99, 99.9, 100)}


# -- surroundings -------------------------------------------------------------------------------------------------


def _ticks(port: int) -> int:
    """Give how many ticks the market has had."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    name = 'gamefold_tick_duration_seconds_count{ruleset="tycoon-market"}'
    return round(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)))


def _companies(port: int, count: int) -> list[dict[str, Any]]:
    """Found so many companies, over HTTP as anybody would; give what their viewers show and say."""

    def found(numbers: range) -> list[dict[str, Any]]:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        return [_person(asking, number) for number in numbers]

    threads = 4
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(found, [range(number, count, threads) for number in range(threads)]))
    return [person for part in parts for person in part]


def _person(asking: http.client.HTTPConnection, number: int) -> dict[str, Any]:
    region = REGIONS[number % len(REGIONS)]
    person = _post(asking, "auth/guest", {"companyName": f"Company {number}", "region": region})
    token = person["accessToken"]
    turn = number // len(REGIONS) % 5
    if turn == 0:
        site = _post(asking, "site/create", {"name": "Mine"}, token)["site"]["id"]
        _post(asking, "site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 5}, token)
    return {"token": token, "say": [BOOK] if turn == 1 else []}


def _post(asking: http.client.HTTPConnection, path: str, body: dict[str, Any], token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    asking.request("POST", f"/tycoon/{path}", json.dumps(body), headers)
    answer = asking.getresponse()
    raw = answer.read()
    assert answer.status in (200, 201), raw
    return json.loads(raw)


@contextlib.contextmanager
def _client(command: dict[str, Any], directory: Path) -> Iterator[Any]:
    file = directory / "command.json"  # a thousand tokens are too much for a command line
    file.write_text(json.dumps(command), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.socket_client", str(file)],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


if __name__ == "__main__":
    main()
