"""Going down without losing anybody: no new work, what runs is finished, streams get their end."""

import asyncio
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from gamefold.web.errors import Draining

# What supervisors and meters ask must be answered to the end.
ALWAYS_OPEN = frozenset({"/health", "/health/live", "/health/ready", "/metrics", "/version"})

log = structlog.get_logger("gamefold.web")


class Drain:
    """The state of going down. One per process."""

    def __init__(self) -> None:
        self.draining = False
        self.in_flight = 0
        self._closers: list[Callable[[], None]] = []
        self._changed = asyncio.Event()

    def on_begin(self, closer: Callable[[], None]) -> None:
        """Call `closer` when draining begins: it ends what would otherwise never end (streams, long polls)."""
        self._closers.append(closer)

    def begin(self) -> None:
        """Refuse new work from now on, and end the streams."""
        if self.draining:
            return
        self.draining = True
        for closer in self._closers:
            try:
                closer()
            except Exception as error:  # the others must still close
                log.exception("a closer failed", exc_info=error)

    async def idle(self, within_s: float) -> bool:
        """Wait until nothing is in flight; whether that was in time."""
        try:
            async with asyncio.timeout(within_s):
                while self.in_flight:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def enter(self) -> None:
        """One more request is in flight."""
        self.in_flight += 1

    def leave(self) -> None:
        """One request is done."""
        self.in_flight -= 1
        self._changed.set()


class DrainGate:
    """Middleware: counts what is in flight, and answers 503 DRAINING to what comes while the server goes down."""

    def __init__(self, app: ASGIApp, drain: Drain, always_open: frozenset[str] = ALWAYS_OPEN) -> None:
        self._app = app
        self._drain = drain
        self._always_open = always_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or not."""
        if scope["type"] == "lifespan" or scope["path"] in self._always_open:
            await self._app(scope, receive, send)
            return
        if self._drain.draining:
            raise Draining
        self._drain.enter()
        try:
            await self._app(scope, receive, send)
        finally:
            self._drain.leave()
