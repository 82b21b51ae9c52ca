"""What an order needs: a position to close, or funds. Asked before an order changes anything, and by quotes."""

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.intents.market import PRICE_OUT_OF_BAND, REDUCE_ONLY_INVALID
from gamefold.games.tycoon.rules.market.holdings import break_even
from gamefold.games.tycoon.rules.market.margins import initial
from gamefold.games.tycoon.rules.market.resting import FEE_UNIT
from gamefold.games.tycoon.state.book import Order
from gamefold.games.tycoon.state.market import Account, Listing, Market
from gamefold.games.tycoon.state.units import BP, LOT_SAT, LOT_TICK_MICRO, TICK_MICRO, in_btc, in_usd


def held_lots(listing: Listing, number: int | None) -> int:
    """Give an account's position in an instrument: signed lots, 0 for none."""
    if listing.positions is None or number is None:
        return 0
    row = listing.positions.rows.get(number)
    return 0 if row is None else listing.positions.lots[row]


def closable(listing: Listing, number: int | None, sign: int, *, rests: bool) -> int:
    """Give the lots that an order of `sign` could close; one that rests shares them with those that rest already."""
    held = held_lots(listing, number)
    if held * sign >= 0 or number is None:
        return 0
    return abs(held) - (listing.reducing.get(number, 0) if rests else 0)


def only_closes(
    listing: Listing,
    number: int | None,
    sign: int,
    lots: int,
    limit: int,
    *,
    rests: bool,
    priced: bool,
    reduce_only: bool,
    replaces: Order | None = None,
) -> tuple[int, bool]:
    """Decide whether an order is reduce-only, which it is by itself where it can only close a position.

    Gives its limit too: without a price, an order that closes reaches only as far as its position can pay for.
    Refuses REDUCE_ONLY_INVALID and PRICE_OUT_OF_BAND where reduce-only was asked for and cannot be.
    """
    most = closable(listing, number, sign, rests=rests)
    if rests and replaces is not None and replaces.reduce_only:
        most += replaces.lots
    if lots > most or number is None or listing.positions is None:
        if reduce_only:
            raise Rejected(REDUCE_ONLY_INVALID, f"This order could close {in_btc(max(0, most) * LOT_SAT)}.")
        return limit, False
    broke = break_even(listing.positions, listing.positions.rows[number])
    if (limit - broke) * sign <= 0:
        return limit, True
    if not priced:
        return broke, True
    if reduce_only:
        raise Rejected(PRICE_OUT_OF_BAND, f"Beyond {in_usd(broke * TICK_MICRO)} this position could not pay its loss.")
    return limit, False


def hold_of(
    market: Market,
    listing: Listing,
    account: Account,
    held: int,
    sign: int,
    lots: int,
    price: int,
    leverage: int,
    rate: int,
) -> int:
    """Give the micro-USD that an order for a perpetual or an option at worst takes, with a fee at `rate`."""
    value = lots * price * LOT_TICK_MICRO
    margin = initial(market.terms, listing, held, sign, lots, price, leverage, account.margin_discount_bp)
    if listing.option is not None:
        # A premium that is paid, or one that is a part of the margin.
        margin = value if sign > 0 else max(0, margin - value)
    return margin - (-value * rate // FEE_UNIT)


def funds_for(
    market: Market, listing: Listing, account: Account, held: int, sign: int, lots: int, price: int, leverage: int
) -> tuple[int, int]:
    """Give the micro-USD and satoshi that must be free before an order that opens something is accepted.

    A fill now and a fill later are rounded up each, hence one more micro-USD than is held.
    """
    rate = listing.worst_bp * (BP - account.fee_discount_bp)
    if listing.positions is None:
        value = lots * price * LOT_TICK_MICRO
        return (value - (-value * rate // FEE_UNIT) + 1, 0) if sign > 0 else (0, lots * LOT_SAT)
    return hold_of(market, listing, account, held, sign, lots, price, leverage, rate) + 1, 0
