"""What somebody meets who wrote a client from the pages alone: things a page promises and a careless server breaks."""

import asyncio
from decimal import Decimal

import pytest

from .floor import Floor, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_order_that_a_tick_overtakes_is_filled_all_the_same(floor: Floor, me: Person) -> None:
    """Its money is reckoned at one price and may meet another; who has plenty of it is never told it is too little."""
    await floor.ticks(1)
    stop = asyncio.Event()

    async def time_flies() -> None:
        while not stop.is_set():
            await floor.ticks(1)

    flying = asyncio.create_task(time_flies())
    try:
        answers = []
        for _ in range(20):
            answers.append((await me.asks("POST", "/market/trade", _spot("BUY", "0.7"))).text[:99])
            answers.append((await me.asks("POST", "/market/trade", _spot("SELL", "0.7"))).text[:99])
    finally:
        stop.set()
        await flying
    assert [answer for answer in answers if not answer.startswith('{"order"')] == []
    await floor.ticks(2)
    assert (await me.balances())["btc"] == Decimal(0)
    assert await floor.money() == (0, 0)


def _spot(side: str, quantity: str) -> dict[str, str]:
    return {"instrument": "BTC-SPOT", "side": side, "quantity": quantity}
