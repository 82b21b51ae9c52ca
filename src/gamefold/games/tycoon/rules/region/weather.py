"""The air, and the spot price of energy: waves of the day and the year, and chance around them (section 4.4).

All integers. A wave is 24 points of a cosine in thousandths, straight between them. Chance is a slow walk that is
drawn back to 0, so that its spread in game time does not depend on how much of it a tick covers.
"""

from math import isqrt
from typing import Final

from gamefold.engine.ruleset import Context
from gamefold.games.tycoon.state.border import Effects
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import BP, DAY_S, EPOCH_S, game_seconds
from gamefold.games.tycoon.state.world import Modifiers

HOUR_S: Final = 3_600
YEAR_S: Final = 365 * DAY_S

_WAVE: Final = (1_000, 966, 866, 707, 500, 259, 0, -259, -500, -707, -866, -966)
_POINTS: Final = 24

_UTC_HOURS: Final = {"ASIA": 8, "EUROPE": 1, "SOUTH_AMERICA": -3, "US_EAST": -5, "US_WEST": -8}
_WARMEST_DAY: Final = {"ASIA": 200, "EUROPE": 200, "SOUTH_AMERICA": 18, "US_EAST": 200, "US_WEST": 205}
_WARMEST_HOUR: Final = 15
# The load of the grid, in basis points of its average: once a day (an evening peak), and twice (morning and evening,
# deep at noon where the sun feeds in).
_ONCE: Final = ({"ASIA": 1_100, "EUROPE": 1_000, "SOUTH_AMERICA": 900, "US_EAST": 1_200, "US_WEST": 900}, 19)
_TWICE: Final = ({"ASIA": 400, "EUROPE": 600, "SOUTH_AMERICA": 500, "US_EAST": 500, "US_WEST": 1_100}, 20)
_WEEKEND_BP: Final = -700
_COLD_MC, _WARM_MC = 5_000, 25_000  # below and above, people heat and cool
_PRICE_LEAST: Final = 1_000  # micro-USD per kWh


def move_weather(region: Region, modifiers: Modifiers, effects: Effects, ctx: Context) -> None:
    """Let the air and the spot price of this tick come about."""
    seconds = game_seconds(1, ctx.balance["time_compression"])
    now_s = region.book.game_s - EPOCH_S + _UTC_HOURS[region.region] * HOUR_S
    rng = ctx.rng("weather")
    weather, balance = region.weather, ctx.balance

    step = _spread(balance["climate_noise_mc"], seconds)
    weather.heat_noise = _drawn_back(weather.heat_noise, seconds, DAY_S) + rng.between(-step, step)
    season = wave(now_s - _WARMEST_DAY[region.region] * DAY_S, YEAR_S)
    hour = wave(now_s - _WARMEST_HOUR * HOUR_S, DAY_S)
    usual = balance["climate_mean_mc"][region.region]
    usual += season * balance["climate_season_mc"][region.region] // 1_000
    usual += hour * balance["climate_day_mc"][region.region] // 1_000
    weather.heat_mc = usual + weather.heat_noise + modifiers.heat_mc

    step = _spread(balance["energy_price_noise_bp"], seconds)
    noise = _drawn_back(weather.price_noise, seconds, 6 * HOUR_S) + rng.between(-step, step)
    weather.price_noise = max(-BP // 2, min(BP, noise))
    price_bp = _merit_bp(_load_bp(region, now_s)) * (BP + weather.price_noise) // BP
    price_bp = price_bp * modifiers.energy_price_bp // BP * effects.energy_price_bp // BP
    discomfort_mc = max(0, weather.heat_mc - _WARM_MC, _COLD_MC - weather.heat_mc)
    price_bp = price_bp * (BP + discomfort_mc * balance["energy_heat_bp"] // 1_000) // BP
    price = balance["energy_base_micro"][region.region] * price_bp // BP
    weather.price_micro = max(_PRICE_LEAST, min(balance["energy_price_cap_micro"], price))


def wave(since_s: int, period_s: int) -> int:
    """Give a cosine in thousandths, `since_s` seconds after its peak."""
    at, into = divmod((since_s % period_s) * _POINTS, period_s)
    here, there = _point(at), _point(at + 1)
    return here + (there - here) * into // period_s


def _point(at: int) -> int:
    return _WAVE[at % 12] if at % _POINTS < 12 else -_WAVE[at % 12]


def _load_bp(region: Region, now_s: int) -> int:
    load = BP
    for times, (strength, peak_hour) in enumerate((_ONCE, _TWICE), 1):
        load += wave(now_s - peak_hour * HOUR_S, DAY_S // times) * strength[region.region] // 1_000
    # The game's calendar begins on a Monday.
    return load + _WEEKEND_BP if now_s // DAY_S % 7 >= 5 else load


def _merit_bp(load_bp: int) -> int:
    """Cheap plants run first: the price grows with the cube of the load."""
    return load_bp**3 // BP**2


def _spread(per_hour: int, seconds: int) -> int:
    """How far chance goes in a tick: spreads grow with the square root of time."""
    return int(per_hour * isqrt(seconds * 1_000_000 // HOUR_S) // 1_000)


def _drawn_back(noise: int, seconds: int, within_s: int) -> int:
    left = max(0, within_s - seconds)
    return noise * left // within_s if noise >= 0 else -(-noise * left // within_s)
