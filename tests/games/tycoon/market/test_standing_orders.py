"""What anti-cheat passes over, nobody may claim to be."""

from dataclasses import replace

import pytest

from gamefold.engine.ruleset import Rejected
from gamefold.games.tycoon.intents.market import (
    CLIENT_ORDER_ID_INVALID,
    INSUFFICIENT_FUNDS,
    POSITION_NOT_FOUND,
    STANDING,
    ClosePosition,
    PlaceOrder,
)
from gamefold.games.tycoon.rules.market import HANDLERS
from gamefold.games.tycoon.state.market import SPOT

from .builders import a_context, a_market


@pytest.mark.parametrize(
    ("client_id", "actor", "code"),
    [
        (f"{STANDING}-7", "somebody", CLIENT_ORDER_ID_INVALID),
        (STANDING, "somebody", CLIENT_ORDER_ID_INVALID),
        (f"{STANDING}-7", STANDING, INSUFFICIENT_FUNDS),  # asked further, and found poor
        ("mine", "somebody", INSUFFICIENT_FUNDS),
    ],
)
def test_only_standing_orders_may_be_called_so(client_id: str, actor: str, code: str) -> None:
    order = PlaceOrder("c1", SPOT, "SELL", 5, "MARKET", client_order_id=client_id)
    with pytest.raises(Rejected) as refused:
        HANDLERS[PlaceOrder](a_market(), order, replace(a_context(), actor=actor))
    assert refused.value.code == code


@pytest.mark.parametrize(("client_id", "code"), [(STANDING, CLIENT_ORDER_ID_INVALID), ("mine", POSITION_NOT_FOUND)])
def test_closing_a_position_is_no_standing_order(client_id: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        HANDLERS[ClosePosition](a_market(), ClosePosition("c1", "1-1", client_id), a_context())
    assert refused.value.code == code
