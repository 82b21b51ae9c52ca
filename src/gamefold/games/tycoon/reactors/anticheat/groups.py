"""Sums by key over integer arrays, with a stable sort, so that the same rows give the same answer everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.records import Whole


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows by their key. All answers go by `keys`, the distinct ones, ascending."""

    keys: Whole
    order: Whole  # rows, by key
    starts: Whole  # where each key begins in `order`

    def __len__(self) -> int:
        """Count the keys."""
        return len(self.keys)

    def counts(self) -> Whole:
        """Count rows."""
        return np.diff(self.starts, append=np.int64(len(self.order)))

    def sums(self, values: Whole) -> Whole:
        """Add up a column."""
        return np.add.reduceat(values[self.order], self.starts) if len(self) else self.keys

    def least(self, values: Whole) -> Whole:
        """Give the smallest of a column."""
        return np.minimum.reduceat(values[self.order], self.starts) if len(self) else self.keys

    def most(self, values: Whole) -> Whole:
        """Give the largest of a column."""
        return np.maximum.reduceat(values[self.order], self.starts) if len(self) else self.keys

    def rows(self, place: int) -> Whole:
        """Give the rows of one key, in their own order."""
        end = self.starts[place + 1] if place + 1 < len(self) else len(self.order)
        return self.order[self.starts[place] : end]


def by(keys: Whole) -> Groups:
    """Group rows by a key."""
    order = np.argsort(keys, kind="stable")
    rising = keys[order]
    starts = np.flatnonzero(np.diff(rising, prepend=rising[:1] - 1)) if len(rising) else rising
    return Groups(rising[starts], order.astype(np.int64), starts.astype(np.int64))


def totals(keys: Whole, values: Whole, size: int) -> Whole:
    """Add up a column by keys 0 .. size - 1, into an array of that size."""
    found = np.zeros(size, dtype=np.int64)
    np.add.at(found, keys, values)
    return found


def often(numbers: Whole, least: int, size: int) -> Whole:
    """Give the rows whose number (0 .. size - 1) is there at least so many times."""
    return np.flatnonzero(np.bincount(numbers, minlength=size)[numbers] >= least)


def islands(edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Give the sets of places that edges connect, each sorted, in the order of their first places (union-find)."""
    above: dict[int, int] = {}

    def root(place: int) -> int:
        while (parent := above.setdefault(place, place)) != place:
            above[place] = above[parent]
            place = parent
        return place

    for one, other in edges:
        low, high = sorted((root(one), root(other)))
        above[high] = low
    members: dict[int, list[int]] = {}
    for place in sorted(above):
        members.setdefault(root(place), []).append(place)
    return [members[first] for first in sorted(members)]
