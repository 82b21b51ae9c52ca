"""A load generator of its own process for Focus: open loop, so a slow server does not slow the asking down.

Request n is due at n / rate seconds, whether the others were answered or not, and its wait counts from then: what
queues up behind a stall is measured, not left out. Each takes a connection that is free, or opens another one.
Its command is one line of JSON on stdin (port, rate, seconds, players), its answer one line on stdout.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from typing import Any

import uvloop

# One in ten starts a session and one in ten completes one; the others look.
MIX = (
    "profile", "tasks", "history", "inventory", "start", "profile", "worldstate", "tasks", "history", "complete",
    "profile", "inventory", "tasks", "worldstate", "start", "profile", "history", "inventory", "profile", "complete",
)  # fmt: skip
PATHS = {
    "profile": "/focus/api/profile",
    "tasks": "/focus/api/tasks?limit=20",
    "history": "/focus/api/sessions/history?limit=20",
    "inventory": "/focus/api/inventory",
    "worldstate": "/focus/api/worldstate",
}
START = "/focus/api/sessions/start"


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.closed = False

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what is under way."""
        self.closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; its status and body follow."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        received = self._received
        received += data
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        at = received.find(b"content-length: ") + 16
        end = head_end + 4 + int(received[at : received.find(b"\r\n", at)])
        if len(received) >= end and self._answer is not None and not self._answer.done():
            answer = int(received[9:12]), bytes(received[head_end + 4 : end])
            received.clear()
            self._answer.set_result(answer)


class Load:
    """Players who look at their heroes, and start and complete sessions."""

    def __init__(self, command: dict[str, Any]) -> None:
        self._port = command["port"]
        self._resting = deque(command["players"])  # have no session under way
        self._focusing: deque[tuple[dict[str, str], str]] = deque()
        self._players = command["players"]
        self._free: list[Connection] = []
        self.connections = 0
        self.waits: dict[str, list[float]] = {name: [] for name in (*PATHS, "start", "complete")}
        self.late: list[float] = []
        self.refused: Counter[str] = Counter()

    async def run(self, rate: float, seconds: float) -> None:
        """Ask at that rate for so long."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time() + 0.1
        tasks = []
        for number in range(int(rate * seconds)):
            due_s = begin_s + number / rate
            if (ahead_s := due_s - loop.time()) > 0:
                await asyncio.sleep(ahead_s)
            self.late.append(loop.time() - due_s)
            tasks.append(asyncio.create_task(self._one(number, due_s)))
        await asyncio.gather(*tasks)

    async def _one(self, number: int, due_s: float) -> None:
        kind = MIX[number % len(MIX)]
        if kind == "start" and self._resting:
            player = self._resting.popleft()
            body = {"taskTemplateId": player["task"], "durationMinutes": 25}
            started = await self._ask(kind, due_s, _request("POST", START, player["token"], body))
            if started is not None:
                self._focusing.append((player, json.loads(started)["data"]["sessionId"]))
        elif kind == "complete" and self._focusing:
            player, session = self._focusing.popleft()
            path = f"/focus/api/sessions/{session}/complete"
            await self._ask(kind, due_s, _request("POST", path, player["token"], {}))
            self._resting.append(player)
        else:
            kind = kind if kind in PATHS else "profile"
            token = self._players[number % len(self._players)]["token"]
            await self._ask(kind, due_s, _request("GET", PATHS[kind], token))

    async def _ask(self, kind: str, due_s: float, request: bytes) -> bytes | None:
        loop = asyncio.get_running_loop()
        try:
            # The server closes connections that rest for five seconds.
            while self._free and self._free[-1].closed:
                self._free.pop()
            if self._free:
                connection = self._free.pop()
            else:
                _, connection = await loop.create_connection(Connection, "127.0.0.1", self._port)
                self.connections += 1
            status, body = await asyncio.wait_for(connection.ask(request), 30)
        except (OSError, TimeoutError) as error:
            self.refused[type(error).__name__] += 1
            return None
        self._free.append(connection)
        self.waits[kind].append(loop.time() - due_s)
        if status >= 400:
            self.refused[f"{status} {body[:200].decode(errors='replace')}"] += 1
            return None
        return body


def _request(method: str, path: str, token: str, body: dict[str, Any] | None = None) -> bytes:
    raw = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    about_body = f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n" if raw else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{about_body}\r\n"
    return head.encode() + raw


async def main() -> None:
    """Answer one command after the other until stdin ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        load, cpu_s, begin_s = Load(command), time.process_time(), time.perf_counter()
        await load.run(command["rate"], command["seconds"])
        took_s = time.perf_counter() - begin_s
        answer = {
            "waits": load.waits,
            "late": load.late,
            "refused": load.refused,
            "connections": load.connections,
            "took_s": took_s,
            "client_cpu": (time.process_time() - cpu_s) / took_s,
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
