"""The Bitcoin network: blocks, reward, retargets, halvings, and a rest of the world that follows the money."""

import pytest

from gamefold.games.tycoon.events.world import DifficultyChanged, SubsidyHalved, WorldEventBegan
from gamefold.games.tycoon.rules.market.difficulty import (
    PERIOD_S,
    RETARGET_BLOCKS,
    START_HEIGHT,
    find_blocks,
    network_conditions,
    start_chain,
)
from gamefold.games.tycoon.state.calendar import date_of
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S, MICRO
from gamefold.games.tycoon.state.world import Chain, Modifiers

from .builders import QUIET, Played, at_tick, numbers

START_MICRO = 43_250 * MICRO
STILL = {"network_growth_bp_per_year": 0}


def mine(
    chain: Chain, ticks: int, balance: dict, *, index_micro: int = START_MICRO, difficulty_bp: int = 10_000
) -> list:
    """Let the network work from the chain's beginning, at one price."""
    told = []
    for tick in range(1, ticks + 1):
        game_s = EPOCH_S + tick * 5 * balance["time_compression"]
        modifiers = Modifiers(difficulty_bp=difficulty_bp)
        told += find_blocks(chain, game_s, index_micro, modifiers, at_tick(tick, balance))
    return told


def test_at_the_start_the_network_finds_a_block_every_ten_minutes() -> None:
    chain = start_chain(numbers())
    assert chain.difficulty == 62_500_000_000_000
    assert chain.network_ghs == 62_500_000_000_000 * 2**32 // 600 // 10**9
    mine(chain, 288, numbers(STILL))  # a day
    assert chain.height - START_HEIGHT in {143, 144}


@pytest.mark.parametrize("compression", [1, 7, 60, 720])
def test_a_tick_pays_subsidy_and_fees_for_its_share_of_a_block(compression: int) -> None:
    balance = numbers(STILL | {"time_compression": compression})
    chain = start_chain(balance)
    mine(chain, 1, balance)
    wanted = 5 * compression / 600 * (625_000_000 + balance["network_fee_sat"])
    assert chain.reward_sat == pytest.approx(wanted, rel=1e-8, abs=1)


def test_no_satoshi_of_the_reward_is_lost_by_rounding() -> None:
    balance = numbers(STILL | {"time_compression": 1, "network_fee_sat": 1})
    chain, paid = start_chain(balance), 0
    for tick in range(1, 1_001):
        find_blocks(chain, EPOCH_S + 5 * tick, START_MICRO, Modifiers(), at_tick(tick, balance))
        paid += chain.reward_sat
    found_q32 = (chain.height - START_HEIGHT << 32) + chain.progress_q32
    assert paid == found_q32 * 625_000_001 >> 32


def test_a_petahash_earns_the_hashprice_of_the_real_network() -> None:
    """The study's check (section 4.2): 37.6 USD a day at a difficulty of 152e12, 91,000 USD and 3.125 BTC."""
    balance = numbers(STILL | {"network_fee_sat": 0, "network_difficulty_start": 152_000_000_000_000})
    chain = start_chain(balance)
    chain.subsidy_sat = 312_500_000
    mine(chain, 1, balance)
    sat_a_day = chain.reward_sat * 288 * 10**6 / chain.network_ghs
    assert sat_a_day / 10**8 * 91_000 == pytest.approx(37.6, abs=0.05)


def test_what_a_hash_earns_depends_on_difficulty_alone() -> None:
    balance = numbers(STILL)
    alone, crowded = start_chain(balance), start_chain(balance)
    crowded.players_ghs = crowded.rest_ghs
    mine(alone, 1, balance)
    mine(crowded, 1, balance)
    assert crowded.network_ghs == pytest.approx(2 * alone.network_ghs, rel=1e-6)
    assert crowded.reward_sat / crowded.network_ghs == pytest.approx(alone.reward_sat / alone.network_ghs, rel=1e-6)


def test_difficulty_follows_the_hashrate_after_2016_blocks() -> None:
    balance = numbers(STILL | {"network_rest_days": 3_650})
    chain = start_chain(balance)
    chain.players_ghs = chain.rest_ghs  # twice the network, so half the time
    changes = [event for event in mine(chain, 4_000, balance) if isinstance(event, DifficultyChanged)]
    first, second = changes[0], changes[1]
    assert first.height % RETARGET_BLOCKS < 2
    # The first period was nearly over; the second one is the first that is fast from its beginning.
    assert second.difficulty / 62_500_000_000_000 == pytest.approx(2, rel=0.02)
    assert second.previous == first.difficulty


def test_blocks_after_a_retarget_come_every_ten_minutes_again() -> None:
    balance = numbers(STILL | {"network_rest_days": 3_650})
    chain = start_chain(balance)
    chain.players_ghs = 3 * chain.rest_ghs
    mine(chain, 8_000, balance)
    before = chain.height
    rested = chain.rest_ghs + chain.players_ghs
    assert chain.difficulty * 2**32 / 600 / 1e9 == pytest.approx(rested, rel=0.02)
    for tick in range(8_001, 8_289):
        find_blocks(chain, EPOCH_S + tick * 300, START_MICRO, Modifiers(), at_tick(tick, balance))
    assert chain.height - before == pytest.approx(144, abs=4)


@pytest.mark.parametrize(("times", "factor"), [(1_000, 4), (0, 0.25)])
def test_difficulty_changes_by_a_factor_of_four_at_most(times: int, factor: float) -> None:
    balance = numbers(STILL | {"network_rest_days": 3_650})
    chain = start_chain(balance)
    chain.height = START_HEIGHT // RETARGET_BLOCKS * RETARGET_BLOCKS + RETARGET_BLOCKS - 1
    if times:
        chain.period_began_s = EPOCH_S  # a whole period's blocks in no time
    else:
        chain.period_began_s = EPOCH_S - 100 * PERIOD_S
    change = next(event for event in mine(chain, 10, balance) if isinstance(event, DifficultyChanged))
    assert change.difficulty == int(62_500_000_000_000 * factor)


def test_a_spike_of_difficulty_earns_less_for_a_hash_and_leaves_the_pace_of_blocks() -> None:
    balance = numbers(STILL)
    usual, spiked = start_chain(balance), start_chain(balance)
    mine(usual, 1, balance)
    mine(spiked, 1, balance, difficulty_bp=12_000)
    assert spiked.difficulty_now == usual.difficulty_now * 12 // 10
    assert spiked.difficulty == usual.difficulty
    assert spiked.progress_q32 == pytest.approx(usual.progress_q32, rel=1e-9)
    assert spiked.reward_sat / spiked.network_ghs == pytest.approx(usual.reward_sat / usual.network_ghs / 1.2, rel=1e-6)


def test_no_event_makes_blocks_more_than_ten_times_as_easy() -> None:
    balance = numbers(STILL)
    chain = start_chain(balance)
    chain.players_ghs = chain.rest_ghs
    mine(chain, 1, balance, difficulty_bp=0)
    assert chain.difficulty_now == 6_250_000_000_000


def test_the_halving_comes_in_april_2024() -> None:
    world = Played(QUIET | {"network_growth_bp_per_year": 0, "price_base_vol_bp": 100, "price_jumps_per_1000_days": 0})
    world.balance["time_compression"] = 720
    while not any(isinstance(event, SubsidyHalved) for event in world.events):
        world.go(24)
    date = date_of(world.world.game_s)
    assert (date[0], date[1]) == (2024, 4)
    assert 18 <= date[2] <= 23
    assert world.world.chain.subsidy_sat == 312_500_000
    assert world.world.chain.height // 210_000 == 4
    begun = [event.event for event in world.events if isinstance(event, WorldEventBegan)]
    assert [event.kind for event in begun] == ["HALVING"]
    assert begun[0].effect["vol_bp"] > 10_000


def test_the_rest_of_the_world_grows_slowly_where_mining_pays_more() -> None:
    balance = numbers(STILL)
    chain = start_chain(balance)
    before = chain.rest_ghs
    mine(chain, 288, balance, index_micro=2 * START_MICRO)
    assert chain.rest_ghs / before == pytest.approx(1 + 1 / 90, rel=0.01)


@pytest.mark.parametrize(("players_percent", "rest_percent"), [(0, 100), (50, 50), (90, 10), (300, 10)])
def test_players_crowd_the_rest_of_the_world_out_but_never_wholly(players_percent: int, rest_percent: int) -> None:
    balance = numbers(STILL | {"network_rest_days": 7})
    chain = start_chain(balance)
    start = chain.rest_ghs
    chain.players_ghs = start * players_percent // 100
    mine(chain, 288 * 30, balance)
    assert chain.rest_ghs / start == pytest.approx(rest_percent / 100, abs=0.02)


def test_hardware_that_gets_better_lets_the_network_grow() -> None:
    balance = numbers({"network_growth_bp_per_year": 10_000, "time_compression": 720, "network_rest_days": 7})
    chain = start_chain(balance)
    start = chain.rest_ghs
    mine(chain, 365 * DAY_S // 3_600 // 4, balance)  # a quarter of a year
    assert chain.rest_ghs / start == pytest.approx(1.23, abs=0.02)


def test_boom_and_slump_are_named_by_what_the_network_earns() -> None:
    chain = start_chain(numbers())
    for index_micro, names in ((START_MICRO, []), (2 * START_MICRO, ["BOOM"]), (START_MICRO // 2, ["SLUMP"])):
        assert network_conditions(chain, EPOCH_S, index_micro, numbers()) == names
