"""Traces follow a request to its entry and to its SQL, on both databases; Sentry hears of errors and of nothing else.

The server is the real one; what a collector would get is kept in memory, and Sentry's transport is a list.
"""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, Tracer
from prometheus_client import CollectorRegistry
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gamefold.app import Server, build
from gamefold.engine.host import Host
from gamefold.platform.telemetry import opening
from gamefold.platform.telemetry.opening import MissingExtra, Telemetry, open_telemetry
from gamefold.platform.telemetry.reports import Reports, open_reports
from gamefold.platform.telemetry.traces import Traces, exporting
from gamefold.settings import SettingsError, read_settings
from gamefold.testkit.hosted import hosted
from gamefold.testkit.toys import CLOCKWORK
from gamefold.testkit.toys.clockwork import ClockworkSpec, SetAlarm
from gamefold.web.logs import configure_logs
from tests.passwords import cheap_passwords

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
PASSWORD = "correct-Pferd 7 Batterie"
PLANTED = " of ada@example.com, token=planted-token"  # far from where it is raised: reports quote the source


class Served:
    """A server that is traced into memory, and somebody who plays Focus on it."""

    def __init__(self, server: Server, http: httpx.AsyncClient, spans: InMemorySpanExporter, tracer: Tracer) -> None:
        self.server = server
        self.http = http
        self.tracer = tracer
        self._exporter = spans

    async def register(self, email: str = "ada@example.com") -> None:
        answer = await self.http.post("/focus/api/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self.http.headers["Authorization"] = f"Bearer {answer.json()['data']['accessToken']}"

    async def start(self, **headers: str) -> httpx.Response:
        """Start a session with a new task; the last request is the one that asks the rules."""
        task = (await self.create_task()).json()["data"]["id"]
        return await self.start_with(task, **headers)

    async def start_with(self, task: str, **headers: str) -> httpx.Response:
        body = {"taskTemplateId": task, "durationMinutes": 50}
        return await self.http.post("/focus/api/sessions/start", json=body, headers=headers)

    async def create_task(self, **headers: str) -> httpx.Response:
        body = {"name": "Deep Work", "category": "build", "defaultDurationMinutes": 50, "room": "build_room"}
        return await self.http.post("/focus/api/tasks", json=body, headers=headers)

    def spans(self, trace_id: str | None = None) -> list[ReadableSpan]:
        found = self._exporter.get_finished_spans()
        return [span for span in found if trace_id in (None, f"{span.context.trace_id:032x}")]

    def forget_spans(self) -> None:
        self._exporter.clear()


@asynccontextmanager
async def a_traced_server(url: str, data: Path, telemetry: Telemetry | None = None) -> AsyncIterator[Served]:
    exporter = InMemorySpanExporter()
    traces = Traces(TracerProvider(shutdown_on_exit=False))
    traces.provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = read_settings(GAMEFOLD_DATA=data, DATABASE_URL=url, RATE_LIMIT_PER_MIN=0, SESSION_MIN_RATIO=0)
    server = build(settings, games=["focus"], telemetry=telemetry or Telemetry(traces), passwords=cheap_passwords())
    transport = httpx.ASGITransport(app=server.app)
    async with (
        server.app.router.lifespan_context(server.app),
        httpx.AsyncClient(base_url="http://gamefold", transport=transport, timeout=30) as http,
    ):
        yield Served(server, http, exporter, traces.provider.get_tracer("test"))


@pytest.fixture
async def served(url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with a_traced_server(url, tmp_path) as served:
        yield served


@pytest.fixture
def log_lines() -> Iterator[StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = StringIO()
    configure_logs(stream=stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = handlers, level


def named(spans: list[ReadableSpan], name: str) -> ReadableSpan:
    [span] = [span for span in spans if span.name == name]
    return span


def is_sql(span: ReadableSpan) -> bool:
    return "db.query.text" in (span.attributes or {})


def orphans(spans: list[ReadableSpan]) -> list[ReadableSpan]:
    known = {span.context.span_id for span in spans}
    return [span for span in spans if span.parent and not span.parent.is_remote and span.parent.span_id not in known]


async def test_one_trace_id_in_answer_log_and_spans(served: Served, log_lines: StringIO) -> None:
    await served.register()
    answer = await served.start(traceparent=TRACEPARENT)
    assert answer.status_code == 201
    assert answer.headers["X-Trace-Id"] == TRACE
    spans = served.spans(TRACE)
    request = named(spans, "POST /focus/api/sessions/start")
    assert answer.headers["traceresponse"] == f"00-{TRACE}-{request.context.span_id:016x}-01"
    assert request.kind is SpanKind.SERVER
    assert request.parent is not None
    assert request.parent.is_remote
    [line] = [line for line in map(json.loads, log_lines.getvalue().splitlines()) if line.get("trace_id") == TRACE]
    assert line["event"] == "request"
    submit = named(spans, "submit StartSession")
    assert line["world"] == submit.attributes["gamefold.world"]
    assert line["seq"] == submit.attributes["gamefold.seq"]
    assert not orphans(spans)


async def test_an_intent_leads_to_its_entry(served: Served) -> None:
    await served.register()
    served.forget_spans()
    await served.start()
    submit = named(served.spans(), "submit StartSession")
    world, seq = submit.attributes["gamefold.world"], submit.attributes["gamefold.seq"]
    row = await served.server.database.read(
        lambda connection: connection.execute(
            text(
                "SELECT first_seq, last_seq FROM "
                + ("engine.journal" if connection.dialect.name == "postgresql" else "engine_journal")
                + " WHERE world = :world ORDER BY first_seq DESC LIMIT 1"
            ),
            {"world": world},
        ).one()
    )
    assert row.first_seq <= seq <= row.last_seq
    assert submit.attributes["gamefold.run"] == 1
    assert submit.attributes["gamefold.tick"] == 0


async def test_sql_is_traced_in_every_thread_without_values(served: Served) -> None:
    await served.register()
    served.forget_spans()
    assert (await served.start(traceparent=TRACEPARENT)).status_code == 201
    page = await served.http.get("/focus/api/tasks", headers={"traceparent": TRACEPARENT})
    assert len(page.json()["data"]["items"]) == 1
    spans = served.spans(TRACE)
    commit = named(spans, "commit")
    written = [span for span in spans if is_sql(span) and span.parent.span_id == commit.context.span_id]
    assert "INSERT" in {span.name for span in written}, "the writer thread's statements belong to the commit"
    by_id = {span.context.span_id: span for span in spans}
    read = [span for span in spans if is_sql(span) and span not in written]
    assert any("task_templates" in span.attributes["db.query.text"] for span in read)
    assert all(_ancestor(span, by_id).kind is SpanKind.SERVER for span in [*read, *written])
    told = json.dumps([span.to_json() for span in spans])
    assert "Deep Work" not in told


def _ancestor(span: ReadableSpan, by_id: dict[int, ReadableSpan]) -> ReadableSpan:
    while span.parent is not None and not span.parent.is_remote:
        span = by_id[span.parent.span_id]
    return span


async def test_requests_of_one_commit_are_linked_with_it(served: Served) -> None:
    players = []
    for number in range(8):
        await served.register(f"ada{number}@example.com")
        players.append((served.http.headers["Authorization"], (await served.create_task()).json()["data"]["id"]))
    served.forget_spans()
    answers = await asyncio.gather(*(served.start_with(task, Authorization=player) for player, task in players))
    assert {answer.status_code for answer in answers} == {201}
    spans = served.spans()
    commits = [span for span in spans if span.name == "commit"]
    submits = {span.context.span_id: span for span in spans if span.name == "submit StartSession"}
    assert len(submits) == 8
    assert len({span.attributes["gamefold.world"] for span in submits.values()}) == 8
    assert sum(span.attributes["gamefold.intents"] for span in commits) == 8
    carried: set[int] = set()
    for commit in commits:
        linked = {link.context.span_id for link in commit.links}
        back = {one for one, span in submits.items() if commit.context.span_id in _links(span)}
        assert back == linked
        carried |= linked | {commit.parent.span_id}
    assert carried == set(submits)


def _links(span: ReadableSpan) -> set[int]:
    return {link.context.span_id for link in span.links}


async def test_a_refusal_is_no_failure(served: Served) -> None:
    await served.register()
    served.forget_spans()
    answer = await served.http.post("/focus/api/sessions/11111111-2222-4333-8444-555555555555/complete")
    assert answer.status_code == 404
    submit = named(served.spans(), "submit CompleteSession")
    assert submit.attributes["gamefold.refusal"] == answer.json()["error"]["code"]
    assert "gamefold.seq" not in submit.attributes
    request = named(served.spans(), "POST /focus/api/sessions/{session_id}/complete")
    assert StatusCode.ERROR not in (submit.status.status_code, request.status.status_code)


async def test_hundreds_of_requests_leave_no_orphan(served: Served) -> None:
    await served.register()
    paths = ("profile", "tasks", "inventory", "worldstate", "sessions/history", "nowhere", "tasks?limit=500")

    async def one(number: int) -> None:
        if number % 5 == 0:
            await served.create_task()
        elif number % 5 == 1:
            await served.http.post("/focus/api/inventory/unequip", json={"slot": "hat"})
        else:
            await served.http.get(f"/focus/api/{paths[number % len(paths)]}")

    served.forget_spans()
    for begin in range(0, 300, 20):
        await asyncio.gather(*(one(number) for number in range(begin, begin + 20)))
    spans = served.spans()
    assert sum(span.kind is SpanKind.SERVER for span in spans) == 300
    assert orphans(spans) == []
    roots = [span for span in spans if span.parent is None]
    assert {span.kind for span in roots} == {SpanKind.SERVER}, "a trace begins with a request"


async def test_a_caller_who_leaves_leaves_no_orphan(served: Served) -> None:
    await served.register()
    served.forget_spans()
    for delay_s in (0, 0.001, 0.003, 0.01, 0.03):
        unequip = served.http.post("/focus/api/inventory/unequip", json={"slot": "hat"})
        task = asyncio.create_task(unequip)
        await asyncio.sleep(delay_s)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(30):
        while served.server.host.busy:  # what the last caller asked for is still on its way to the disk
            await asyncio.sleep(0.005)
    assert orphans(served.spans()) == []


async def test_an_address_is_told_without_what_was_sent(served: Served) -> None:
    await served.http.get("/focus/api/tasks", params={"cursor": "a-secret"})
    assert "a-secret" not in "".join(span.to_json() for span in served.spans())


async def test_machines_that_look_are_not_traced(served: Served) -> None:
    for path in ("/health", "/health/ready", "/metrics", "/focus/health/live"):
        assert (await served.http.get(path)).status_code == 200
    assert served.spans() == []


async def test_no_value_of_a_failing_request_is_told(served: Served) -> None:
    await served.register()
    served.forget_spans()
    again = await served.http.post("/focus/api/auth/register", json={"email": "ada@example.com", "password": PASSWORD})
    assert again.status_code == 409
    told = "".join(span.to_json() for span in served.spans())
    assert "ada@example.com" not in told
    assert orphans(served.spans()) == []


async def test_a_statement_that_fails_tells_only_what_kind_of_error_it_was(served: Served) -> None:
    def fails(connection: Connection) -> None:
        connection.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "a-secret"})

    with served.tracer.start_as_current_span("here"), pytest.raises(DBAPIError):
        await served.server.database.read(fails)
    spans = served.spans()
    failed = named(spans, "SELECT")
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes["error.type"]
    assert failed.parent.span_id == named(spans, "here").context.span_id
    assert "a-secret" not in failed.to_json()


async def test_without_a_collector_nothing_is_traced(sqlite_url: str, tmp_path: Path) -> None:
    telemetry = open_telemetry(None, "gamefold", "0")
    assert telemetry.watch is None
    async with a_traced_server(sqlite_url, tmp_path, telemetry) as served:
        assert not served.server.app._native_telemetry.enabled()
        await served.register()
        answer = await served.start(traceparent=TRACEPARENT)
        assert answer.headers["X-Trace-Id"] == TRACE, "the id itself needs no telemetry"
        assert served.spans() == []


def test_without_a_collector_the_sdk_is_not_even_loaded() -> None:
    # Other libraries may try to load the SDK's metrics; its tracing is loaded by nobody else.
    code = "import sys, gamefold.cli; print({'opentelemetry.sdk.trace', 'sentry_sdk'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


class Collector:
    """A collector that keeps what it is sent, and sends a status."""

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


async def test_a_collector_gets_the_spans(sqlite_url: str, tmp_path: Path) -> None:
    collector = Collector()
    try:
        telemetry = Telemetry(exporting(collector.address, "my-focus", "1.2.3"))
        async with a_traced_server(sqlite_url, tmp_path, telemetry) as served:
            await served.register()
            await served.start()
        sent = b"".join(collector.bodies)
        assert all(word in sent for word in (b"my-focus", b"1.2.3", b"submit StartSession", b"gamefold.seq", b"commit"))
    finally:
        collector.close()


@pytest.mark.parametrize("how", ["refuses", "answers 503", "never answers"])
async def test_a_collector_that_is_down_hurts_nobody(sqlite_url: str, tmp_path: Path, how: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if how == "never answers":
            silent.listen()
        collector = Collector(503) if how == "answers 503" else None
        address = collector.address if collector else f"http://127.0.0.1:{silent.getsockname()[1]}"
        telemetry = Telemetry(exporting(address, "gamefold", "0"))
        loop = asyncio.get_running_loop()
        async with a_traced_server(sqlite_url, tmp_path, telemetry) as served:
            await served.register()
            for _ in range(700):  # more than one batch, so that sending is under way
                assert (await served.http.get("/focus/api/profile")).status_code == 200
            assert (await served.start()).status_code == 201
        started_s = loop.time()
        await telemetry.close()
        assert loop.time() - started_s < opening.CLOSING_S + 1
        if collector:
            collector.close()


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gamefold.platform.telemetry.traces", None)
    with pytest.raises(MissingExtra, match=r"OTEL_EXPORTER_OTLP_ENDPOINT needs .*gamefold\[telemetry\]"):
        open_telemetry("http://127.0.0.1:4318", "gamefold", "0")
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(MissingExtra, match=r"SENTRY_DSN needs .*gamefold\[sentry\]"):
        open_reports("https://key@sentry.example.org/1", environment="test", release="0")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("SENTRY_DSN", "sentry.example.org/1"),
        ("SENTRY_DSN", "https://sentry.example.org/1"),
        ("SENTRY_DSN", "https://planted-key@sentry.example.org/project"),
    ],
)
def test_an_address_that_cannot_be_one_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        read_settings(**{name: value})
    assert "planted-key" not in str(refused.value)


# -- Sentry -------------------------------------------------------------------------------------------------------


class Sentry(Transport):
    """A Sentry that keeps what it is sent."""

    events: list[dict[str, Any]] = []  # noqa: RUF012 - the SDK wants a class, and builds it

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        assert event is not None, "only events are sent: no sessions, transactions or client reports"
        # Collectors of the tests before are gone, and their exporters' threads may say so meanwhile.
        if not str(event.get("logger")).startswith("opentelemetry."):
            Sentry.events.append(dict(event))


@pytest.fixture
def reports(log_lines: StringIO) -> Iterator[Reports]:
    Sentry.events = []
    reports = Reports("https://key@sentry.example.org/1", environment="test", release="1.2.3", transport=Sentry)
    configure_logs(stream=log_lines, report=reports.log_event)
    yield reports
    reports.close()


async def test_an_error_is_reported_with_its_trace_and_without_anybody(
    reports: Reports, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = Host.submit

    async def broken(self: Host, world: str, actor: str, intent: Any, **options: Any) -> Any:
        if not world.startswith("focus/"):  # other games' worlds go on, and would be reported too
            return await submit(self, world, actor, intent, **options)
        secret = (world, actor, intent)
        raise RuntimeError(f"cannot keep {len(secret)} things{PLANTED}")

    async with a_traced_server(sqlite_url, tmp_path) as served:
        await served.register()
        task = (await served.create_task()).json()["data"]["id"]
        monkeypatch.setattr(Host, "submit", broken)
        answer = await served.start_with(task, traceparent=TRACEPARENT)
    assert answer.status_code == 500
    [event] = Sentry.events
    assert event["tags"]["trace_id"] == answer.headers["X-Trace-Id"] == TRACE
    assert event["release"] == "1.2.3"
    assert event["environment"] == "test"
    [error] = event["exception"]["values"]
    assert error["type"] == "RuntimeError"
    assert error["value"].startswith("cannot keep 3 things of [hidden]"), error
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert not {"request", "user", "breadcrumbs", "extra"} & set(event)
    assert not any("vars" in frame for frame in error["stacktrace"]["frames"])
    told = json.dumps(event, default=str)
    for planted in ("ada@example.com", "planted-token", "Deep Work", PASSWORD, "Bearer", socket.gethostname()):
        assert planted not in told, planted


def test_a_database_error_is_reported_without_its_values(reports: Reports) -> None:
    error = IntegrityError(
        "INSERT INTO users (email) VALUES ($1)",
        ("ada@example.com",),
        Exception('duplicate key\nDETAIL:  Key (email)=("Ada Lovelace") already exists.'),
    )
    structlog.get_logger("gamefold.web").error("unhandled error", exc_info=error)
    told = json.dumps(Sentry.events, default=str)
    assert "duplicate key" in told
    assert "Ada" not in told
    assert "ada@" not in told


def test_errors_that_libraries_log_are_reported_too(reports: Reports) -> None:
    try:
        raise ValueError("from a library")
    except ValueError:
        logging.getLogger("somewhere").exception("it failed")
    logging.getLogger("somewhere").error("nothing was raised")
    structlog.get_logger("gamefold").critical("host stopped", reason="another process owns it")
    told = [(event.get("level"), event["message"], "exception" in event) for event in Sentry.events]
    assert told == [
        ("error", "it failed", True),
        ("error", "nothing was raised", False),
        ("fatal", "host stopped", False),
    ]


def test_what_is_no_error_is_not_reported(reports: Reports) -> None:
    structlog.get_logger("gamefold").info("request", status=500)
    structlog.get_logger("gamefold").warning("could not tidy up", exc_info=ValueError())
    assert Sentry.events == []


def test_a_report_that_fails_costs_no_log_line(log_lines: StringIO) -> None:
    def fails(_event: Any) -> None:
        raise RuntimeError

    configure_logs(stream=log_lines, report=fails)
    structlog.get_logger("gamefold").error("still told")
    assert "still told" in log_lines.getvalue()


def test_nothing_is_reported_without_a_dsn() -> None:
    assert open_reports(None, environment="prod", release="0") is None


async def test_a_tick_is_linked_with_the_requests_it_settles() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    observer = Traces(provider).observer(CollectorRegistry(), lambda _reason: None)
    async with hosted(CLOCKWORK, observer=observer) as house:
        await house.host.ensure("clockwork/1", ClockworkSpec())
        await house.clock.elapse(1_500)
        with provider.get_tracer("test").start_as_current_span("a request"):
            await house.host.submit("clockwork/1", "anna", SetAlarm("tea", 60_000))
        await house.clock.elapse(3_000)
    spans = list(exporter.get_finished_spans())
    asked = named(spans, "submit SetAlarm")
    assert asked.attributes["gamefold.tick"] == 1
    tick = named(spans, "tick")  # one of four: nobody waited for the others
    assert (tick.attributes["gamefold.world"], tick.attributes["gamefold.tick"]) == ("clockwork/1", 2)
    assert [link.context.span_id for link in tick.links] == [asked.context.span_id]
    assert tick.parent is None
