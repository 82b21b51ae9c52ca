"""Puts the HTTP machinery around an app, in the one order that works."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from gamefold.web.docs import install_docs
from gamefold.web.drain import Drain, DrainGate
from gamefold.web.errors import ErrorAnswers, ErrorBoundary, ErrorStyle, Translation, install_errors
from gamefold.web.headers import SecurityHeaders
from gamefold.web.health import Check, add_health
from gamefold.web.idempotency import CallerOf, Idempotency, IdempotencyStore, authorization_header
from gamefold.web.limits import BodyLimit, RequestGuard
from gamefold.web.metrics import WebMetrics, add_metrics
from gamefold.web.observation import Observation
from gamefold.web.streams import Streams
from gamefold.web.trace import Trace

# What a page on another origin may send.
ASKED_HEADERS: Final = (
    "Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Tenant-Id", "traceparent",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Web:
    """What the machinery needs to know.

    `styles` and `body_limits` go by path prefix (`""` is the rest), `translation` says what exceptions of other
    rooms mean to a client, `caller_of` whose an Idempotency-Key is.
    """

    version: str
    drain: Drain
    metrics: WebMetrics
    streams: Streams
    idempotency: IdempotencyStore
    now_ms: Callable[[], int]
    styles: Mapping[str, ErrorStyle] = field(default_factory=dict)
    translation: Translation = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    caller_of: CallerOf = authorization_header
    body_limits: Mapping[str, int] = field(default_factory=dict)
    cors_origins: Sequence[str] = ()
    log_requests: bool = True


def install(app: FastAPI, web: Web) -> None:
    """Give `app` its errors, its middlewares, its streams' end, and the routes health, version, metrics and docs.

    Build `app` with `docs_url=None, redoc_url=None`, and include the games' routers first: routes are searched in
    their order, and players ask more often than supervisors.
    """
    # Redirects would be built from the Host header, and a write would be sent twice.
    app.router.redirect_slashes = False
    answers = ErrorAnswers(web.styles, web.translation, web.metrics.refused)
    install_errors(app, answers)
    web.drain.on_begin(web.streams.end)

    # The last one added is the outermost. From the inside out: a keyed write is recorded as the app answered it;
    # its body is counted before it is hashed; a draining server looks at nothing; whatever these raise gets an
    # envelope; and every answer, errors and preflights included, gets its headers, its log line and its trace.
    app.add_middleware(Idempotency, store=web.idempotency, now_ms=web.now_ms, caller_of=web.caller_of)
    app.add_middleware(BodyLimit, limits=web.body_limits)
    app.add_middleware(DrainGate, drain=web.drain)
    app.add_middleware(RequestGuard)
    app.add_middleware(ErrorBoundary, answers=answers)
    if web.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=web.cors_origins,
            allow_methods=["DELETE", "GET", "PATCH", "POST", "PUT"],
            allow_headers=list(ASKED_HEADERS),
            expose_headers=["Idempotency-Replayed", "Retry-After", "X-Trace-Id"],
        )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observation, metrics=web.metrics, log_requests=web.log_requests)
    app.add_middleware(Trace)

    add_health(app, web.version, web.checks, web.drain)
    add_metrics(app, web.metrics.registry)
    install_docs(app, answers)
