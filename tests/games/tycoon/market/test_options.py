"""Options: premiums, short margin, liquidation of shorts, and settlement without anybody asking."""

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.market import (
    Bailout,
    Liquidated,
    OptionExpired,
    OptionListed,
    OrderClosed,
    PositionChanged,
    Traded,
)
from gamefold.games.tycoon.intents.market import (
    INSUFFICIENT_FUNDS,
    LEVERAGE_INVALID,
    MARKET_CLOSED,
    PRICE_OUT_OF_BAND,
    ClosePosition,
    PlaceOrder,
)
from gamefold.games.tycoon.rules.market.calendar import Settlement
from gamefold.games.tycoon.rules.market.expiry import settle_option
from gamefold.games.tycoon.rules.market.liquidation import liquidate, poor
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.state.book import id_name
from gamefold.games.tycoon.state.market import Listing, Market
from gamefold.games.tycoon.state.market_views import instruments
from gamefold.games.tycoon.state.units import MICRO

from .builders import INDEX, a_context, a_market, an_order, fund, move_index, of, pass_ticks, play, position, stage
from .builders import the_position as _the_position

FREE = {"SPOT": 0, "PERP": 0, "OPTION": 0}
LOTS = 10_000  # 1 BTC


@pytest.fixture
def market() -> Market:
    market = a_market(fee_maker_bp=FREE, fee_taker_bp=FREE, liquidation_fee_bp=0)
    for company in ("c1", "c2", "rich"):
        fund(market, company, usd=1_000_000)
    return market


def listed(market: Market, *, call: bool, strike_usd: int = 43_000) -> Listing:
    """Give the last-expiring option of a kind."""
    found = [
        one
        for one in market.listings.values()
        if one.option and one.option.call == call and one.option.strike_micro == strike_usd * MICRO
    ]
    return max(found, key=lambda one: one.option.expiry_s if one.option else 0)


def an_option(listing: Listing, company: str, side: str, lots: int = LOTS, away: int = 0) -> PlaceOrder:
    return an_order(company, side, lots, listing.mark + away, instrument=listing.name)


def meet(market: Market, listing: Listing, buyer: str = "c1", seller: str = "c2", lots: int = LOTS) -> None:
    play(market, an_option(listing, seller, "SELL", lots), an_option(listing, buyer, "BUY", lots))


def refused(market: Market, intent: object) -> str:
    with pytest.raises(Rejected) as refusal:
        play(market, intent)
    return refusal.value.code


def usd(market: Market, company: str) -> int:
    account = market.accounts[market.numbers[company]]
    return account.usd_free + account.usd_held


def test_calls_and_puts_are_listed_around_the_money_for_days_and_weeks(market: Market) -> None:
    options = [one for one in instruments(market) if one.kind == "OPTION"]
    assert len({one.expiry_s for one in options}) >= 3
    assert {one.call for one in options} == {True, False}
    strikes = [one.strike_micro for one in options if one.strike_micro is not None]
    assert min(strikes) < INDEX * 100_000 < max(strikes)
    assert all(one.mark > 0 for one in options if one.call and one.strike_micro and one.strike_micro < INDEX * 100_000)


def test_the_buyer_pays_the_premium_and_the_seller_margins_more_than_it(market: Market) -> None:
    call = listed(market, call=True)
    meet(market, call)
    premium = LOTS * call.mark * 10
    assert usd(market, "c1") == 1_000_000 * MICRO - premium
    long, short = _the_position(market, "c1", call.name), _the_position(market, "c2", call.name)
    assert (long.margin_micro, long.equity_micro, long.cost_micro) == (0, premium, premium)
    assert long.liquidation_price is None
    # In the money: 15 % of the index, and the mark.
    assert short.margin_micro == -(-INDEX * 1_500 * 10 // 10_000) * LOTS + premium
    assert usd(market, "c2") == 1_000_000 * MICRO + premium - short.margin_micro
    assert short.equity_micro == short.margin_micro - premium


def test_margin_of_a_short_that_is_out_of_the_money_is_smaller_but_not_below_its_least(market: Market) -> None:
    far, near = listed(market, call=True, strike_usd=46_000), listed(market, call=True, strike_usd=44_000)
    for option in (far, near):
        meet(market, option)
    out = 440_000 - INDEX
    assert (
        _the_position(market, "c2", near.name).margin_micro
        == (-(-(INDEX * 1_500 - out * 10_000) * 10 // 10_000) + near.mark * 10) * LOTS
    )
    assert (
        _the_position(market, "c2", far.name).margin_micro == (-(-INDEX * 1_000 * 10 // 10_000) + far.mark * 10) * LOTS
    )


def test_a_short_that_cannot_be_backed_is_refused(market: Market) -> None:
    call = listed(market, call=True)
    assert refused(market, an_option(call, "c1", "SELL", 160 * LOTS)) == INSUFFICIENT_FUNDS
    assert (
        refused(market, an_order("c1", lots=1, price=call.mark, instrument=call.name, leverage=2)) == LEVERAGE_INVALID
    )
    far = INDEX * 200 // 10_000 + 1
    assert refused(market, an_option(call, "c1", "BUY", 1, away=far)) == PRICE_OUT_OF_BAND


def test_closing_both_sides_gives_back_margin_and_pays_the_difference(market: Market) -> None:
    call = listed(market, call=True)
    first = call.mark
    meet(market, call)
    move_index(market, INDEX + 2_000)
    play(market, an_option(call, "c1", "SELL"), an_option(call, "c2", "BUY"))
    gain = LOTS * (call.mark - first) * 10
    assert gain > 0
    assert (usd(market, "c1"), usd(market, "c2")) == (1_000_000 * MICRO + gain, 1_000_000 * MICRO - gain)
    assert position(market, "c1", call.name) is position(market, "c2", call.name) is None


def test_a_short_is_bought_back_from_its_own_margin(market: Market) -> None:
    call = listed(market, call=True)
    meet(market, call)
    market.flows.count("test", -usd(market, "c2"))
    market.accounts[market.numbers["c2"]].usd_free = 0
    play(market, an_option(call, "rich", "SELL"))
    told = play(market, ClosePosition("c2", _the_position(market, "c2", call.name).id))
    assert of(told, Traded)[0].lots == LOTS
    assert usd(market, "c2") == -(-INDEX * 1_500 * 10 // 10_000) * LOTS


@pytest.mark.parametrize(
    ("call", "settlement", "payoff"),
    [
        (True, 45_000, 2_000),
        (True, 43_000, 0),
        (True, 40_000, 0),
        (False, 40_000, 3_000),
        (False, 43_000, 0),
        (False, 46_000, 0),
    ],
)
def test_at_expiry_shorts_pay_longs_what_the_option_is_worth(
    market: Market, *, call: bool, settlement: int, payoff: int
) -> None:
    option = listed(market, call=call)
    premium = LOTS * option.mark * 10
    meet(market, option)
    assert option.option is not None
    told: list[object] = []
    market.world.options.remove(option.option)
    settle_option(market, Settlement(option.option, settlement * MICRO), told)  # type: ignore[arg-type]
    prove(market, a_context())
    assert usd(market, "c1") == 1_000_000 * MICRO - premium + payoff * MICRO
    assert usd(market, "c2") == 1_000_000 * MICRO + premium - payoff * MICRO
    changes = [event for event in told if isinstance(event, PositionChanged)]
    assert {(change.company, change.status, change.lots) for change in changes} == {
        ("c1", "EXPIRED", 0),
        ("c2", "EXPIRED", 0),
    }
    assert refused(market, an_option(option, "c1", "BUY")) == MARKET_CLOSED


def test_a_short_that_cannot_pay_at_expiry_is_paid_for_by_the_fund(market: Market) -> None:
    option = listed(market, call=True)
    meet(market, option)
    margin, before = _the_position(market, "c2", option.name).margin_micro, market.fund_micro
    told: list[object] = []
    assert option.option is not None
    market.world.options.remove(option.option)
    settle_option(market, Settlement(option.option, 60_000 * MICRO), told)  # type: ignore[arg-type]
    prove(market, a_context())
    assert market.fund_micro == before - (17_000 * MICRO - margin)
    assert not any(isinstance(event, Bailout) for event in told)


def test_orders_for_an_expired_option_are_cancelled(market: Market) -> None:
    option = listed(market, call=False)
    play(market, an_option(option, "c1", "BUY"))
    told: list[object] = []
    assert option.option is not None
    market.world.options.remove(option.option)
    settle_option(market, Settlement(option.option, INDEX * 100_000), told)  # type: ignore[arg-type]
    assert [event.reason for event in told if isinstance(event, OrderClosed)] == ["EXPIRED"]
    assert usd(market, "c1") == 1_000_000 * MICRO


def test_a_short_below_its_maintenance_margin_is_liquidated(market: Market) -> None:
    call = listed(market, call=True)
    meet(market, call)
    high = INDEX + INDEX * 12 // 100
    move_index(market, high)
    play(market, an_option(call, "rich", "SELL", 2 * LOTS))
    told = stage(market, liquidate, liquidation_fee_bp=0)
    (liquidated,) = of(told, Liquidated)
    assert (liquidated.company, liquidated.side) == ("c2", "SHORT")
    assert liquidated.lots_left == 0 or _the_position(market, "c2", call.name).equity_micro > 0
    assert position(market, "c1", call.name) is not None  # whoever is long is left alone


@pytest.mark.parametrize("strike_usd", [42_500, 47_500])
def test_a_short_is_safe_when_it_is_sold_however_dear_the_option_is(strike_usd: int) -> None:
    market = a_market(fee_maker_bp=FREE, fee_taker_bp=FREE, option_vol_bp=14_000)
    for company in ("c1", "c2"):
        fund(market, company)
    call = listed(market, call=True, strike_usd=strike_usd)
    assert call.mark > INDEX // 20
    meet(market, call)
    assert poor(market, call) == []


def test_the_liquidation_price_of_a_short_is_the_last_mark_that_is_safe(market: Market) -> None:
    call = listed(market, call=True)
    meet(market, call)
    short = _the_position(market, "c2", call.name)
    assert short.liquidation_price is not None
    # 15 % of the index and the premium back it, 7.5 % must be left beyond what buying it back costs.
    assert short.liquidation_price == call.mark + INDEX * 75 // 1_000
    call.mark = short.liquidation_price
    assert poor(market, call) == []
    call.mark += 1
    assert [id_name(serial) for serial, _ in poor(market, call)] == [short.id]


def test_options_live_and_expire_with_the_calendar() -> None:
    market = a_market(makers=True, time_compression=720)
    told = pass_ticks(market, 26, time_compression=720)  # 26 hours of game time
    expired, fresh = of(told, OptionExpired), of(told, OptionListed)
    assert expired
    assert fresh
    assert {one.instrument for one in expired}.isdisjoint(market.listings)
    assert set(market.listings) >= {one.name for one in market.world.options}
    assert market.expired[0] == expired[0].instrument
