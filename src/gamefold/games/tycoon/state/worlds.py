"""What the worlds of a season are called."""

from typing import Final

from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS

MARKET_RULES: Final = "tycoon-market"
REGION_RULES: Final = "tycoon-region"
PLACES: Final = (MARKET, *REGIONS)


def world_of(season: int, place: str) -> str:
    """Give the world of the `MARKET` or of a region: `tycoon-market/s1`, `tycoon-region/s1/EUROPE`."""
    return f"{MARKET_RULES}/s{season}" if place == MARKET else f"{REGION_RULES}/s{season}/{place}"


def season_of(world: str) -> int:
    """Give the season a world belongs to."""
    return int(world.split("/")[1].removeprefix("s"))


def place_of(world: str) -> str:
    """Give `MARKET`, or the region of a world."""
    parts = world.split("/")
    return parts[2] if len(parts) == 3 else MARKET


def worlds_of(season: int) -> tuple[str, ...]:
    """Give all worlds of a season, the market's first."""
    return tuple(world_of(season, place) for place in PLACES)


def together(world: str) -> tuple[str, ...]:
    """Give the worlds that hear this one, itself included: a rollback is of all of them."""
    return worlds_of(season_of(world))
