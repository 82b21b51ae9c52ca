"""What worlds have to tell each other."""

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.state.border import AnyCargo, MarketNews, RegionNews


class Crossed(Event, frozen=True):
    """Something left this world for another; it is there once that world has received `no`."""

    to: str
    no: int
    cargo: tuple[AnyCargo, ...]
    # To a region: the sender's tick. A region takes in nothing from a tick that it has not had itself, so that all
    # worlds can go back to the end of one tick.
    tick: int = 0


class MarketTicked(Event, frozen=True):
    """The market's tick is done. Regions tick when they hear it."""

    news: MarketNews
    digest: bytes  # 16 bytes: xxh3 of the market's state at the end of this tick
    region_prices: dict[str, int]  # micro-USD per kWh, as last heard
    region_digests: dict[str, tuple[int, bytes]]  # tick and digest, as last heard


class RegionTicked(Event, frozen=True):
    """A region's tick is done."""

    news: RegionNews
