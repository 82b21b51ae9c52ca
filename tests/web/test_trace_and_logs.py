"""One trace id per request, on its answer and its log lines; one line per event; no secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gamefold.web.logs import HIDDEN, configure_logs

from .house import a_house, connected

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SECRETS = {
    "authorization": "Basic c2VjcmV0LW9uZQ==",
    "Cookie": "sid=secret-two",
    "password": "secret-three",
    "refresh_token": "secret-four",
    "api_key": "secret-five",
    "jwt": "secret-six",
    "note": "sent Authorization: Bearer secret-seven",
    "text": "eyJhbGciOiJIUzI1NiJ9.secret-eight.c2lnbmF0dXJl",
    "address": "postgresql://game:secret-nine@db/game",
    "form": "password=secret-ten&name=ada",
    "body": '{"password": "secret-eleven"}',
    "headers": {"Authorization": "secret-twelve", "inner": [{"client_secret": "secret-thirteen"}]},
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs(stream=stream)
    yield stream
    configure_logs(stream=io.StringIO())


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_an_answer_carries_the_callers_trace() -> None:
    async with a_house().client() as client:
        answer = await client.get("/arena/actions", headers={"traceparent": PARENT})
    assert answer.headers["x-trace-id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert answer.headers["traceresponse"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert answer.headers["traceresponse"].endswith("-01")


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "00",
        PARENT.upper(),
        PARENT + "-more",
        "ff" + PARENT[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        PARENT.replace("4bf9", "4bg9"),
    ],
)
async def test_a_malformed_trace_is_replaced(parent: str) -> None:
    async with a_house().client() as client:
        answer = await client.get("/arena/actions", headers={"traceparent": parent})
    assert len(bytes.fromhex(answer.headers["x-trace-id"])) == 16
    assert answer.headers["x-trace-id"] not in PARENT


async def test_a_later_version_of_the_trace_header_is_understood() -> None:
    async with a_house().client() as client:
        answer = await client.get("/arena/actions", headers={"traceparent": "01" + PARENT[2:] + "-more"})
    assert answer.headers["x-trace-id"] == PARENT[3:35]


async def test_a_request_leaves_one_line_with_its_route_and_never_its_address(written: io.StringIO) -> None:
    async with a_house().client() as client:
        answer = await client.get("/quest/players/secretname?token=secretvalue")
        await client.get("/health")
        await client.get("/nowhere/secretname")
    first, unmatched = lines(written)
    assert first["event"] == "request"
    assert (first["method"], first["route"], first["status"]) == ("GET", "/quest/players/{name}", 200)
    assert first["duration_ms"] > 0
    assert first["trace_id"] == answer.headers["x-trace-id"]
    assert {"level", "timestamp", "logger"} <= set(first)
    assert unmatched["route"] == "unmatched"
    assert "secret" not in written.getvalue()


async def test_an_internal_error_is_logged_with_its_trace(written: io.StringIO) -> None:
    async with a_house().client() as client:
        answer = await client.get("/arena/crash")
    error = next(line for line in lines(written) if line["level"] == "error")
    assert error["trace_id"] == answer.headers["x-trace-id"]
    assert "RuntimeError" in error["exception"]


async def test_the_trace_of_one_request_does_not_stick_to_the_next_line(written: io.StringIO) -> None:
    async with a_house().client() as client:
        await client.get("/arena/actions")
    structlog.get_logger("x").info("later")
    assert "trace_id" not in lines(written)[-1]


async def test_a_socket_has_a_trace_too() -> None:
    async with connected(a_house().app, "/arena/actions", kind="websocket") as socket:
        closed = await socket.next()
    assert closed["type"] == "websocket.close"


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\u2028", "\u0085", "\x0b", "\x1e"])
def test_no_field_begins_a_second_line(written: io.StringIO, break_: str) -> None:
    structlog.get_logger("x").info(f"a{break_}b", **{f"k{break_}": f"v{break_}w", "deep": [break_]})
    logging.getLogger("some.library").warning("c%sd", break_)
    assert len(lines(written)) == 2


def test_secrets_are_hidden_wherever_they_are(written: io.StringIO) -> None:
    structlog.get_logger("x").info("event", **SECRETS)
    logging.getLogger("some.library").warning("sent %s", "Authorization: Bearer secret-fourteen")
    try:
        raise ValueError("postgresql://game:secret-fifteen@db/game")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    assert "secret-" not in written.getvalue()
    assert "c2VjcmV0" not in written.getvalue()
    assert HIDDEN in written.getvalue()


def test_what_json_cannot_say_is_logged_all_the_same(written: io.StringIO) -> None:
    structlog.get_logger("x").info("event", half="\ud800", thing=object(), number=1, huge="x" * 100_000)
    (line,) = lines(written)
    assert line["number"] == 1
    assert len(line["huge"]) < 20_000


def test_libraries_speak_through_the_same_chain_and_sockets_addresses_do_not(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "1.2.3.4", "/socket?token=secret")
    (line,) = lines(written)
    assert line["event"] == "Invalid HTTP request received."
    assert line["logger"] == "uvicorn.error"
