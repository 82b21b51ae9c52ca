"""Keyed chance: every draw is a hash of what it is for, so no draw can shift another.

A stream is named by (seed, coordinate, purpose, entity ...). The n-th 64-bit block of a stream is
``blake2b(n, key=blake2b(name, key=seed))``. Nothing is remembered between streams: a rule that draws once
more changes no other rule's luck, and a seed that stays secret keeps every later draw secret
(a Mersenne Twister gives its whole future away after 624 outputs).
"""

from collections.abc import MutableSequence, Sequence
from hashlib import blake2b
from typing import Final, TypeVar

T = TypeVar("T")

SEED_BYTES: Final = 32
_BLOCKS: Final = 1 << 64


class Rng:
    """One stream of chance. Draws are integers; there are no floats here."""

    __slots__ = ("_drawn", "_key")

    def __init__(self, seed: bytes, *name: str | int) -> None:
        """Open the stream `name` of `seed` (32 bytes). The same pair always gives the same draws."""
        # The type mark and the length keep ("a", "b") apart from ("ab",) and "1" apart from 1.
        spelled = b"".join(
            b"%c%d:%s" % (b"i"[0] if isinstance(part, int) else b"s"[0], len(raw), raw)
            for part in name
            for raw in (str(part).encode(),)
        )
        self._key = blake2b(spelled, key=seed, digest_size=32).digest()
        self._drawn = 0

    def below(self, limit: int) -> int:
        """Draw a uniform integer 0 <= n < limit. `limit` is 1 .. 2**64."""
        assert 0 < limit <= _BLOCKS, limit
        # Blocks past the last whole multiple of `limit` are drawn again: a plain remainder favours small numbers.
        usable = _BLOCKS - _BLOCKS % limit
        while True:
            counter = self._drawn.to_bytes(8, "big")
            block = int.from_bytes(blake2b(counter, key=self._key, digest_size=8).digest(), "big")
            self._drawn += 1
            if block < usable:
                return block % limit

    def between(self, least: int, most: int) -> int:
        """Draw a uniform integer, both ends included."""
        return least + self.below(most - least + 1)

    def choice(self, options: Sequence[T]) -> T:
        """Pick one of `options`. Hand in a sorted sequence: sets have no order."""
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[T], weights: Sequence[int]) -> T:
        """Pick one of `options` with integer `weights` (0 or more, at least one above 0)."""
        assert len(options) == len(weights)
        drawn = self.below(sum(weights))
        for option, weight in zip(options, weights, strict=True):
            drawn -= weight
            if drawn < 0:
                return option
        raise AssertionError("the weights add up to what was drawn below")

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put `items` in a uniformly random order (Durstenfeld's form of the Fisher-Yates shuffle)."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
