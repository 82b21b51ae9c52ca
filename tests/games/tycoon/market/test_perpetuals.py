"""Perpetuals: margin, gains, reduce-only orders, bands that protect the insurance fund."""

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.market import Bailout, OrderClosed, OrderPlaced, PositionChanged, Traded
from gamefold.games.tycoon.intents.market import (
    INSUFFICIENT_FUNDS,
    LEVERAGE_INVALID,
    POSITION_LIMIT,
    POSITION_NOT_FOUND,
    PRICE_OUT_OF_BAND,
    REDUCE_ONLY_INVALID,
    AmendOrder,
    CancelOrder,
    ClosePosition,
)
from gamefold.games.tycoon.rules.market.marks import withdraw_stale
from gamefold.games.tycoon.state.market import PERP, Market
from gamefold.games.tycoon.state.market_views import orders_of
from gamefold.games.tycoon.state.units import MICRO

from .builders import INDEX, a_market, a_perp, fund, move_index, of, play, position, stage, the_position

VALUE = 1_000 * INDEX * 10  # of 1,000 lots (0.1 BTC) at the index


@pytest.fixture
def market() -> Market:
    """Three companies with a million USD each, no fees, and empty books."""
    market = a_market(fee_maker_bp=FREE, fee_taker_bp=FREE)
    for company in ("c1", "c2", "c3"):
        fund(market, company)
    return market


FREE = {"SPOT": 0, "PERP": 0, "OPTION": 0}


def usd(market: Market, company: str) -> int:
    account = market.accounts[market.numbers[company]]
    return account.usd_free + account.usd_held


def meet(market: Market, buyer: str, seller: str, lots: int = 1_000, price: int = INDEX, leverage: int = 10) -> None:
    """Let one company sell perpetuals to another."""
    play(
        market,
        a_perp(seller, "SELL", lots, price, leverage=leverage),
        a_perp(buyer, "BUY", lots, price, leverage=leverage),
    )


def refused(market: Market, intent: object) -> str:
    with pytest.raises(Rejected) as refusal:
        play(market, intent)
    return refusal.value.code


# -- opening and closing -----


def test_a_trade_opens_a_position_on_both_sides_with_margin_by_leverage(market: Market) -> None:
    meet(market, "c1", "c2", leverage=10)
    for company, side in (("c1", "LONG"), ("c2", "SHORT")):
        one = the_position(market, company)
        assert (one.side, one.lots, one.cost_micro, one.margin_micro) == (side, 1_000, VALUE, VALUE // 10)
        assert usd(market, company) == 1_000_000 * MICRO - VALUE // 10


def test_a_resting_order_holds_its_margin_and_fee(market: Market) -> None:
    market = a_market()
    fund(market, "c1")
    play(market, a_perp("c1", leverage=20, lots=1_000))
    account = market.accounts[market.numbers["c1"]]
    assert account.usd_held == VALUE // 20 + VALUE * 5 // 10_000  # the larger of the fees


@pytest.mark.parametrize("leverage", [1, 2, 10, 20])
def test_a_gain_is_counted_once_and_never_multiplied_by_leverage(market: Market, leverage: int) -> None:
    meet(market, "c1", "c2", leverage=leverage)
    move_index(market, INDEX + 1_000)
    assert the_position(market, "c1").unrealised_micro == 1_000 * 1_000 * 10
    assert the_position(market, "c2").unrealised_micro == -1_000 * 1_000 * 10
    meet(market, "c3", "c1", price=INDEX + 1_000, leverage=1)
    assert position(market, "c1") is None
    assert usd(market, "c1") == 1_000_000 * MICRO + 1_000 * 1_000 * 10
    meet(market, "c2", "c3", price=INDEX + 1_000, leverage=1)
    assert usd(market, "c2") == 1_000_000 * MICRO - 1_000 * 1_000 * 10
    assert usd(market, "c3") == 1_000_000 * MICRO


def test_closing_a_part_releases_that_part_of_the_margin(market: Market) -> None:
    meet(market, "c1", "c2", leverage=10)
    meet(market, "c3", "c1", lots=250)
    one = the_position(market, "c1")
    assert (one.lots, one.cost_micro, one.margin_micro) == (750, VALUE * 3 // 4, VALUE * 3 // 40)
    assert the_position(market, "c1").id == one.id


def test_an_order_larger_than_the_position_turns_it_around(market: Market) -> None:
    meet(market, "c1", "c2")
    first = the_position(market, "c1").id
    told = play(market, a_perp("c3", "BUY", 1_500, leverage=5), a_perp("c1", "SELL", 1_500, leverage=5))
    one = the_position(market, "c1")
    assert (one.side, one.lots, one.leverage) == ("SHORT", 500, 5)
    assert one.id != first
    assert [(change.id, change.status) for change in of(told, PositionChanged) if change.company == "c1"] == [
        (first, "CLOSED"),
        (one.id, "OPEN"),
    ]


def test_positions_are_told_to_the_last(market: Market) -> None:
    meet(market, "c1", "c2")
    told = play(market, a_perp("c3", "BUY", 1_000, INDEX + 10), a_perp("c1", "SELL", 1_000, INDEX + 10))
    (closed,) = [change for change in of(told, PositionChanged) if change.company == "c1"]
    assert (closed.status, closed.lots, closed.margin_micro, closed.realised_micro) == ("CLOSED", 0, 0, 1_000 * 10 * 10)


def test_a_perpetual_bought_above_the_mark_is_backed_by_the_difference_too(market: Market) -> None:
    meet(market, "c1", "c2", price=INDEX + 2_000, leverage=20)
    assert the_position(market, "c1").margin_micro == -(-(1_000 * (INDEX + 2_000) * 10) // 20) + 1_000 * 2_000 * 10
    assert the_position(market, "c1").equity_micro >= VALUE // 20


# -- limits -----


@pytest.mark.parametrize("leverage", [0, -1, 21, 10**30])
def test_leverage_is_1_to_20(market: Market, leverage: int) -> None:
    assert refused(market, a_perp("c1", leverage=leverage)) == LEVERAGE_INVALID


def test_an_order_that_cannot_be_backed_is_refused(market: Market) -> None:
    most = 1_000_000 * MICRO // (INDEX * 10)
    assert refused(market, a_perp("c1", lots=most + 1)) == INSUFFICIENT_FUNDS
    play(market, a_perp("c1", lots=most - 1))


def test_large_positions_need_more_than_leverage_asks_for(market: Market) -> None:
    """A notional over 5,000,000 USD has parts that need 10 % maintenance, and half as much again at the start."""
    lots = 1_700_000
    fund(market, "c1", usd=10_000_000)
    play(market, a_perp("c1", lots=lots, leverage=20))
    held = market.accounts[market.numbers["c1"]].usd_held
    value = lots * INDEX * 10
    tiers = 250_000 * 250 + 750_000 * 300 + 4_000_000 * 500 + (value // MICRO - 5_000_000) * 1_000
    assert abs(held - tiers * 100 * 15 // 10) <= 1_000
    assert held > value // 20


def test_a_position_has_a_largest_size(market: Market) -> None:
    fund(market, "c1", usd=10**9)
    fund(market, "c2", usd=10**9)
    for _ in range(4):
        meet(market, "c1", "c2", lots=5_000_000, leverage=1)
    assert refused(market, a_perp("c1", "BUY", 1)) == POSITION_LIMIT
    play(market, a_perp("c1", "SELL", 1, INDEX + 100))


# -- reduce-only -----


def test_an_order_that_can_only_close_needs_no_funds(market: Market) -> None:
    meet(market, "c1", "c2")
    market.accounts[market.numbers["c1"]].usd_free = 0
    market.flows.count("test", -(1_000_000 * MICRO - VALUE // 10))
    (placed,) = of(play(market, a_perp("c1", "SELL", 600, INDEX + 100)), OrderPlaced)
    assert placed.reduce_only
    assert market.accounts[market.numbers["c1"]].usd_held == 0
    assert refused(market, a_perp("c1", "SELL", 401, INDEX + 100)) == INSUFFICIENT_FUNDS
    play(market, a_perp("c1", "SELL", 400, INDEX + 200))


def test_reduce_only_is_refused_where_there_is_nothing_to_reduce(market: Market) -> None:
    assert refused(market, a_perp("c1", "SELL", 1, reduce_only=True)) == REDUCE_ONLY_INVALID
    meet(market, "c1", "c2")
    assert refused(market, a_perp("c1", "BUY", 1, reduce_only=True)) == REDUCE_ONLY_INVALID
    assert refused(market, a_perp("c1", "SELL", 1_001, INDEX + 5, reduce_only=True)) == REDUCE_ONLY_INVALID
    play(market, a_perp("c1", "SELL", 900, INDEX + 5, reduce_only=True))
    assert refused(market, a_perp("c1", "SELL", 101, INDEX + 5, reduce_only=True)) == REDUCE_ONLY_INVALID


def test_reduce_only_orders_go_when_the_position_goes(market: Market) -> None:
    meet(market, "c1", "c2")
    play(market, a_perp("c1", "SELL", 600, INDEX + 100), a_perp("c1", "SELL", 400, INDEX + 200))
    play(market, a_perp("c3", "BUY", 700))
    told = play(market, a_perp("c1", "SELL", 700, None, reduce_only=True))
    assert the_position(market, "c1").lots == 300
    assert [closed.reason for closed in of(told, OrderClosed) if closed.company == "c1"] == [
        "POSITION_GONE",
        "POSITION_GONE",
        "FILLED",
    ]
    assert orders_of(market, "c1") == []


def test_one_order_that_closes_can_cancel_the_next_while_both_are_being_met(market: Market) -> None:
    meet(market, "c1", "c2")
    play(market, a_perp("c1", "SELL", 1_000, INDEX + 10, reduce_only=True))  # closes
    play(market, a_perp("c1", "SELL", 1_000 + 1, INDEX + 5))  # turns around, and comes first
    told = play(market, a_perp("c3", "BUY", 3_000, INDEX + 10))
    assert sum(trade.lots for trade in of(told, Traded)) == 1_001
    one = the_position(market, "c1")
    assert (one.side, one.lots) == ("SHORT", 1)
    assert ("c1", "POSITION_GONE") in [(closed.company, closed.reason) for closed in of(told, OrderClosed)]


def test_an_order_that_closes_stays_within_what_its_position_can_pay(market: Market) -> None:
    meet(market, "c1", "c2", leverage=20)
    broke = INDEX - INDEX // 20
    assert refused(market, a_perp("c1", "SELL", 1_000, broke - 1, reduce_only=True)) == PRICE_OUT_OF_BAND
    play(market, a_perp("c3", "BUY", 1_000, INDEX - INDEX // 4 // 5 - 1_000))
    told = play(market, ClosePosition("c1", the_position(market, "c1").id))
    assert of(told, Traded) == []  # the only buyer is beyond the bankruptcy price


def test_amending_an_order_that_closes_counts_what_it_waits_for_already(market: Market) -> None:
    meet(market, "c1", "c2")
    (placed,) = of(play(market, a_perp("c1", "SELL", 1_000, INDEX + 10)), OrderPlaced)
    (moved,) = of(play(market, AmendOrder("c1", placed.order, price=INDEX + 20)), OrderPlaced)
    assert moved.reduce_only
    play(market, AmendOrder("c1", moved.order, lots=300), a_perp("c1", "SELL", 700, INDEX + 30, reduce_only=True))
    play(market, CancelOrder("c1", moved.order), a_perp("c1", "SELL", 300, INDEX + 30, reduce_only=True))


def test_a_whole_position_is_closed_at_the_market(market: Market) -> None:
    meet(market, "c1", "c2")
    play(market, a_perp("c3", "BUY", 400), a_perp("c3", "BUY", 900, INDEX - 1))
    told = play(market, ClosePosition("c1", the_position(market, "c1").id, client_order_id="out"))
    assert position(market, "c1") is None
    assert [(trade.price, trade.lots) for trade in of(told, Traded)] == [(INDEX, 400), (INDEX - 1, 600)]
    assert of(told, OrderPlaced)[0].client_order_id == "out"


def test_a_foreign_or_unknown_position_is_not_found(market: Market) -> None:
    meet(market, "c1", "c2")
    one = the_position(market, "c1").id
    for company, which in (("c2", one), ("nobody", one), ("c1", "9-9"), ("c1", "x"), ("c1", "")):
        assert refused(market, ClosePosition(company, which)) == POSITION_NOT_FOUND


# -- nobody moves money at the fund's cost -----


def test_orders_that_the_mark_has_passed_by_far_are_cancelled(market: Market) -> None:
    play(
        market, a_perp("c1", "BUY", 100), a_perp("c1", "BUY", 100, INDEX - 2_000), a_perp("c2", "SELL", 100, INDEX + 1)
    )
    move_index(market, INDEX - INDEX // 100 - 5_000)
    told = stage(market, withdraw_stale)
    assert [(closed.company, closed.reason) for closed in of(told, OrderClosed)] == [
        ("c1", "MARK_MOVED"),
        ("c1", "MARK_MOVED"),
    ]
    assert usd(market, "c1") == 1_000_000 * MICRO
    assert len(orders_of(market, "c2")) == 1


def test_selling_low_to_a_friend_costs_the_seller_not_the_fund(market: Market) -> None:
    """At 20 times, 5 % of margin is gone long before the edge of the band; the seller pays the rest."""
    before = market.fund_micro
    meet(market, "c1", "c3", leverage=20)
    low = INDEX * 9 // 10
    play(market, a_perp("c2", "BUY", 1_000, low))
    told = play(market, a_perp("c1", "SELL", 1_000, low))
    assert position(market, "c1") is None
    assert of(told, Bailout) == []
    assert market.fund_micro == before
    assert usd(market, "c1") == 1_000_000 * MICRO - 1_000 * (INDEX - low) * 10


def test_who_cannot_pay_a_low_price_cannot_sell_at_it(market: Market) -> None:
    meet(market, "c1", "c3", leverage=20)
    market.flows.count("test", -usd(market, "c1"))
    market.accounts[market.numbers["c1"]].usd_free = 0
    low = INDEX * 9 // 10
    play(market, a_perp("c2", "BUY", 1_000, low))
    assert refused(market, a_perp("c1", "SELL", 1_000, low)) == INSUFFICIENT_FUNDS
    assert of(play(market, a_perp("c1", "SELL", 1_000, None)), Traded) == []
    assert market.listings[PERP].positions is not None
