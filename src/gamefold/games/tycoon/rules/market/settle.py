"""What a fill means: money, BTC and positions change hands, both sides pay their fees."""

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import Traded
from gamefold.games.tycoon.rules.market.holdings import trade
from gamefold.games.tycoon.rules.market.resting import (
    FEE_UNIT,
    FILLED,
    paid_in_full,
    reduce_less,
    retire,
    take_hold,
)
from gamefold.games.tycoon.rules.market.spot_gains import count_spot
from gamefold.games.tycoon.state.book import Order
from gamefold.games.tycoon.state.market import Account, Listing, Market
from gamefold.games.tycoon.state.units import LOT_SAT, LOT_TICK_MICRO


class Taker:
    """The order that comes, while it meets those that rest. Its fee is rounded up once for all its fills."""

    __slots__ = ("account", "fee_micro", "fee_rate", "leverage", "name", "number", "sign", "value_micro")

    def __init__(self, number: int, account: Account, sign: int, fee_rate: int, leverage: int, name: str) -> None:
        self.number = number
        self.account = account
        self.sign = sign
        self.fee_rate = fee_rate
        self.leverage = leverage
        self.name = name
        self.value_micro = 0  # traded so far
        self.fee_micro = 0  # paid so far

    def charge(self, value: int) -> int:
        """Give the fee on another `value` of trades."""
        self.value_micro += value
        fee = -(-self.value_micro * self.fee_rate // FEE_UNIT) - self.fee_micro
        self.fee_micro += fee
        return fee


def fill_spot(market: Market, listing: Listing, taker: Taker, tell: list[Event], order: Order, lots: int) -> None:
    """Exchange BTC and USD between the owner of a resting order and the taker."""
    maker, other = market.accounts[order.account], taker.account
    price = -order.sign * order.rank
    value, sat = lots * price * LOT_TICK_MICRO, lots * LOT_SAT
    fee = taker.charge(value)
    if order.sign < 0:
        other.usd_free -= value + fee
        other.sat_free += sat
        maker_fee = -(-value * order.fee_rate // FEE_UNIT)
        maker.sat_held -= sat
        maker.usd_free += value - maker_fee
        count_spot(other, maker, lots, value + fee, value - maker_fee)
    else:
        other.sat_free -= sat
        other.usd_free += value - fee
        released = take_hold(listing, order, order.lots + lots, order.lots)
        maker_fee = released - value
        maker.usd_held -= released
        maker.sat_free += sat
        count_spot(maker, other, lots, released, value - fee)
    if not maker.active:
        market.touch(order.account)
    if not order.lots:
        retire(market, maker, order, FILLED, tell)
    tell_trade(
        market, listing, other.company, taker.name, taker.sign, maker, order, price, lots, value, maker_fee, fee, tell
    )


def fill_position(market: Market, listing: Listing, taker: Taker, tell: list[Event], order: Order, lots: int) -> None:
    """Let the owner of a resting order and the taker open or close positions against each other."""
    maker, other = market.accounts[order.account], taker.account
    price = -order.sign * order.rank
    value = lots * price * LOT_TICK_MICRO
    maker_fee = fill_maker(market, listing, maker, order, lots, value, tell)
    fee = trade(
        market, listing, taker.number, other, taker.sign, lots, value, taker.charge(value), taker.leverage, tell
    )
    tell_trade(
        market, listing, other.company, taker.name, taker.sign, maker, order, price, lots, value, maker_fee, fee, tell
    )


def fill_maker(
    market: Market, listing: Listing, maker: Account, order: Order, lots: int, value: int, tell: list[Event]
) -> int:
    """Let the owner of a resting order have its side of a fill of a position. Gives the fee paid."""
    fee = -(-value * order.fee_rate // FEE_UNIT)
    released = take_hold(listing, order, order.lots + lots, order.lots)
    if released:
        maker.usd_held -= released
        maker.usd_free += released
        if paid_in_full(listing, order.sign):
            fee = released - value
    if order.reduce_only:
        reduce_less(listing, order.account, lots)
    if not order.lots:
        retire(market, maker, order, FILLED, tell)
    return trade(market, listing, order.account, maker, order.sign, lots, value, fee, order.leverage, tell)


def tell_trade(
    market: Market,
    listing: Listing,
    company: str,
    name: str,
    sign: int,
    maker: Account,
    order: Order,
    price: int,
    lots: int,
    value: int,
    maker_fee: int,
    fee: int,
    tell: list[Event],
) -> None:
    """Note a trade and tell of it. `company`, `name` and `sign` are the taker's, or those of a liquidation."""
    market.fees_micro += maker_fee + fee
    listing.tape.record(market.tick, price, lots, sign)
    if not maker.active:
        market.touch(order.account)
    maker.trades += 1
    maker.volume_micro += value
    side, mark = "BUY" if sign > 0 else "SELL", listing.mark
    tell.append(Traded(listing.name, side, price, lots, maker.company, order.name, maker_fee, company, name, fee, mark))
