"""What the HTTP machinery counts, in a registry that is handed around (there is no global one)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.responses import Response

_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 1.0, 2.5, 10.0)


class WebMetrics:
    """Requests, streams, refusals and the event loop's lag. Labels are bounded: templates, never paths."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._requests: dict[tuple[str, str, int], Histogram] = {}
        self._lag_s = 0.0
        self.request_seconds = Histogram(
            "gamefold_http_request_duration_seconds",
            "How long requests took, without streams.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "gamefold_http_requests_in_flight", "Requests being served, without streams.", registry=registry
        )
        self.streams_open = Gauge("gamefold_streams_open", "Open streams.", ("kind",), registry=registry)
        self.stream_ends = Counter(
            "gamefold_stream_ends",
            "Ended streams by reason, evictions included.",
            ("kind", "reason"),
            registry=registry,
        )
        self.refusals = Counter("gamefold_http_refusals", "Error answers by code.", ("code",), registry=registry)
        self.loop_lag = Gauge(
            "gamefold_event_loop_lag_seconds", "How late the event loop ran a timer, lately.", registry=registry
        )

    def lag_s(self) -> float:
        """Give the event loop's latest lag in seconds."""
        return self._lag_s

    def lagged(self, seconds: float) -> None:
        """Note the event loop's lag."""
        self._lag_s = seconds
        self.loop_lag.set(seconds)

    def refused(self, code: str) -> None:
        """Count one error answer."""
        self.refusals.labels(code).inc()

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        key = (method if method in _METHODS else "OTHER", route, status)
        series = self._requests.get(key)
        if series is None:
            series = self._requests[key] = self.request_seconds.labels(*key)
        series.observe(seconds)


@asynccontextmanager
async def sampled_loop_lag(metrics: WebMetrics, every_s: float = 0.5) -> AsyncIterator[None]:
    """Measure the event loop's lag while the block runs (put it into the app's lifespan)."""

    async def sample() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + every_s
            await asyncio.sleep(every_s)
            metrics.lagged(max(0.0, loop.time() - due_s))

    sampler = asyncio.create_task(sample())
    try:
        yield
    finally:
        sampler.cancel()
        with suppress(asyncio.CancelledError):
            await sampler


def add_metrics(router: FastAPI | APIRouter, registry: CollectorRegistry) -> None:
    """Add the route `/metrics` in Prometheus' text format."""

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
