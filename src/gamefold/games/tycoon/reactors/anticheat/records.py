"""What detectors look at: one array for each column, all integers, one row for each thing.

Companies and instruments are numbers: places in `Companies.ids` and in the names of instruments. Units are the worlds':
prices in price ticks, quantities in lots, time in ticks of the market or in milliseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.games.tycoon.state.units import TICK_S

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

MINUTE_TICKS: Final = 60 // TICK_S
SPOT, PERP, OPTION = range(3)
FAMILIES: Final = 3


@dataclass(frozen=True, slots=True)
class Companies:
    """Everybody who is spoken of. Makers are the market's own: others trade with them, and nobody reports them."""

    ids: tuple[str, ...]
    makers: Flags

    def __len__(self) -> int:
        """Count them."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Trades:
    """What was traded. `mark` is the instrument's mark when it was."""

    tick: Whole
    instrument: Whole
    family: Whole  # of the instrument: SPOT, PERP or OPTION
    price: Whole
    lots: Whole
    mark: Whole
    buyer: Whole
    seller: Whole
    buyer_took: Flags  # whether the buyer's order came to the seller's

    def __len__(self) -> int:
        """Count them."""
        return len(self.tick)


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders that are over. `away`: how far behind the best price of its own side one was placed, in price ticks."""

    opened: Whole  # tick
    closed: Whole  # tick
    withdrawn: Flags  # taken back (or replaced) by whoever had placed it
    instrument: Whole
    buy: Flags
    away: Whole
    lots: Whole
    filled: Whole
    company: Whole

    def __len__(self) -> int:
        """Count them."""
        return len(self.opened)


@dataclass(frozen=True, slots=True)
class Commands:
    """When companies themselves placed, replaced or took back orders. What standing orders do is none of it."""

    company: Whole
    time_ms: Whole

    def __len__(self) -> int:
        """Count them."""
        return len(self.company)


@dataclass(frozen=True, slots=True)
class Links:
    """Which companies' owners came from which network: `key` is a number for a keyed hash of it."""

    company: Whole
    key: Whole


@dataclass(frozen=True, slots=True)
class Records:
    """All of it, of one market and one period of time."""

    world: str
    instruments: tuple[str, ...]
    companies: Companies
    trades: Trades
    orders: Orders
    commands: Commands
    links: Links


def whole(values: Iterable[int]) -> Whole:
    """Make a column."""
    return np.array(list(values), dtype=np.int64)


def flags(values: Iterable[bool]) -> Flags:
    """Make a column of yes and no."""
    return np.array(list(values), dtype=np.bool_)


def family_of(instrument: str) -> int:
    """Give what kind of thing an instrument is."""
    return {"BTC-SPOT": SPOT, "BTC-PERP": PERP}.get(instrument, OPTION)
