"""Events alone say which orders rest and which positions are open: tables are folded from them."""

from typing import Any

import pytest

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import (
    FundingPaid,
    OrderAmended,
    OrderClosed,
    OrderPlaced,
    PositionChanged,
    Traded,
)
from gamefold.games.tycoon.state.market_views import orders_of, positions_of

from .flow import COMPANIES, a_flow_market, drawn, play_flow

Rows = dict[tuple[str, str], Any]  # by company and id


def resting(told: list[Event]) -> Rows:
    """Fold what is told of orders into the lots that rest."""
    rows: Rows = {}
    for event in told:
        match event:
            case OrderPlaced():
                rows[event.company, event.order] = event.lots
            case OrderAmended():
                rows[event.company, event.order] = event.lots
            case Traded():
                for side in ((event.maker, event.maker_order), (event.taker, event.taker_order)):
                    if side in rows:
                        rows[side] -= event.lots
            case OrderClosed():
                # A maker's last trade may be told after its order was: what was filled is what `lots` says is not.
                rows.pop((event.company, event.order))
    return rows


def held(told: list[Event]) -> Rows:
    """Fold what is told of positions into side, lots, cost and margin."""
    rows: Rows = {}
    for event in told:
        match event:
            case PositionChanged(status="OPEN"):
                rows[event.company, event.id] = [event.side, event.lots, event.cost_micro, event.margin_micro]
            case PositionChanged():
                assert event.lots == event.cost_micro == event.margin_micro == 0
                rows.pop((event.company, event.id))
            case FundingPaid():
                rows[event.company, event.position][3] = event.margin_micro
    return rows


@pytest.mark.parametrize("makers", [False, True])
@pytest.mark.parametrize("seed", range(200, 206))
def test_orders_and_positions_follow_from_events(seed: int, makers: bool) -> None:
    market = a_flow_market(makers=makers)
    told = play_flow(market, drawn(seed, 300), every=300, ticks=100)
    assert resting(told) == {(company, one.id): one.lots for company in COMPANIES for one in orders_of(market, company)}
    assert held(told) == {
        (company, one.id): [one.side, one.lots, one.cost_micro, one.margin_micro]
        for company in COMPANIES
        for one in positions_of(market, company)
    }


@pytest.mark.parametrize("seed", range(300, 303))
def test_an_order_is_filled_by_exactly_what_its_trades_say(seed: int) -> None:
    told = play_flow(a_flow_market(makers=False), drawn(seed, 300), every=300)
    placed = {event.order: event.lots for event in told if isinstance(event, OrderPlaced)}
    closed = {event.order: event for event in told if isinstance(event, OrderClosed)}
    filled = dict.fromkeys(placed, 0)
    amended = {event.order for event in told if isinstance(event, OrderAmended)}
    for event in told:
        if isinstance(event, Traded):
            for order in (event.maker_order, event.taker_order):
                if order in filled:
                    filled[order] += event.lots
    assert sum(filled.values()) > 0
    for order, close in closed.items():
        if order not in amended:
            assert close.lots == placed[order] - filled[order], close
