"""One trace id per request: accepted from the caller, or made here; on every answer and every log line."""

import re
import secrets
from contextvars import ContextVar
from typing import Final

from opentelemetry.trace import get_current_span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_trace_id: ContextVar[str | None] = ContextVar("gamefold_trace_id", default=None)

# https://www.w3.org/TR/trace-context: version 00 ends after the flags, later versions may go on.
_TRACEPARENT: Final = re.compile(
    rb"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?", re.ASCII
)


def current_trace_id() -> str | None:
    """Give the trace id of the request that is being served."""
    return _trace_id.get()


class Trace:
    """Middleware: keeps the trace id for log lines (see `logs.py`) and sends it as `X-Trace-Id` and `traceresponse`.

    The id is that of the running OpenTelemetry span, else the caller's `traceparent`, else new.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request inside its trace."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        trace_id, span_id, flags = _trace_of(scope)
        headers = (
            (b"x-trace-id", trace_id.encode()),
            (b"traceresponse", f"00-{trace_id}-{span_id}-{flags}".encode()),
        )

        async def traced(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        token = _trace_id.set(trace_id)
        try:
            await self._app(scope, receive, traced)
        finally:
            _trace_id.reset(token)


def _trace_of(scope: Scope) -> tuple[str, str, str]:
    span = get_current_span().get_span_context()
    if span.is_valid:
        return f"{span.trace_id:032x}", f"{span.span_id:016x}", f"{span.trace_flags:02x}"
    for name, value in scope["headers"]:
        if name == b"traceparent" and (parent := _TRACEPARENT.fullmatch(value)):
            version, trace_id, span_id, flags, more = parent.groups()
            if (more is None or version != b"00") and trace_id.strip(b"0") and span_id.strip(b"0"):
                return trace_id.decode(), secrets.token_hex(8), flags.decode()
    entropy = secrets.token_hex(24)
    return entropy[:32], entropy[32:], "00"
