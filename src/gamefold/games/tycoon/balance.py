"""The numbers of Tycoon. Their values enter a world with its first entry; a live change is an intent.

Beside them lies `normal_table.bin`: the inverse of the normal distribution in Q16, made by Python's `NormalDist`.
65,536 little-endian int32 for the middles of as many equal slices of probability, then 4,096 for those of the first
slice, cut again. It is kept as bytes, because a library that rounded one of them differently would give every world
another fate.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Final

from gamefold.engine.balance import BalanceSheet

NORMAL_TABLE_HASH: Final = "4386a23f98ef7d94de9538f094f8af7a"


def _read_normal_table() -> bytes:
    raw = Path(__file__).with_name("normal_table.bin").read_bytes()
    assert blake2b(raw, digest_size=16).hexdigest() == NORMAL_TABLE_HASH, "normal_table.bin is damaged"
    return raw


SHEET: Final = BalanceSheet.read(Path(__file__).with_name("balance.json"))
NORMAL_TABLE: Final = _read_normal_table()
