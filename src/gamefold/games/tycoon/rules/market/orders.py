"""One order from asking to resting: every question first, then the match, then what is left rests or is gone.

`place` is what everybody's orders go through, the makers' too. It is written for speed: integers, one dict lookup each.
"""

from functools import partial
from typing import NoReturn

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import OrderClosed, OrderPlaced
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import (
    BUY,
    DUPLICATE_CLIENT_ORDER_ID,
    FOK,
    FOK_NOT_FILLABLE,
    GTC,
    INSUFFICIENT_FUNDS,
    LEVERAGE_INVALID,
    LIMIT,
    MARKET,
    POSITION_LIMIT,
    POST_ONLY_WOULD_CROSS,
    PRICE_INVALID,
    PRICE_OUT_OF_BAND,
    QUANTITY_INVALID,
    SELL,
    TOO_MANY_ORDERS,
)
from gamefold.games.tycoon.rules.market.crossings import arrive, arriving
from gamefold.games.tycoon.rules.market.matching import fillable, match
from gamefold.games.tycoon.rules.market.needs import (
    funds_for,
    held_lots,
    hold_of,
    only_closes,
)
from gamefold.games.tycoon.rules.market.resting import (
    AMENDED,
    FILLED,
    NOTHING_LEFT,
    SELF_TRADE,
    rest,
    with_fee,
    withdraw,
)
from gamefold.games.tycoon.rules.market.settle import Taker, fill_position, fill_spot
from gamefold.games.tycoon.state.book import Order, serial_id
from gamefold.games.tycoon.state.market import PERP_KIND, Account, Listing, Market
from gamefold.games.tycoon.state.units import BP, LOT_SAT, TICK_MICRO, in_btc, in_usd


def place(
    market: Market,
    listing: Listing,
    number: int | None,
    account: Account,
    sign: int,
    lots: int,
    price: int | None,
    tell: list[Event],
    *,
    tif: str = GTC,
    post_only: bool = False,
    reduce_only: bool = False,
    leverage: int = 1,
    client_id: str = "",
    replaces: Order | None = None,
    arrived: Receive | None = None,
) -> None:
    """Let an account buy (`sign` 1) or sell (-1) `lots` at `price` ticks or better; no price is a MARKET order.

    `number` is None for an account that will only be opened by what `arrived` with the order; `replaces` is the order
    that is taken off the book first. Refuses what `PlaceOrder` lists from QUANTITY_INVALID on, before it changes
    anything.
    """
    terms, book, positions = market.terms, listing.book, listing.positions
    rests = price is not None and tif == GTC
    if not 0 < lots <= terms.lots_max:
        raise Rejected(QUANTITY_INVALID, f"An order is for {in_btc(LOT_SAT)} to {in_btc(terms.lots_max * LOT_SAT)}.")
    if price is None:
        limit = listing.market_high if sign > 0 else listing.market_low
    else:
        limit = price
        if not listing.low <= price <= listing.high:
            _refuse_price(listing, price)
    if leverage != 1 and not (listing.kind == PERP_KIND and 1 <= leverage <= terms.leverage_max):
        _refuse_leverage(listing, terms.leverage_max)
    if number is not None:
        if client_id and (number, client_id) in market.client_ids and (not replaces or replaces.client_id != client_id):
            raise Rejected(DUPLICATE_CLIENT_ORDER_ID, "An open order has this client order id.")
        if rests and len(market.open_orders[number]) - (replaces is not None) >= terms.orders_max:
            raise Rejected(TOO_MANY_ORDERS, f"An account has at most {terms.orders_max} open orders.")
    own, opposite = (book.bids, book.asks) if sign > 0 else (book.asks, book.bids)
    held = 0
    if positions is not None or reduce_only:
        held = held_lots(listing, number)
        if reduce_only or held * sign < 0:
            limit, reduce_only = only_closes(
                listing,
                number,
                sign,
                lots,
                limit,
                rests=rests,
                priced=price is not None,
                reduce_only=reduce_only,
                replaces=replaces,
            )
        if not reduce_only and abs(held + sign * lots) > terms.position_lots_max:
            raise Rejected(POSITION_LIMIT, f"A position has at most {in_btc(terms.position_lots_max * LOT_SAT)}.")
    bound = sign * limit
    heap = opposite.heap
    crosses = bool(heap) and heap[0][0] <= bound
    if crosses and post_only:
        raise Rejected(POST_ONLY_WOULD_CROSS, "This order would be filled at once.")
    if not reduce_only:
        usd, sat = funds_for(market, listing, account, held, sign, lots, limit, leverage)
        free_usd, free_sat = account.usd_free, account.sat_free
        if arrived is not None:
            more_usd, more_sat = arriving(market, arrived, account.company)
            free_usd, free_sat = free_usd + more_usd, free_sat + more_sat
        if replaces is not None:
            free_usd += replaces.hold
            free_sat += replaces.lots * LOT_SAT if sign < 0 and positions is None else 0
        if free_usd < usd or free_sat < sat:
            _refuse_funds(usd, free_usd, sat, free_sat)
    if tif == FOK and not (crosses and fillable(opposite, lots, bound, account.group, market.accounts)):
        raise Rejected(FOK_NOT_FILLABLE, "This order could not be filled whole at once.")

    # Every question is asked. From here on, nothing is refused.
    if arrived is not None:
        tell.extend(arrive(market, arrived))
        number = market.numbers[account.company]
        account = market.accounts[number]
    assert number is not None
    if replaces is not None:
        withdraw(market, listing, AMENDED, tell, replaces)
    if not account.active:
        market.touch(number)
    market.serial += 1
    tick, nth = market.tick, market.serial
    name = f"{tick}-{nth}"
    if account.home:
        away = -bound - own.heap[0][0] if own.heap and price is not None else 0
        tell.append(
            OrderPlaced(
                name,
                account.company,
                listing.name,
                BUY if sign > 0 else SELL,
                LIMIT if price is not None else MARKET,
                tif,
                lots,
                price,
                post_only,
                reduce_only,
                leverage,
                client_id,
                max(0, away),
            )
        )
    left = lots
    if crosses:
        taker = Taker(number, account, sign, listing.taker_bp * (BP - account.fee_discount_bp), leverage, name)
        fill = partial(fill_spot if positions is None else fill_position, market, listing, taker, tell)
        give_way = partial(withdraw, market, listing, SELF_TRADE, tell)
        left = match(opposite, lots, bound, account.group, market.accounts, fill, give_way)
        if left < lots:
            account.trades += 1
            account.volume_micro += taker.value_micro
    if left and rests:
        rate = listing.maker_bp * (BP - account.fee_discount_bp)
        if positions is None:
            hold = with_fee(left, limit, rate) if sign > 0 else 0
        elif reduce_only:
            hold = 0
        elif left == lots and not positions.paid_up:
            hold = usd - 1
        else:
            held = held_lots(listing, number)
            hold = hold_of(market, listing, account, held, sign, left, limit, leverage, rate)
            hold = min(hold, account.usd_free)
        order = Order(
            serial_id(tick, nth),
            name,
            number,
            listing.name,
            sign,
            -bound,
            left,
            lots,
            hold,
            rate,
            leverage,
            reduce_only,
            post_only,
            client_id,
        )
        rest(market, listing, own, account, order)
    elif account.home:
        reason = NOTHING_LEFT if left else FILLED
        tell.append(OrderClosed(name, account.company, listing.name, left, reason))


def _refuse_price(listing: Listing, price: int) -> NoReturn:
    if price <= 0:
        raise Rejected(PRICE_INVALID, "A price is at least one tick of 0.10 USD.")
    low, high = in_usd(listing.low * TICK_MICRO), in_usd(listing.high * TICK_MICRO)
    raise Rejected(PRICE_OUT_OF_BAND, f"Prices are between {low} and {high} now.")


def _refuse_leverage(listing: Listing, leverage_max: int) -> NoReturn:
    if listing.kind != PERP_KIND:
        raise Rejected(LEVERAGE_INVALID, "Only perpetuals have leverage.")
    raise Rejected(LEVERAGE_INVALID, f"Leverage is 1 to {leverage_max} now.")


def _refuse_funds(usd: int, free_usd: int, sat: int, free_sat: int) -> NoReturn:
    if free_usd < usd:
        raise Rejected(INSUFFICIENT_FUNDS, f"This order needs {in_usd(usd)}; {in_usd(free_usd)} are free.")
    raise Rejected(INSUFFICIENT_FUNDS, f"This order needs {in_btc(sat)}; {in_btc(free_sat)} are free.")
