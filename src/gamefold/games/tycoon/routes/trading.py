"""The way of an order: its money is sent from home, and arrives in the market together with the order, in one entry.

If a tick comes in between and the price rises, the money arrives without the order, and the order is tried again with
what it needs more. If it is refused for good, or this process dies between the two, the crossing is delivered by the
border's carrier, and what is idle in the market goes home with its next tick.
"""

from typing import Any

import msgspec

from gamefold.engine.host import Ack
from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.events.market import OrderClosed, OrderPlaced, Traded
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import INSUFFICIENT_FUNDS, AdjustMargin, AmendOrder, PlaceOrder
from gamefold.games.tycoon.intents.region import SendToMarket
from gamefold.games.tycoon.routes.amounts import price, quantity, usd
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.tables import Home

TRIES = 8  # what an order needs is reckoned before its money is sent; fast ticks may come in between more than once


async def place(
    desk: Desk, home: Home, order: PlaceOrder | AmendOrder | AdjustMargin, request: str | None = None
) -> Ack:
    """Place or amend an order, or put margin in, with the money it needs.

    Raises what the market refuses, and INSUFFICIENT_FUNDS of home.

    `request` names the request: sent again, it is done once.
    """
    for number in range(TRIES):
        need_usd, need_sat = await desk.market(lambda market: desk.quote(market, order))
        sent = arrived = run = None
        if need_usd or need_sat:
            intent = SendToMarket(home.company_id, need_usd, need_sat)
            sent = await desk.submit(home, intent, request and f"{request}:{number}:send")
            crossed = next(event for event in sent.events if isinstance(event, Crossed))
            arrived, run = Receive(home.region, crossed.no, crossed.cargo), sent.run
        try:
            paid = msgspec.structs.replace(order, arrived=arrived)
            # Every try has the same id: what was refused is not remembered, and the one that went well is done once.
            return await desk.ask_market(home, paid, request and f"{request}:order", run)
        except Rejected as refusal:
            if refusal.code != INSUFFICIENT_FUNDS or number + 1 == TRIES:
                raise
        if sent is not None:
            await desk.hand_over(home.season, home.region, sent)
    raise AssertionError("the last try answers or raises")


def answer(ack: Ack, company: str) -> dict[str, Any]:
    """Give what became of an order: the order, its fills, and whether it rests."""
    placed = next((event for event in ack.events if isinstance(event, OrderPlaced) and event.company == company), None)
    order_id = None if placed is None else placed.order
    fills = [event for event in ack.events if isinstance(event, Traded) and event.taker_order == order_id]
    closed = next((event for event in ack.events if isinstance(event, OrderClosed) and event.order == order_id), None)
    filled = sum(fill.lots for fill in fills)
    value = sum(fill.lots * fill.price for fill in fills)
    return {
        "order": None
        if placed is None
        else {
            "id": placed.order,
            "clientOrderId": placed.client_order_id or None,
            "instrument": placed.instrument,
            "side": placed.side,
            "type": placed.kind,
            "timeInForce": placed.tif,
            "price": None if placed.price is None else price(placed.price),
            "quantity": quantity(placed.lots),
            "filled": quantity(filled),
            "averagePrice": usd(value * 100_000 // filled) if filled else None,
            "leverage": placed.leverage,
            "status": "OPEN" if closed is None else closed.reason,
        },
        "fills": [
            {"price": price(fill.price), "quantity": quantity(fill.lots), "fee": usd(fill.taker_fee_micro)}
            for fill in fills
        ],
        "tick": ack.tick,
    }
