"""Traces, put together where a collector is named and absent where none is."""

import asyncio
import importlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from fastapi.telemetry import TelemetryConfig
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from gamefold.platform.engine_metrics import EngineMetrics

if TYPE_CHECKING:
    from gamefold.platform.telemetry.traces import Traces

CLOSING_S: Final = 2.0  # a collector that does not answer must not keep a server from going down

_UNWATCHED: Final = ("/health", "/health/live", "/health/ready", "/metrics")


class MissingExtra(Exception):
    """A setting asks for a library that is not installed. One line, naming both."""


class Telemetry:
    """What a server needs to be traced. Without `traces` everything here costs nothing."""

    def __init__(self, traces: "Traces | None" = None) -> None:
        self._traces = traces

    @property
    def of_requests(self) -> TelemetryConfig:
        """The configuration of FastAPI's own telemetry. Its metrics and logs stay off: the house has its own."""
        config: TelemetryConfig = {"metrics": False, "logs": False, "auto_configure": False}
        if self._traces is None:
            return {**config, "tracing": False}
        # Asked every few seconds by machines, as in the request log.
        return {
            **config,
            "tracer_provider": self._traces.provider,
            "exclude": lambda scope: scope["path"].endswith(_UNWATCHED),
        }

    @property
    def watch(self) -> Callable[[Engine], None] | None:
        """What listens to a database engine's statements."""
        return None if self._traces is None else self._traces.watch

    def observer(self, registry: CollectorRegistry, on_fatal: Callable[[str], None]) -> EngineMetrics:
        """Give the engine's observer."""
        return EngineMetrics(registry, on_fatal) if self._traces is None else self._traces.observer(registry, on_fatal)

    async def close(self) -> None:
        """Send what waits, but not for long."""
        if self._traces is None:
            return
        sending = threading.Thread(target=self._traces.provider.shutdown, daemon=True, name="gamefold-telemetry")
        sending.start()
        await asyncio.get_running_loop().run_in_executor(None, sending.join, CLOSING_S)


def open_telemetry(endpoint: str | None, service: str, version: str) -> Telemetry:
    """Trace to the OTLP collector at `endpoint` (its base address), or not at all without one. MissingExtra."""
    if endpoint is None:
        return Telemetry()
    try:
        traces = importlib.import_module("gamefold.platform.telemetry.traces")
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"OTEL_EXPORTER_OTLP_ENDPOINT needs {error.name}: pip install 'gamefold[telemetry]'"
        ) from None
    return Telemetry(traces.exporting(endpoint, service, version))
