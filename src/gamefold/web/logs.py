"""Structured logs: one JSON object per line on stderr, with the trace id, without secrets."""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

from gamefold.web.trace import current_trace_id

HIDDEN: Final = "[hidden]"
FIELD_CHARACTERS_MAX: Final = 16_384

_SECRET_NAME: Final = re.compile(r"authori[sz]ation|cookie|passw|secret|token|api_?key|jwt|credential", re.IGNORECASE)
_SECRET_TEXT: Final = re.compile(
    r"\b(?:bearer|basic)\s+[\w.~+/=-]{8,}"  # an Authorization header
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|(?<=:)[^\s:/@]+(?=@)"  # the password in a database address
    r"|(?:password|secret|token|api_?key|authorization|cookie)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?[^\s\"',;&}]+",
    re.IGNORECASE,
)

# Written by us on every line, and never from what somebody sent.
_OURS: Final = frozenset({"level", "timestamp", "logger", "trace_id", "method", "route", "status", "duration_ms"})


Report = Callable[[Mapping[str, Any]], None]
"""Is handed every event at level error or above, as it was logged, with the exception in `exc_info`."""


def configure_logs(level: str = "info", stream: TextIO | None = None, report: Report | None = None) -> None:
    """Send everything anybody logs, libraries included, through one chain to `stream` (stderr).

    Our own loggers are `structlog.get_logger("gamefold.<room>")`. They write straight to the stream: the
    way through `logging` would cost a request more than all else that is logged about it. `report` hears of errors,
    wherever they were logged.
    """
    out = stream or sys.stderr
    begin: tuple[Any, ...] = (
        structlog.contextvars.merge_contextvars,
        _add_trace_id,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    finish: tuple[Any, ...] = (
        *(() if report is None else (_Reporting(report),)),
        structlog.processors.format_exc_info,
        hide_secrets,
        _as_one_line,
    )
    structlog.configure(
        processors=[*begin, *finish],
        logger_factory=lambda name="gamefold": _NamedLogger(out, name),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=begin,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    handler.addFilter(_without_socket_addresses)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
        library.setLevel(logging.NOTSET)
    # These tell every chunk and every frame at debug level.
    for name in ("sse_starlette", "websockets", "asyncio", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Reporting:
    def __init__(self, report: Report) -> None:
        self._report = report

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event.get("level") in ("error", "critical"):
            with contextlib.suppress(Exception):  # a report that fails must not cost the log its line
                self._report({**event, "exc_info": _exception_in(event.get("exc_info"))})
        return event


def _exception_in(exc_info: Any) -> BaseException | None:
    """Give the exception of any of the forms that `exc_info` may have."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return _exception_in(exc_info[1])
    return sys.exception() if exc_info else None


def _add_trace_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace_id = current_trace_id()
    if trace_id is not None:
        event["trace_id"] = trace_id
    return event


# JSON escapes line breaks, so no field can begin a second line; with ASCII only, not even the exotic ones.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=True, default=repr)


def _as_one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _ENCODER.encode(event)


class _NamedLogger(structlog.WriteLogger):
    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self.name = name


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank fields named like secrets and texts that look like them, at any depth."""
    for name, value in event.items():
        if name not in _OURS:
            event[name] = _hidden(name, value)
    return event


def _hidden(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(HIDDEN, value[:FIELD_CHARACTERS_MAX])
    if isinstance(value, dict):
        return {str(key): _hidden(str(key), part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _hidden("", repr(value))


def _without_socket_addresses(record: logging.LogRecord) -> bool:
    # uvicorn logs a WebSocket's whole address, and browsers can send a token only there.
    return not (record.name == "uvicorn.error" and '"WebSocket' in str(record.msg))
