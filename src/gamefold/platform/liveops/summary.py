"""A state as JSON somebody can read: the beginning of everything, and how much more there is.

It walks over a state instead of writing it down first, because a world may hold a million things.
"""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import islice
from typing import Any, Final

from msgspec import Struct

NODES_MAX: Final = 2_000  # in all
ITEMS_MAX: Final = 20  # of one collection
DEPTH_MAX: Final = 8
CHARACTERS_MAX: Final = 200
BYTES_MAX: Final = 32
REST: Final = "..."
_SORTED_MAX: Final = 10_000  # a larger collection is shown in the order it comes in
_INTEGER_MAX: Final = 1 << 63


def summary_of(value: Any, nodes_max: int = NODES_MAX) -> Any:
    """Give the beginning of a value: structs and mappings as objects, sequences as lists, each with what is left out.

    Never more than `nodes_max` values, 20 of one collection, 8 levels, 200 characters of a text and 32 bytes (in hex).
    """
    return _Summary(nodes_max).of(value, DEPTH_MAX)


class _Summary:
    def __init__(self, nodes_max: int) -> None:
        self._left = nodes_max

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 1
        plain, shown = _plain(value)
        if plain:
            return shown
        if depth == 0 or self._left <= 0:
            return REST
        if isinstance(value, Struct):
            return self._object({name: getattr(value, name) for name in value.__struct_fields__}, depth)
        if is_dataclass(value) and not isinstance(value, type):
            return self._object({part.name: getattr(value, part.name) for part in fields(value)}, depth)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple):
            return self._list(value, len(value), depth)
        if isinstance(value, AbstractSet):
            few = len(value) <= _SORTED_MAX
            return self._list(sorted(value, key=repr) if few else value, len(value), depth)
        if hasattr(value, "dtype") and hasattr(value, "shape"):  # an array of numpy, which nobody here imports
            begins = self._list(value.ravel()[:ITEMS_MAX].tolist(), min(value.size, ITEMS_MAX), depth)
            return {"dtype": str(value.dtype), "shape": list(value.shape), "begins": begins}
        return f"<{type(value).__name__}>"

    def _object(self, named: Mapping[str, Any], depth: int) -> dict[str, Any]:
        return {name: self.of(part, depth - 1) for name, part in named.items()}

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        keys = islice(sorted(value, key=repr) if len(value) <= _SORTED_MAX else value, ITEMS_MAX)
        shown = {_cut(str(_plain(key)[1])): self.of(value[key], depth - 1) for key in keys}
        if len(value) > ITEMS_MAX:
            shown[REST] = f"{len(value) - ITEMS_MAX} more"
        return shown

    def _list(self, values: Iterable[Any], count: int, depth: int) -> list[Any]:
        shown = [self.of(part, depth - 1) for part in islice(values, ITEMS_MAX)]
        if count > ITEMS_MAX:
            shown.append(f"{REST} {count - ITEMS_MAX} more")
        return shown


def _plain(value: Any) -> tuple[bool, Any]:
    """Say whether a value has no parts, and how it is shown."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool):
        return True, value
    if isinstance(value, int):
        return True, value if -_INTEGER_MAX < value < _INTEGER_MAX else str(value)
    if isinstance(value, float):
        return True, value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return True, _cut(value)
    if isinstance(value, bytes | bytearray):
        more = len(value) - BYTES_MAX
        return True, value[:BYTES_MAX].hex() + (f"{REST} {more} bytes more" if more > 0 else "")
    return False, repr(type(value))


def _cut(text: str) -> str:
    return text if len(text) <= CHARACTERS_MAX else text[:CHARACTERS_MAX] + REST
