"""Tables of numbers, column by column: what a region has too many of to keep as objects.

Rows move when others are deleted; what must last (and what chance is keyed by) is a number in a column, never the row.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import xxhash
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]  # of one signed integer type
Mask: TypeAlias = NDArray[np.bool_]

_ROWS_LEAST = 16  # of capacity


class Table:
    """Columns of equal length. A subclass names them, in their order, with an integer dtype such as `i8`."""

    COLUMNS: ClassVar[Mapping[str, str]] = {}

    __slots__ = ("_arrays", "_length")

    def __init__(self) -> None:
        self._length = 0
        self._arrays = {name: np.zeros(_ROWS_LEAST, dtype) for name, dtype in self.COLUMNS.items()}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Array:
        """Give a column as a view: writing into it changes the table. Stale once rows are added."""
        return self._arrays[name][: self._length]

    def __iter__(self) -> Iterator[str]:
        return iter(self.COLUMNS)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Table) and self.written() == other.written()

    __hash__ = None  # type: ignore[assignment]

    def append(self, count: int = 1, **values: int | Array) -> slice:
        """Add rows at the end, 0 where nothing is given; give where they stand."""
        return self.insert(self._length, count, **values)

    def insert(self, at: int, count: int = 1, **values: int | Array) -> slice:
        """Add rows in front of row `at`, 0 where nothing is given; give where they stand."""
        assert count >= 0, count
        assert 0 <= at <= self._length, at
        self._reserve(self._length + count)
        new = slice(at, at + count)
        for name, array in self._arrays.items():
            array[at + count : self._length + count] = array[at : self._length]
            array[new] = _checked(array.dtype, values.pop(name, 0))
        assert not values, f"no columns {sorted(values)}"
        self._length += count
        return new

    def keep(self, mask: Mask) -> None:
        """Delete the rows whose place in `mask` is False; the others keep their order."""
        kept = int(np.count_nonzero(mask))
        for name, array in self._arrays.items():
            array[:kept] = self[name][mask]
        self._length = kept

    def written(self) -> list[tuple[str, str, memoryview]]:
        """Give every column, little-endian, in the order of `COLUMNS`: name, dtype, and its bytes as they lie."""
        return [(name, dtype, self._little(name).data.cast("B")) for name, dtype in self.COLUMNS.items()]

    @classmethod
    def read(cls, columns: Sequence[tuple[str, str, bytes | memoryview]]) -> Self:
        """Take what was `written`. ValueError where the columns are others."""
        if [(name, dtype) for name, dtype, _ in columns] != list(cls.COLUMNS.items()):
            raise ValueError(f"{cls.__name__} has other columns than were written")
        table = cls()
        arrays = {name: np.frombuffer(data, f"<{dtype}") for name, dtype, data in columns}
        lengths = {len(array) for array in arrays.values()}
        if len(lengths) > 1:
            raise ValueError(f"{cls.__name__} has columns of different lengths")
        table.append(next(iter(lengths), 0), **arrays)
        return table

    def digest(self) -> bytes:
        """Hash names, dtypes, length and all columns: 16 bytes of xxh3."""
        hashed = xxhash.xxh3_128()
        for name, dtype in self.COLUMNS.items():
            hashed.update(f"{name}:{dtype}:{self._length};".encode())
            hashed.update(self._little(name).data)
        return hashed.digest()

    def _little(self, name: str) -> Array:
        return np.ascontiguousarray(self[name].astype(f"<{self.COLUMNS[name]}", copy=False))

    def _reserve(self, rows: int) -> None:
        capacity = len(next(iter(self._arrays.values())))
        if rows <= capacity:
            return
        while capacity < rows:
            capacity *= 2
        for name, array in self._arrays.items():
            wider = np.zeros(capacity, array.dtype)
            wider[: self._length] = array[: self._length]
            self._arrays[name] = wider


def _checked(dtype: np.dtype[Any], value: int | Array) -> int | Array:
    """Hold that a value fits. What does not would be cut off without a word by some versions of numpy."""
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    if isinstance(value, int):
        assert least <= value <= most, (dtype, value)
    elif value.dtype != dtype and len(value):
        assert least <= int(value.min()) <= int(value.max()) <= most, dtype
    return value
