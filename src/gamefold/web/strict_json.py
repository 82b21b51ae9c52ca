"""JSON as RFC 8259 and I-JSON mean it, with bounds: what any parser, database or game can hold.

Python's own parser takes NaN, Infinity, numbers that overflow to infinity, integers of any size, duplicate keys,
UTF-16 and lone surrogates. Each of them has broken a server further down, so each is refused here, at the door.
"""

import json
import re
from typing import Any, Final, NoReturn

INTEGER_MAX: Final = 2**63 - 1
DEPTH_MAX: Final = 32

_INTEGER_DIGITS_MAX: Final = len(str(INTEGER_MAX))
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# Keeps brackets only, all as one kind, so that removing `[]` again and again peels one level at a time.
_SAME_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


class InvalidJson(ValueError):
    """Not JSON we take. The text ends a sentence that begins with `The body`, and repeats nothing of the input."""


def parse(raw: bytes) -> Any:
    """Parse a whole JSON text. InvalidJson."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidJson("must be UTF-8") from None
    if text.startswith("\ufeff"):
        raise InvalidJson("must not begin with a byte order mark")
    if _deeper_than(raw, DEPTH_MAX):
        raise InvalidJson(f"must not be nested deeper than {DEPTH_MAX} levels")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"is not valid JSON at character {error.pos + 1}") from None
    if "\\u" in text:
        _refuse_lone_surrogates(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidJson("must not name a key twice in one object")
    return value


def _integer(digits: str) -> int:
    # The length goes first: turning a million digits into an integer takes seconds.
    if len(digits.lstrip("-")) <= _INTEGER_DIGITS_MAX:
        value = int(digits)
        if -INTEGER_MAX <= value <= INTEGER_MAX:
            return value
    raise InvalidJson(f"must not hold an integer outside of -{INTEGER_MAX} to {INTEGER_MAX}")


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise InvalidJson("must not hold a number too large for a 64-bit float")
    return value


def _constant(_name: str) -> NoReturn:
    raise InvalidJson("must not hold NaN or Infinity")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _deeper_than(raw: bytes, levels: int) -> bool:
    if raw.count(b"[") + raw.count(b"{") <= levels:
        return False
    brackets = _STRING.sub(b"", raw).translate(_SAME_BRACKETS, _NO_BRACKETS)
    for _ in range(levels):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidJson("must not hold half of a surrogate pair") from None
