"""Open positions of one instrument, in columns: a tick checks and pays a hundred thousand of them at once.

A row is one company's position. Rows lie dense; closing one moves the last row into its place. `array` is as quick as a
list for single values, and numpy reads it whole.

Money of a row, micro-USD: `equity = margin + lots * price * 10 - cost` for perpetuals. An option's premium is paid when
it is traded, so its cost is only remembered: `equity = margin + lots * price * 10`.
"""

from array import array
from typing import Any, Final

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from gamefold.games.tycoon.state.units import LOT_TICK_MICRO

COLUMNS: Final = ("ids", "accounts", "lots", "cost", "margin", "leverage")

Ints = NDArray[np.int64]


class Position(msgspec.Struct, frozen=True):
    """One row, read."""

    id: int
    account: int
    lots: int  # above 0 is long, below 0 short
    cost: int  # what the lots were worth when they were opened; the sign of `lots`
    margin: int
    leverage: int

    @property
    def side(self) -> str:
        """LONG or SHORT."""
        return "LONG" if self.lots > 0 else "SHORT"


class Positions:
    """All open positions of one instrument."""

    __slots__ = (*COLUMNS, "paid_up", "rows")

    def __init__(self, *, paid_up: bool) -> None:
        """`paid_up`: what a position costs is paid when it is opened (options)."""
        self.paid_up = paid_up
        self.ids = array("q")
        self.accounts = array("q")
        self.lots = array("q")  # signed
        self.cost = array("q")  # signed as lots
        self.margin = array("q")
        self.leverage = array("q")
        self.rows: dict[int, int] = {}  # by account

    def __len__(self) -> int:
        """Count the open positions."""
        return len(self.ids)

    def open(self, serial: int, account: int, leverage: int) -> int:
        """Append an empty row and give its place."""
        row = len(self.ids)
        self.ids.append(serial)
        self.accounts.append(account)
        self.lots.append(0)
        self.cost.append(0)
        self.margin.append(0)
        self.leverage.append(leverage)
        self.rows[account] = row
        return row

    def close(self, row: int) -> None:
        """Remove a row; the last one takes its place."""
        del self.rows[self.accounts[row]]
        last = len(self.ids) - 1
        for name in COLUMNS:
            column: array[int] = getattr(self, name)
            moved = column.pop()
            if row != last:
                column[row] = moved
        if row != last:
            self.rows[self.accounts[row]] = row

    def read(self, row: int) -> Position:
        """Give one row."""
        return Position(
            self.ids[row], self.accounts[row], self.lots[row], self.cost[row], self.margin[row], self.leverage[row]
        )

    def equity(self, row: int, price: int) -> int:
        """Give what a position is worth with its margin if it were closed at `price` ticks."""
        owed = 0 if self.paid_up else self.cost[row]
        return self.margin[row] + self.lots[row] * price * LOT_TICK_MICRO - owed

    def column(self, name: str) -> Ints:
        """Give a copy of one column (a view would forbid the column to grow)."""
        return np.array(getattr(self, name), dtype=np.int64)

    def total(self, name: str) -> int:
        """Give the sum of one column."""
        return int(np.frombuffer(getattr(self, name), np.int64).sum()) if self.ids else 0

    def open_interest(self) -> tuple[int, int]:
        """Give the lots that are long and the lots that are short."""
        if not self.ids:
            return 0, 0
        lots = self.column("lots")
        return int(lots[lots > 0].sum()), -int(lots[lots < 0].sum())

    def packed(self) -> dict[str, bytes]:
        """Write the columns down: little-endian int64, rows as they lie."""
        if not self.ids:
            return dict.fromkeys(COLUMNS, b"")
        return {name: self.column(name).astype("<i8").tobytes() for name in COLUMNS}

    def digest(self) -> bytes:
        """Hash how many rows there are, of which kind, and all columns, little-endian: 16 bytes of xxh3."""
        hashed = xxhash.xxh3_128(b"%d;%d;" % (len(self.ids), self.paid_up))
        for name in COLUMNS if self.ids else ():
            hashed.update(np.frombuffer(getattr(self, name), np.int64).astype("<i8", copy=False).data)
        return hashed.digest()

    @classmethod
    def unpacked(cls, packed: dict[str, bytes], *, paid_up: bool) -> "Positions":
        """Read what `packed` wrote. ValueError where columns are not of one length."""
        table = cls(paid_up=paid_up)
        if {*packed} != {*COLUMNS} or len({len(raw) for raw in packed.values()}) > 1:
            raise ValueError("the columns of positions do not fit together")
        for name in COLUMNS:
            column: Any = getattr(table, name)
            column.extend(np.frombuffer(packed[name], dtype="<i8").tolist())
        table.rows = {account: row for row, account in enumerate(table.accounts)}
        return table
