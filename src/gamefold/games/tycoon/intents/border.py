"""What worlds tell each other. Reactors submit these, and routes that need an answer at once; never a player."""

from typing import Final

from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.state.border import AnyCargo, MarketNews, RegionNews

ALREADY_RECEIVED: Final = "ALREADY_RECEIVED"  # this crossing is in: whoever delivers it again is done
TOO_EARLY: Final = "TOO_EARLY"  # it left in a tick that this region has not had yet: it may come after that
NOT_THE_NEXT_TICK: Final = "NOT_THE_NEXT_TICK"  # a tick that is past, or one that comes too early


class Receive(Intent, frozen=True):
    """One numbered crossing has arrived. Refused ALREADY_RECEIVED, TOO_EARLY."""

    sender: str
    no: int
    cargo: tuple[AnyCargo, ...]
    tick: int = 0  # as `Crossed` has it


class HearMarket(Intent, frozen=True):
    """The market has ticked, and so does the region. Refused NOT_THE_NEXT_TICK."""

    news: MarketNews


class HearRegion(Intent, frozen=True):
    """A region has ticked. Refused NOT_THE_NEXT_TICK where it is not newer than what is known."""

    news: RegionNews
