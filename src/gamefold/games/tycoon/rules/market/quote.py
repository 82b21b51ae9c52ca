"""What an order, or more margin, would need from home, for routes: they send that much first."""

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.intents.market import GTC, AdjustMargin, AmendOrder, PlaceOrder
from gamefold.games.tycoon.rules.market.backing import missing_margin
from gamefold.games.tycoon.rules.market.crossings import blank
from gamefold.games.tycoon.rules.market.handlers import read_order
from gamefold.games.tycoon.rules.market.needs import funds_for, held_lots, only_closes
from gamefold.games.tycoon.state.book import Order
from gamefold.games.tycoon.state.market import SPOT_KIND, Listing, Market
from gamefold.games.tycoon.state.units import LOT_SAT


def quote(market: Market, order: PlaceOrder | AmendOrder | AdjustMargin) -> tuple[int, int]:
    """Give the micro-USD and satoshi that an order, or more margin, needs beyond what its company has free here.

    The worst case: what is not used comes home. Both are 0 for an order that would be refused for something else, so
    that it is the market that refuses it.
    """
    try:
        if isinstance(order, AdjustMargin):
            return missing_margin(market, order), 0
        if isinstance(order, AmendOrder):
            return _quote_amend(market, order)
        listing, sign, price, tif = read_order(market, order)
        limit = price if price is not None else listing.market_high if sign > 0 else listing.market_low
        return _missing(
            market,
            listing,
            order.company,
            sign,
            order.lots,
            limit,
            rests=price is not None and tif == GTC,
            priced=price is not None,
            reduce_only=order.reduce_only,
            leverage=order.leverage,
        )
    except Rejected:
        return 0, 0


def _quote_amend(market: Market, amend: AmendOrder) -> tuple[int, int]:
    number = market.numbers.get(amend.company)
    order = None if number is None else market.open_orders[number].get(amend.order)
    if order is None:
        return 0, 0
    lots = order.lots if amend.lots is None else amend.lots
    price = order.price if amend.price is None else amend.price
    if price == order.price and lots <= order.lots:
        return 0, 0
    return _missing(
        market,
        market.listings[order.instrument],
        amend.company,
        order.sign,
        lots,
        price,
        rests=True,
        priced=True,
        reduce_only=order.reduce_only,
        leverage=order.leverage,
        replaces=order,
    )


def _missing(
    market: Market,
    listing: Listing,
    company: str,
    sign: int,
    lots: int,
    limit: int,
    *,
    rests: bool,
    priced: bool,
    reduce_only: bool,
    leverage: int,
    replaces: Order | None = None,
) -> tuple[int, int]:
    if lots > market.terms.lots_max or not listing.low <= limit <= listing.high:
        return 0, 0
    if not 1 <= leverage <= market.terms.leverage_max:
        return 0, 0
    number = market.numbers.get(company)
    account = blank(market, company, "") if number is None else market.accounts[number]
    limit, reduce_only = only_closes(
        listing, number, sign, lots, limit, rests=rests, priced=priced, reduce_only=reduce_only, replaces=replaces
    )
    if reduce_only:
        return 0, 0
    usd, sat = funds_for(market, listing, account, held_lots(listing, number), sign, lots, limit, leverage)
    free_usd, free_sat = account.usd_free, account.sat_free
    if replaces is not None:
        free_usd += replaces.hold
        free_sat += replaces.lots * LOT_SAT if sign < 0 and listing.kind == SPOT_KIND else 0
    return max(0, usd - free_usd), max(0, sat - free_sat)
