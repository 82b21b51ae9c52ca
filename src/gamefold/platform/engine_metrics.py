"""The engine's numbers for Prometheus."""

from collections.abc import Callable
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gamefold.engine.asked import Ack
from gamefold.engine.observe import Observer

log = structlog.get_logger("gamefold.engine")

_COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_DRIFT_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_TICK_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_ENTRIES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000)


class EngineMetrics(Observer):
    """Counts commits, refusals, ticks and what went wrong; failures are logged too."""

    def __init__(self, registry: CollectorRegistry, on_fatal: Callable[[str], None] = lambda _reason: None) -> None:
        self._on_fatal = on_fatal
        self._commit_seconds = Histogram(
            "gamefold_journal_commit_duration_seconds",
            "Database latency of one group commit.",
            buckets=_COMMIT_SECONDS,
            registry=registry,
        )
        self._commit_entries = Histogram(
            "gamefold_journal_commit_entries", "Entries in one group commit.", buckets=_ENTRIES, registry=registry
        )
        self._commit_worlds = Histogram(
            "gamefold_journal_commit_worlds", "Worlds in one group commit.", buckets=_ENTRIES, registry=registry
        )
        self._refusals = Counter(
            "gamefold_refusals", "Intents the rules refused.", ("ruleset", "code"), registry=registry
        )
        self._tick_drift = Histogram(
            "gamefold_tick_drift_seconds",
            "How late ticks ran.",
            ("ruleset",),
            buckets=_DRIFT_SECONDS,
            registry=registry,
        )
        self._tick_seconds = Histogram(
            "gamefold_tick_duration_seconds",
            "How long the rules took for a tick, digest included.",
            ("ruleset",),
            buckets=_TICK_SECONDS,
            registry=registry,
        )
        self._ends = Counter(
            "gamefold_subscription_ends",
            "Ended subscriptions by reason, evictions included.",
            ("why",),
            registry=registry,
        )
        self._failures = Counter("gamefold_engine_failures", "What went wrong, by kind.", ("kind",), registry=registry)
        self.resident_worlds = Gauge("gamefold_resident_worlds", "Worlds in memory.", registry=registry)
        self.subscribers = Gauge("gamefold_subscribers", "Subscriptions to worlds.", registry=registry)

    def acknowledged(self, trail: Any, ack: Ack) -> None:  # noqa: ARG002 - for those who trace
        """Let the request's log lines name the entry it has become."""
        structlog.contextvars.bind_contextvars(world=ack.world, seq=ack.seq)

    def committed(self, entries: int, worlds: int, seconds: float) -> None:
        """One durable commit."""
        self._commit_seconds.observe(seconds)
        self._commit_entries.observe(entries)
        self._commit_worlds.observe(worlds)

    def refused(self, ruleset: str, code: str) -> None:
        """The rules said no."""
        self._refusals.labels(ruleset, code).inc()

    def ticked(self, world: str, tick: int, drift_ms: int | None, seconds: float) -> None:  # noqa: ARG002 - for traces
        """A tick was played."""
        ruleset = world.partition("/")[0]
        self._tick_seconds.labels(ruleset).observe(seconds)
        if drift_ms is not None:
            self._tick_drift.labels(ruleset).observe(drift_ms / 1_000)

    def evicted(self, why: str) -> None:
        """A subscription ended."""
        self._ends.labels(why).inc()

    def crashed(self, world: str, error: BaseException) -> None:
        """A rule crashed."""
        self._failures.labels("rule_crash").inc()
        log.error("rule crashed", world=world, exc_info=error)

    def quarantined(self, world: str, reason: str) -> None:
        """A world was taken out of service."""
        self._failures.labels("quarantine").inc()
        log.error("world quarantined", world=world, reason=reason)

    def storage_failed(self, error: BaseException) -> None:
        """The store did not take a commit."""
        self._failures.labels("storage").inc()
        log.error("storage failed", exc_info=error)

    def reactor_failed(self, world: str, reactor: str, error: BaseException) -> None:
        """A reactor raised."""
        self._failures.labels("reactor").inc()
        log.error("reactor failed", world=world, reactor=reactor, exc_info=error)

    def fatal(self, reason: str) -> None:
        """The host stopped for good."""
        self._failures.labels("fatal").inc()
        log.critical("host stopped", reason=reason)
        self._on_fatal(reason)
