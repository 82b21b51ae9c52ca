"""Headers that make a browser careful with our answers."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_UNLESS_SAID: Final = ((b"x-frame-options", b"SAMEORIGIN"),)
_ON_JSON: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class SecurityHeaders:
    """Middleware: adds nosniff, referrer and opener policy to every answer.

    A frame of another origin is refused unless the answer says its own `X-Frame-Options` or
    `Content-Security-Policy`. JSON is neither kept by caches nor run by browsers unless the answer says otherwise.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def careful(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message["headers"] = [*message.get("headers", ()), *_missing(message.get("headers", ()))]
            await send(message)

        await self._app(scope, receive, careful)


def _missing(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    said = {name.lower(): value for name, value in headers}
    wanted = list(_ALWAYS)
    if b"content-security-policy" not in said:
        wanted += _UNLESS_SAID
    if said.get(b"content-type", b"").startswith(b"application/json"):
        wanted += _ON_JSON
    return [(name, value) for name, value in wanted if name not in said]
