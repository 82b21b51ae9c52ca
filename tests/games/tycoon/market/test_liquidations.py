"""Liquidations: who, in which order, how much, and who pays."""

from itertools import pairwise

import pytest

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import (
    Bailout,
    Deleveraged,
    Liquidated,
    OrderClosed,
    PositionChanged,
    Traded,
)
from gamefold.games.tycoon.intents.market import CancelAll
from gamefold.games.tycoon.rules.market.deleverage import ranked
from gamefold.games.tycoon.rules.market.liquidation import liquidate, poor
from gamefold.games.tycoon.rules.market.margins import maintenance, maintenance_column
from gamefold.games.tycoon.rules.market.terms import terms_of
from gamefold.games.tycoon.state.book import id_name
from gamefold.games.tycoon.state.market import PERP, Market
from gamefold.games.tycoon.state.market_views import liquidation_price
from gamefold.games.tycoon.state.units import MICRO

from .builders import INDEX, a_context, a_market, a_perp, fund, move_index, of, play, position, stage, the_position

FREE = {"SPOT": 0, "PERP": 0, "OPTION": 0}
VALUE = 1_000 * INDEX * 10


@pytest.fixture
def market() -> Market:
    """A market without fees; c1 is long 1,000 lots at 20 times, rich is short, and there are two more."""
    market = a_market(fee_maker_bp=FREE, fee_taker_bp=FREE, liquidation_fee_bp=0)
    for company in ("c1", "c2", "c3"):
        fund(market, company)
    fund(market, "rich", usd=100_000_000)
    meet(market, "c1", "rich", leverage=20)
    return market


def meet(market: Market, buyer: str, seller: str, lots: int = 1_000, price: int = INDEX, leverage: int = 1) -> None:
    play(
        market,
        a_perp(seller, "SELL", lots, price, leverage=1),
        a_perp(buyer, "BUY", lots, price, leverage=leverage),
    )


def a_bid(market: Market, price: int, lots: int = 1_000, company: str = "rich") -> None:
    play(market, a_perp(company, "BUY", lots, price, leverage=1))


def settle(market: Market, **changes: int) -> list[Event]:
    return stage(market, liquidate, **{"liquidation_fee_bp": 0, **changes})


def test_a_position_is_liquidated_below_its_maintenance_margin_and_not_at_it(market: Market) -> None:
    perp = market.listings[PERP]
    table = perp.positions
    assert table is not None
    row = table.rows[market.numbers["c1"]]
    needed = maintenance(market.terms, perp, 1_000)
    table.margin[row] = needed
    assert poor(market, perp) == []
    table.margin[row] = needed - 1
    assert [serial for serial, _ in poor(market, perp)] == [table.ids[row]]


def test_the_liquidation_price_is_the_last_that_is_safe(market: Market) -> None:
    perp = market.listings[PERP]
    meet(market, "c2", "c3", lots=200_000, leverage=2)  # of the second tier
    for company, way in (("c1", -1), ("c3", 1), ("c2", -1)):
        one = the_position(market, company)
        price = one.liquidation_price
        assert price is not None
        move_index(market, price)
        assert one.id not in [id_name(serial) for serial, _ in poor(market, perp)], company
        move_index(market, price + way)
        assert one.id in [id_name(serial) for serial, _ in poor(market, perp)], company


def test_nothing_can_liquidate_a_long_that_is_fully_paid(market: Market) -> None:
    meet(market, "c2", "rich", leverage=1)
    table = market.listings[PERP].positions
    assert table is not None
    row = table.rows[market.numbers["c2"]]
    table.margin[row] += VALUE
    assert liquidation_price(market, market.listings[PERP], table.read(row)) is None


def test_just_enough_is_closed_and_the_rest_goes_on(market: Market) -> None:
    price = INDEX - INDEX * 3 // 100
    a_bid(market, price)
    move_index(market, price)
    told = settle(market)
    (liquidated,) = of(told, Liquidated)
    left = the_position(market, "c1")
    assert 0 < liquidated.lots < 1_000
    assert left.lots == liquidated.lots_left == 1_000 - liquidated.lots
    equity, value = left.equity_micro, left.lots * price * 10
    assert equity * 10_000 >= value * 250 * 12 // 10  # of the target
    assert (equity - 1) * 10_000 < (left.lots + 2) * price * 10 * 250 * 12 // 10  # and hardly more
    assert settle(market) == []
    (change,) = [one for one in of(told, PositionChanged) if one.company == "c1"]
    assert (change.status, change.realised_micro) == ("OPEN", liquidated.lots * (price - INDEX) * 10)


def test_a_liquidation_costs_a_fee_for_the_fund(market: Market) -> None:
    price, fund_before = INDEX - INDEX * 3 // 100, market.fund_micro
    a_bid(market, price)
    move_index(market, price)
    (liquidated,) = of(settle(market, liquidation_fee_bp=50), Liquidated)
    fee = -(-liquidated.lots * price * 10 * 50 // 10_000)
    assert market.fund_micro - fund_before == liquidated.fund_micro == fee


def test_its_orders_are_cancelled_first_and_their_margin_goes_home(market: Market) -> None:
    play(market, a_perp("c1", "BUY", 100, INDEX * 9 // 10), a_perp("c1", "SELL", 100, INDEX + 50))
    price = INDEX - INDEX * 3 // 100
    a_bid(market, price)
    move_index(market, price)
    told = settle(market)
    assert [closed.reason for closed in of(told, OrderClosed) if closed.company == "c1"] == ["LIQUIDATION"] * 2
    assert market.accounts[market.numbers["c1"]].usd_held == 0


def test_the_book_is_used_no_further_than_the_bankruptcy_price(market: Market) -> None:
    a_bid(market, INDEX - INDEX // 20 - 1)
    move_index(market, INDEX - INDEX * 4 // 100)
    told = settle(market)
    assert of(told, Traded) == of(told, Liquidated) == []
    assert the_position(market, "c1").lots == 1_000  # it is not bankrupt yet; the next tick tries again


def test_what_is_left_of_a_margin_goes_to_the_fund(market: Market) -> None:
    """The mark is beyond bankruptcy, but somebody still buys above it."""
    before = market.fund_micro
    better = INDEX - INDEX * 4 // 100
    a_bid(market, better)
    move_index(market, INDEX - INDEX * 6 // 100)
    told = settle(market)
    (liquidated,) = of(told, Liquidated)
    surplus = VALUE // 20 - 1_000 * (INDEX - better) * 10
    assert (liquidated.lots, liquidated.lots_left, liquidated.fund_micro) == (1_000, 0, surplus)
    assert market.fund_micro == before + surplus
    assert position(market, "c1") is None
    (change,) = [one for one in of(told, PositionChanged) if one.company == "c1"]
    assert change.status == "LIQUIDATED"
    assert market.accounts[market.numbers["c1"]].liquidations == 1


def test_a_bankrupt_position_is_closed_at_the_funds_cost(market: Market) -> None:
    before, low = market.fund_micro, INDEX - INDEX * 8 // 100
    a_bid(market, low)
    move_index(market, low)
    told = settle(market)
    shortfall = 1_000 * (INDEX - low) * 10 - VALUE // 20
    (liquidated,) = of(told, Liquidated)
    assert liquidated.fund_micro == -shortfall
    assert market.fund_micro == before - shortfall
    assert [trade.price for trade in of(told, Traded)] == [low]
    assert of(told, Bailout) == of(told, Deleveraged) == []


def test_without_a_fund_the_other_side_is_deleveraged_at_the_bankruptcy_price(market: Market) -> None:
    market.flows.count("test", -market.fund_micro)
    market.fund_micro = 0
    low = INDEX - INDEX * 8 // 100
    a_bid(market, low, company="c2")
    move_index(market, low)
    rich = market.accounts[market.numbers["rich"]]
    before = rich.usd_free
    told = settle(market)
    (deleveraged,) = of(told, Deleveraged)
    broke = VALUE - VALUE // 20
    assert (deleveraged.company, deleveraged.lots, deleveraged.value_micro) == ("rich", 1_000, broke)
    assert (position(market, "c1"), position(market, "rich")) == (None, None)
    assert rich.usd_free - before == VALUE + (VALUE - broke)  # its margin, and what it gained down to that price
    assert of(told, Bailout) == []
    assert (market.fund_micro, of(told, Liquidated)[0].lots) == (0, 1_000)


def test_a_fund_that_is_too_small_pays_what_it_can_and_then_the_other_side_is_deleveraged(market: Market) -> None:
    market.flows.count("test", 10 * MICRO - market.fund_micro)
    market.fund_micro = 10 * MICRO
    a_bid(market, INDEX - INDEX // 20 - 100, lots=50, company="c2")
    a_bid(market, INDEX - INDEX * 9 // 100, lots=1_000, company="c2")
    move_index(market, INDEX - INDEX * 9 // 100)
    told = settle(market)
    assert [trade.lots for trade in of(told, Traded)] == [50]
    assert [one.lots for one in of(told, Deleveraged)] == [950]
    assert 0 <= market.fund_micro < 10 * MICRO
    assert of(told, Bailout) == []


def test_who_gains_most_with_the_most_leverage_is_deleveraged_first(market: Market) -> None:
    meet(market, "c2", "c3", price=INDEX, leverage=1)
    meet(market, "rich", "c2", lots=2_000, price=INDEX - 100)  # c2 is short now, from a lower price
    play(market, a_perp("c3", "BUY", 500, INDEX - 100))
    move_index(market, INDEX - 5_000)
    names = [market.accounts[number].company for number in ranked(market.listings[PERP], -1)]
    assert names == ["c3", "c2"] or names[0] in ("c3", "rich")
    gains = {
        company: one.unrealised_micro * 10**6 // one.cost_micro
        for company in names
        if (one := position(market, company)) is not None
    }
    assert [gains[company] for company in names] == sorted(gains.values(), reverse=True)


def test_the_poorest_is_liquidated_first_and_may_take_what_the_next_one_needed(market: Market) -> None:
    meet(market, "c2", "rich", price=INDEX + 400, leverage=20)  # bought higher, and margined for that
    play(market, CancelAll("rich"))
    low = INDEX - INDEX * 47 // 1_000
    a_bid(market, low, lots=500, company="c3")
    move_index(market, low)
    order = [market.accounts[account].company for _, account in poor(market, market.listings[PERP])]
    assert order == ["c1", "c2"]
    told = settle(market)
    assert [one.company for one in of(told, Liquidated)] == ["c1"]  # all that c3 buys is gone then


def test_equals_are_liquidated_in_the_order_of_their_positions(market: Market) -> None:
    meet(market, "c3", "rich", leverage=20)
    meet(market, "c2", "rich", leverage=20)
    move_index(market, INDEX - INDEX * 4 // 100)
    order = [market.accounts[account].company for _, account in poor(market, market.listings[PERP])]
    assert order == ["c1", "c3", "c2"]


def test_a_short_is_liquidated_when_the_price_rises(market: Market) -> None:
    play(market, a_perp("c2", "BUY", 1_000, leverage=1), a_perp("c3", "SELL", 1_000, leverage=20))
    high = INDEX + INDEX * 4 // 100
    play(market, a_perp("rich", "SELL", 3_000, high))
    move_index(market, high)
    (liquidated,) = of(settle(market), Liquidated)
    assert (liquidated.company, liquidated.side) == ("c3", "SHORT")


def test_margins_by_column_equal_margins_one_by_one(market: Market) -> None:
    perp = market.listings[PERP]
    meet(market, "c2", "rich", lots=100_000, leverage=2)
    meet(market, "c3", "rich", lots=200_000, leverage=1)
    table = perp.positions
    assert table is not None
    one_by_one = [maintenance(market.terms, perp, lots) for lots in table.lots]
    assert maintenance_column(market.terms, perp, table.column("lots")).tolist() == one_by_one


def test_maintenance_is_continuous_where_tiers_meet(market: Market) -> None:
    terms, perp = terms_of(a_context().balance, 20), market.listings[PERP]
    for start in terms.maintenance_from[1:]:
        lots = start // (perp.mark * 10)
        steps = [maintenance(terms, perp, lots + more) for more in (-1, 0, 1, 2)]
        rises = [after - before for before, after in pairwise(steps)]
        assert min(rises) > 0
        assert max(rises) <= perp.mark * 10 * max(terms.maintenance_bp) // 10_000 + 20_000
