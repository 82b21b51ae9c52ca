"""Funding: what pushes the perpetual away from the index pays, and nothing is lost between the sides."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.games.tycoon.events.market import FundingPaid, FundingSettled
from gamefold.games.tycoon.rules.market.funding import impact_price, pay, pay_funding, rate_of, sample_premium
from gamefold.games.tycoon.rules.market.marks import perp_mark
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.state.market import PERP, Funding, Market

from .builders import INDEX, a_context, a_market, a_perp, fund, of, pass_ticks, play, stage, the_position

INTEREST, CLAMP, CAP = 100_000, 500_000, 7_500_000


def a_rate(weighted: int, weights: int) -> int:
    return rate_of(Funding(0, weighted=weighted, weights=weights), interest=INTEREST, clamp=CLAMP, cap=CAP)


def holders(lots: list[int]) -> Market:
    """A market where each company c0, c1 ... bought so many lots from `other`."""
    market = a_market()
    fund(market, "other", usd=10**9)
    for number, size in enumerate(lots):
        fund(market, f"c{number}", usd=10**8)
        play(market, a_perp("other", "SELL", size), a_perp(f"c{number}", "BUY", size))
    return market


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=6), st.integers(-7_500_000, 7_500_000))
def test_funding_sums_to_zero_with_what_the_fund_gets(lots: list[int], rate: int) -> None:
    market = holders(lots)
    perp, before = market.listings[PERP], market.fund_micro
    assert perp.positions is not None
    margins = list(perp.positions.margin)
    told = pay(market, perp, rate)
    paid = [old - new for old, new in zip(margins, perp.positions.margin, strict=True)]
    gained = market.fund_micro - before
    assert sum(paid) == gained
    assert 0 <= gained <= len(paid)  # less than one micro-USD from each
    (settled,) = of(told, FundingSettled)
    assert (settled.longs_paid_micro + settled.shorts_paid_micro, settled.fund_micro) == (gained, gained)
    assert sorted(event.paid_micro for event in of(told, FundingPaid)) == sorted(amount for amount in paid if amount)
    prove(market, a_context())


def test_longs_pay_when_the_rate_is_above_zero_and_get_when_it_is_below() -> None:
    market = holders([1_000])
    before = the_position(market, "c0").margin_micro
    pay(market, market.listings[PERP], 1_000_000)
    assert before - the_position(market, "c0").margin_micro == 1_000 * INDEX * 10 // 1_000
    pay(market, market.listings[PERP], -1_000_000)
    assert the_position(market, "c0").margin_micro == before


def test_a_book_at_the_index_costs_the_interest() -> None:
    assert a_rate(0, 10) == INTEREST
    assert rate_of(Funding(0), interest=INTEREST, clamp=CLAMP, cap=CAP) == INTEREST


def test_the_rate_follows_a_premium_beyond_the_clamp_and_stays_below_the_cap() -> None:
    assert a_rate(3_000_000 * 5, 5) == 3_000_000 - CLAMP
    assert a_rate(-3_000_000 * 5, 5) == -3_000_000 + CLAMP
    assert (a_rate(10**9, 5), a_rate(-(10**9), 5)) == (CAP, -CAP)


def test_later_samples_weigh_more() -> None:
    market = a_market()
    fund(market, "c1", usd=10**7)
    stage(market, sample_premium)
    play(market, a_perp("c1", "BUY", 100_000, INDEX + 4_325))  # 1 % above the index
    stage(market, sample_premium)
    funding = market.funding
    assert (funding.samples, funding.weights) == (2, 3)
    assert funding.weighted == 2 * (4_325 * 10**9 // INDEX)


def test_the_impact_price_is_the_average_of_what_would_be_filled() -> None:
    market = a_market()
    fund(market, "c1", usd=10**7)
    play(market, a_perp("c1", "BUY", 10, INDEX), a_perp("c1", "BUY", 30, INDEX - 4))
    bids = market.listings[PERP].book.bids
    assert impact_price(bids, 40) == -(INDEX - 3)
    assert impact_price(bids, 10) == -INDEX
    assert impact_price(bids, 41) is None


def test_funding_is_paid_when_the_interval_is_over_and_then_begins_anew() -> None:
    market = a_market(makers=True)
    told = pass_ticks(market, 97)
    (settled,) = of(told, FundingSettled)
    assert settled.rate_ppb == INTEREST
    assert market.funding.samples == 2  # of the tick that paid, and the next
    assert market.funding.paid_ppb == INTEREST
    assert stage(market, pay_funding) == []


def test_the_mark_is_the_median_of_funding_basis_and_last_trade() -> None:
    market = a_market()
    perp = market.listings[PERP]
    market.funding = Funding(market.world.game_s, rate_ppb=1_000_000, basis=-200 * 1_024)
    with_funding, with_basis = INDEX + INDEX // 1_000, INDEX - 200
    for last, mark in ((INDEX, INDEX), (INDEX + 9_000, with_funding), (INDEX - 9_000, with_basis)):
        perp.tape.last = last
        assert perp_mark(market, perp, INDEX, 28_800) == mark
