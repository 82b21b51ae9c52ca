"""A server of this process behind a real socket, and waiting for what comes about."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn

from gamefold.app import Server
from gamefold.web.wire import Wire


@contextlib.asynccontextmanager
async def listening(server: Server) -> AsyncIterator[str]:
    """Let a started server answer at a free port; give its URL."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    options = {"lifespan": "off", "log_config": None, "timeout_graceful_shutdown": 1, "timeout_keep_alive": 75}
    http = uvicorn.Server(uvicorn.Config(server.app, ws=Wire, **options))
    # Its public way in takes over the signals, which belong to pytest here.
    task = asyncio.create_task(http._serve([door]))
    try:
        await eventually(lambda: http.started)
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        http.should_exit = True
        await task
        door.close()


async def eventually(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until something holds, which may be asked for with `await`. The limit is for what never comes about."""
    async with asyncio.timeout(seconds):
        while True:
            holds = condition()
            if asyncio.iscoroutine(holds):
                holds = await holds
            if holds:
                return
            await asyncio.sleep(0.005)
