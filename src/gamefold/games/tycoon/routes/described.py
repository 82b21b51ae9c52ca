"""How Tycoon's routes describe themselves, see `gamefold.web.described`."""

from typing import Final

from gamefold.games.tycoon.routes.statuses import SEASON_OVER, STATUS_OF
from gamefold.platform.refusals import UNAUTHORIZED
from gamefold.web.described import RATE_LIMITED, Described

DOORS: Final = Described(STATUS_OF, always=(RATE_LIMITED,))
"""Of the routes by which people come in."""

INSIDE: Final = Described(STATUS_OF, always=(RATE_LIMITED, SEASON_OVER, UNAUTHORIZED))
"""Of the routes for who is in."""
