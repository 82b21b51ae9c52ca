"""One JSON shape for every answer: `{"success", "data", "error"}`, camelCase inside."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from gamefold.games.focus.tables import moment, stamp
from gamefold.web.bodies import Body

DataT = TypeVar("DataT")

# Read in either letter case, as X-Tenant-Id is, and known in one.
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True)]


class Asked(Body):
    """A request body: strict, camelCase, unknown fields refused."""

    model_config = ConfigDict(alias_generator=to_camel)


class Shown(BaseModel):
    """Something an answer shows: camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Reply(BaseModel, Generic[DataT]):
    """An answer that went well."""

    success: Literal[True] = True
    data: DataT
    error: None = None


def ok(data: DataT) -> Reply[DataT]:
    """Put `data` into the envelope."""
    return Reply(data=data)


def error_envelope(code: str, message: str, details: Mapping[str, object]) -> object:
    """Give the body of a refusal. Times in details become readable ones."""
    shown: dict[str, Any] = dict(details)
    if isinstance(at_ms := shown.get("availableAt"), int):
        shown["availableAt"] = stamp(moment(at_ms))
    return {"success": False, "error": {"code": code, "message": message, **shown}}


ERROR_SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        },
    },
}
