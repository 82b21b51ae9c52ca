"""What is mined is what the network pays, to the satoshi, however it is shared out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamefold.games.tycoon.events.progress import QuestCompleted
from gamefold.games.tycoon.events.region import BlocksFound
from gamefold.games.tycoon.intents.region import ChoosePayout
from gamefold.games.tycoon.rules.region.shares import rate_of, share_out

from .builders import NETWORK_GHS, REWARD_SAT, Home, news_of, only, seeded_region

MSAT = 1_000


@given(
    st.integers(0, 10**16),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=50),
)
def test_shares_add_up_to_the_total_and_are_fair_to_a_part_in_a_million(total: int, weights: list[int]) -> None:
    shares, left = share_out(total, np.array(weights, np.int64))
    assert int(shares.sum()) + left == total
    over = sum(weights)
    for share, weight in zip(shares.tolist(), weights, strict=True):
        exact = total * weight // over if over else 0
        assert exact - total // 10**6 - 1 <= share <= exact


@given(st.integers(0, 10**18), st.integers(1, 10**18), st.integers(0, 10**12))
def test_a_rate_fits_into_64_bits(total: int, over: int, largest: int) -> None:
    # A weight is a part of what it is weighed against, or the outcome itself would not fit.
    if total * largest // over >> 62:
        return
    rate, shift = rate_of(total, over, largest)
    assert rate * largest < 1 << 63
    assert rate * largest >> shift <= total * largest // over


@given(
    st.lists(st.integers(0, 800), min_size=1, max_size=6),
    st.integers(0, 10**10),
    st.integers(1, 10**13),
    st.integers(0, 2_000),
)
def test_no_satoshi_is_lost_or_made(rigs: list[int], reward_sat: int, network: int, subsidy_bp: int) -> None:
    home = Home()
    home.world.state = seeded_region(sum(rigs), len(rigs), len(rigs))
    home.region.ledger["payout"][:] = 0
    earned_msat = 0
    for _ in range(5):
        home.tick(reward_sat=reward_sat, network_ghs=network, mining_subsidy_bp=subsidy_bp)
        hashes = int(home.region.ledger["hash"].sum())
        reward = reward_sat * (10_000 + subsidy_bp) // 10_000
        earned = reward * MSAT * hashes // max(network, hashes, 1)
        earned_msat += earned * (10_000 - 250) // 10_000
    paid_sat = int(home.region.ledger["sat"].sum())
    started = int(home.region.ledger["msat"].sum())
    assert paid_sat * MSAT + started + home.region.pool_msat == earned_msat
    assert home.region.flows.sat.get("mined", 0) == paid_sat == int(home.region.ledger["mined_sat"].sum())


def test_fpps_pays_the_expected_share_less_the_fee() -> None:
    home = Home()
    home.open()
    home.add(home.build(), 10)
    home.tick(100)
    expected = REWARD_SAT * 100 * 950_000 // NETWORK_GHS * 9_750 // 10_000
    assert home.sat() == pytest.approx(expected, rel=0.002)


def test_twice_the_hashrate_earns_twice_as_much() -> None:
    home = Home()
    for company, rigs in (("c1", 4), ("c2", 8)):
        home.open(company)
        home.add(home.build(company), rigs, company=company)
    home.tick(50)
    assert home.sat("c2") == pytest.approx(2 * home.sat("c1"), abs=2)


def test_a_breakthrough_and_a_subsidy_pay_more() -> None:
    sats = []
    for effects in ({}, {"hashrate_bp": 12_000}, {"mining_subsidy_bp": 2_000}):
        home = Home()
        home.open()
        home.add(home.build(), 10)
        home.tick(50, **effects)
        sats.append(home.sat())
    assert sats[1] == pytest.approx(sats[0] * 1.2, rel=0.001)
    assert sats[2] == pytest.approx(sats[0] * 1.2, rel=0.001)


def test_time_compression_scales_what_a_tick_works_for() -> None:
    # The market scales the reward; the region scales load and bills with the same factor.
    bills, loads = [], []
    for compression in (1, 60, 720):
        home = Home(time_compression=compression)
        home.open()
        home.add(home.build(), 10)
        before = home.usd_micro()
        home.tick(reward_sat=REWARD_SAT * compression // 60)
        bills.append(before - home.usd_micro())
        loads.append(int(home.region.sites["load"][0]))
    assert loads == [5 * 4_096, 300 * 4_096, 3_600 * 4_096]
    assert bills[1] == pytest.approx(bills[0] * 60, rel=0.01)


def test_nobody_is_paid_for_more_than_the_whole_network() -> None:
    home = Home()
    home.open()
    home.add(home.build(), 10)
    home.tick(network_ghs=1)
    assert home.sat() <= REWARD_SAT
    home.tick(network_ghs=0)
    assert home.sat() <= 2 * REWARD_SAT


def test_solo_pays_whole_blocks_as_often_as_expected() -> None:
    home = Home()
    home.open()
    home.do(ChoosePayout("c1", "SOLO"))
    home.add(home.build(), 10)
    network = 950_000 * 20  # every twentieth block is ours, and a tick has half a block
    told = only(home.tick(800, network_ghs=network), BlocksFound)
    block_sat = REWARD_SAT * 2
    blocks = sum(event.blocks for event in told)
    assert 10 <= blocks <= 32  # 20 expected
    assert all(event.sat == event.blocks * block_sat for event in told)
    assert home.sat() == blocks * block_sat


@pytest.mark.parametrize("pace_percent", [50, 125, 400])
def test_a_block_pays_the_same_and_comes_more_often_while_the_network_is_fast(pace_percent: int) -> None:
    home = Home()
    home.open()
    home.do(ChoosePayout("c1", "SOLO"))
    home.add(home.build(), 10)
    told = only(
        home.tick(800, reward_sat=REWARD_SAT * pace_percent // 100, network_ghs=950_000 * 20, mining_subsidy_bp=1_000),
        BlocksFound,
    )
    assert all(event.sat == event.blocks * REWARD_SAT * 2 * 11 // 10 for event in told)
    expected = 20 * pace_percent / 100
    assert sum(event.blocks for event in told) == pytest.approx(expected, abs=4 * expected**0.5)


def test_pplns_pays_by_the_pools_luck_and_by_the_last_shares() -> None:
    home = Home(pool_pplns_network_bp=5_000)
    home.open()
    home.do(ChoosePayout("c1", "PPLNS"))
    home.add(home.build(), 10)
    network = 950_000 * 20
    home.tick(64, network_ghs=network)
    early = home.sat()
    home.tick(1_500, network_ghs=network)
    expected = REWARD_SAT * 1_500 // 20 * 99 // 100
    assert home.sat() - early == pytest.approx(expected, rel=0.2)
    home.do(ChoosePayout("c1", "FPPS"))
    assert int(home.region.ledger["shares"][0]) == 0


def test_luck_is_the_same_in_every_replay_and_differs_by_company() -> None:
    blocks = []
    for _ in range(2):
        home = Home()
        for company in ("c1", "c2"):
            home.open(company)
            home.do(ChoosePayout(company, "SOLO"))
            home.add(home.build(company), 10, company=company)
        blocks.append([(e.company, e.tick) for e in only(home.tick(300, network_ghs=950_000 * 20), BlocksFound)])
    assert blocks[0] == blocks[1]
    assert {tick for who, tick in blocks[0] if who == "c1"} != {tick for who, tick in blocks[0] if who == "c2"}


def test_a_days_mining_completes_the_quest_of_the_day() -> None:
    home = Home()
    home.open()
    home.add(home.build(), 10)
    told = home.tick(2, network_ghs=950_000 * 100)
    assert QuestCompleted("c1", "DAILY_MINING") in told


def test_news_say_what_was_mined() -> None:
    home = Home()
    home.open()
    home.add(home.build(), 10)
    news = home.tick()[-1].news  # type: ignore[attr-defined]
    assert (news.tick, news.region, news.hashrate_ghs, news.rigs, news.sites) == (1, "EUROPE", 950_000, 10, 1)
    assert news.mined_sat == home.sat()
    assert news_of(1).tick == 1
