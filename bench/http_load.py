"""A load generator of its own process: raw sockets, closed loop, one request under way per connection.

It reads one command per line on stdin, as JSON, and answers each with one line on stdout: `open` a named group of
connections, one for each match, or let a group `play` for so many seconds. Connections and turns live on between
commands, so that slices of two servers can take turns. Each connection plays both seats of one match, turn by turn,
so that every request is an intent the rules accept; the floor server gets the same bytes.

It parses as much of an answer as it must (status, Content-Length), so that on two cores the server, and not its
client, is what is measured; `client_cpu` in the answer shows what is left of that.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import uvloop

STEPS = ([1, 0], [0, 1], [-1, 0], [0, -1])  # a wizard that walks in a square meets nobody


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends the next request when the answer to the last one is whole."""

    def __init__(self, requests: Iterator[bytes], port: int) -> None:
        self._requests = requests
        self._port = port
        self._received = bytearray()
        self._sent_s = 0.0
        self._until_s = 0.0
        self.rested = asyncio.Event()
        self.waits: list[float] = []
        self.refused = 0
        self.first_refusal = b""

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    async def reopen(self) -> None:
        """Connect again where the server has closed a connection that rested for long."""
        if self._transport.is_closing():
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    def begin(self, until_s: float) -> None:
        """Send requests until then."""
        self._until_s = until_s
        self.waits.clear()
        self.rested.clear()
        self._send()

    def _send(self) -> None:
        self._sent_s = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        received = self._received
        received += data
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        at = received.find(b"content-length: ") + 16
        if len(received) < head_end + 4 + int(received[at : received.find(b"\r\n", at)]):
            return
        now_s = time.perf_counter()
        if received[9:12] != b"200":
            self.refused += 1
            self.first_refusal = self.first_refusal or bytes(received)
        received.clear()
        self.waits.append(now_s - self._sent_s)
        if now_s < self._until_s:
            self._send()
        else:
            self.rested.set()


def post(path: str, body: dict[str, Any]) -> bytes:
    """Give a whole request."""
    raw = json.dumps(body, separators=(",", ":")).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}"
    return f"{head}\r\n\r\n".encode() + raw


def playground(match: dict[str, Any]) -> Iterator[bytes]:
    """Both seats of one match, turn by turn, for ever."""
    turn = 0
    while True:
        turn += 1
        for player_id in match["players"]:
            action = {"move": STEPS[turn % 4], "spell": None}
            yield post(match["path"], {"player_id": player_id, "turn": turn, "action": action})


async def serve() -> None:
    """Answer commands until stdin ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    groups: dict[str, list[Connection]] = {}
    while line := await lines.readline():
        command = json.loads(line)
        if "open" in command:
            opened = []
            for match in command["matches"]:
                requests = playground(match)
                _, connection = await loop.create_connection(
                    partial(Connection, requests, command["port"]), "127.0.0.1", command["port"]
                )
                opened.append(connection)
            groups[command["open"]] = opened
            answer: dict[str, Any] = {"opened": len(opened)}
        else:
            answer = await play(groups[command["play"]], command["seconds"])
        print(json.dumps(answer), flush=True)


async def play(connections: list[Connection], seconds: float) -> dict[str, Any]:
    """Let the connections send for so long."""
    for connection in connections:
        await connection.reopen()
    cpu_s, begin_s = time.process_time(), time.perf_counter()
    for connection in connections:
        connection.begin(begin_s + seconds)
    for connection in connections:
        await connection.rested.wait()
    took_s = time.perf_counter() - begin_s
    refused = [connection for connection in connections if connection.refused]
    return {
        "waits": [round(wait, 6) for connection in connections for wait in connection.waits],
        "took_s": took_s,
        "client_cpu": (time.process_time() - cpu_s) / took_s,
        "refused": sum(connection.refused for connection in refused),
        "first_refusal": refused[0].first_refusal.decode(errors="replace") if refused else None,
    }


if __name__ == "__main__":
    uvloop.run(serve())
