"""Dates of the game, and which options are listed when, and settle at what."""

from datetime import UTC, datetime

import pytest

from gamefold.games.tycoon.rules.market.calendar import (
    Settlement,
    expire_options,
    expiries,
    list_options,
    option_name,
    sample_index,
    settlement_micro,
    strikes,
)
from gamefold.games.tycoon.rules.market.world import start_world
from gamefold.games.tycoon.state.calendar import date_of, is_friday
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S, MICRO
from gamefold.games.tycoon.state.world import Option, Sample

from .builders import QUIET, Played, numbers

HOUR_S = 3_600


def told(game_s: int) -> str:
    return datetime.fromtimestamp(game_s, UTC).strftime("%a %Y-%m-%d %H:%M")


def test_dates_are_those_of_everybodys_calendar() -> None:
    for day in range(-800_000, 800_000, 997):
        # Years 1 to 9999 are all a datetime knows; 0001-01-01 is day -719,162.
        if day >= -719_162:
            at = datetime.fromordinal(day + 719_163)
            assert date_of(day * DAY_S + 7) == (at.year, at.month, at.day)
            assert is_friday(day) == (at.weekday() == 4)


def test_the_next_two_days_and_the_next_two_fridays_expire_at_eight() -> None:
    # 2024-01-01 was a Monday.
    assert [(told(at), weekly) for at, weekly in expiries(EPOCH_S)] == [
        ("Mon 2024-01-01 08:00", False),
        ("Tue 2024-01-02 08:00", False),
        ("Fri 2024-01-05 08:00", True),
        ("Fri 2024-01-12 08:00", True),
    ]


def test_at_the_moment_of_expiry_the_next_one_is_meant() -> None:
    assert told(expiries(EPOCH_S + 8 * HOUR_S - 1)[0][0]) == "Mon 2024-01-01 08:00"
    assert told(expiries(EPOCH_S + 8 * HOUR_S)[0][0]) == "Tue 2024-01-02 08:00"


def test_a_friday_among_the_next_two_days_is_listed_once_as_a_weekly() -> None:
    thursday = EPOCH_S + 3 * DAY_S
    assert [(told(at), weekly) for at, weekly in expiries(thursday)] == [
        ("Thu 2024-01-04 08:00", False),
        ("Fri 2024-01-05 08:00", True),
        ("Fri 2024-01-12 08:00", True),
    ]


def test_strikes_lie_on_a_grid_around_the_money() -> None:
    assert strikes(43_250 * MICRO, weekly=False, each_side=2) == [42_500, 43_000, 43_500, 44_000, 44_500]
    assert strikes(43_250 * MICRO, weekly=True, each_side=2) == [37_500, 40_000, 42_500, 45_000, 47_500]
    assert strikes(90_000 * MICRO, weekly=False, each_side=1) == [89_000, 90_000, 91_000]
    assert strikes(200 * MICRO, weekly=True, each_side=2) == [500, 1_000]
    assert strikes(10_000_000 * MICRO, weekly=True, each_side=1) == [9_750_000, 10_000_000, 10_250_000]


def test_names_tell_day_strike_and_kind() -> None:
    assert option_name(EPOCH_S + 8 * HOUR_S, 43_000, call=True) == "BTC-20240101-43000-C"
    assert option_name(EPOCH_S + 40 * DAY_S, 500, call=False) == "BTC-20240210-500-P"


def test_calls_and_puts_of_every_expiry_are_listed_once() -> None:
    world = start_world(numbers())
    fresh = list_options(world, numbers())
    assert fresh == sorted(fresh, key=lambda one: (one.expiry_s, one.strike_micro, one.name)) == world.options
    assert len(fresh) == 4 * 11 * 2
    assert len({option.name for option in fresh}) == len(fresh)
    assert sum(option.call for option in fresh) == len(fresh) // 2
    assert list_options(world, numbers()) == []


def test_strikes_are_added_as_the_index_moves_up_to_a_bound() -> None:
    world = start_world(numbers())
    list_options(world, numbers())
    world.price.index_micro += 1_000 * MICRO
    assert {option.strike_micro // MICRO for option in list_options(world, numbers())} >= {46_500, 47_000}
    for _ in range(100):
        world.price.index_micro += 1_000 * MICRO
        list_options(world, numbers())
    counts = [sum(option.expiry_s == at for option in world.options) for at, _ in expiries(world.game_s)]
    assert max(counts) == 2 * numbers()["option_strikes_most"]


def test_nothing_is_listed_that_is_being_settled() -> None:
    world = start_world(numbers())
    world.game_s = EPOCH_S + 8 * HOUR_S - 1_800
    assert min(option.expiry_s for option in list_options(world, numbers())) == EPOCH_S + 32 * HOUR_S


def test_an_option_settles_at_the_mean_of_the_half_hour_before_it_expires() -> None:
    expiry_s = EPOCH_S + 8 * HOUR_S
    samples = [Sample(expiry_s + offset, price) for offset, price in ((-1_800, 1), (-1_500, 10), (0, 21), (300, 1_000))]
    assert settlement_micro(samples, expiry_s) == 15  # of 10 and 21, rounded down


def test_where_ticks_are_longer_than_half_an_hour_the_last_one_counts() -> None:
    assert settlement_micro([Sample(EPOCH_S, 7)], EPOCH_S - 3 * HOUR_S) == 7


@pytest.mark.parametrize("compression", [1, 60, 720])
def test_the_index_is_noted_for_half_an_hour_and_no_longer(compression: int) -> None:
    world = start_world(numbers())
    for _ in range(400):
        world.game_s += 5 * compression
        sample_index(world)
    assert len(world.samples) == max(1, 1_800 // (5 * compression))


def test_options_expire_at_eight_and_leave_the_list() -> None:
    played = Played(QUIET)
    list_options(played.world, played.balance)
    played.go(95)
    assert expire_options(played.world) == []
    played.go(1)  # 96 ticks of 300 seconds are 8 hours
    settled = expire_options(played.world)
    assert {one.option.name[4:12] for one in settled} == {"20240101"}
    mean = sum(news.index_micro for news in played.news[-6:]) // 6
    assert {one.index_micro for one in settled} == {mean}
    assert expire_options(played.world) == []
    assert all(option.expiry_s > played.world.game_s for option in played.world.options)


def test_payoffs_are_those_of_calls_and_puts() -> None:
    call, put = (Option("", 0, 43_000 * MICRO, call=call) for call in (True, False))
    assert Settlement(call, 44_000 * MICRO).payoff_micro == 1_000 * MICRO
    assert Settlement(call, 42_000 * MICRO).payoff_micro == 0
    assert Settlement(put, 42_000 * MICRO).payoff_micro == 1_000 * MICRO
    assert Settlement(put, 43_000 * MICRO).payoff_micro == 0
