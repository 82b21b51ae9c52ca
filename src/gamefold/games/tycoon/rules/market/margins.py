"""What a position must be backed by (tycoon-simulation.md sections 4.5 and 4.6). Micro-USD, rounded up.

Perpetuals: initial margin is notional / leverage, maintenance grows by tiers and is continuous. Short options: a share
of the index less what the option is out of the money, plus its mark. A long option is paid for and needs none.

Maintenance is what equity at the mark must be, and a short option's equity has its mark taken off already. So the
0.075 of the index is asked for alone, which is the study's "margin of 0.075 plus the mark".
"""

from bisect import bisect_right

import numpy as np

from gamefold.games.tycoon.rules.market.terms import CENT_MICRO
from gamefold.games.tycoon.state.market import Listing, Terms
from gamefold.games.tycoon.state.positions import Ints
from gamefold.games.tycoon.state.units import BP, LOT_TICK_MICRO, TICK_MICRO


def maintenance(terms: Terms, listing: Listing, lots: int) -> int:
    """Give the equity at the mark below which a position of `lots` (signed) is liquidated."""
    if listing.option is not None:
        return -lots * _option_maintenance(terms, listing) if lots < 0 else 0
    return _tiered(terms, abs(lots) * listing.mark * LOT_TICK_MICRO)


def maintenance_column(terms: Terms, listing: Listing, lots: Ints) -> Ints:
    """Give `maintenance` for each of many positions."""
    if listing.option is not None:
        return np.maximum(-lots, np.int64(0)) * np.int64(_option_maintenance(terms, listing))
    notional = np.abs(lots) * np.int64(listing.mark * LOT_TICK_MICRO)
    tier = np.searchsorted(np.array(terms.maintenance_from, dtype=np.int64), notional, side="right") - 1
    cents = -(-notional // np.int64(CENT_MICRO))
    rates = np.array(terms.maintenance_bp, dtype=np.int64)
    off = np.array(terms.maintenance_off, dtype=np.int64)
    return cents * rates[tier] - off[tier]


def initial(
    terms: Terms, listing: Listing, held: int, sign: int, lots: int, price: int, leverage: int, off_bp: int
) -> int:
    """Give what opening `lots` at `price` must be backed by, on top of a position of `held` lots (signed).

    A perpetual bought above the mark (or sold below it) needs the difference too: it is lost at once. `off_bp` is the
    account's margin discount.
    """
    if listing.option is not None:
        return lots * _option_initial(terms, listing, off_bp) if sign < 0 else 0
    mark = listing.mark
    if held * sign > 0:
        before = held * sign * mark * LOT_TICK_MICRO
        after = before + lots * price * LOT_TICK_MICRO
        margin = _leveraged(terms, after, leverage, off_bp) - _leveraged(terms, before, leverage, off_bp)
    else:
        margin = _leveraged(terms, lots * price * LOT_TICK_MICRO, leverage, off_bp)
    lost = (price - mark) * sign
    return margin + lost * lots * LOT_TICK_MICRO if lost > 0 else margin


def _leveraged(terms: Terms, notional: int, leverage: int, off_bp: int) -> int:
    margin = -(-notional * (BP - off_bp) // (BP * leverage))
    least = -(-_tiered(terms, notional) * terms.initial_over_maintenance_bp // BP)
    return max(margin, least)


def _tiered(terms: Terms, notional: int) -> int:
    tier = bisect_right(terms.maintenance_from, notional) - 1
    return -(-notional // CENT_MICRO) * terms.maintenance_bp[tier] - terms.maintenance_off[tier]


def _option_initial(terms: Terms, listing: Listing, off_bp: int) -> int:
    assert listing.option is not None
    strike, index = listing.option.strike_micro // TICK_MICRO, listing.index
    out = max(strike - index, 0) if listing.option.call else max(index - strike, 0)
    share = max(index * terms.option_initial_bp - out * BP, index * terms.option_initial_least_bp)
    backed = -(-share * (BP - off_bp) * LOT_TICK_MICRO // (BP * BP))
    return max(backed, _option_maintenance(terms, listing)) + listing.mark * LOT_TICK_MICRO


def _option_maintenance(terms: Terms, listing: Listing) -> int:
    return -(-listing.index * terms.option_maintenance_bp * LOT_TICK_MICRO // BP)
