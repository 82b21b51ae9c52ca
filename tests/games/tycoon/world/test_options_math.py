"""What options are worth: parity, order, reference values, greeks, and a smile without arbitrage."""

from math import erf, exp, log, pi, sqrt

import msgspec
import numpy as np
import pytest

from gamefold.games.tycoon.rules.market.calendar import list_options
from gamefold.games.tycoon.rules.market.options_math import OptionMarks, black, option_marks, smile
from gamefold.games.tycoon.rules.market.price import YEAR_S
from gamefold.games.tycoon.rules.market.world import start_world
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S, MICRO
from gamefold.games.tycoon.state.world import Option

from .builders import numbers

FORWARD = 43_250 * MICRO
STRIKES = np.arange(20_000, 90_000, 500, dtype=np.int64) * MICRO
BOTH = (True, False)


def marks(strikes: np.ndarray, *, call: bool, vol: float = 0.6, days: float = 7, forward: int = FORWARD) -> OptionMarks:
    """Price options of one kind with one volatility."""
    years = np.full(strikes.shape, days / 365.25)
    return black(forward, strikes, np.full(strikes.shape, call), vol * vol * years, years)


def listed(game_s: int = EPOCH_S, **changes: int) -> tuple[list[Option], OptionMarks]:
    """Price what is listed as a season begins."""
    world = start_world(numbers())
    list_options(world, numbers())
    price = msgspec.structs.replace(world.price, **changes)
    return world.options, option_marks(world.options, price, game_s, numbers())


def normal(x: float) -> float:
    return 0.5 * (1 + erf(x / sqrt(2)))


@pytest.mark.parametrize("days", [0.01, 1, 7, 90])
@pytest.mark.parametrize("vol", [0.2, 0.6, 1.8])
def test_prices_and_greeks_are_those_of_blacks_formula(vol: float, days: float) -> None:
    found = marks(STRIKES, call=True, vol=vol, days=days)
    years, forward = days / 365.25, FORWARD / MICRO
    for at, strike in enumerate((STRIKES / MICRO).tolist()):
        deviation = vol * sqrt(years)
        d1 = log(forward / strike) / deviation + deviation / 2
        density = exp(-d1 * d1 / 2) / sqrt(2 * pi)
        worth = forward * normal(d1) - strike * normal(d1 - deviation)
        assert found.price_micro[at] == pytest.approx(worth * MICRO, abs=2)
        assert found.delta_ppm[at] == pytest.approx(normal(d1) * 1e6, abs=1)
        assert found.gamma_ppb[at] == pytest.approx(density / forward / deviation * 1e9, abs=1)
        assert found.vega_micro[at] == pytest.approx(forward * density * sqrt(years) / 100 * MICRO, abs=1)
        assert found.vol_bp[at] == round(vol * 10_000)


def test_a_textbook_value_is_met() -> None:
    # Hull, "Options, Futures, and Other Derivatives", on Black's model: futures 20, strike 20, 4 months, 25 %, without
    # the discount of exp(-0.09 * 4 / 12): 1.1166 * exp(0.03).
    found = marks(np.array([20 * MICRO]), call=False, vol=0.25, days=365.25 / 3, forward=20 * MICRO)
    assert found.price_micro[0] / MICRO == pytest.approx(1.1166 * exp(0.03), abs=0.0002)


def test_calls_and_puts_keep_parity_to_the_micro_dollar() -> None:
    call, put = (marks(STRIKES, call=kind).price_micro for kind in BOTH)
    assert (call - put == FORWARD - STRIKES).all()
    assert (call >= 0).all()
    assert (put >= 0).all()


def test_the_greeks_of_calls_and_puts_agree() -> None:
    call, put = (marks(STRIKES, call=kind) for kind in BOTH)
    assert (call.delta_ppm - put.delta_ppm == 1_000_000).all()
    assert (call.gamma_ppb == put.gamma_ppb).all()
    assert (call.vega_micro == put.vega_micro).all()


def test_a_higher_strike_is_never_worth_more_to_a_call_nor_less_to_a_put() -> None:
    call, put = (marks(STRIKES, call=kind).price_micro for kind in BOTH)
    assert (np.diff(call) <= 0).all()
    assert (np.diff(put) >= 0).all()
    assert (np.diff(call, 2) >= -2).all()  # convex, but for rounding


def test_more_volatility_and_more_time_are_worth_more() -> None:
    for kind in BOTH:
        base = marks(STRIKES, call=kind).price_micro
        assert (marks(STRIKES, call=kind, vol=0.8).price_micro >= base).all()
        assert (marks(STRIKES, call=kind, days=14).price_micro >= base).all()


def test_delta_and_vega_are_what_a_small_change_brings() -> None:
    dollar = marks(STRIKES, call=True, forward=FORWARD + MICRO).price_micro
    base = marks(STRIKES, call=True)
    assert np.abs((dollar - base.price_micro) - base.delta_ppm).max() < 300  # gamma's share of a dollar
    point = marks(STRIKES, call=True, vol=0.61).price_micro
    assert np.abs((point - base.price_micro) - base.vega_micro).max() < MICRO // 4


def test_worth_is_never_below_what_exercise_would_bring() -> None:
    options, found = listed()
    for option, worth in zip(options, found.price_micro.tolist(), strict=True):
        gain = FORWARD - option.strike_micro
        assert worth >= max(0, gain if option.call else -gain)


def test_the_last_second_is_worth_what_exercise_brings() -> None:
    options, _ = listed()
    soon = [option for option in options if option.expiry_s == options[0].expiry_s]
    found = option_marks(soon, start_world(numbers()).price, soon[0].expiry_s, numbers())
    for option, worth in zip(soon, found.price_micro.tolist(), strict=True):
        gain = FORWARD - option.strike_micro
        assert worth == pytest.approx(max(0, gain if option.call else -gain), abs=10 * MICRO)


def test_the_smile_is_lowest_near_the_money_and_skewed_as_the_balance_says() -> None:
    moneyness = np.linspace(-0.4, 0.4, 81)
    vol = np.sqrt(smile(moneyness, np.full(81, 0.01), -1_000, 10_000))
    assert abs(moneyness[vol.argmin()]) < 0.05
    assert vol[0] > vol[-1] > vol[40]
    assert vol[40] == pytest.approx(0.1)
    even = smile(moneyness, np.full(81, 0.01), 0, 10_000)
    assert even == pytest.approx(even[::-1])


def test_listed_options_leave_no_free_money_between_strikes_and_expiries() -> None:
    options, found = listed()
    for expiry_s in sorted({option.expiry_s for option in options}):
        calls = [
            (option.strike_micro, worth)
            for option, worth in zip(options, found.price_micro.tolist(), strict=True)
            if option.call and option.expiry_s == expiry_s
        ]
        worths = np.array([worth for _, worth in calls], np.int64)
        steps = np.diff(np.array([strike for strike, _ in calls], np.int64))
        falls = -np.diff(worths)
        assert (falls >= 0).all()  # no spread is paid for
        assert (falls <= steps).all()  # nor worth more than it can bring
        assert (np.diff(falls) <= 2).all()  # no butterfly is paid for
    by_strike: dict[int, list[int]] = {}
    for option, worth in zip(options, found.price_micro.tolist(), strict=True):
        if option.call:
            by_strike.setdefault(option.strike_micro, []).append(worth)
    assert all(worths == sorted(worths) for worths in by_strike.values())
    assert any(len(worths) > 2 for worths in by_strike.values())


def test_volatility_of_the_index_makes_options_dearer_the_shorter_ones_more() -> None:
    options, calm = listed()
    _, wild = listed(fast_q40=1 << 39)
    ratio = wild.vol_bp / calm.vol_bp
    assert (ratio > 1).all()
    assert ratio[0] > ratio[-1]
    assert options[0].expiry_s < options[-1].expiry_s


def test_time_runs_out_for_every_option() -> None:
    options, before = listed()
    after = option_marks(options[-22:], start_world(numbers()).price, EPOCH_S + 9 * DAY_S, numbers())
    assert (after.price_micro <= before.price_micro[-22:]).all()
    assert YEAR_S == 365.25 * DAY_S
