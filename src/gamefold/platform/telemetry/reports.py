"""Errors for Sentry: what was logged as one, its traceback and its trace id; nothing that anybody sent."""

import importlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from gamefold.platform.telemetry.opening import MissingExtra
from gamefold.web.logs import HIDDEN, hide_secrets

if TYPE_CHECKING:
    from sentry_sdk.transport import Transport
    from sentry_sdk.types import Event, Hint

CLOSING_S: Final = 1.0

_TAGS: Final = ("trace_id", "logger", "world", "job", "reactor")
_ADDRESS: Final = re.compile(r"[^\s@\"'<>(),:;=]+@[\w.-]+\w")
# Databases repeat the values they did not like, and SQLAlchemy the parameters of the statement.
_VALUES: Final = re.compile(r"\n?(?:DETAIL:|\[parameters:|\[SQL:).*", re.DOTALL)


class Reports:
    """Sends errors from a thread of its own. A Sentry that is slow or gone costs reports, never a request."""

    def __init__(self, dsn: str, *, environment: str, release: str, transport: "type[Transport] | None" = None) -> None:
        try:
            sentry = importlib.import_module("sentry_sdk")
            self._event_from = importlib.import_module("sentry_sdk.utils").event_from_exception
        except ModuleNotFoundError:
            raise MissingExtra("SENTRY_DSN needs sentry_sdk: pip install 'gamefold[sentry]'") from None
        # A client of our own, and no integrations: those would collect requests, bodies and breadcrumbs by
        # themselves, for every library in the process.
        self._client = sentry.Client(
            dsn,
            environment=environment,
            release=release,
            transport=transport,
            before_send=_without_values,
            data_collection={
                "user_info": False,
                "cookies": {"mode": "off"},
                "http_headers": {"request": {"mode": "off"}, "response": {"mode": "off"}},
                "http_bodies": [],
                "url_query_params": {"mode": "off"},
                "database_query_data": False,
                "stack_frame_variables": False,
            },
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            include_local_variables=False,
            max_request_body_size="never",
            send_client_reports=False,
            server_name="",
            shutdown_timeout=CLOSING_S,
        )

    def log_event(self, event: Mapping[str, Any]) -> None:
        """Report a log event that tells an error; its exception, if it has one, is in `exc_info`."""
        report: dict[str, Any] = {"message": str(event.get("event"))}
        if (error := event.get("exc_info")) is not None:
            report |= self._event_from(error, client_options=self._client.options)[0]
        report["level"] = "fatal" if event.get("level") == "critical" else "error"
        report["tags"] = {name: str(event[name]) for name in _TAGS if event.get(name) is not None}
        self._client.capture_event(report)

    def close(self) -> None:
        """Send what waits, but not for long."""
        self._client.close(timeout=CLOSING_S)


def open_reports(dsn: str | None, *, environment: str, release: str) -> Reports | None:
    """Report to the project that `dsn` names, or to nobody without one. MissingExtra."""
    return None if dsn is None else Reports(dsn, environment=environment, release=release)


def _without_values(event: "Event", _hint: "Hint") -> "Event":
    for error in event.get("exception", {}).get("values", ()):
        error["value"] = _discreet(str(error.get("value") or ""))
    event["message"] = _discreet(str(event.get("message") or ""))
    return event


def _discreet(text: str) -> str:
    hidden = hide_secrets(None, "", {"text": _VALUES.sub("", text)})["text"]
    return _ADDRESS.sub(HIDDEN, str(hidden))
