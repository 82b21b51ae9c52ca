"""What a request may look like before any route sees it: its address, its headers, and how big its body is."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamefold.web.errors import InvalidRequest, Refused

BODY_BYTES_MAX: Final = 1 << 20
BODY_SECONDS_MAX: Final = 30.0
HEADER_BYTES_MAX: Final = 16 << 10
QUERY_PARAMETERS_MAX: Final = 64

_BAD_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class RequestGuard:
    """Middleware: refuses addresses that are no clean percent-encoded UTF-8 (422) and headers over 16 KiB (431).

    A query parameter may be given once: which of two would count is a guess, and guesses differ between layers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then run the request."""
        if scope["type"] != "lifespan":
            if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES_MAX:
                raise Refused(431, "HEADERS_TOO_LARGE", f"All headers together may have {HEADER_BYTES_MAX} bytes.")
            raw_path = scope.get("raw_path") or scope["path"].encode()
            if not _clean(raw_path.partition(b"?")[0]):
                raise InvalidRequest("The path is not percent-encoded UTF-8 without control characters.")
            if scope["query_string"]:
                _check_query(scope["query_string"])
        await self._app(scope, receive, send)


class BodyLimit:
    """Middleware: counts a body while it arrives. Over the limit is 413, later than 30 s is 408.

    `limits` maps path prefixes to other limits, for uploads.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int = BODY_BYTES_MAX,
        limits: Mapping[str, int] | None = None,
        seconds: float = BODY_SECONDS_MAX,
    ) -> None:
        self._app = app
        self._limit = limit
        self._limits = sorted((limits or {}).items(), key=lambda item: len(item[0]), reverse=True)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_at(scope["path"])
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and (len(value) > 18 or int(value) > limit):
                raise _too_large(limit)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._seconds
        size = 0
        complete = False

        async def counted() -> Message:
            nonlocal size, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline_s):
                    message = await receive()
            except TimeoutError:
                raise Refused(
                    408, "REQUEST_TIMEOUT", "The body took too long to arrive.", headers={"Connection": "close"}
                ) from None
            size += len(message.get("body", b""))
            if size > limit:
                raise _too_large(limit)
            complete = not message.get("more_body", False)
            return message

        await self._app(scope, counted, send)

    def _limit_at(self, path: str) -> int:
        for prefix, limit in self._limits:
            if path == prefix or path.startswith(f"{prefix}/"):
                return limit
        return self._limit


def _too_large(limit: int) -> Refused:
    # Without the close, the server would go on reading what nobody wants.
    return Refused(413, "BODY_TOO_LARGE", f"The body may have {limit} bytes.", headers={"Connection": "close"})


def _clean(encoded: bytes) -> bool:
    if not encoded.isascii() or _BAD_PERCENT.search(encoded):
        return False
    try:
        return not _CONTROL.search(unquote_to_bytes(encoded).decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _check_query(query: bytes) -> None:
    if not _clean(query):
        raise InvalidRequest("The query is not percent-encoded UTF-8 without control characters.")
    names = [unquote_to_bytes(part.partition(b"=")[0].replace(b"+", b" ")) for part in query.split(b"&") if part]
    if len(names) > QUERY_PARAMETERS_MAX:
        raise InvalidRequest(f"The query may have {QUERY_PARAMETERS_MAX} parameters.")
    if len(set(names)) != len(names):
        raise InvalidRequest("A query parameter is given more than once.")
