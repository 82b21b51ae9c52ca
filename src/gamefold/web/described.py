"""What a route says of itself in `/openapi.json`: what it does, how it answers, and every refusal it may answer with.

    describes = Described(STATUS_OF, always=(UNAUTHORIZED,))

    @router.post("/site/create", **describes.write("Build a site", SiteShown, SITE_LIMIT, status=201))

Nothing of it is looked at while a request runs, if the route answers with a response of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from gamefold.web.errors import INVALID_REQUEST, Draining, StorageDown, WorldQuarantined, WorldStopped
from gamefold.web.idempotency import KEY_CHARACTERS_MAX

RATE_LIMITED: Final = "RATE_LIMITED"

Links = Mapping[str, Mapping[str, str]]
"""By operation id: which of its parameters is where in the answer, `{"tycoon_cancel": {"order_id": "/order/id"}}`."""

_UNAVAILABLE: Final = tuple(kind.reason for kind in (Draining, StorageDown, WorldQuarantined, WorldStopped))
_KEYED: Final = ("IDEMPOTENCY_IN_FLIGHT", "IDEMPOTENCY_KEY_REUSED")
_BODY: Final = ("BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
_STATUS_OF: Final[Mapping[str, int]] = {
    INVALID_REQUEST: 422,
    RATE_LIMITED: 429,
    "BODY_TOO_LARGE": 413,
    "IDEMPOTENCY_IN_FLIGHT": 409,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    **dict.fromkeys(_UNAVAILABLE, 503),
}
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_KEY_HEADER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body is done once, and answered the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS_MAX, "pattern": "^[!-~]+$"},
}


class RefusalTold(BaseModel):
    """Why not: a code for programs and a sentence for people. Some codes tell more, such as the `field` at fault."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str


class Refusal(BaseModel):
    """The body of every refusal."""

    error: RefusalTold


@dataclass(frozen=True, slots=True)
class Described:
    """Describes routes. `status_of` is the table their errors go by, `always` what all of them may be refused with."""

    status_of: Mapping[str, int]
    always: tuple[str, ...] = ()

    def read(self, summary: str, answer: Any, *codes: str) -> dict[str, Any]:
        """Describe a GET. Without an `answer` it is what the route's function says it returns."""
        return self._told(summary, answer, 200, (INVALID_REQUEST, *codes))

    def write(
        self, summary: str, answer: Any, *codes: str, status: int = 200, body: bool = True, links: Links | None = None
    ) -> dict[str, Any]:
        """Describe a write. `body`: it takes JSON. `links`: what the answer can be used for."""
        house = (INVALID_REQUEST, *_KEYED, *(_BODY if body else ()))
        told = self._told(summary, answer, status, (*house, *codes))
        if links:
            told["responses"][status] = {"links": {name: _link(name, parts) for name, parts in links.items()}}
        return {**told, "openapi_extra": {"parameters": [_KEY_HEADER]}}

    def _told(self, summary: str, answer: Any, status: int, codes: tuple[str, ...]) -> dict[str, Any]:
        told = {"summary": summary, "status_code": status, "responses": self._refusals(codes)}
        return told if answer is None else {**told, "response_model": answer}

    def _refusals(self, codes: tuple[str, ...]) -> dict[int | str, dict[str, Any]]:
        by_status: dict[int, list[str]] = {}
        for code in sorted({*codes, *self.always, *_UNAVAILABLE}):
            by_status.setdefault(self.status_of.get(code, _STATUS_OF.get(code, 409)), []).append(code)
        return {status: _refusal(status, told) for status, told in sorted(by_status.items())}


def _link(operation_id: str, parts: Mapping[str, str]) -> dict[str, Any]:
    parameters = {name: f"$response.body#{pointer}" for name, pointer in parts.items()}
    return {"operationId": operation_id, "parameters": parameters}


def _refusal(status: int, codes: list[str]) -> dict[str, Any]:
    examples = {code: {"value": {"error": {"code": code, "message": "A sentence that says why."}}} for code in codes}
    return {
        "model": Refusal,
        "description": ", ".join(codes),
        "content": {"application/json": {"examples": examples}},
        **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
    }
