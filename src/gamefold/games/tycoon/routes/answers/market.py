"""The market, and what one company has in it."""

from typing import Annotated, Literal

from pydantic import Field

from gamefold.games.tycoon.routes.answers.units import Moment, Price, Quantity, Shown, Side, Tick, Usd

TimeInForce = Literal["GTC", "IOC", "FOK"]
OrderType = Literal["LIMIT", "MARKET"]
OrderStatus = Literal[
    "OPEN", "FILLED", "CANCELLED", "AMENDED", "NOTHING_LEFT", "SELF_TRADE", "POSITION_GONE", "MARK_MOVED",
    "LIQUIDATION", "EXPIRED",
]  # fmt: skip
Level = Annotated[tuple[Price, Quantity], Field(description="Price in USD per BTC, and quantity in BTC.")]


class InstrumentShown(Shown):
    """What is traded. `strike`, `expiry`, `optionType` and the greeks are options', `funding...` perpetuals'."""

    instrument: str
    kind: Annotated[Literal["SPOT", "PERP", "OPTION"], Field(alias="type")]
    bid: Price | None
    ask: Price | None
    last: Price | None
    mark: Price
    index: Price
    volume: Annotated[float, Field(description="BTC of the last day of game time.")]
    open_interest: Annotated[float, Field(description="BTC.")]
    funding_ppb: Annotated[int | None, Field(description="The rate as it would be paid now, in parts per billion.")]
    funding_began: Moment | None
    expiry: Moment | None
    strike: Usd | None
    option_type: Literal["CALL", "PUT"] | None
    delta_ppm: Annotated[int | None, Field(description="BTC per BTC, in parts per million.")]
    gamma_ppb: Annotated[int | None, Field(description="Delta per USD, in parts per billion.")]
    vega: Annotated[Usd | None, Field(description="USD per percentage point of volatility.")]


class InstrumentsShown(Shown):
    """All that is traded, at a tick."""

    tick: Tick
    instruments: list[InstrumentShown]


class BookShown(Shown):
    """The best levels of a book, best first."""

    instrument: str
    bids: list[Level]
    asks: list[Level]


class CandleShown(Shown):
    """What happened in an interval that begins at `time` of the game's calendar."""

    time: Moment
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity


class CandlesShown(Shown):
    """Candles, the oldest first."""

    instrument: str
    interval: Literal["5m", "1h", "1d"]
    candles: list[CandleShown]


class PrintShown(Shown):
    """A trade of anybody. `side` is the taker's."""

    tick: Tick
    price: Price
    quantity: Quantity
    side: Side


class PrintsShown(Shown):
    """Trades, the newest first."""

    instrument: str
    trades: list[PrintShown]


class OpenOrderShown(Shown):
    """An order in the book. `held` is what it keeps of the company's USD."""

    id: str
    client_order_id: str | None
    instrument: str
    side: Side
    price: Price
    quantity: Quantity
    remaining: Quantity
    post_only: bool
    reduce_only: bool
    leverage: int
    held: Usd
    placed_tick: Tick
    status: Literal["OPEN", "CANCELLED"]


class PlacedOrderShown(Shown):
    """What became of an order at once. `averagePrice` is null where nothing was filled."""

    id: str
    client_order_id: str | None
    instrument: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: Price | None
    quantity: Quantity
    filled: Quantity
    average_price: Annotated[Usd | None, Field(description="USD per BTC.")]
    leverage: int
    status: OrderStatus


class PastOrderShown(Shown):
    """An order as the history keeps it."""

    id: str
    client_order_id: str | None
    instrument: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: Price | None
    quantity: Quantity
    filled: Quantity
    status: OrderStatus
    created_at: Moment
    updated_at: Moment


class OrdersShown(Shown):
    """The own orders: those that are open, or with `status=all` the newest of all."""

    orders: list[OpenOrderShown | PastOrderShown]


class PositionShown(Shown):
    """An open position. `entry` is the average price, `equity` what it adds to what its company owns."""

    id: str
    company_id: str
    instrument: str
    side: Literal["LONG", "SHORT"]
    quantity: Quantity
    entry: Annotated[Usd, Field(description="USD per BTC.")]
    cost: Usd
    margin: Usd
    leverage: int
    mark: Price
    unrealised: Usd
    equity: Usd
    liquidation_price: Annotated[float | None, Field(description="USD per BTC; null where no price liquidates it.")]
    status: Literal["OPEN"]


class PositionsShown(Shown):
    """The own open positions."""

    positions: list[PositionShown]


class BackedShown(Shown):
    """The position with the margin it has now; null where it was closed meanwhile."""

    position: PositionShown | None


class OwnFillShown(Shown):
    """The own half of a trade."""

    id: str
    instrument: str
    side: Side
    price: Price
    quantity: Quantity
    fee: Annotated[Usd, Field(description="USD; negative where it was paid out.")]
    liquidity: Literal["TAKER", "MAKER"]
    tick: Tick
    ts: Moment


class OwnFillsShown(Shown):
    """The own halves of trades, the newest first."""

    fills: list[OwnFillShown]


class FillShown(Shown):
    """A part of an order that met somebody at once."""

    price: Price
    quantity: Quantity
    fee: Usd


class AmendedShown(Shown):
    """What became of an order that was changed. It is in the book as before where it only became smaller."""

    order: PlacedOrderShown | OpenOrderShown | None
    fills: list[FillShown]
    tick: Tick


class TradedShown(Shown):
    """What became of an order, and the position in its instrument after it."""

    order: PlacedOrderShown | None
    fills: list[FillShown]
    tick: Tick
    position: PositionShown | None


class CancelledShown(Shown):
    """The order as it was; null where the same request had cancelled it before."""

    order: OpenOrderShown | None


class AllCancelledShown(Shown):
    """How many orders were cancelled."""

    cancelled: int
