"""The floors under `tycoon_sockets`: servers that send every viewer the same ready-made text, and do nothing else.

    python -m bench.socket_floors starlette|websockets|picows --port PORT --hertz 10 --bytes 600

`starlette` is what somebody would write: a route that awaits `send_text` for each of its viewers. `websockets` is
that library's `broadcast`, `picows` a library of compiled code. All run on uvloop, without compression.
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop

Send = Callable[[str], Awaitable[None]]


async def beat(hertz: float, size: int, send: Send) -> None:
    """Send a text of so many bytes so often; it holds when it was made."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    for number in itertools.count():
        text = f'{{"type":"tick:update","number":{number},"sent":{time.monotonic():.6f},"data":"'
        await send(text + "x" * (size - len(text) - 2) + '"}')
        due_s += 1 / hertz
        await asyncio.sleep(due_s - loop.time())


async def starlette(port: int, hertz: float, size: int) -> None:
    """Serve with Starlette on uvicorn."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket, WebSocketDisconnect

    viewers: set[WebSocket] = set()

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        viewers.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            viewers.discard(socket)

    async def send(text: str) -> None:
        for viewer in tuple(viewers):
            await viewer.send_text(text)

    app = Starlette(routes=[WebSocketRoute("/ws", live)])
    config = uvicorn.Config(app, port=port, log_config=None, ws_per_message_deflate=False, access_log=False)
    beating = asyncio.create_task(beat(hertz, size, send))
    await uvicorn.Server(config).serve()
    beating.cancel()


async def websockets(port: int, hertz: float, size: int) -> None:
    """Serve with the library websockets."""
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    viewers: set[ServerConnection] = set()

    async def live(connection: ServerConnection) -> None:
        viewers.add(connection)
        await connection.wait_closed()
        viewers.discard(connection)

    async def send(text: str) -> None:
        broadcast(viewers, text)

    async with serve(live, "127.0.0.1", port, compression=None):
        await beat(hertz, size, send)


async def picows(port: int, hertz: float, size: int) -> None:
    """Serve with picows."""
    from picows import WSListener, WSMsgType, ws_create_server

    viewers: set[Any] = set()

    class Live(WSListener):  # type: ignore[misc]
        def on_ws_connected(self, transport: Any) -> None:
            viewers.add(transport)

        def on_ws_disconnected(self, transport: Any) -> None:
            viewers.discard(transport)

    async def send(text: str) -> None:
        payload = text.encode()
        for viewer in viewers:
            viewer.send(WSMsgType.TEXT, payload)

    server = await ws_create_server(lambda _request: Live(), "127.0.0.1", port)
    async with server:
        await beat(hertz, size, send)


FLOORS: dict[str, Callable[[int, float, int], Coroutine[Any, Any, None]]] = {
    "starlette": starlette,
    "websockets": websockets,
    "picows": picows,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("floor", choices=FLOORS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--hertz", type=float, required=True)
    parser.add_argument("--bytes", type=int, required=True)
    given = parser.parse_args()
    uvloop.run(FLOORS[given.floor](given.port, given.hertz, given.bytes))
