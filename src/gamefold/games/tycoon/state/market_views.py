"""What may be seen of the market. Integers and names, for routes.

Prices are ticks of 0.10 USD, sizes lots of 0.0001 BTC. The lists of one company are for its owner alone; everything
else is public and names nobody.
"""

from itertools import groupby, islice
from operator import attrgetter

import msgspec

from gamefold.games.tycoon.state.book import Order, Side, id_name
from gamefold.games.tycoon.state.market import OPTION_KIND, PERP_KIND, Listing, Market
from gamefold.games.tycoon.state.positions import Position, Positions
from gamefold.games.tycoon.state.tape import INTERVALS, Candle, Print
from gamefold.games.tycoon.state.units import BP, DAY_S, LOT_TICK_MICRO


class InstrumentView(msgspec.Struct, frozen=True):
    """One instrument and how it stands."""

    name: str
    kind: str
    bid: int | None
    ask: int | None
    last: int | None
    mark: int
    index: int
    volume_lots: int  # of the last day of game time
    open_interest_lots: int
    funding_ppb: int | None  # perpetuals: as it would be paid now
    funding_at_s: int | None  # game time when the interval began
    expiry_s: int | None  # options, game time
    strike_micro: int | None
    call: bool | None
    delta_ppm: int | None
    gamma_ppb: int | None
    vega_micro: int | None


class Depth(msgspec.Struct, frozen=True):
    """The best levels of a book, best first: (price, lots) each."""

    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class OrderView(msgspec.Struct, frozen=True):
    """A resting order."""

    id: str
    instrument: str
    side: str
    price: int
    lots: int  # left
    placed_lots: int
    post_only: bool
    reduce_only: bool
    leverage: int
    client_order_id: str
    held_micro: int
    placed_tick: int


class PositionView(msgspec.Struct, frozen=True):
    """An open position. Profit is what closing it at the mark would bring; leverage does not multiply it."""

    id: str
    instrument: str
    side: str
    lots: int
    cost_micro: int  # what the lots were worth when they were opened: entry price = cost / lots
    margin_micro: int
    leverage: int
    mark: int
    unrealised_micro: int
    equity_micro: int  # what the position adds to what its company owns
    liquidation_price: int | None  # none where no price liquidates it


class AccountView(msgspec.Struct, frozen=True):
    """What a company has at work in the market."""

    usd_free_micro: int
    usd_held_micro: int
    sat_free: int
    sat_held: int
    margin_micro: int
    equity_micro: int  # of all its positions
    fee_discount_bp: int
    margin_discount_bp: int


def instruments(market: Market) -> list[InstrumentView]:
    """Give all instruments: spot, perpetual, then options by expiry and strike."""
    order = {"SPOT": 0, "PERP": 1, "OPTION": 2}

    def rank(listing: Listing) -> tuple[int, int, int, str]:
        option = listing.option
        return order[listing.kind], option.expiry_s if option else 0, option.strike_micro if option else 0, listing.name

    return [instrument(market, listing) for listing in sorted(market.listings.values(), key=rank)]


def instrument(market: Market, listing: Listing) -> InstrumentView:
    """Give one instrument."""
    option, perp = listing.option, listing.kind == PERP_KIND
    delta, gamma, vega = listing.greeks if option else (None, None, None)
    return InstrumentView(
        name=listing.name,
        kind=listing.kind,
        bid=listing.book.bid(),
        ask=listing.book.ask(),
        last=listing.tape.last or None,
        mark=listing.mark,
        index=market.index(),
        volume_lots=_volume(market, listing),
        open_interest_lots=0 if listing.positions is None else listing.positions.open_interest()[0],
        funding_ppb=market.funding.rate_ppb if perp else None,
        funding_at_s=market.funding.began_s if perp else None,
        expiry_s=option.expiry_s if option else None,
        strike_micro=option.strike_micro if option else None,
        call=option.call if option else None,
        delta_ppm=delta,
        gamma_ppb=gamma,
        vega_micro=vega,
    )


def depth(listing: Listing, levels: int) -> Depth:
    """Give the best `levels` of both sides."""
    return Depth(_levels(listing.book.bids, levels, -1), _levels(listing.book.asks, levels, 1))


def trades(listing: Listing, limit: int) -> list[Print]:
    """Give the last trades, newest first."""
    tape = listing.tape
    return [*tape.trades, *tape.fresh][-limit:][::-1] if limit > 0 else []


def candles(listing: Listing, interval: str, limit: int) -> list[Candle] | None:
    """Give the last candles, oldest first; None where the instrument is not charted at this interval.

    Spot and perpetual have "5m", "1h" and "1d" of game time, options "1h".
    """
    if interval not in INTERVALS or (listing.kind == OPTION_KIND and interval != "1h"):
        return None
    return listing.tape.candles.get(interval, [])[-limit:] if limit > 0 else []


def orders_of(market: Market, company: str) -> list[OrderView]:
    """Give a company's resting orders, oldest first."""
    number = market.numbers.get(company)
    return [] if number is None else [_order(order) for order in market.open_orders[number].values()]


def positions_of(market: Market, company: str) -> list[PositionView]:
    """Give a company's open positions, by instrument."""
    number = market.numbers.get(company)
    if number is None:
        return []
    found: list[PositionView] = []
    for _, listing in sorted(market.listings.items()):
        table = listing.positions
        if table is not None and (row := table.rows.get(number)) is not None:
            found.append(_position(market, listing, table, row))
    return found


def account_view(market: Market, company: str) -> AccountView | None:
    """Give what a company has at work; None where it has never been in the market."""
    account = market.account_of(company)
    if account is None:
        return None
    held = positions_of(market, company)
    return AccountView(
        usd_free_micro=account.usd_free,
        usd_held_micro=account.usd_held,
        sat_free=account.sat_free,
        sat_held=account.sat_held,
        margin_micro=sum(one.margin_micro for one in held),
        equity_micro=sum(one.equity_micro for one in held),
        fee_discount_bp=account.fee_discount_bp,
        margin_discount_bp=account.margin_discount_bp,
    )


def position_equity(market: Market) -> dict[str, int]:
    """Give what all positions of each company are worth with their margins; companies without any are left out."""
    worth: dict[str, int] = {}
    for _, listing in sorted(market.listings.items()):
        table = listing.positions
        if table is not None:
            for row, number in enumerate(table.accounts):
                company = market.accounts[number].company
                worth[company] = worth.get(company, 0) + table.equity(row, listing.mark)
    return worth


def liquidation_price(market: Market, listing: Listing, position: Position) -> int | None:
    """Give the mark (ticks) that a position just survives; None where there is none.

    Perpetuals: where `margin + lots * price - cost` equals the maintenance margin of the tier that price falls into.
    Short options: the option's mark while the index is what it is now, because their margin depends on both.
    """
    terms, size = market.terms, abs(position.lots) * LOT_TICK_MICRO
    if listing.option is not None:
        if position.lots > 0:
            return None
        needed = -(-listing.index * terms.option_maintenance_bp * LOT_TICK_MICRO // BP) * abs(position.lots)
        return max(0, (position.margin - needed) // size)
    tiers = zip(terms.maintenance_from, terms.maintenance_bp, terms.maintenance_off, strict=True)
    for start, rate, off in reversed(list(tiers)):
        if position.lots > 0:
            price = -((position.margin - position.cost + off) * BP // (size * (BP - rate)))
        else:
            price = (position.margin - position.cost + off) * BP // (size * (BP + rate))
        if price > 0 and price * size >= start:
            return price
    return None


def _volume(market: Market, listing: Listing) -> int:
    since_s = market.world.game_s - DAY_S
    hours = listing.tape.candles.get("1h", [])
    past = sum(candle.lots for candle in hours if candle.begins_s > since_s)
    return past + sum(trade.lots for trade in listing.tape.fresh)


def _levels(side: Side, levels: int, sign: int) -> tuple[tuple[int, int], ...]:
    by_rank = groupby(side.best_first(), key=attrgetter("rank"))
    return tuple((sign * rank, sum(order.lots for order in orders)) for rank, orders in islice(by_rank, max(0, levels)))


def _order(order: Order) -> OrderView:
    return OrderView(
        id=order.name,
        instrument=order.instrument,
        side="BUY" if order.sign > 0 else "SELL",
        price=order.price,
        lots=order.lots,
        placed_lots=order.placed,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        leverage=order.leverage,
        client_order_id=order.client_id,
        held_micro=order.hold,
        placed_tick=int(order.name.partition("-")[0]),
    )


def _position(market: Market, listing: Listing, table: Positions, row: int) -> PositionView:
    position = table.read(row)
    return PositionView(
        id=id_name(position.id),
        instrument=listing.name,
        side=position.side,
        lots=abs(position.lots),
        cost_micro=abs(position.cost),
        margin_micro=position.margin,
        leverage=position.leverage,
        mark=listing.mark,
        unrealised_micro=position.lots * listing.mark * LOT_TICK_MICRO - position.cost,
        equity_micro=table.equity(row, listing.mark),
        liquidation_price=liquidation_price(market, listing, position),
    )
