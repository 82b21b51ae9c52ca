"""Owners put more behind their positions, and take out what is not needed."""

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.market import PositionChanged
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import (
    AMOUNT_INVALID,
    INSUFFICIENT_FUNDS,
    MARGIN_NEEDED,
    MARGIN_NEEDLESS,
    POSITION_NOT_FOUND,
    AdjustMargin,
)
from gamefold.games.tycoon.rules.market import quote
from gamefold.games.tycoon.rules.market.liquidation import poor
from gamefold.games.tycoon.rules.market.terms import terms_of
from gamefold.games.tycoon.state.border import Money
from gamefold.games.tycoon.state.market import PERP, Market
from gamefold.games.tycoon.state.units import MICRO

from .builders import HOME, INDEX, a_market, a_perp, an_order, fund, move_index, of, play, the_position

FREE = {"SPOT": 0, "PERP": 0, "OPTION": 0}
VALUE = 1_000 * INDEX * 10  # 4,325 USD


@pytest.fixture
def market() -> Market:
    """c1 is long 1,000 lots at 10 times, c2 is short."""
    market = a_market(fee_maker_bp=FREE, fee_taker_bp=FREE)
    for company in ("c1", "c2"):
        fund(market, company, usd=10_000)
    play(market, a_perp("c2", "SELL", 1_000), a_perp("c1", "BUY", 1_000, leverage=10))
    return market


def adjust(market: Market, usd: int, company: str = "c1", instrument: str = PERP) -> AdjustMargin:
    return AdjustMargin(company, the_position(market, company, instrument).id, usd * MICRO)


def refused(market: Market, intent: AdjustMargin) -> str:
    with pytest.raises(Rejected) as refusal:
        play(market, intent)
    return refusal.value.code


def free(market: Market, company: str = "c1") -> int:
    return market.accounts[market.numbers[company]].usd_free


def test_more_margin_saves_a_position_from_liquidation(market: Market) -> None:
    before = the_position(market, "c1").liquidation_price
    move_index(market, INDEX * 92 // 100)
    assert poor(market, market.listings[PERP])
    told = play(market, adjust(market, 1_000))
    assert poor(market, market.listings[PERP]) == []
    (change,) = of(told, PositionChanged)
    assert (change.margin_micro, change.status, change.realised_micro) == (VALUE // 10 + 1_000 * MICRO, "OPEN", 0)
    after = the_position(market, "c1").liquidation_price
    assert before is not None
    assert after is not None
    assert after < before
    assert free(market) == 10_000 * MICRO - VALUE // 10 - 1_000 * MICRO


def test_what_is_put_in_can_be_taken_out_but_not_what_the_leverage_asks_for(market: Market) -> None:
    play(market, adjust(market, 100))
    assert refused(market, adjust(market, -101)) == MARGIN_NEEDED
    play(market, adjust(market, -100))
    assert the_position(market, "c1").margin_micro == VALUE // 10
    assert refused(market, AdjustMargin("c1", the_position(market, "c1").id, -1)) == MARGIN_NEEDED


def test_a_gain_that_is_not_realised_cannot_be_taken_out(market: Market) -> None:
    play(market, adjust(market, 100))
    move_index(market, INDEX * 105 // 100)
    position = the_position(market, "c1")
    most = position.margin_micro - -(-VALUE * 105 // 1_000)
    assert refused(market, AdjustMargin("c1", position.id, -most - 10)) == MARGIN_NEEDED
    play(market, AdjustMargin("c1", position.id, -most))


def test_a_lower_cap_on_leverage_holds_for_what_is_taken_out(market: Market) -> None:
    play(market, adjust(market, 500))
    market.terms = terms_of(SHEET.values(), 5)
    position = the_position(market, "c1")
    most = position.margin_micro - VALUE // 5
    assert refused(market, AdjustMargin("c1", position.id, -most - 10)) == MARGIN_NEEDED
    play(market, AdjustMargin("c1", position.id, -most))


def test_a_loss_has_to_be_borne_before_anything_is_taken_out(market: Market) -> None:
    play(market, adjust(market, 100))
    move_index(market, INDEX * 97 // 100)
    assert refused(market, adjust(market, -1)) == MARGIN_NEEDED


def test_the_money_may_arrive_with_it_and_is_received_once(market: Market) -> None:
    crossing = Receive(HOME, market.border.through[HOME] + 1, (Money("c1", 5_000 * MICRO),))
    intent = AdjustMargin("c1", the_position(market, "c1").id, 14_000 * MICRO)
    assert quote(market, intent) == (14_000 * MICRO - free(market), 0)
    assert refused(market, intent) == INSUFFICIENT_FUNDS
    play(market, AdjustMargin(intent.company, intent.position, intent.usd_micro, crossing))
    assert the_position(market, "c1").margin_micro == VALUE // 10 + 14_000 * MICRO
    assert free(market) == 15_000 * MICRO - VALUE // 10 - 14_000 * MICRO


def test_a_refused_one_receives_nothing(market: Market) -> None:
    crossing = Receive(HOME, market.border.through[HOME] + 1, (Money("c1", 5_000 * MICRO),))
    before = free(market)
    assert refused(market, AdjustMargin("c1", "0-0", MICRO, crossing)) == POSITION_NOT_FOUND
    assert refused(market, AdjustMargin("c1", the_position(market, "c1").id, 1 << 60, crossing)) == INSUFFICIENT_FUNDS
    assert free(market) == before


def test_positions_of_others_are_like_none(market: Market) -> None:
    theirs = the_position(market, "c2").id
    for company in ("c1", "nobody"):
        assert refused(market, AdjustMargin(company, theirs, MICRO)) == POSITION_NOT_FOUND
        assert quote(market, AdjustMargin(company, theirs, MICRO)) == (0, 0)
    assert refused(market, adjust(market, 0)) == AMOUNT_INVALID


def test_a_short_option_can_be_backed_and_one_that_was_bought_needs_nothing(market: Market) -> None:
    option = max((one for one in market.listings.values() if one.option and one.option.call), key=lambda one: one.mark)
    orders = [an_order(company, side, 1_000, option.mark, instrument=option.name) for company, side in
              (("c2", "SELL"), ("c1", "BUY"))]  # fmt: skip
    play(market, *orders)
    assert refused(market, adjust(market, 1, "c1", option.name)) == MARGIN_NEEDLESS
    before = the_position(market, "c2", option.name)
    assert refused(market, adjust(market, -1, "c2", option.name)) == MARGIN_NEEDED
    play(market, adjust(market, 50, "c2", option.name))
    after = the_position(market, "c2", option.name)
    assert after.margin_micro - before.margin_micro == 50 * MICRO
    play(market, adjust(market, -50, "c2", option.name))
    # An option that has become cheaper needs less.
    option.mark -= 1_000
    play(market, AdjustMargin("c2", after.id, -1_000 * 10 * 1_000))
    assert refused(market, AdjustMargin("c2", after.id, -10)) == MARGIN_NEEDED
