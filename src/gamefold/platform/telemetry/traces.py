"""Spans of requests, intents, commits and SQL statements. Needs the extra `telemetry`.

A trace begins with a request (FastAPI's own telemetry makes that span); outside of one nothing is traced, or polls
and ticks would drown it. `submit` stands for an intent on its way, from the asking to the durable entry, and says
world, run, seq and tick. One `commit` serves many intents: it is a child of the first of them and linked, both
ways, with the others, so each can be followed to the transaction that carried it. The `tick` that comes after intents
of a ticking world, and settles what they began, is a trace of its own that is linked with them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import time_ns
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from gamefold.engine.asked import Ack
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.platform.engine_metrics import EngineMetrics
from gamefold.web.logs import HIDDEN

LINKS_MAX: Final = 128  # what the SDK keeps of a span
STATEMENT_CHARACTERS_MAX: Final = 2_000

_NO_SPAN: Final = nullcontext()
_SPAN_OF_STATEMENT: Final = "gamefold.span"


class Traces:
    """A tracer provider, and what feeds it."""

    def __init__(self, provider: TracerProvider) -> None:
        provider.add_span_processor(_Discreet())
        self.provider = provider
        self._tracer = provider.get_tracer("gamefold")

    def watch(self, engine: Engine) -> None:
        """Trace the statements of an engine, wherever in a request they run."""
        _Statements(self._tracer).listen_to(engine)

    def observer(self, registry: CollectorRegistry, on_fatal: Callable[[str], None]) -> EngineMetrics:
        """Give an engine's observer that counts and traces."""
        return _EngineTraces(self._tracer, registry, on_fatal)


def exporting(endpoint: str, service: str, version: str) -> Traces:
    """Send spans to the collector at `endpoint`, from a thread of their own and in batches.

    The queue is bounded: a collector that is slow or gone costs spans, never a request. The SDK reads its other
    standard variables (sampler, headers, batch sizes) by itself.
    """
    resource = Resource.create({SERVICE_NAME: service, SERVICE_VERSION: version})
    traces = Traces(TracerProvider(resource=resource, shutdown_on_exit=False))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    traces.provider.add_span_processor(BatchSpanProcessor(exporter))
    return traces


class _Discreet(SpanProcessor):
    """Blanks what callers put into an address, before anybody can export it."""

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's
        if "url.query" in (span.attributes or {}):
            span.set_attribute("url.query", HIDDEN)


class _EngineTraces(EngineMetrics):
    def __init__(self, tracer: Tracer, registry: CollectorRegistry, on_fatal: Callable[[str], None]) -> None:
        super().__init__(registry, on_fatal)
        self._tracer = tracer
        self._unsettled: dict[str, list[SpanContext]] = {}  # by ticking world: what was asked since its last tick

    def asking(self, world: str, intent: Intent) -> AbstractContextManager[Span | None]:
        """Begin the span of an intent, inside a request."""
        return self._submit(world, intent) if get_current_span().is_recording() else nullcontext()

    @contextmanager
    def _submit(self, world: str, intent: Intent) -> Iterator[Span]:
        name = type(intent).__name__
        attributes = {"gamefold.world": world, "gamefold.intent": name}
        with self._tracer.start_as_current_span(
            f"submit {name}", attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Rejected as refusal:
                span.set_attribute("gamefold.refusal", refusal.code)
                raise
            except Exception as error:
                _failed(span, error)
                raise

    def acknowledged(self, trail: Span | None, ack: Ack) -> None:
        """Say which entry an intent has become."""
        super().acknowledged(trail, ack)
        if trail is not None:
            trail.set_attributes(
                {
                    "gamefold.run": ack.run,
                    "gamefold.seq": ack.seq,
                    "gamefold.tick": ack.tick,
                    "gamefold.repeated": ack.repeated,
                }
            )
            if ack.tick:  # always 0 in worlds that do not tick
                unsettled = self._unsettled.setdefault(ack.world, [])
                if len(unsettled) < LINKS_MAX:
                    unsettled.append(trail.get_span_context())

    def ticked(self, world: str, tick: int, drift_ms: int | None, seconds: float) -> None:
        """Trace a tick that settles what somebody asked for; others would drown it."""
        super().ticked(world, tick, drift_ms, seconds)
        if unsettled := self._unsettled.pop(world, None):
            ended_ns = time_ns()
            self._tracer.start_span(
                "tick",
                context=Context(),
                attributes={"gamefold.world": world, "gamefold.tick": tick},
                links=[Link(asked) for asked in unsettled],
                start_time=ended_ns - round(seconds * 1e9),
            ).end(ended_ns)

    def committing(self, trails: Iterable[Span | None]) -> AbstractContextManager[object]:
        """Begin the span of a transaction that somebody's request waits for."""
        # A caller who left has ended their span; nothing may be hung below it any more.
        waiting = [trail for trail in trails if trail is not None and trail.is_recording()]
        return self._commit(waiting[0], waiting[1:]) if waiting else _NO_SPAN

    @contextmanager
    def _commit(self, first: Span, others: list[Span]) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            "commit",
            context=set_span_in_context(first),
            attributes={"gamefold.intents": 1 + len(others)},
            links=[Link(other.get_span_context()) for other in others[:LINKS_MAX]],
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            for other in others:
                other.add_link(span.get_span_context())
            try:
                yield
            except Exception as error:
                _failed(span, error)
                raise


class _Statements:
    """One span per SQL statement: its text with placeholders, never its values."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def listen_to(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._begin)
        event.listen(engine, "after_cursor_execute", self._end)
        event.listen(engine, "handle_error", self._fail)

    def _begin(
        self, connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if not get_current_span().is_recording():
            return
        operation = statement.split(None, 1)[0].upper()
        span = self._tracer.start_span(
            operation,
            kind=SpanKind.CLIENT,
            attributes={
                "db.system.name": connection.dialect.name,
                "db.operation.name": operation,
                "db.query.text": statement[:STATEMENT_CHARACTERS_MAX],
            },
        )
        if many:
            span.set_attribute("db.operation.batch.size", len(parameters))
        connection.info[_SPAN_OF_STATEMENT] = span

    def _end(
        self, connection: Connection, _cursor: Any, _statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        span = connection.info.pop(_SPAN_OF_STATEMENT, None)
        if span is not None:
            span.end()

    def _fail(self, context: ExceptionContext) -> None:
        connection = context.connection
        span = None if connection is None or connection.closed else connection.info.pop(_SPAN_OF_STATEMENT, None)
        if span is not None:
            _failed(span, context.original_exception)
            span.end()


def _failed(span: Span, error: BaseException) -> None:
    # The kind alone: a database's message repeats the values it did not like.
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(StatusCode.ERROR)
