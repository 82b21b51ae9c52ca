"""The viewers of `sse_viewers`, and the players they watch, in a process of their own.

    python -m bench.sse_client COMMAND            COMMAND is JSON; the answer goes to the file it names

Every viewer is one raw socket that reads a match's event stream and notes, for every event id, when its bytes were
there (the machine's monotonic clock). A stalled viewer asks for the stream and never reads. Each match is played by
one connection: both seats, turn by turn, so many turns a second.
"""

import asyncio
import gc
import json
import re
import socket
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from bench.http_load import Connection, playground

_ID = re.compile(rb"^id: ?(\d+)", re.MULTILINE)


class Viewer(asyncio.Protocol):
    """One stream that is read."""

    def __init__(self, match: int, seen: list[tuple[int, int, float]]) -> None:
        self._match = match
        self._seen = seen
        self._rest = b""
        self.bytes = 0
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Note the ids of all whole lines."""
        now_s = time.monotonic()
        self.bytes += len(data)
        whole, _, self._rest = (self._rest + data).rpartition(b"\n")
        for found in _ID.finditer(whole):
            self._seen.append((self._match, int(found[1]), now_s))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Note that the server closed it."""
        self.lost = True


class Match:
    """One connection that plays turns at a steady pace."""

    def __init__(self, player: Connection, turns_per_s: float) -> None:
        self._player = player
        self._period_s = 1 / turns_per_s

    async def play(self, begin_s: float, end_s: float) -> None:
        """Play until `end_s`."""
        loop = asyncio.get_running_loop()
        due_s = begin_s
        while due_s < end_s:
            await asyncio.sleep(due_s - loop.time())
            for _ in range(2):  # seats
                self._player.begin(0)
                await self._player.rested.wait()
            due_s += self._period_s


async def watch(command: dict[str, Any]) -> dict[str, Any]:
    """Connect everybody, play, and report what was seen when."""
    loop = asyncio.get_running_loop()
    port, matches, viewers = command["port"], command["matches"], command["viewers"]
    stalled_share = command["stalled_share"]
    seen: list[tuple[int, int, float]] = []
    reading: list[Viewer] = []
    stalled: list[Viewer] = []
    for number in range(viewers):
        match = number % len(matches)
        path = matches[match]["path"].removesuffix("/action") + "/events"
        sock = socket.socket()
        is_stalled = int(number * stalled_share) != int((number + 1) * stalled_share)
        if is_stalled:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        _, viewer = await loop.create_connection(lambda match=match: Viewer(match, seen), sock=sock)
        viewer.transport.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
        if is_stalled:
            viewer.transport.pause_reading()
        (stalled if is_stalled else reading).append(viewer)
        if number % 50 == 49:
            await asyncio.sleep(0.05)
    players = []
    for match in matches:
        requests = playground(match)
        _, player = await loop.create_connection(partial(Connection, requests, port), "127.0.0.1", port)
        players.append(Match(player, command["turns_per_s"]))
    await asyncio.sleep(1.0)
    print(flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)  # the other side has taken its first measurements

    gc.collect()
    gc.freeze()
    cpu_s, begin_s = time.process_time(), time.monotonic()
    begins = [loop.time() + number / len(players) / command["turns_per_s"] for number in range(len(players))]
    ends = loop.time() + command["seconds"]
    await asyncio.gather(*(player.play(begin, ends) for player, begin in zip(players, begins, strict=True)))
    took_s = time.monotonic() - begin_s
    client_cpu = (time.process_time() - cpu_s) / took_s
    await asyncio.sleep(1.0)
    return {
        "seen": [[match, position, round(at_s, 6)] for match, position, at_s in seen if at_s >= begin_s],
        "begin_s": begin_s,
        "took_s": took_s,
        "client_cpu": client_cpu,
        "bytes": sum(viewer.bytes for viewer in reading),
        "reading_lost": sum(viewer.lost for viewer in reading),
        "refused": sum(player._player.refused for player in players),  # noqa: SLF001
    }


if __name__ == "__main__":
    command = json.loads(sys.argv[1])
    Path(command["answer"]).write_text(json.dumps(uvloop.run(watch(command))), encoding="utf-8")
    print(flush=True)
    sys.stdin.readline()  # viewers stay until the other side has measured the end
