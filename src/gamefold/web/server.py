"""Runs an app on uvicorn, with bounds on what a connection may cost and an end that loses nobody.

On SIGTERM or SIGINT the server drains first and closes after: readiness turns 503 and new work is refused, requests
in flight finish, streams end, then uvicorn stops and the app's lifespan ends. A second signal exits at once.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gamefold.web.drain import Drain
from gamefold.web.limits import HEADER_BYTES_MAX
from gamefold.web.streams import ABORT_EXTENSION, FRAME_BYTES_MAX
from gamefold.web.wire import Wire

GRACE_S: Final = 10.0

_CLOSE_SECONDS_MAX: Final = 1
_HEAD_SECONDS_MAX: Final = 15.0
# Longer than clients and proxies keep theirs (5 to 60 s): whoever closes first may lose a request that is under way.
_IDLE_SECONDS_MAX: Final = 75
_SEND_BUFFER_BYTES: Final = 128 << 10
_UNREAD_SECONDS_MAX: Final = 30

log = structlog.get_logger("gamefold.server")


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    drain: Drain,
    *,
    grace_s: float = GRACE_S,
    announce: Callable[[str, int], None] = lambda _host, _port: None,
) -> int:
    """Serve until a signal; give the exit code.

    0 after a drain, also where requests had to be cut to stay within `grace_s` (2 s at least); 1 after a second
    signal, or where the app was still closing when the grace was over.

    `announce` is called with the address once requests are taken (the port is the real one where 0 was asked).
    SystemExit 3 where the app or the port cannot be opened.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="auto",
        http=_BoundedProtocol,
        ws=Wire,
        ws_max_size=FRAME_BYTES_MAX,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Anybody can send X-Forwarded-For; whoever runs a proxy tells the app of it.
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS_MAX,
        timeout_graceful_shutdown=_CLOSE_SECONDS_MAX,
    )
    server = _Server(config, drain, grace_s, announce)
    server.run()
    return 1 if server.force_exit else 0


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, drain: Drain, grace_s: float, announce: Callable[[str, int], None]
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._grace_s = grace_s
        self._announce = announce
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signalled = False
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, then say so."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._announce(host, port)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: the first begins the drain, the second ends everything."""
        del sig, frame  # uvicorn would raise them again after the end, and the exit code would not be 0
        if self._signalled or self._loop is None:
            self.force_exit = self._signalled
            self.should_exit = True
            _exit_after(1.0)
            return
        self._signalled = True
        _exit_after(self._grace_s)
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        log.info("draining", in_flight=self._drain.in_flight)
        self._drain.begin()
        self._draining = asyncio.create_task(self._finish())

    async def _finish(self) -> None:
        # The rest of the grace belongs to uvicorn's own close and to the app's lifespan.
        if not await self._drain.idle((self._grace_s - _CLOSE_SECONDS_MAX) * 0.6):
            log.warning("requests were cut", in_flight=self._drain.in_flight)
        self.should_exit = True


def _exit_after(seconds: float) -> None:
    # A thread, because the event loop may be what hangs.
    watchdog = threading.Timer(seconds, _give_up)
    watchdog.daemon = True
    watchdog.start()


def _give_up() -> None:
    log.error("not down in time: exiting")
    os._exit(1)


class _BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which by itself waits forever and reads headers of any size.

    - A request's head must arrive within 15 s and in 16 KiB.
    - The send buffer is small and unread data is given up after 30 s, so that a viewer who stopped reading fills
      its queue (which is noticed) instead of the kernel's memory (which is not). WebSockets keep the socket.
    - Streams can abort the connection.
    """

    _head_bytes = 0
    _in_head = True
    _messages = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
            if hasattr(socket, "TCP_USER_TIMEOUT") and peer.family in (socket.AF_INET, socket.AF_INET6):
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_SECONDS_MAX * 1_000)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        messages = self._messages
        super().data_received(data)
        if self._in_head and self.transport.get_protocol() is self:
            # Where requests ended in `data`, only its last part is of this head, and that is counted with the next.
            self._head_bytes = self._head_bytes + len(data) if messages == self._messages else 0
            if self._head_bytes > 2 * HEADER_BYTES_MAX and not self.transport.is_closing():
                # Up to here the app answers too large headers, in the envelope of the asked game.
                self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT_EXTENSION: self.transport.abort}  # type: ignore[dict-item]
        self._await_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._messages += 1
        self._in_head = True
        self._head_bytes = 0

    def _await_head(self) -> None:
        self._stop_head_timer()
        self._in_head = True
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(_HEAD_SECONDS_MAX, self._head_is_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
