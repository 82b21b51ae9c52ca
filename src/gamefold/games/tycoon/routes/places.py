"""Where a socket's viewer stands in several worlds at once: the `position` of every message.

An opaque text for clients: they hand in the last one they saw, and hear everything after it.
"""

import re
from collections.abc import Mapping
from typing import Final

from gamefold.games.tycoon.state.worlds import PLACES
from gamefold.web.strict_json import INTEGER_MAX

Place = tuple[int, int]
"""The run of a world, and the position of the last event seen there."""

POSITION_CHARACTERS_MAX: Final = 512

_PART: Final = re.compile(r"([A-Z_]{1,20})-([0-9]{1,19})-([0-9]{1,19})", re.ASCII)
_SEASON: Final = re.compile(r"s([0-9]{1,9})", re.ASCII)


def position_text(season: int, places: Mapping[str, Place]) -> str:
    """Write places down: `s1.MARKET-1-345.EUROPE-1-120`."""
    return f"s{season}" + "".join(f".{name}-{run}-{position}" for name, (run, position) in places.items())


def read_position(text: object) -> tuple[int, dict[str, Place]] | None:
    """Read what `position_text` wrote; None where it is anything else."""
    if not isinstance(text, str) or len(text) > POSITION_CHARACTERS_MAX:
        return None
    first, *parts = text.split(".")
    season = _SEASON.fullmatch(first)
    if season is None:
        return None
    places: dict[str, Place] = {}
    for part in parts:
        found = _PART.fullmatch(part)
        if found is None or found[1] not in PLACES or found[1] in places:
            return None
        run, position = int(found[2]), int(found[3])
        if max(run, position) > INTEGER_MAX:
            return None
        places[found[1]] = (run, position)
    return int(season[1]), places
