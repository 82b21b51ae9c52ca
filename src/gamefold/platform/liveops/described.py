"""How the routes of live operations describe themselves, see `gamefold.web.described`."""

from typing import Final

from gamefold.platform.liveops.refusals import STATUS_OF
from gamefold.platform.refusals import FORBIDDEN, UNAUTHORIZED
from gamefold.web.described import RATE_LIMITED, Described

WORLD_NOT_FOUND: Final = "WORLD_NOT_FOUND"  # said by the house's own translation

DOORS: Final = Described(STATUS_OF, always=(RATE_LIMITED, FORBIDDEN))
"""Of the routes by which operators come in."""

INSIDE: Final = Described({**STATUS_OF, WORLD_NOT_FOUND: 404}, always=(FORBIDDEN, UNAUTHORIZED))
"""Of the routes for superusers."""
