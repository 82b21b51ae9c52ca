"""Says what is wrong with a request in one sentence that never repeats what was sent.

Pydantic's own errors carry the input, and their locations carry keys the sender chose. So a sentence is made from
two safe sources only: names the route declares, and rules from a known list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.types import Scope

from gamefold.web.route_template import selected_route


class Unfit(ValueError):
    """Raised by a validator of a field. Its text is shown to the sender, so it must not repeat the value.

    The text ends a sentence that begins with the field: `Unfit("must be one of the five rooms")`.
    """


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: the sentence, and the declared field where there is one."""

    sentence: str
    field: str | None


def fault_of(scope: Scope, errors: Sequence[Mapping[str, Any]]) -> Fault:
    """Describe the first of a request's validation errors."""
    error = errors[0]
    place, *path = error["loc"]
    rule = _rule(error)
    if error["type"] == "extra_forbidden":
        path = path[:-1]
    field = _field(path, _declared(scope)) if path else ""
    if place == "body":
        subject = f"The field {field}" if field else "The body"
    else:
        subject = f"The {place} parameter {field}" if field else f"A {place} parameter"
    return Fault(f"{subject} {rule}.", field or None)


_JSON_OBJECT: Final = "must be a JSON object"
_RULES: Final = {
    "missing": "is required",
    "extra_forbidden": "has an unknown field",
    "model_type": _JSON_OBJECT,
    "model_attributes_type": _JSON_OBJECT,
    "dataclass_type": _JSON_OBJECT,
    "dict_type": _JSON_OBJECT,
    "list_type": "must be a JSON array",
    "tuple_type": "must be a JSON array",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "uuid_version": "must be a UUID of the asked version",
    "datetime_type": "must be a date and time",
    "datetime_parsing": "must be a date and time",
    "datetime_from_date_parsing": "must be a date and time",
    "date_type": "must be a date",
    "date_parsing": "must be a date",
    "date_from_datetime_parsing": "must be a date",
    "string_pattern_mismatch": "does not have the asked form",
    "union_tag_invalid": "has an unknown kind",
    "union_tag_not_found": "does not say its kind",
}
# Of these the message is made from the declared rule alone (bounds, lengths, choices).
_SAFE: Final = frozenset(
    {
        "bool_parsing", "bool_type", "enum", "finite_number", "float_parsing", "float_type", "greater_than",
        "greater_than_equal", "int_from_float", "int_parsing", "int_parsing_size", "int_type", "less_than",
        "less_than_equal", "literal_error", "multiple_of", "none_required", "string_too_long", "string_too_short",
        "string_type",
    }
)  # fmt: skip


def _rule(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind in _RULES:
        return _RULES[kind]
    if kind in ("too_long", "too_short"):
        word, bound = ("most", "max_length") if kind == "too_long" else ("least", "min_length")
        unit = "characters" if isinstance(error.get("input"), str) else "items"
        return f"must have at {word} {error['ctx'][bound]} {unit}"
    if kind in _SAFE:
        message = str(error["msg"])
        for start, ours in (("Input should ", "must "), ("String should ", "must ")):
            if message.startswith(start):
                return ours + message.removeprefix(start)
    if kind == "value_error" and isinstance(unfit := (error.get("ctx") or {}).get("error"), Unfit):
        return str(unfit)
    return "is not valid"


def _field(path: Iterable[object], declared: set[str]) -> str:
    field = ""
    for part in path:
        if isinstance(part, int):
            field += f"[{part}]"
        elif part in declared:
            field += f".{part}" if field else str(part)
    return field


def _declared(scope: Scope) -> set[str]:
    names: set[str] = set()
    dependants = [getattr(selected_route(scope), "dependant", None)]
    while dependants:
        dependant = dependants.pop()
        if dependant is None:
            continue
        dependants += dependant.dependencies
        for kind in ("path", "query", "header", "cookie", "body"):
            for parameter in getattr(dependant, f"{kind}_params"):
                names |= _names(parameter.alias, parameter.field_info)
                _collect(parameter.field_info.annotation, names, set())
    return names


def _collect(annotation: Any, names: set[str], seen: set[Any]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation in seen:
            return
        seen.add(annotation)
        for name, field in annotation.model_fields.items():
            names |= _names(name, field)
            _collect(field.annotation, names, seen)
    for part in get_args(annotation):
        _collect(part, names, seen)


def _names(name: str, field: FieldInfo) -> set[str]:
    return {name, *(alias for alias in (field.alias, field.validation_alias) if isinstance(alias, str))}
