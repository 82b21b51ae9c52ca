"""A state as somebody can read it, however big it is."""

import json
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
import numpy as np
import pytest

from gamefold.platform.liveops.summary import summary_of

LONG = "x" * 10_000


class Colour(Enum):
    RED = "red"


class Rig(msgspec.Struct):
    id: int
    name: str


@dataclass
class Site:
    rigs: list[Rig]


def nodes(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(nodes(part) for part in parts)


def test_a_small_state_is_shown_whole() -> None:
    site = Site([Rig(1, "one"), Rig(2, "two")])
    shown = {"rigs": [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]}
    assert summary_of(site) == shown
    assert summary_of({"b": (1, None), "a": {3, 1, 2}, 5: Colour.RED}) == {"5": "red", "a": [1, 2, 3], "b": [1, None]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1 << 80, str(1 << 80)),
        (-5, -5),
        (True, True),
        (b"\x00\xff", "00ff"),
        (bytes(40), "00" * 32 + "... 8 bytes more"),
        ("x" * 201, "x" * 200 + "..."),
        (object(), "<object>"),
        (deque([1]), "<deque>"),
    ],
)
def test_values_that_json_cannot_hold(value: Any, shown: Any) -> None:
    assert summary_of(value) == shown


def test_what_is_left_out_is_counted() -> None:
    assert summary_of(list(range(25)))[-1] == "... 5 more"
    shown = summary_of({f"{number:02}": number for number in range(25)})
    assert (len(shown), shown["..."], shown["00"]) == (21, "5 more", 0)
    assert summary_of(np.arange(1_000, dtype=np.int32)) == {
        "dtype": "int32",
        "shape": [1_000],
        "begins": list(range(20)),
    }


def test_a_state_of_any_size_and_depth_is_bounded() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    assert "..." in json.dumps(summary_of(deep))
    wide = {f"k{one}": {f"k{two}": list(range(100)) for two in range(100)} for one in range(100)}
    rigs = [Rig(number, LONG) for number in range(50_000)]
    # Whoever walked through all of the last but one would be here for hours.
    for huge in (wide, rigs, {"rigs": dict.fromkeys(range(50_000), rigs)}, frozenset(range(50_000))):
        shown = summary_of(huge)
        assert nodes(shown) < 10_000
        assert len(json.dumps(shown)) < 1_000_000
