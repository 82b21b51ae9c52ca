"""What all accounts of the market come to: their money and one hash, at the cost of those that changed.

Accounts are many and few change in a tick. So each is remembered as it was counted last, and the sums over all of them
move by the difference.
"""

from array import array
from typing import Final

import xxhash

_HASHES: Final = 1 << 128


class Tally:
    """Sums over all accounts, by number, as each was counted last."""

    __slots__ = ("_hashes", "_sat", "_usd", "hash_sum", "sat", "usd")

    def __init__(self, accounts: int = 0) -> None:
        """Begin with so many accounts, of which none is counted yet."""
        self.usd = 0  # micro-USD
        self.sat = 0
        self.hash_sum = 0  # which account a hash is of is part of it, so a sum will do
        self._usd = array("q", bytes(8 * accounts))
        self._sat = array("q", bytes(8 * accounts))
        self._hashes = [0] * accounts

    def enter(self) -> None:
        """Add one account, not counted yet."""
        self._usd.append(0)
        self._sat.append(0)
        self._hashes.append(0)

    def count(self, number: int, money: tuple[int, int], written: bytes) -> None:
        """Count an account again: its micro-USD and satoshi, and all that is to be hashed, its number included."""
        usd, sat = money
        hashed = xxhash.xxh3_128_intdigest(written)
        self.usd += usd - self._usd[number]
        self.sat += sat - self._sat[number]
        self.hash_sum = (self.hash_sum + hashed - self._hashes[number]) % _HASHES
        self._usd[number], self._sat[number], self._hashes[number] = usd, sat, hashed

    def knows(self, number: int, money: tuple[int, int]) -> bool:
        """Tell whether an account's money is what it was when it was counted last."""
        return money == (self._usd[number], self._sat[number])
