"""A viewer's cursor names the last record it has seen."""

import pytest

from gamefold.web.cursor import Cursor, parse_cursor


@pytest.mark.parametrize(("text", "cursor"), [("0", Cursor(0)), ("17", Cursor(17)), ("3:17", Cursor(17, 3))])
def test_a_cursor_is_a_position_with_or_without_its_run(text: str, cursor: Cursor) -> None:
    assert parse_cursor(text) == cursor
    assert str(cursor) == text


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "a", "1:", ":1", "1:2:3", " 1", "1 ", "٣", "9223372036854775808", "9" * 30, "1\n"]
)
def test_anything_else_is_no_cursor(text: str) -> None:
    assert parse_cursor(text) is None


def test_a_cursor_of_another_run_names_no_position_here() -> None:
    assert Cursor(5, run=1).position_in(2) is None
    assert Cursor(5, run=2).position_in(2) == Cursor(5).position_in(2) == 5
