"""Days and dates of the game's calendar, which is Gregorian and knows no time zones.

In integers, after Howard Hinnant's "chrono-compatible low-level date algorithms".
"""

from typing import Final

from gamefold.games.tycoon.state.units import DAY_S

_ERA_DAYS: Final = 146_097  # of 400 years
_TO_MARCH: Final = 719_468  # days from 0000-03-01 to 1970-01-01


def date_of(game_s: int) -> tuple[int, int, int]:
    """Give year, month and day of a game time, in seconds since 1970."""
    era, day = divmod(game_s // DAY_S + _TO_MARCH, _ERA_DAYS)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153  # counted from March
    return era * 400 + year + (month >= 10), (month + 2) % 12 + 1, day - (153 * month + 2) // 5 + 1


def is_friday(day: int) -> bool:
    """Say whether a day, counted from 1970-01-01 (a Thursday), is a Friday."""
    return day % 7 == 1
