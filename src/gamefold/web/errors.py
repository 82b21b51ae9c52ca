"""Errors over HTTP: how they are raised, and the envelope of the game whose path was asked.

Routes and middlewares raise (`Rejected` from the rules, `Refused` and its family from here) and never build an
error answer themselves. `ErrorAnswers` is the one place that turns any exception into an answer, so 404, 405, 413,
415, 422, 429, 500 and 503 all look the way the game at that path says, and none of them repeats what was sent.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketState

from gamefold.engine.refusal import Rejected
from gamefold.web.trace import current_trace_id
from gamefold.web.validation import fault_of

INVALID_REQUEST: Final = "INVALID_REQUEST"
INTERNAL_ERROR: Final = "INTERNAL_ERROR"
WEBSOCKET_POLICY: Final = 1008
WEBSOCKET_INTERNAL_ERROR: Final = 1011

ErrorEnvelope = Callable[[str, str, Mapping[str, object]], object]
"""Builds the JSON body of an error from its code, its message and its details."""

Translation = Mapping[type[Exception], Callable[[Any], "Refused"]]
"""What exceptions of other rooms mean to a client: the class, and what to refuse with."""

log = structlog.get_logger("gamefold.web")


class Refused(HTTPException):
    """The request gets no other answer than `status` and `code`. Raised by routes and middlewares."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, dict(headers) if headers else None)
        self.code = code
        self.message = message
        self.details = details or {}


class InvalidRequest(Refused):
    """422 INVALID_REQUEST. The message names a declared field and a rule, never what was sent."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(422, INVALID_REQUEST, message, details={"field": field} if field else None)


class TooManyRequests(Refused):
    """429 RATE_LIMITED: come back after `retry_after_s`."""

    def __init__(self, retry_after_s: int, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            429,
            "RATE_LIMITED",
            f"Too many requests; try again in {retry_after_s} s.",
            headers={"Retry-After": str(retry_after_s), **(headers or {})},
        )


class Unavailable(Refused):
    """503 with Retry-After: nothing is wrong with the request, the server cannot serve it at the moment."""

    reason = "UNAVAILABLE"
    sentence = "The server cannot do this at the moment; try again soon."
    wait_s = 1

    def __init__(self, message: str = "", *, retry_after_s: int | None = None) -> None:
        wait_s = self.wait_s if retry_after_s is None else retry_after_s
        super().__init__(503, self.reason, message or self.sentence, headers={"Retry-After": str(wait_s)})


class WorldStopped(Unavailable):
    """The world is not hosted at the moment: stopped by an operator, or moving to another host."""

    reason = "WORLD_STOPPED"
    sentence = "This world is stopped at the moment."
    wait_s = 5


class WorldQuarantined(Unavailable):
    """The rules of this world crashed; it waits for an operator."""

    reason = "WORLD_QUARANTINED"
    sentence = "This world is stopped until an operator has looked at it."
    wait_s = 60


class StorageDown(Unavailable):
    """The database does not answer, or its disk is full."""

    reason = "STORAGE_UNAVAILABLE"
    sentence = "Nothing can be stored at the moment; try again soon."
    wait_s = 2


class Draining(Unavailable):
    """The server is going down; another one, or the next one, takes over."""

    reason = "DRAINING"
    sentence = "The server is going down; try again soon."
    wait_s = 2


class TooManyStreams(Unavailable):
    """The process has as many open streams as it may have."""

    reason = "TOO_MANY_STREAMS"
    sentence = "Too many streams are open; try again soon."
    wait_s = 5


def default_envelope(code: str, message: str, details: Mapping[str, object]) -> object:
    """Give `{"error": {"code", "message", ...details}}`."""
    return {"error": {"code": code, "message": message, **details}}


DEFAULT_SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


@dataclass(frozen=True, slots=True)
class ErrorStyle:
    """How one game answers errors: its envelope (with the JSON schema of it) and its statuses by refusal code."""

    envelope: ErrorEnvelope = default_envelope
    status_of: Mapping[str, int] = field(default_factory=dict)
    schema: Mapping[str, object] = field(default_factory=lambda: DEFAULT_SCHEMA)


class ErrorAnswers:
    """Turns any exception into an answer in the style of the game at that path.

    `styles` maps path prefixes (such as `/focus`; `""` is everything else) to styles; the longest that fits wins.
    A `Rejected` answers with `status_of[code]`, 409 where the table is silent. `count` hears every refusal's code.
    """

    def __init__(
        self,
        styles: Mapping[str, ErrorStyle],
        translation: Translation | None = None,
        count: Callable[[str], None] = lambda _code: None,
    ) -> None:
        self._styles = sorted(styles.items(), key=lambda item: len(item[0]), reverse=True)
        self._translation = dict(translation or {})
        self._count = count

    @property
    def handled(self) -> tuple[type[Exception], ...]:
        """The exceptions that have an answer of their own; everything else is a 500."""
        own = (Rejected, HTTPException, RequestValidationError, WebSocketRequestValidationError)
        return (*own, *self._translation)

    def style_at(self, path: str) -> ErrorStyle:
        """Find the style of a path."""
        for prefix, style in self._styles:
            if path == prefix or path.startswith(f"{prefix}/"):
                return style
        return ErrorStyle()

    def answer(self, scope: Scope, error: Exception) -> "ErrorResponse":
        """Build the answer to a request that ended in `error`."""
        style = self.style_at(scope["path"])
        refused = self._refused(scope, style, error)
        self._count(refused.code)
        body = style.envelope(refused.code, refused.message, refused.details)
        return ErrorResponse(
            msgspec.json.encode(body, enc_hook=str), refused.status_code, refused.headers, "application/json"
        )

    def _refused(self, scope: Scope, style: ErrorStyle, error: Exception) -> Refused:
        if isinstance(error, Refused):
            return error
        if isinstance(error, Rejected):
            return Refused(style.status_of.get(error.code, 409), error.code, error.message, details=error.details)
        if isinstance(error, RequestValidationError | WebSocketRequestValidationError):
            fault = fault_of(scope, error.errors())
            return InvalidRequest(fault.sentence, field=fault.field)
        if isinstance(error, HTTPException):
            return _plain(scope, error)
        for kind in type(error).__mro__:
            if kind in self._translation:
                return self._translation[kind](error)
        log.error("unhandled error", exc_info=error)
        return Refused(
            500,
            INTERNAL_ERROR,
            "Something went wrong on the server's side.",
            details={"trace_id": current_trace_id() or "unknown"},
        )


class ErrorResponse(Response):
    """An error's answer, also to a WebSocket that was not accepted yet."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a WebSocket whose server cannot carry an answer is closed instead."""
        if scope["type"] == "websocket" and "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": WEBSOCKET_POLICY, "reason": ""})
            return
        await super().__call__(scope, receive, send)


class ErrorBoundary:
    """Middleware: the last place an exception can reach. Whatever it is, the client gets an envelope.

    Where the answer has begun already, nothing honest can be sent any more: the server then cuts the connection.
    """

    def __init__(self, app: ASGIApp, answers: ErrorAnswers) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        begun = closed = False

        async def watched(message: Message) -> None:
            nonlocal begun, closed
            begun = True
            closed = message["type"] == "websocket.close"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            log.debug("client left")
        except Exception as error:
            if not begun:
                await self._answers.answer(scope, error)(scope, receive, send)
                return
            log.exception("error after the answer began", exc_info=error)
            if scope["type"] == "websocket" and not closed:
                await send({"type": "websocket.close", "code": WEBSOCKET_INTERNAL_ERROR, "reason": ""})


def install_errors(app: FastAPI, answers: ErrorAnswers) -> None:
    """Answer every known exception of `app` in its game's style (unknown ones reach the `ErrorBoundary`)."""
    handler = _handler(answers)
    for kind in answers.handled:
        app.add_exception_handler(kind, handler)


def _handler(answers: ErrorAnswers) -> Callable[[Any, Exception], Awaitable[Response]]:
    async def answer(connection: HTTPConnection, error: Exception) -> Response:
        if isinstance(connection, WebSocket) and connection.application_state is WebSocketState.CONNECTED:
            # Accepted already, so an answer is not possible any more: let the boundary close it.
            raise error
        return answers.answer(connection.scope, error)

    return answer


_CODES: Final = {
    400: ("BAD_REQUEST", "The request cannot be understood."),
    401: ("UNAUTHORIZED", "This needs a valid access token."),
    403: ("FORBIDDEN", "This is not allowed."),
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take this method."),
    406: ("NOT_ACCEPTABLE", "The answer cannot be given in an accepted format."),
    408: ("REQUEST_TIMEOUT", "The request took too long to arrive."),
    409: ("CONFLICT", "This does not fit the present state."),
    413: ("BODY_TOO_LARGE", "The body is too large."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The body must be sent as application/json."),
    422: (INVALID_REQUEST, "The request is not valid."),
    429: ("RATE_LIMITED", "Too many requests; try again later."),
    431: ("HEADERS_TOO_LARGE", "The request's headers are too large."),
    500: (INTERNAL_ERROR, "Something went wrong on the server's side."),
    503: (Unavailable.reason, Unavailable.sentence),
}


def _plain(scope: Scope, error: HTTPException) -> Refused:
    status = error.status_code
    code, message = _CODES.get(status) or (HTTPStatus(status).name, f"{HTTPStatus(status).phrase}.")
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_at(scope)) or headers.get("Allow", "")
    return Refused(status, code, message, headers=headers)


def _methods_at(scope: Scope) -> list[str]:
    # A router's own Allow names the methods of the first route of the path; one path can have several routes.
    routes = scope["app"].router.routes
    methods = []
    for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"):
        asked = {**scope, "method": method, "path_params": {}, "fastapi": {}}
        if any(route.matches(asked)[0] is Match.FULL for route in routes if not isinstance(route, Mount)):
            methods.append(method)
    return methods
