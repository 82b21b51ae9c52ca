"""What everybody may see of the market, and what one company has in it."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query
from sqlalchemy import RowMapping
from starlette.responses import Response

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.intents.market import INSTRUMENT_NOT_FOUND
from gamefold.games.tycoon.routes.amounts import price, quantity, usd
from gamefold.games.tycoon.routes.answers.market import (
    BookShown,
    CandlesShown,
    InstrumentsShown,
    OrdersShown,
    OwnFillsShown,
    PositionsShown,
    PrintsShown,
)
from gamefold.games.tycoon.routes.described import INSIDE
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import shown, stamp
from gamefold.games.tycoon.routes.player import CurrentOwner
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.routes.statuses import INTERVAL_INVALID
from gamefold.games.tycoon.state import market_views as views
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.market import Listing, Market
from gamefold.games.tycoon.state.units import LOT_SAT, SAT
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.platform.accounts.players import CurrentPlayer
from gamefold.storage.columns import milliseconds
from gamefold.web.bodies import Whole

T = TypeVar("T")

Levels = Annotated[Whole, Query(ge=1, le=100)]
Limit = Annotated[Whole, Query(ge=1, le=500)]
Interval = Literal["5m", "1h", "1d"]

_TICKS = frozenset({"bid", "ask", "last", "mark", "index", "price", "liquidation_price"})
_OWN_NAMES = frozenset({"funding_at_s", "expiry_s", "call", "volume_lots", "open_interest_lots"})


def build(router: APIRouter, desk: Desk) -> None:
    """Add the routes that show the market."""

    async def listing(instrument: str, view: Callable[[Listing], T]) -> T:
        """Look at one instrument. Rejected INSTRUMENT_NOT_FOUND."""

        def look(market: Market) -> T:
            found = market.listings.get(instrument)
            if found is None:
                raise Rejected(INSTRUMENT_NOT_FOUND, "There is no such instrument.")
            return view(found)

        return await desk.market(look)

    @router.get("/market/list", **INSIDE.read("All that is traded", InstrumentsShown))
    async def instruments(_player: CurrentPlayer) -> Response:
        tick, found = await desk.market(lambda market: (market.tick, views.instruments(market)))
        return shown({"tick": tick, "instruments": [instrument_shown(one) for one in found]})

    @router.get(
        "/market/book/{instrument}", **INSIDE.read("The best levels of a book", BookShown, INSTRUMENT_NOT_FOUND)
    )
    async def book(instrument: str, _player: CurrentPlayer, levels: Levels = 20) -> Response:
        found = await listing(instrument, lambda one: book_shown(one, levels))
        return shown({"instrument": instrument, **found})

    @router.get(
        "/market/candles/{instrument}",
        **INSIDE.read("Candles of game time", CandlesShown, INSTRUMENT_NOT_FOUND, INTERVAL_INVALID),
    )
    async def candles(
        instrument: str, _player: CurrentPlayer, interval: Interval = "1h", limit: Limit = 200
    ) -> Response:
        found = await listing(instrument, lambda one: _candles(one, interval, limit))
        if found is None:
            raise Rejected(INTERVAL_INVALID, "This instrument is not charted at that interval.")
        return shown({"instrument": instrument, "interval": interval, "candles": found})

    @router.get("/market/trades/{instrument}", **INSIDE.read("Trades of all", PrintsShown, INSTRUMENT_NOT_FOUND))
    async def trades(instrument: str, _player: CurrentPlayer, limit: Limit = 50) -> Response:
        found = await listing(instrument, lambda one: _trades(one, limit))
        return shown({"instrument": instrument, "trades": found})

    @router.get("/market/orders", **INSIDE.read("The own orders", OrdersShown))
    async def orders(owner: CurrentOwner, status: Literal["open", "all"] = "open", limit: Limit = 100) -> Response:
        home = owner.home
        if status == "open":
            found = await desk.market(lambda market: views.orders_of(market, home.company_id))
            return shown({"orders": [order_shown(order) for order in found[:limit]]})
        rows = await desk.database.read(
            lambda connection: tables.order_history(connection, world_of(home.season, MARKET), home.company_id, limit)
        )
        return shown({"orders": [_past_order(row) for row in rows]})

    @router.get("/market/positions", **INSIDE.read("The own open positions", PositionsShown))
    async def positions(owner: CurrentOwner) -> Response:
        found = await desk.market(lambda market: views.positions_of(market, owner.home.company_id))
        return shown({"positions": [position_shown(position, owner.home.company_id) for position in found]})

    @router.get("/market/fills", **INSIDE.read("The own halves of trades", OwnFillsShown))
    async def fills(owner: CurrentOwner, limit: Limit = 100) -> Response:
        home = owner.home
        rows = await desk.database.read(
            lambda connection: tables.trades_of(connection, world_of(home.season, MARKET), home.company_id, limit)
        )
        return shown({"fills": [_fill(row, home.company_id) for row in rows]})


def instrument_shown(one: views.InstrumentView) -> dict[str, Any]:
    """Give an instrument. Times are of the game's calendar."""
    told = shape(one, ticks=_TICKS, without=_OWN_NAMES)
    return {
        "instrument": told.pop("name"),
        **told,
        "volume": quantity(one.volume_lots),
        "openInterest": quantity(one.open_interest_lots),
        "fundingBegan": None if one.funding_at_s is None else stamp(one.funding_at_s * 1_000),
        "expiry": None if one.expiry_s is None else stamp(one.expiry_s * 1_000),
        "optionType": None if one.call is None else "CALL" if one.call else "PUT",
    }


def book_shown(listing: Listing, levels: int) -> dict[str, Any]:
    """Give the best levels of a book: `[price, quantity]` each, best first."""
    depth = views.depth(listing, levels)
    return {
        side: [[price(ticks), quantity(lots)] for ticks, lots in rows]
        for side, rows in (("bids", depth.bids), ("asks", depth.asks))
    }


def order_shown(order: views.OrderView) -> dict[str, Any]:
    """Give a resting order."""
    told = shape(order, ticks=_TICKS, without=frozenset({"lots", "placed_lots", "client_order_id", "held_micro"}))
    return {
        **told,
        "clientOrderId": order.client_order_id or None,
        "quantity": quantity(order.placed_lots),
        "remaining": quantity(order.lots),
        "held": usd(order.held_micro),
        "status": "OPEN",
    }


def position_shown(position: views.PositionView, company: str) -> dict[str, Any]:
    """Give an open position."""
    told = shape(position, ticks=_TICKS, without=frozenset({"cost_micro"}))
    entry = position.cost_micro * (SAT // LOT_SAT) // position.lots if position.lots else 0
    return {
        **told,
        "companyId": company,
        "entry": usd(entry),
        "cost": usd(position.cost_micro),
        "status": "OPEN",
    }


def _candles(listing: Listing, interval: str, limit: int) -> list[dict[str, Any]] | None:
    found = views.candles(listing, interval, limit)
    if found is None:
        return None
    return [
        {
            "time": stamp(candle.begins_s * 1_000),
            "open": price(candle.open),
            "high": price(candle.high),
            "low": price(candle.low),
            "close": price(candle.close),
            "volume": quantity(candle.lots),
        }
        for candle in found
    ]


def _trades(listing: Listing, limit: int) -> list[dict[str, Any]]:
    return [
        {
            "tick": trade.tick,
            "price": price(trade.price),
            "quantity": quantity(trade.lots),
            "side": "BUY" if trade.sign > 0 else "SELL",
        }
        for trade in views.trades(listing, limit)
    ]


def _past_order(row: RowMapping) -> dict[str, Any]:
    return {
        "id": row["id"],
        "clientOrderId": row["client_order_id"] or None,
        "instrument": row["instrument"],
        "side": row["side"],
        "type": row["type"],
        "timeInForce": row["time_in_force"],
        "price": None if row["price"] is None else price(row["price"]),
        "quantity": quantity(row["qty"]),
        "filled": quantity(row["filled"]),
        "status": row["status"],
        "createdAt": stamp(milliseconds(row["created_at"])),
        "updatedAt": stamp(milliseconds(row["updated_at"])),
    }


def _fill(row: RowMapping, company: str) -> dict[str, Any]:
    """Give a company's own half of a trade; who the other side was is nobody's business."""
    taker = row["taker_id"] == company
    side = row["side"] if taker else {"BUY": "SELL", "SELL": "BUY"}[row["side"]]
    return {
        "id": str(row["id"]),
        "instrument": row["instrument"],
        "side": side,
        "price": price(row["price"]),
        "quantity": quantity(row["qty"]),
        "fee": usd(row["taker_fee"] if taker else row["maker_fee"]),
        "liquidity": "TAKER" if taker else "MAKER",
        "tick": row["tick"],
        "ts": stamp(milliseconds(row["ts"])),
    }
