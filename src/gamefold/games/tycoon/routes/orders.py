"""Trade: orders and positions of one company."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.intents.market import (
    BUY,
    CLIENT_ORDER_ID_INVALID,
    CLIENT_ORDER_ID_MAX,
    DUPLICATE_CLIENT_ORDER_ID,
    FOK_NOT_FILLABLE,
    GTC,
    INSTRUMENT_UNKNOWN,
    INSUFFICIENT_FUNDS,
    LEVERAGE_INVALID,
    LIMIT,
    MARGIN_NEEDED,
    MARGIN_NEEDLESS,
    MARKET,
    MARKET_CLOSED,
    ORDER_NOT_FOUND,
    ORDER_TYPE_INVALID,
    POSITION_LIMIT,
    POSITION_NOT_FOUND,
    POST_ONLY_WOULD_CROSS,
    PRICE_INVALID,
    PRICE_OUT_OF_BAND,
    PRICE_REQUIRED,
    QUANTITY_INVALID,
    REDUCE_ONLY_INVALID,
    SELL,
    STALE_PRICE,
    TOO_MANY_ORDERS,
    AdjustMargin,
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    PlaceOrder,
)
from gamefold.games.tycoon.routes.amounts import AMOUNT_INVALID, Amount, read_lots, read_price, read_usd
from gamefold.games.tycoon.routes.answers.market import (
    AllCancelledShown,
    AmendedShown,
    BackedShown,
    CancelledShown,
    TradedShown,
)
from gamefold.games.tycoon.routes.bounds import bounds
from gamefold.games.tycoon.routes.described import INSIDE
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import Asked, shown
from gamefold.games.tycoon.routes.market import order_shown, position_shown
from gamefold.games.tycoon.routes.player import CurrentOwner, Owner
from gamefold.games.tycoon.routes.trading import answer, place
from gamefold.games.tycoon.state import market_views as views
from gamefold.web.bodies import Text
from gamefold.web.idempotency import request_entropy

Instrument = Annotated[Text, Field(max_length=64, examples=["BTC-SPOT"])]
Number = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
SeenTick = Annotated[Number, bounds("The tick of the prices the order was decided on.", minimum=0)]
ClientOrderId = Annotated[Text, Field(max_length=200), bounds(minLength=1, maxLength=CLIENT_ORDER_ID_MAX)]

SIDES = {"BUY": BUY, "LONG": BUY, "SELL": SELL, "SHORT": SELL}
PLACING = (
    INSTRUMENT_UNKNOWN, MARKET_CLOSED, ORDER_TYPE_INVALID, QUANTITY_INVALID, PRICE_REQUIRED, CLIENT_ORDER_ID_INVALID,
    STALE_PRICE, PRICE_INVALID, PRICE_OUT_OF_BAND, LEVERAGE_INVALID, DUPLICATE_CLIENT_ORDER_ID, TOO_MANY_ORDERS,
    REDUCE_ONLY_INVALID, POSITION_LIMIT, POST_ONLY_WOULD_CROSS, INSUFFICIENT_FUNDS, FOK_NOT_FILLABLE,
)  # fmt: skip
"""How an order may be refused."""


class TradeBody(Asked):
    """An order. Without a `type` it is LIMIT where it has a price, and MARKET where it has none."""

    instrument: Instrument
    side: Literal["BUY", "SELL", "LONG", "SHORT"]
    quantity: Amount
    type: Literal["LIMIT", "MARKET"] | None = None
    price: Amount | None = None
    time_in_force: Literal["GTC", "IOC", "FOK"] = GTC
    post_only: bool = False
    leverage: Annotated[Number, bounds(minimum=1, maximum=20)] = 1
    reduce_only: bool = False
    client_order_id: ClientOrderId | None = None
    seen_tick: SeenTick | None = None


class AmendBody(Asked):
    """Another price, or another quantity left; what is not named stays."""

    quantity: Amount | None = None
    price: Amount | None = None
    seen_tick: SeenTick | None = None


class CancelAllBody(Asked):
    """Whose orders go: those of one instrument, or all."""

    instrument: Instrument | None = None


class CloseBody(Asked):
    """A position to close at the market."""

    position_id: Annotated[Text, Field(max_length=64)]
    client_order_id: ClientOrderId | None = None


class MarginBody(Asked):
    """USD to put behind a position, or to take out of its margin."""

    position_id: Annotated[Text, Field(max_length=64)]
    amount: Amount
    direction: Literal["ADD", "REMOVE"] = "ADD"


def build(router: APIRouter, desk: Desk) -> None:
    """Add the routes of trading."""

    async def position_in(owner: Owner, instrument: str) -> dict[str, Any] | None:
        found = await desk.market(lambda market: views.positions_of(market, owner.home.company_id))
        return next((position_shown(one, owner.home.company_id) for one in found if one.instrument == instrument), None)

    order_links = {name: {"order_id": "/order/id"} for name in ("tycoon_amend", "tycoon_cancel")}

    @router.post(
        "/market/trade", **INSIDE.write("Place an order", TradedShown, *PLACING, status=201, links=order_links)
    )
    async def trade(body: TradeBody, owner: CurrentOwner, request: Request) -> Response:
        order = PlaceOrder(
            company=owner.home.company_id,
            instrument=body.instrument,
            side=SIDES[body.side],
            lots=read_lots(body.quantity, QUANTITY_INVALID),
            kind=body.type or (MARKET if body.price is None else LIMIT),
            price=None if body.price is None else read_price(body.price, PRICE_INVALID),
            tif=body.time_in_force,
            post_only=body.post_only,
            reduce_only=body.reduce_only,
            leverage=body.leverage,
            client_order_id=body.client_order_id or "",
            seen_tick=body.seen_tick,
        )
        ack = await place(desk, owner.home, order, request_entropy(request))
        told = answer(ack, owner.home.company_id)
        return shown({**told, "position": await position_in(owner, body.instrument)}, 201)

    @router.patch(
        "/market/order/{order_id}", **INSIDE.write("Change an order", AmendedShown, ORDER_NOT_FOUND, *PLACING)
    )
    async def amend(order_id: str, body: AmendBody, owner: CurrentOwner, request: Request) -> Response:
        intent = AmendOrder(
            company=owner.home.company_id,
            order=order_id,
            lots=None if body.quantity is None else read_lots(body.quantity, QUANTITY_INVALID),
            price=None if body.price is None else read_price(body.price, PRICE_INVALID),
            seen_tick=body.seen_tick,
        )
        ack = await place(desk, owner.home, intent, request_entropy(request))
        told = answer(ack, owner.home.company_id)
        if told["order"] is None:  # it became smaller and is the same order
            told["order"] = await open_order(owner, order_id)
        return shown(told)

    async def open_order(owner: Owner, order_id: str) -> dict[str, Any] | None:
        found = await desk.market(lambda market: views.orders_of(market, owner.home.company_id))
        return next((order_shown(order) for order in found if order.id == order_id), None)

    @router.delete(
        "/market/order/{order_id}", **INSIDE.write("Cancel an order", CancelledShown, ORDER_NOT_FOUND, body=False)
    )
    async def cancel(order_id: str, owner: CurrentOwner, request: Request) -> Response:
        if len(order_id) > 64:
            raise Rejected(ORDER_NOT_FOUND, "There is no such order.")
        before = await open_order(owner, order_id)
        await desk.ask_market(owner.home, CancelOrder(owner.home.company_id, order_id), request_entropy(request))
        return shown({"order": None if before is None else {**before, "status": "CANCELLED"}})

    @router.post("/market/cancel-all", **INSIDE.write("Cancel many orders", AllCancelledShown, INSTRUMENT_UNKNOWN))
    async def cancel_all(body: CancelAllBody, owner: CurrentOwner, request: Request) -> Response:
        intent = CancelAll(owner.home.company_id, body.instrument)
        ack = await desk.ask_market(owner.home, intent, request_entropy(request))
        return shown({"cancelled": len(ack.events)})

    @router.post("/market/close", **INSIDE.write("Close a position", TradedShown, POSITION_NOT_FOUND, *PLACING))
    async def close(body: CloseBody, owner: CurrentOwner, request: Request) -> Response:
        company = owner.home.company_id
        found = await desk.market(lambda market: views.positions_of(market, company))
        position = next((one for one in found if one.id == body.position_id), None)
        intent = ClosePosition(company, body.position_id, body.client_order_id or "")
        if position is None and request_entropy(request) is None:
            raise Rejected(POSITION_NOT_FOUND, "There is no such position.")
        ack = await desk.ask_market(owner.home, intent, request_entropy(request))
        told = answer(ack, company)
        left = None if position is None else await position_in(owner, position.instrument)
        return shown({**told, "position": left})

    @router.post(
        "/market/margin",
        **INSIDE.write(
            "Put money behind a position, or take it out",
            BackedShown,
            AMOUNT_INVALID,
            POSITION_NOT_FOUND,
            MARGIN_NEEDED,
            MARGIN_NEEDLESS,
            INSUFFICIENT_FUNDS,
        ),
    )
    async def margin(body: MarginBody, owner: CurrentOwner, request: Request) -> Response:
        company, amount = owner.home.company_id, read_usd(body.amount)
        intent = AdjustMargin(company, body.position_id, amount if body.direction == "ADD" else -amount)
        await place(desk, owner.home, intent, request_entropy(request))
        found = await desk.market(lambda market: views.positions_of(market, company))
        position = next((position_shown(one, company) for one in found if one.id == body.position_id), None)
        return shown({"position": position})
