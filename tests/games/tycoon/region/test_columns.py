"""Tables of columns: rows come and go, bytes and digests are exact."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamefold.games.tycoon.state.columns import Table


class Things(Table):
    COLUMNS: ClassVar[Mapping[str, str]] = {"key": "i8", "small": "i1", "short": "i2", "word": "i4"}
    __slots__ = ()


class Others(Table):
    COLUMNS: ClassVar[Mapping[str, str]] = {"key": "i8", "small": "i2", "short": "i2", "word": "i4"}
    __slots__ = ()


ROWS = st.lists(st.tuples(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(-128, 127)), max_size=70)


def things(rows: list[tuple[int, int]]) -> Things:
    table = Things()
    for key, small in rows:
        table.append(key=key, small=small)
    return table


@given(ROWS, ROWS, st.integers(0, 70))
def test_a_table_is_a_list_of_rows(first: list[tuple[int, int]], second: list[tuple[int, int]], at: int) -> None:
    table, at = things(first), min(at, len(first))
    keys, smalls = ([row[n] for row in second] for n in (0, 1))
    where = table.insert(at, len(second), key=np.array(keys, np.int64), small=np.array(smalls, np.int64))
    assert where == slice(at, at + len(second))
    expected = [*first[:at], *second, *first[at:]]
    assert list(zip(table["key"].tolist(), table["small"].tolist(), strict=True)) == expected
    assert table["word"].tolist() == [0] * len(expected)

    kept = np.array([key % 2 == 0 for key, _ in expected], np.bool_)
    table.keep(kept)
    assert table["key"].tolist() == [key for key, _ in expected if key % 2 == 0]


@given(ROWS)
def test_what_is_read_back_is_what_was_written(rows: list[tuple[int, int]]) -> None:
    table = things(rows)
    again = Things.read(table.written())
    assert again == table
    assert again.written() == table.written()
    assert again.digest() == table.digest()


def test_a_tables_bytes_do_not_depend_on_how_it_came_about() -> None:
    one, other = things([(1, 1), (2, 2), (3, 3)]), things([(1, 1), (7, 7), (3, 3)])
    other.insert(1, key=2, small=2)
    other.keep(other["key"] != 7)
    assert (one.written(), one.digest()) == (other.written(), other.digest())


@pytest.mark.parametrize("column", ["key", "small", "short", "word"])
def test_every_column_and_every_row_is_in_the_digest(column: str) -> None:
    table = things([(1, 1), (2, 2)])
    before = table.digest()
    table[column][1] += 1
    changed = table.digest()
    table.append()
    assert len({before, changed, table.digest()}) == 3


def test_other_columns_than_were_written_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="other columns"):
        Others.read(things([(1, 1)]).written())


@pytest.mark.parametrize("value", [128, -129, np.array([300], np.int64)])
def test_a_value_that_does_not_fit_is_never_cut_off(value: int) -> None:
    with pytest.raises(AssertionError):
        things([]).append(small=value)


def test_a_column_that_is_not_there_cannot_be_filled() -> None:
    with pytest.raises(AssertionError, match="no columns"):
        things([]).append(colour=1)
