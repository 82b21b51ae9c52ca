"""A real process: signals, streams, stalled viewers and hostile connections."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.serving import eventually

SERVED = Path(__file__).with_name("served.py")


# How long anything may take that is not for ever.
PATIENCE_S = 60.0


class Served:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(self.hears())
        self.url = f"http://127.0.0.1:{self.port}"

    def hears(self) -> str:
        """Give the next line the server tells."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def signal(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def let_go(self) -> None:
        """Let the server answer what is held."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def wait(self) -> int:
        return self.process.wait(PATIENCE_S)

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE_S) as client:
            yield client

    async def holds(self, client: httpx.AsyncClient) -> "asyncio.Task[httpx.Response]":
        """Send a request that does not end by itself, and see it arrive."""
        held = asyncio.create_task(client.post("/held"))
        assert await asyncio.to_thread(self.hears) == "held"
        return held


@contextmanager
def served(grace_s: float = 10, *options: str) -> Iterator[Served]:
    """Run a server. With more grace than patience, what it does in time it does not owe to the end of its grace."""
    pipe = subprocess.PIPE
    command = [sys.executable, str(SERVED), str(grace_s), *options]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


async def drained(client: httpx.AsyncClient) -> httpx.Response:
    """Ask whether the server is ready until it is not."""
    while (ready := await client.get("/health/ready")).status_code == 200:
        await asyncio.sleep(0.01)
    return ready


async def test_a_signal_ends_streams_finishes_requests_and_exits_clean() -> None:
    with served(2 * PATIENCE_S) as server:
        async with server.client() as client:
            async with (
                client.stream("GET", "/events") as events,
                connect(f"ws://127.0.0.1:{server.port}/socket", open_timeout=PATIENCE_S) as frames,
            ):
                held = await server.holds(client)
                server.signal()
                assert (await drained(client)).json()["status"] == "draining"
                refused = await client.post("/work")
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "DRAINING")
                assert (await client.get("/health/live")).status_code == 200
                assert (await events.aread()).endswith(b": server going down\n\n")
                with pytest.raises(ConnectionClosed):
                    await frames.recv()
                assert frames.close_code == 1012
            server.let_go()
            assert (await held).json() == {"done": True}
        assert server.wait() == 0
        assert server.hears() == "lifespan ended"


@pytest.mark.parametrize("options", [(), ("--stuck",)])
async def test_a_second_signal_exits_at_once(options: tuple[str, ...]) -> None:
    with served(2 * PATIENCE_S, *options) as server:
        async with server.client() as client:
            held = await server.holds(client)
            server.signal()
            await drained(client)
            server.signal()
            assert server.wait() == 1
            await asyncio.gather(held, return_exceptions=True)


@pytest.mark.parametrize("options", [(), ("--stuck",)])
async def test_what_does_not_end_is_cut_at_the_end_of_the_grace(options: tuple[str, ...]) -> None:
    with served(2, *options) as server:
        async with server.client() as client:
            held = await server.holds(client)
            server.signal()
            assert server.wait() == (1 if options else 0)
            await asyncio.gather(held, return_exceptions=True)


async def test_a_viewer_that_does_not_read_is_evicted_and_cut() -> None:
    with served() as server:
        async with server.client() as client:

            async def viewers_are(count: int) -> bool:
                return f'gamefold_streams_open{{kind="sse"}} {count}.0' in (await client.get("/metrics")).text

            with server.raw() as stalled:
                stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                stalled.sendall(b"GET /events HTTP/1.1\r\nHost: game\r\n\r\n")
                await eventually(lambda: viewers_are(1))
                for _ in range(40):
                    viewers = (await client.post("/publish/50000/40")).json()["viewers"]
                    if not viewers:
                        break
                assert viewers == 0
                await eventually(lambda: viewers_are(0))
        server.signal()
        assert server.wait() == 0


def sent_until_cut(connection: socket.socket) -> int:
    """Send one endless header; give the bytes it took the server to hang up."""
    sent = 0
    # What is sent must be read soon, not lie in the kernel while the server is busy elsewhere.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    try:
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")
        while sent < 10_000_000:
            connection.sendall(b"x" * 60_000)
            sent += 60_000
    except ConnectionError:
        pass
    return sent


async def test_a_connection_may_cost_only_so_much() -> None:
    with served() as server:
        async with server.client() as client:
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
            async with connect(f"ws://127.0.0.1:{server.port}/socket", open_timeout=PATIENCE_S) as frames:
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
            answer = b""
            while not answer.endswith(b'{"version":"1"}'):  # the head may come before the body
                answer += connection.recv(1 << 12)
            assert answer.startswith(b"HTTP/1.1 200")
