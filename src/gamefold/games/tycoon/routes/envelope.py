"""The JSON of Tycoon: camelCase keys. Money is put in as JSON that is written already, see `amounts`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from gamefold.web.bodies import Body

ENCODER: Final = msgspec.json.Encoder()


class Asked(Body):
    """A request body: strict, camelCase, unknown fields refused."""

    model_config = ConfigDict(alias_generator=to_camel)


class Shown(Response):
    """An answer. Its content is what msgspec can encode; Python's own encoder knows no exact decimals."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode it."""
        return ENCODER.encode(content)


def shown(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Shown:
    """Answer with `content`."""
    return Shown(content, status, dict(headers) if headers else None)


def camel(name: str) -> str:
    """Turn `usd_micro` into `usdMicro`."""
    return to_camel(name)


def text(content: Any) -> str:
    """Encode what a WebSocket sends."""
    return ENCODER.encode(content).decode()


def stamp(at_ms: int) -> str:
    """Write a moment: `2026-11-21T20:15:00.000Z`."""
    at = datetime.fromtimestamp(at_ms // 1_000, UTC).replace(microsecond=at_ms % 1_000 * 1_000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
