"""The index: wild as Bitcoin's (tycoon-simulation.md section 4.1), the same at any speed of the game, and bounded."""

import msgspec
import numpy as np
import pytest

from gamefold.games.tycoon.events.world import RegimeChanged
from gamefold.games.tycoon.rules.market.price import (
    ONE,
    index_of,
    move_price,
    numbers_of,
    shock,
    start_price,
    step_of,
    vol_bp,
    walk,
)
from gamefold.games.tycoon.state.units import MICRO
from gamefold.games.tycoon.state.world import ActiveEvent, PriceState

from .builders import at_tick, numbers
from .walks import logarithms, shape

HOUR, DAY = 12, 288  # in five minutes
CALM = {"price_base_vol_bp": 100, "price_jumps_per_1000_days": 0}  # nearly nothing happens by chance


def holds_the_bands(logs: np.ndarray, memory_most: float) -> None:
    """Ask for what the study asks of two years or more."""
    hour, day = shape(logs, HOUR), shape(logs, DAY)
    assert 0.40 < hour.vol < 0.90
    assert 0.40 < day.vol < 0.90
    assert 5 < hour.kurtosis < 60
    assert 2 < day.kurtosis < 15
    assert day.kurtosis < hour.kurtosis < shape(logs, 1).kurtosis
    assert 2.3 < hour.hill < 4.0
    assert max(abs(one) for one in hour.memory) < memory_most
    assert hour.clusters[1] > 0.15
    assert hour.clusters[50] > 0.05
    assert 0.002 < shape(logs, 1).beyond_four < 0.01
    assert -2 < hour.skew < 2


def test_two_years_are_as_wild_as_bitcoin() -> None:
    holds_the_bands(logarithms(seed=1, years=2, tick_s=300), memory_most=0.03)


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", [1, 2])
def test_two_years_in_ticks_of_five_seconds_are_as_wild_as_bitcoin(seed: int) -> None:
    # Large moves come in clusters, so a sample of some years still shows a little memory by chance.
    holds_the_bands(logarithms(seed=seed, years=2, tick_s=5), memory_most=0.04)


@pytest.mark.parametrize("tick_s", [5, 60, 300])
def test_the_process_is_the_same_however_fast_the_game_runs(tick_s: int) -> None:
    # Without factors and jumps each step is normal, so the volatility shows within a day.
    even = {"price_vol_fast_sd_bp": 0, "price_vol_slow_sd_bp": 0, "price_jumps_per_1000_days": 0}
    even["price_regime_vol_bp"] = dict.fromkeys(("CALM", "NORMAL", "WILD"), 10_000)
    found = shape(logarithms(seed=7, years=0.02, tick_s=tick_s, balance=numbers(even)), 1)
    assert abs(found.vol / 0.39 - 1) < 0.05
    assert abs(found.kurtosis) < 0.4


def test_steps_of_different_lengths_agree() -> None:
    many, one = step_of(numbers_of(numbers()), 5), step_of(numbers_of(numbers()), 60)
    assert abs(one.sigma_q40**2 / (12 * many.sigma_q40**2) - 1) < 1e-6
    assert abs((many.fast_keep_q40 / ONE) ** 12 / (one.fast_keep_q40 / ONE) - 1) < 1e-9
    assert abs((many.offspring_keep_q40 / ONE) ** 12 / (one.offspring_keep_q40 / ONE) - 1) < 1e-9
    assert abs(12 * many.jump_q32 / one.jump_q32 - 1) < 1e-4
    # What chance adds in twelve short steps, each of which decays, is what it adds in a long one.
    added = sum((many.fast_kick_q40 * (many.fast_keep_q40 / ONE) ** step) ** 2 for step in range(12))
    assert abs(added / one.fast_kick_q40**2 - 1) < 1e-6


def test_jumps_come_as_often_as_the_balance_says_and_set_off_others() -> None:
    def jumps(branching_bp: int) -> int:
        even = {"price_vol_fast_sd_bp": 0, "price_vol_slow_sd_bp": 0, "price_jump_scale_bp": 100_000}
        even["price_regime_vol_bp"] = dict.fromkeys(("CALM", "NORMAL", "WILD"), 10_000)
        balance = numbers(even | {"price_jump_branching_bp": branching_bp})
        moves = np.abs(np.diff(logarithms(seed=3, years=0.5, tick_s=300, balance=balance)))
        return int((moves > 9 * np.median(moves)).sum())  # six standard deviations

    # Two a day for half a year, of which exp(-0.6) are larger than that.
    alone, together = jumps(0), jumps(5_000)
    assert alone == pytest.approx(200, abs=45)
    assert together == pytest.approx(2 * alone, rel=0.3)


def test_the_index_is_the_exponential_of_its_logarithm() -> None:
    price = start_price(numbers())
    assert price.index_micro == 43_250 * MICRO
    assert abs(index_of(price.log_q40) - price.index_micro) <= 1
    assert index_of(price.log_q40 + ONE // 100) == pytest.approx(43_250 * MICRO * 1.010050167, rel=1e-9)


def test_the_same_ticks_give_the_same_index_and_another_seed_another() -> None:
    def played(seed: bytes) -> PriceState:
        price = start_price(numbers())
        for tick in range(1, 50):
            move_price(price, (), at_tick(tick, seed=seed))
        return price

    assert played(bytes(32)) == played(bytes(32))
    assert played(bytes(32)).log_q40 != played(bytes([1] * 32)).log_q40


def test_the_index_stays_between_its_floor_and_its_cap() -> None:
    wild = numbers({"price_base_vol_bp": 30_000, "price_floor_usd": 40_000, "price_cap_usd": 45_000})
    price = start_price(wild)
    seen = []
    for tick in range(1, 400):
        move_price(price, (), at_tick(tick, wild))
        seen.append(price.index_micro)
    assert min(seen) == 40_000 * MICRO
    assert max(seen) == 45_000 * MICRO
    assert len(set(seen)) > 100  # it comes off its bounds again


def an_event(**effect: int) -> ActiveEvent:
    return ActiveEvent("event-1-0", "MARKET_SHOCK", "HIGH", None, 1, 100, effect)


def test_a_shock_lets_the_index_jump_at_once() -> None:
    price = start_price(numbers(CALM))
    shock(price, an_event(price_jump_bp=-1_000), numbers())
    move_price(price, (), at_tick(1, numbers(CALM)))
    assert price.index_micro / (43_250 * MICRO) == pytest.approx(0.904837, abs=0.001)
    assert price.shocks == []


def test_the_volatility_of_a_shock_halves_with_its_half_life() -> None:
    balance = numbers({"price_shock_half_life_hours": 12})
    price = start_price(balance)
    shock(price, an_event(vol_bp=40_000), balance)
    before = price.shocks[0].vol_q40
    assert before == pytest.approx(1.386294 * ONE, rel=1e-6)
    for tick in range(1, 145):  # 144 ticks of 300 seconds are 12 hours
        move_price(price, (), at_tick(tick, balance))
    assert price.shocks[0].vol_q40 == pytest.approx(before / 2, rel=1e-6)
    for tick in range(145, 2_900):
        move_price(price, (), at_tick(tick, balance))
    assert price.shocks == []


def test_a_shock_multiplies_how_far_the_index_moves() -> None:
    def spread(shocked: bool) -> float:
        balance = numbers(
            {"price_vol_fast_sd_bp": 0, "price_jumps_per_1000_days": 0, "price_shock_half_life_hours": 240}
        )
        price, logs = start_price(balance), []
        if shocked:
            shock(price, an_event(vol_bp=30_000), balance)
        for tick in range(1, 200):
            move_price(price, (), at_tick(tick, balance))
            logs.append(price.log_q40)
        return float(np.std(np.diff(np.array(logs, np.float64))))

    assert spread(shocked=True) / spread(shocked=False) == pytest.approx(2.8, abs=0.25)


def test_drift_lasts_exactly_as_long_as_its_event() -> None:
    balance = numbers(CALM | {"price_vol_fast_sd_bp": 0, "price_vol_slow_sd_bp": 0})
    drifting, still = start_price(balance), start_price(balance)
    event = an_event(drift_bp_per_day=2_880)
    shock(drifting, event, balance)
    for tick in range(1, 11):
        move_price(drifting, (event,), at_tick(tick, balance))
        move_price(still, (), at_tick(tick, balance))
    gained = drifting.log_q40 - still.log_q40
    assert gained == pytest.approx(ONE / 100, rel=1e-6)  # 10 ticks of 288 a day
    for tick in range(11, 21):
        move_price(drifting, (), at_tick(tick, balance))
        move_price(still, (), at_tick(tick, balance))
    assert drifting.log_q40 - still.log_q40 == gained
    assert drifting.shocks == []


def test_an_event_that_shakes_nothing_leaves_no_shock() -> None:
    price = start_price(numbers())
    before = msgspec.json.encode(price)
    shock(price, an_event(rig_price_bp=12_000), numbers())
    assert msgspec.json.encode(price) == before


def test_a_regime_that_changes_is_told() -> None:
    restless = numbers({"price_regime_days": 1, "time_compression": 720})
    price = start_price(restless)
    told = [event for tick in range(1, 300) for event in move_price(price, (), at_tick(tick, restless))]
    assert {event.regime for event in told if isinstance(event, RegimeChanged)} == {"CALM", "NORMAL", "WILD"}


def test_expected_volatility_follows_the_factors_and_forgets_them_with_time() -> None:
    balance = numbers()
    calm = start_price(balance)
    assert vol_bp(calm, balance, 86_400) == balance["option_vol_bp"]
    wild = msgspec.structs.replace(calm, fast_q40=ONE // 2)
    near, far = vol_bp(wild, balance, 3_600), vol_bp(wild, balance, 30 * 86_400)
    assert near > 1.5 * balance["option_vol_bp"]
    assert balance["option_vol_bp"] < far < 1.05 * balance["option_vol_bp"]
    assert vol_bp(msgspec.structs.replace(calm, regime="WILD"), balance, 1) > vol_bp(calm, balance, 1)


def test_no_volatility_is_beyond_the_table() -> None:
    price = start_price(numbers())
    price.fast_q40 = 50 * ONE
    walk(price, numbers_of(numbers()), key=1, seconds=60, vol_q40=0)
    assert abs(price.log_q40 - start_price(numbers()).log_q40) < ONE
    price.fast_q40 = -50 * ONE
    walk(price, numbers_of(numbers()), key=1, seconds=60, vol_q40=0)
