"""The air follows the day and the year, and energy the load, the heat and what befalls the region."""

import pytest

from gamefold.games.tycoon.rules.region.weather import wave
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S, REGIONS

from .builders import SHEET, Home

HOUR_TICKS = 12
DAY_TICKS = 288


def a_year(region: str, **changes: object) -> Home:
    return Home(region, calm=False, event_rate=dict.fromkeys(SHEET.values()["event_rate"], 0), **changes)


def test_a_wave_is_a_cosine_in_thousandths() -> None:
    assert [wave(hour * 3_600, DAY_S) for hour in (0, 6, 12, 18, 24)] == [1_000, 0, -1_000, 0, 1_000]
    assert wave(-6 * 3_600, DAY_S) == 0
    assert wave(1_800, DAY_S) == 983
    assert sum(wave(second, DAY_S) for second in range(0, DAY_S, 600)) == pytest.approx(0, abs=100)


@pytest.mark.parametrize("region", REGIONS)
def test_afternoons_are_warmer_than_nights_and_evenings_dearer(region: str) -> None:
    home = a_year(region, climate_noise_mc=0, energy_price_noise_bp=0)
    heats, prices = [], []
    for _ in range(DAY_TICKS):
        home.tick()
        heats.append(home.region.weather.heat_mc)
        prices.append(home.region.weather.price_micro)
    swing = home.balance["climate_day_mc"][region]
    assert max(heats) - min(heats) == pytest.approx(2 * swing, rel=0.1)
    base = home.balance["energy_base_micro"][region]
    assert base * 6 // 10 < min(prices) < base < max(prices) < base * 22 // 10


def test_summer_is_warm_in_the_north_and_winter_in_the_south() -> None:
    for region, warm_day in (("EUROPE", 200), ("SOUTH_AMERICA", 18)):
        home = a_year(region, climate_noise_mc=0, climate_day_mc=dict.fromkeys(REGIONS, 0))
        heats = {}
        for day in (18, 109, 200, 291):
            home.region.book.game_s = EPOCH_S + day * DAY_S
            home.tick()
            heats[day] = home.region.weather.heat_mc
        assert max(heats, key=lambda day: heats[day]) == warm_day
        swing = home.balance["climate_season_mc"][region]
        assert max(heats.values()) - min(heats.values()) == pytest.approx(2 * swing, rel=0.05)


def test_chance_moves_air_and_price_a_little_and_always_back() -> None:
    home = Home(calm=True, climate_noise_mc=900, energy_price_noise_bp=400)
    heats, noises = [], []
    for _ in range(3 * DAY_TICKS):
        home.tick()
        heats.append(home.region.weather.heat_noise)
        noises.append(home.region.weather.price_noise)
    assert len(set(heats)) > 100
    assert max(map(abs, heats)) < 15_000
    assert max(map(abs, noises)) < 5_000
    assert min(heats) < 0 < max(heats)


def test_the_price_is_capped_and_never_free() -> None:
    home = Home()
    home.tick(energy_price_bp=10_000_000)
    assert home.region.weather.price_micro == home.balance["energy_price_cap_micro"]
    home.tick(energy_price_bp=0)
    assert home.region.weather.price_micro == 1_000


def test_weather_is_the_same_in_every_replay_and_differs_by_seed() -> None:
    seen = []
    for seed in (bytes(32), bytes(32), bytes([1] * 32)):
        home = Home(calm=False, seed=seed)
        home.tick(20)
        seen.append((home.region.weather.heat_mc, home.region.weather.price_micro))
    assert seen[0] == seen[1] != seen[2]
