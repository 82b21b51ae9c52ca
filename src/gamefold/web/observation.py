"""What every request leaves behind: one log line, and one sample in the latency histogram."""

import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamefold.web.metrics import WebMetrics
from gamefold.web.route_template import route_template

log = structlog.get_logger("gamefold.request")

# Asked every few seconds by machines: their lines would hide the others.
_QUIET: Final = ("/health", "/metrics")
_CLIENT_LEFT: Final = 499


class Observation:
    """Middleware: logs method, route template, status and duration, never the address or anything sent.

    Streams last as long as their viewers stay: they are logged, but are no latencies.
    """

    def __init__(self, app: ASGIApp, metrics: WebMetrics, *, log_requests: bool = True) -> None:
        self._app = app
        self._metrics = metrics
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request and measure it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        status = _CLIENT_LEFT
        counted = streaming = False
        begin_s = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status, streaming, counted
            kind = message["type"]
            if kind in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                streaming = _is_stream(message)
            elif kind == "websocket.accept":
                status, streaming = 101, True
            if streaming and counted:
                self._metrics.in_flight.dec()
                counted = False
            await send(message)

        self._metrics.in_flight.inc()
        counted = True
        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - begin_s
            if counted:
                self._metrics.in_flight.dec()
            method, route = scope.get("method", "WEBSOCKET"), route_template(scope)
            if not streaming:
                self._metrics.requested(method, route, status, seconds)
            if self._log_requests and not scope["path"].startswith(_QUIET):
                log.info(
                    "stream" if streaming else "request",
                    method=method,
                    route=route,
                    status=status,
                    duration_ms=round(seconds * 1_000, 2),
                )


def _is_stream(start: Message) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/event-stream") for name, value in start.get("headers", ())
    )
