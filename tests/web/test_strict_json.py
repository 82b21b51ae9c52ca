"""What strict JSON takes. What it refuses is in the corpus of hostile bodies."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamefold.web.strict_json import DEPTH_MAX, INTEGER_MAX, InvalidJson, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_every_bounded_value_comes_through_as_it_is(value: object, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(raw: bytes) -> None:
    with suppress(InvalidJson):
        json.dumps(parse(raw), allow_nan=False).encode("ascii")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9223372036854775807", INTEGER_MAX),
        (b"-9223372036854775807", -INTEGER_MAX),
        (b"-0", 0),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}]),
        (b" \t\r\n[1 , 2] \n", [1, 2]),
        (b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, json.loads("[" * DEPTH_MAX + "]" * DEPTH_MAX)),
        (b'"' + b"[{" * 500 + b'"', "[{" * 500),
        (b'["\\"[[[", "' + b"[" * 500 + b'"]', ['"[[[', "[" * 500]),
    ],
)
def test_the_edges_are_inside(raw: bytes, value: object) -> None:
    assert parse(raw) == value


def test_levels_count_alike_for_arrays_and_objects() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        inner = opening * (DEPTH_MAX - 1) + b"[]" + closing * (DEPTH_MAX - 1)
        assert parse(inner)
        with pytest.raises(InvalidJson, match="nested"):
            parse(b"[" + inner + b"]")
