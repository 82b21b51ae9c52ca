"""The viewers of `tycoon_sockets`, in a process of their own.

    python -m bench.socket_client COMMAND            COMMAND is JSON; the answer goes to the file it names

Every viewer is one raw TCP connection that opens a WebSocket, answers pings, and counts the text frames it is sent:
unpacking frames by hand leaves the cores to the server. For frames whose text begins with the command's `timed` it
notes what number the pattern `number` finds in them, and when their bytes were there (the machine's monotonic
clock, which all processes share).
"""

import asyncio
import gc
import json
import re
import socket
import sys
import time
from array import array
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

_OPEN_AT_ONCE = 20


class Viewer(asyncio.Protocol):
    """One WebSocket that is read."""

    def __init__(self, hello: bytes, say: list[str], seen: "Seen") -> None:
        self._hello = hello
        self._say = say
        self._seen = seen
        self._rest = b""
        self.opened = asyncio.Event()
        self.closed_with: int | None = None
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        """Ask for the upgrade."""
        self._transport = transport
        transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Note that it is over."""
        self.lost = True
        self.opened.set()

    def data_received(self, data: bytes) -> None:
        """Take all whole frames."""
        now_s = time.monotonic()
        data = self._rest + data if self._rest else data
        at = 0
        if not self.opened.is_set():
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.opened.set()
            for text in self._say:
                self._transport.write(_frame(0x1, text.encode()))
        size = len(data)
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, start = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, start = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if size < start + length:
                break
            self._take(data[at] & 0xF, data[start : start + length], now_s)
            at = start + length
        self._rest = data[at:]

    def _take(self, opcode: int, payload: bytes, now_s: float) -> None:
        if opcode == 0x1:
            self._seen.text(payload, now_s)
        elif opcode == 0x9:
            self._transport.write(_frame(0xA, payload))
        elif opcode == 0x8:
            self.closed_with = int.from_bytes(payload[:2])


class Seen:
    """What all viewers were sent."""

    def __init__(self, timed: bytes, number: bytes) -> None:
        self._timed = timed
        self._number = re.compile(number)
        self.begin()

    def begin(self) -> None:
        """Count from now on."""
        self.messages = self.bytes = 0
        self.kinds: Counter[bytes] = Counter()
        self.numbers, self.at_s = array("d"), array("d")

    def text(self, payload: bytes, now_s: float) -> None:
        """Count one frame."""
        self.messages += 1
        self.bytes += len(payload)
        self.kinds[payload[9 : payload.find(b'"', 9)]] += 1
        if payload.startswith(self._timed):
            found = self._number.search(payload)
            assert found, payload
            self.numbers.append(float(found[1]))
            self.at_s.append(now_s)


def _frame(opcode: int, payload: bytes) -> bytes:
    assert len(payload) < 126
    return bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload  # masked with zeros


def _hello(path: str, port: int, token: str | None) -> bytes:
    offer = "" if token is None else f"Sec-WebSocket-Protocol: bearer, {token}\r\n"
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n"
    ).encode()


async def watch(command: dict[str, Any]) -> dict[str, Any]:
    """Connect everybody, wait, count for a while, and report."""
    loop = asyncio.get_running_loop()
    seen = Seen(command["timed"].encode(), command["number"].encode())
    viewers: list[Viewer] = []
    for one in command["viewers"]:
        sock = socket.socket()
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", command["port"]))
        hello = _hello(command["path"], command["port"], one.get("token"))
        _, viewer = await loop.create_connection(partial(Viewer, hello, one.get("say", []), seen), sock=sock)
        viewers.append(viewer)
        if len(viewers) % _OPEN_AT_ONCE == 0:
            await asyncio.wait_for(viewer.opened.wait(), 30)
    await asyncio.gather(*(viewer.opened.wait() for viewer in viewers))
    await asyncio.sleep(2.0)
    print(flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)  # the other side has taken its first measurements

    gc.collect()
    gc.freeze()
    seen.begin()
    cpu_s, begin_s = time.process_time(), time.monotonic()
    await asyncio.sleep(command["seconds"])
    answer = {
        "begin_s": begin_s,
        "took_s": time.monotonic() - begin_s,
        "client_cpu_s": time.process_time() - cpu_s,
        "messages": seen.messages,
        "bytes": seen.bytes,
        "kinds": {kind.decode(errors="replace"): count for kind, count in seen.kinds.items()},
        "lost": sum(viewer.lost for viewer in viewers),
        "closed_with": Counter(viewer.closed_with for viewer in viewers if viewer.closed_with is not None),
    }
    Path(command["answer"]).with_suffix(".seen").write_bytes(seen.numbers.tobytes() + seen.at_s.tobytes())
    return answer


if __name__ == "__main__":
    command = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(command["answer"]).write_text(json.dumps(uvloop.run(watch(command))), encoding="utf-8")
    print(flush=True)
    sys.stdin.readline()  # viewers stay until the other side has measured the end
