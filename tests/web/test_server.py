"""A real process: signals, streams, stalled viewers and hostile connections."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

SERVED = Path(__file__).with_name("served.py")


class Served:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def signal(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        return self.process.wait(seconds)

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 5)


@contextmanager
def served(grace_s: float = 10, *options: str) -> Iterator[Served]:
    command = [sys.executable, str(SERVED), str(grace_s), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(process, int(process.stdout.readline()))
        finally:
            process.kill()


async def test_a_signal_ends_streams_finishes_requests_and_exits_clean() -> None:
    with served() as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=10) as client:
            slow = asyncio.create_task(client.post("/slow/1.0"))
            async with (
                client.stream("GET", "/events") as events,
                connect(f"ws://127.0.0.1:{server.port}/socket") as frames,
            ):
                await asyncio.sleep(0.3)
                server.signal()
                begin_s = time.monotonic()
                while (ready := await client.get("/health/ready")).status_code == 200:
                    await asyncio.sleep(0.01)
                assert time.monotonic() - begin_s < 0.5
                assert ready.json()["status"] == "draining"
                refused = await client.post("/slow/0")
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "DRAINING")
                assert (await client.get("/health/live")).status_code == 200
                assert (await events.aread()).endswith(b": server going down\n\n")
                with pytest.raises(ConnectionClosed):
                    await frames.recv()
                assert frames.close_code == 1012
            assert (await slow).json() == {"done": True}
        assert server.wait(5) == 0
        assert time.monotonic() - begin_s < 5
        assert server.process.stdout is not None
        assert "lifespan ended" in server.process.stdout.read()


@pytest.mark.parametrize("options", [(), ("--stuck",)])
async def test_a_second_signal_exits_at_once(options: tuple[str, ...]) -> None:
    with served(10, *options) as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            slow = asyncio.create_task(client.post("/slow/30"))
            await asyncio.sleep(0.3)
            server.signal()
            await asyncio.sleep(0.3)
            server.signal()
            begin_s = time.monotonic()
            assert server.wait(5) == 1
            assert time.monotonic() - begin_s < 2
            await asyncio.gather(slow, return_exceptions=True)


@pytest.mark.parametrize("options", [(), ("--stuck",)])
async def test_what_does_not_end_is_cut_within_the_grace(options: tuple[str, ...]) -> None:
    with served(3, *options) as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            slow = asyncio.create_task(client.post("/slow/30"))
            await asyncio.sleep(0.3)
            server.signal()
            begin_s = time.monotonic()
            assert server.wait(6) == (1 if options else 0)
            assert time.monotonic() - begin_s < 3.7
            await asyncio.gather(slow, return_exceptions=True)


async def test_a_viewer_that_does_not_read_is_evicted_and_cut() -> None:
    with served() as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
            with server.raw() as stalled:
                stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                stalled.sendall(b"GET /events HTTP/1.1\r\nHost: game\r\n\r\n")
                await asyncio.sleep(0.2)
                for _ in range(40):
                    viewers = (await client.post("/publish/50000/40")).json()["viewers"]
                    if not viewers:
                        break
                assert viewers == 0
                for _ in range(60):
                    metrics = (await client.get("/metrics")).text
                    if 'gamefold_streams_open{kind="sse"} 0.0' in metrics:
                        break
                    await asyncio.sleep(0.05)
                assert 'gamefold_streams_open{kind="sse"} 0.0' in metrics
        server.signal()
        assert server.wait(5) == 0


def sent_until_cut(connection: socket.socket) -> int:
    """Send one endless header; give the bytes it took the server to hang up."""
    sent = 0
    try:
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")
        while sent < 10_000_000:
            connection.sendall(b"x" * 60_000)
            sent += 60_000
            time.sleep(0.002)
    except OSError:
        pass
    return sent


async def test_a_connection_may_cost_only_so_much() -> None:
    with served() as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            big = await client.get("/version", headers={"x-long": "x" * 17_000})
            assert (big.status_code, big.json()["error"]["code"]) == (431, "HEADERS_TOO_LARGE")
            with server.raw() as endless:
                assert sent_until_cut(endless) < 4_000_000
            with server.raw() as pipelining:
                pipelining.sendall(b"GET /version HTTP/1.1\r\nHost: game\r\n\r\n" * 2_000)
                answered = b""
                while answered.count(b'{"version":"1"}') < 2_000:
                    answered += pipelining.recv(1 << 16)
                assert b" 400 " not in answered
            for path in (b"/a%00", b"/%zz", b"/\xff", b"//[", b"/?a=%ff"):
                with server.raw() as connection:
                    connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n")
                    assert connection.recv(64).split()[1] in (b"400", b"404", b"422")
            async with connect(f"ws://127.0.0.1:{server.port}/socket") as frames:
                await frames.send("x" * (1 << 20))
                with pytest.raises(ConnectionClosed):
                    await frames.recv()
                assert frames.close_code == 1009
            assert "server" not in (await client.get("/health")).headers


def test_a_connection_outlives_the_pause_after_which_clients_close_theirs() -> None:
    with served() as server, server.raw() as connection:
        for pause_s in (0, 6):
            time.sleep(pause_s)
            connection.sendall(b"GET /version HTTP/1.1\r\nHost: game\r\n\r\n")
            assert connection.recv(1 << 12).startswith(b"HTTP/1.1 200")
