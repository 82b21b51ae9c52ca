"""What do 1,000 viewers of server-sent events cost, and when do they see what happened?

10 matches, 100 viewers each, 10 turns a second per match: 10,000 deliveries a second of about 1 KB. The server is
`gamefold serve spellcasters` with stamps of when each event was durable (`bench/watched_server.py`); viewers and
players are raw sockets in another process (`bench/sse_client.py`). A delivery is the time from the stamp until the
event's bytes are in the viewer's process, so it holds that process's own queue as well.

`server_cores` is the server's processor time per second, playing the matches included; `kib_per_viewer` the growth
of its own memory (USS) from before the viewers came until the end of the run, per viewer. The second run has 10 % of
viewers that never read: the others must not notice, and `evicted` says how many of the stalled were ended.
Targets: on one core, at most 60 KiB each.
"""

import contextlib
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from bench.common import REPOSITORY, Effort, latencies, percentile, run, say, scratch, served
from bench.http_intents import GAME, start_matches

MATCHES, TURNS_PER_S = 10, 10.0


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("sse_viewers", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give both runs."""
    viewers, seconds = effort.pick(1_000, 200), effort.pick(30.0, 5.0)
    return {
        "viewers": viewers,
        "all_read": watched(viewers, seconds, stalled_share=0.0),
        "tenth_stalled": watched(viewers, seconds, stalled_share=0.1),
    }


def watched(viewers: int, seconds: float, *, stalled_share: float) -> dict[str, Any]:
    """Measure one run on a server of its own."""
    with scratch() as directory:
        stamps_file = directory / "stamps"
        server = ["-m", "bench.watched_server", "--data", str(directory / "data"), "--stamps", str(stamps_file)]
        environment = {**GAME, "LOG_DIR": str(directory / "logs")}
        with served(server, directory, environment=environment) as serving:
            matches = start_matches(serving.port, MATCHES)
            memory_before = serving.memory_bytes()
            command = {
                "port": serving.port, "matches": matches, "viewers": viewers, "seconds": seconds,
                "turns_per_s": TURNS_PER_S, "stalled_share": stalled_share,
                "answer": str(directory / "answer.json"),
            }  # fmt: skip
            with _client(command) as client:
                assert client.stdin is not None
                assert client.stdout is not None
                client.stdout.readline()
                memory_connected = serving.memory_bytes()
                cpu_s = serving.cpu_s()
                client.stdin.write("\n")
                client.stdin.flush()
                client.stdout.readline()
                answer = json.loads(Path(command["answer"]).read_text(encoding="utf-8"))
                # The second of rest at the end is in the processor time and not in `took_s`: it errs against us.
                cores = (serving.cpu_s() - cpu_s) / answer["took_s"]
                memory_after = serving.memory_bytes()
                evicted = _ended_streams(serving.port)
        durable_s = _stamps(stamps_file)
    assert not answer["refused"], f"{answer['refused']} actions were refused"
    worlds = [f"spellcasters/{match['session']}" for match in matches]
    # The first event of a match is what every viewer finds there; it was durable before anybody watched.
    seen = [one for one in answer["seen"] if one[1] > 1]
    waits = [at_s - durable_s[worlds[match], position] for match, position, at_s in seen]
    reading = viewers - round(viewers * stalled_share)
    turns = sum(1 for at_s in durable_s.values() if at_s >= answer["begin_s"])
    figures = {
        "reading": reading,
        "turns": turns,
        "deliveries": len(waits),
        "delivered_share": round(len(waits) / (turns * reading / MATCHES), 4),
        "deliveries_per_s": round(len(waits) / answer["took_s"]),
        **latencies(waits),
        "p999_ms": round(percentile(waits, 0.999) * 1_000, 2),
        "event_bytes": round(answer["bytes"] / max(1, len(waits))),
        "server_cores": round(cores, 2),
        "us_per_delivery": round(cores * answer["took_s"] / len(waits) * 1e6, 1),
        "client_cores": round(answer["client_cpu"], 2),
        "kib_per_viewer_connected": round((memory_connected - memory_before) / viewers / 1024, 1),
        "kib_per_viewer": round((memory_after - memory_before) / viewers / 1024, 1),
        "evicted": evicted,
        "reading_lost": answer["reading_lost"],
    }
    say(
        f"{reading} reading, {viewers - reading} stalled: {figures['deliveries_per_s']:,} deliveries/s, p50 "
        f"{figures['p50_ms']} p99 {figures['p99_ms']} ms, server {figures['server_cores']} cores, "
        f"{figures['kib_per_viewer']} KiB each, evicted {evicted}, readers lost {answer['reading_lost']}"
    )
    return figures


@contextlib.contextmanager
def _client(command: dict[str, Any]) -> Any:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sse_client", json.dumps(command)],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


def _stamps(file: Path) -> dict[tuple[str, int], float]:
    lines = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {(world, int(position)): float(at_s) for world, position, at_s in lines}


def _ended_streams(port: int) -> int:
    """Count the streams the server ended because their viewers did not read."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(
        round(float(line.rpartition(" ")[2]))
        for line in lines
        if line.startswith("gamefold_stream_ends_total") and ('"stalled"' in line or '"slow_consumer"' in line)
    )


if __name__ == "__main__":
    main()
