"""Orders that rest: what is held for them, and how that is given back."""

from typing import Final

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import OrderClosed
from gamefold.games.tycoon.state.book import Order, Side
from gamefold.games.tycoon.state.market import Account, Listing, Market
from gamefold.games.tycoon.state.units import LOT_SAT, LOT_TICK_MICRO

FEE_UNIT: Final = 100_000_000  # fee rates are basis points times basis points that a discount leaves

FILLED: Final = "FILLED"
CANCELLED: Final = "CANCELLED"
AMENDED: Final = "AMENDED"
NOTHING_LEFT: Final = "NOTHING_LEFT"
SELF_TRADE: Final = "SELF_TRADE"
POSITION_GONE: Final = "POSITION_GONE"
MARK_MOVED: Final = "MARK_MOVED"
LIQUIDATION: Final = "LIQUIDATION"
EXPIRED: Final = "EXPIRED"


def with_fee(lots: int, price: int, rate: int) -> int:
    """Give what buying `lots` costs with its fee, micro-USD."""
    value = lots * price * LOT_TICK_MICRO
    return value - (-value * rate // FEE_UNIT)


def paid_in_full(listing: Listing, sign: int) -> bool:
    """Tell whether all that an order of `sign` can cost is its price: spot and options that are bought."""
    return sign > 0 and (listing.positions is None or listing.positions.paid_up)


def rest(market: Market, listing: Listing, side: Side, account: Account, order: Order) -> None:
    """Put an order on its side of the book and hold what it needs. The account, which is the order's, has it."""
    number, hold = order.account, order.hold
    if hold:
        account.usd_free -= hold
        account.usd_held += hold
    elif order.reduce_only:
        listing.reducing[number] = listing.reducing.get(number, 0) + order.lots
    elif listing.positions is None:
        sat = order.lots * LOT_SAT
        account.sat_free -= sat
        account.sat_held += sat
    side.add(order)
    market.open_orders[number][order.name] = order
    if order.client_id:
        market.client_ids[number, order.client_id] = order.id


def withdraw(market: Market, listing: Listing, reason: str, tell: list[Event], order: Order) -> None:
    """Take an order off the book and give back all that is held for it."""
    account, hold = market.accounts[order.account], order.hold
    if hold:
        account.usd_held -= hold
        account.usd_free += hold
    elif order.reduce_only:
        reduce_less(listing, order.account, order.lots)
    elif listing.positions is None:
        sat = order.lots * LOT_SAT
        account.sat_held -= sat
        account.sat_free += sat
    retire(market, account, order, reason, tell)
    book = listing.book
    (book.bids if order.sign > 0 else book.asks).remove(order)


def shrink(market: Market, listing: Listing, order: Order, lots: int) -> None:
    """Leave `lots` (fewer than now) of a resting order in its place, and give back what was held for the others."""
    account = market.accounts[order.account]
    if order.reduce_only:
        reduce_less(listing, order.account, order.lots - lots)
    elif order.sign < 0 and listing.positions is None:
        account.sat_held -= (order.lots - lots) * LOT_SAT
        account.sat_free += (order.lots - lots) * LOT_SAT
    order.placed -= order.lots - lots
    released = take_hold(listing, order, order.lots, lots)
    order.lots = lots
    account.usd_held -= released
    account.usd_free += released
    market.touch(order.account)


def take_hold(listing: Listing, order: Order, before: int, left: int) -> int:
    """Take from an order's hold the share of the lots it has no more, and give it. The account is left alone.

    What is paid in full keeps exactly what the rest costs, so its fee is rounded up once for the whole order.
    """
    if order.hold == 0:
        return 0
    if not left:
        released = order.hold
    elif paid_in_full(listing, order.sign):
        released = order.hold - with_fee(left, order.price, order.fee_rate)
    else:
        released = order.hold * (before - left) // before
    order.hold -= released
    return released


def retire(market: Market, account: Account, order: Order, reason: str, tell: list[Event]) -> None:
    """Forget an order of this account that is off the book, or about to be."""
    number = order.account
    del market.open_orders[number][order.name]
    if order.client_id:
        del market.client_ids[number, order.client_id]
    if not account.active:
        market.touch(number)
    if account.home:
        tell.append(OrderClosed(order.name, account.company, order.instrument, order.lots, reason))


def withdraw_all(market: Market, listing: Listing, number: int, reason: str, tell: list[Event]) -> None:
    """Take all orders of an account in one instrument off the book, oldest first."""
    for order in list(market.open_orders[number].values()):
        if order.instrument == listing.name:
            withdraw(market, listing, reason, tell, order)


def trim(market: Market, listing: Listing, number: int, lots: int, tell: list[Event]) -> None:
    """Cancel reduce-only orders, newest first, until they are together no more than `lots`."""
    for order in reversed(list(market.open_orders[number].values())):
        if listing.reducing.get(number, 0) <= lots:
            return
        if order.reduce_only and order.instrument == listing.name and order.lots:
            withdraw(market, listing, POSITION_GONE, tell, order)


def reduce_less(listing: Listing, number: int, lots: int) -> None:
    """Note that an account's resting reduce-only orders are `lots` fewer."""
    left = listing.reducing[number] - lots
    if left:
        listing.reducing[number] = left
    else:
        del listing.reducing[number]
