"""Whatever is asked in whatever order: no cent, no satoshi and no lot is made or lost."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.games.tycoon.state.market_codec import decode_market, digest_market, encode_market

from .flow import Step, a_flow_market, check, drawn, play_flow, play_step

steps = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "place",
                "place",
                "place",
                "market",
                "amend",
                "cancel",
                "close",
                "margin",
                "jump",
                "settle",
                "fund",
                "home",
            )
        ),
        st.integers(0, 4),
        st.integers(0, 7),
        st.integers(0, 1),
        st.integers(0, 1 << 20),
        st.integers(0, 1 << 20),
    ),
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_nothing_is_made_or_lost_by_any_flow_of_orders(flow: list[Step]) -> None:
    play_flow(a_flow_market(makers=False), flow)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_made_or_lost_in_a_busy_market(seed: int) -> None:
    told = play_flow(a_flow_market(makers=seed % 2 == 0), drawn(seed, 400), every=5, ticks=80)
    kinds = Counter(type(event).__name__ for event in told)
    assert kinds["Traded"] > 20, kinds
    assert kinds["OrderClosed"] > 20, kinds


def test_busy_markets_see_every_kind_of_event() -> None:
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for seed in range(100, 108):
        for event in play_flow(a_flow_market(makers=False), drawn(seed, 400), every=400):
            kinds[type(event).__name__] += 1
            reasons[getattr(event, "reason", "")] += 1
    assert kinds["Liquidated"], kinds
    assert kinds["FundingPaid"], kinds
    assert {"FILLED", "CANCELLED", "AMENDED", "NOTHING_LEFT", "SELF_TRADE", "POSITION_GONE", "MARK_MOVED"} <= set(
        reasons
    )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_market_read_back_in_the_middle_of_a_flow_goes_on_the_same(seed: int) -> None:
    market, flow = a_flow_market(makers=False), drawn(seed, 120)
    play_flow(market, flow[:60], every=60)
    copy = decode_market(encode_market(market))
    for step in flow[60:]:
        assert play_step(copy, step) == play_step(market, step)
    check(copy)
    assert encode_market(copy) == encode_market(market)
    assert digest_market(copy) == digest_market(market)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(10))
def test_nothing_is_made_or_lost_in_ten_thousand_flows(part: int) -> None:
    for seed in range(part * 1_000, (part + 1) * 1_000):
        play_flow(a_flow_market(makers=False), drawn(seed, 200), every=50)
