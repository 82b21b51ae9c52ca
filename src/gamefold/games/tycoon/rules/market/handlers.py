"""What players ask of the market: orders by their names, checked before they become integers."""

from typing import Final

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.market import OrderAmended
from gamefold.games.tycoon.intents.market import (
    BUY,
    CLIENT_ORDER_ID_INVALID,
    CLIENT_ORDER_ID_MAX,
    FOK,
    GTC,
    INSTRUMENT_UNKNOWN,
    IOC,
    LIMIT,
    MARKET,
    MARKET_CLOSED,
    ORDER_NOT_FOUND,
    ORDER_TYPE_INVALID,
    PRICE_REQUIRED,
    QUANTITY_INVALID,
    SELL,
    SIDE_INVALID,
    STALE_PRICE,
    STANDING,
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    PlaceOrder,
)
from gamefold.games.tycoon.rules.market.crossings import arrive, blank
from gamefold.games.tycoon.rules.market.holdings import found_position, table_of
from gamefold.games.tycoon.rules.market.orders import place
from gamefold.games.tycoon.rules.market.resting import CANCELLED, shrink, withdraw
from gamefold.games.tycoon.state.book import Order
from gamefold.games.tycoon.state.market import Listing, Market

_SIGNS: Final = {BUY: 1, SELL: -1}


def place_order(market: Market, intent: PlaceOrder, ctx: Context) -> list[Event]:
    """Handle `PlaceOrder`."""
    listing, sign, price, tif = read_order(market, intent)
    if intent.client_order_id:
        _check_not_standing(intent.client_order_id, ctx)
    number = market.numbers.get(intent.company)
    if number is not None:
        account = market.accounts[number]
    else:
        # Who has never been here has nothing, and is refused for the same reasons in the same order.
        account = blank(market, intent.company, "" if intent.arrived is None else intent.arrived.sender)
    told: list[Event] = []
    place(
        market,
        listing,
        number,
        account,
        sign,
        intent.lots,
        price,
        told,
        tif=tif,
        post_only=intent.post_only,
        reduce_only=intent.reduce_only,
        leverage=intent.leverage,
        client_id=intent.client_order_id,
        arrived=intent.arrived,
    )
    return told


def read_order(market: Market, intent: PlaceOrder) -> tuple[Listing, int, int | None, str]:
    """Give the listing, sign, price (none for MARKET) and time in force that an order asks for.

    Refuses what does not depend on who asks: see `PlaceOrder`, from INSTRUMENT_UNKNOWN to STALE_PRICE.
    """
    listing = _listing(market, intent.instrument)
    sign, kind, tif, price = _SIGNS.get(intent.side), intent.kind, intent.tif, intent.price
    if sign is None:
        raise Rejected(SIDE_INVALID, "An order's side is BUY or SELL.")
    # Most orders are these, which go with everything.
    if kind != LIMIT or tif != GTC:
        _check_type(intent)
    if intent.lots <= 0:
        raise Rejected(QUANTITY_INVALID, "An order is for one lot of 0.0001 BTC or more.")
    if price is None and kind == LIMIT:
        raise Rejected(PRICE_REQUIRED, "A LIMIT order needs a price.")
    if intent.client_order_id:
        _check_client_id(intent.client_order_id)
    if intent.seen_tick is not None:
        _check_fresh(market, intent.seen_tick)
    # A MARKET order never rests, so GTC can only mean IOC there.
    return listing, sign, price, IOC if price is None and tif == GTC else tif


def amend_order(market: Market, intent: AmendOrder, _ctx: Context) -> list[Event]:
    """Handle `AmendOrder`."""
    order = _order(market, intent.company, intent.order)
    lots = order.lots if intent.lots is None else intent.lots
    price = order.price if intent.price is None else intent.price
    if lots <= 0:
        raise Rejected(QUANTITY_INVALID, "An order is for one lot of 0.0001 BTC or more.")
    if intent.seen_tick is not None:
        _check_fresh(market, intent.seen_tick)
    listing, account = market.listings[order.instrument], market.accounts[order.account]
    told: list[Event] = []
    if price == order.price and lots <= order.lots:
        if intent.arrived is not None:
            told += arrive(market, intent.arrived)
        if lots < order.lots:
            shrink(market, listing, order, lots)
        told.append(OrderAmended(intent.order, intent.company, order.instrument, lots))
        return told
    place(
        market,
        listing,
        order.account,
        account,
        order.sign,
        lots,
        price,
        told,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        leverage=order.leverage,
        client_id=order.client_id,
        replaces=order,
        arrived=intent.arrived,
    )
    return told


def cancel_order(market: Market, intent: CancelOrder, _ctx: Context) -> list[Event]:
    """Handle `CancelOrder`."""
    order = _order(market, intent.company, intent.order)
    told: list[Event] = []
    withdraw(market, market.listings[order.instrument], CANCELLED, told, order)
    return told


def cancel_all(market: Market, intent: CancelAll, _ctx: Context) -> list[Event]:
    """Handle `CancelAll`."""
    if intent.instrument is not None:
        _listing(market, intent.instrument)
    told: list[Event] = []
    number = market.numbers.get(intent.company)
    if number is not None:
        for order in list(market.open_orders[number].values()):
            if intent.instrument in (None, order.instrument):
                withdraw(market, market.listings[order.instrument], CANCELLED, told, order)
    return told


def close_position(market: Market, intent: ClosePosition, ctx: Context) -> list[Event]:
    """Handle `ClosePosition`."""
    _check_client_id(intent.client_order_id)
    _check_not_standing(intent.client_order_id, ctx)
    listing, row = found_position(market, intent.company, intent.position)
    lots, number = table_of(listing).lots[row], market.numbers[intent.company]
    told: list[Event] = []
    place(
        market,
        listing,
        number,
        market.accounts[number],
        -1 if lots > 0 else 1,
        min(abs(lots), market.terms.lots_max),
        None,
        told,
        tif=IOC,
        reduce_only=True,
        client_id=intent.client_order_id,
    )
    return told


def _listing(market: Market, name: str) -> Listing:
    listing = market.listings.get(name)
    if listing is None:
        if name in market.expired:
            raise Rejected(MARKET_CLOSED, f"{name} has expired.")
        raise Rejected(INSTRUMENT_UNKNOWN, "There is no such instrument.")
    return listing


def _order(market: Market, company: str, name: str) -> Order:
    number = market.numbers.get(company)
    order = None if number is None else market.open_orders[number].get(name)
    if order is None:
        raise Rejected(ORDER_NOT_FOUND, "This company has no such open order.")
    return order


def _check_type(intent: PlaceOrder) -> None:
    if intent.kind not in (LIMIT, MARKET) or intent.tif not in (GTC, IOC, FOK):
        raise Rejected(ORDER_TYPE_INVALID, "An order is LIMIT or MARKET, and GTC, IOC or FOK.")
    if intent.post_only and (intent.kind == MARKET or intent.tif != GTC):
        raise Rejected(ORDER_TYPE_INVALID, "Only a LIMIT order that is GTC can be post-only.")
    if intent.kind == MARKET and intent.price is not None:
        raise Rejected(ORDER_TYPE_INVALID, "A MARKET order has no price.")


def _check_client_id(client_id: str) -> None:
    if len(client_id) > CLIENT_ORDER_ID_MAX or not client_id.isprintable():
        raise Rejected(
            CLIENT_ORDER_ID_INVALID, f"A client order id has up to {CLIENT_ORDER_ID_MAX} printable characters."
        )


def _check_not_standing(client_id: str, ctx: Context) -> None:
    # Anti-cheat passes over standing orders, so nobody else may call theirs so.
    if client_id.startswith(STANDING) and ctx.actor != STANDING:
        raise Rejected(CLIENT_ORDER_ID_INVALID, f"Client order ids with {STANDING} are for standing orders.")


def _check_fresh(market: Market, seen_tick: int) -> None:
    if not max(0, market.tick - market.terms.seen_ticks_max) <= seen_tick <= market.tick:
        raise Rejected(STALE_PRICE, f"These prices are of tick {seen_tick}; this is tick {market.tick}.")
