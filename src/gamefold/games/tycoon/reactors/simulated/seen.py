"""What a simulated player knows when it decides: its own company, its own desk, and what everybody may see.

Nothing here is more than a person can read from the game's own routes.
"""

from dataclasses import dataclass

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.border import MarketNews
from gamefold.games.tycoon.state.energy import Quote
from gamefold.games.tycoon.state.progress_views import NodeView, QuestView, StandingOrdersView


@dataclass(frozen=True, slots=True)
class SiteSeen:
    """One site of the company."""

    id: str
    tier: int
    cooling: str
    free: int  # slots without a rig
    rigs: tuple[int, ...]
    failed: tuple[int, ...]  # rigs nobody repairs yet
    worn: tuple[int, ...]  # rigs that run and have lost a good part of their life
    power_w: int  # of its rigs that run, with cooling
    contracted: bool


@dataclass(frozen=True, slots=True)
class Home:
    """The company in its region."""

    tick: int
    region: str
    guest: bool
    usd_micro: int
    sat: int
    hash_ghs: int
    power_w: int
    mined_sat: int  # since it was founded
    payout: str
    energy_micro: int  # of one kWh at the spot
    quotes: tuple[Quote, ...]  # for CONTRACT_DAYS
    sites: tuple[SiteSeen, ...]
    research: tuple[NodeView, ...]
    points: int
    quests: tuple[QuestView, ...]
    standing: StandingOrdersView
    ballots: tuple[str, ...]  # proposals it may still vote on
    news: MarketNews | None


@dataclass(frozen=True, slots=True)
class PositionSeen:
    """One open position of the company."""

    id: str
    instrument: str
    lots: int  # below 0: short
    cost_micro: int
    margin_micro: int
    equity_micro: int  # margin with the gain or loss there would be at the mark
    leverage: int


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """One resting order of the company."""

    id: str
    instrument: str
    sign: int
    lots: int
    placed_tick: int


@dataclass(frozen=True, slots=True)
class OptionSeen:
    """One listed option. Prices are ticks per BTC; None where nobody quotes."""

    name: str
    expiry_s: int
    strike: int  # ticks
    call: bool
    mark: int
    bid: int | None
    ask: int | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The market, and what the company has there."""

    tick: int
    game_s: int
    index: int  # ticks
    spot_bid: int | None
    spot_ask: int | None
    perp_mark: int
    perp_bid: int | None
    perp_ask: int | None
    funding_ppb: int
    leverage_most: int
    closes: tuple[int, ...]  # of the perpetual's hours, oldest first, ticks
    options: tuple[OptionSeen, ...]
    positions: tuple[PositionSeen, ...]
    orders: tuple[OrderSeen, ...]
    open_proposals: int

    def position_in(self, instrument: str) -> PositionSeen | None:
        """Give the company's position in an instrument."""
        return next((one for one in self.positions if one.instrument == instrument), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything a simulated player looks at before it acts."""

    company: str
    home: Home
    desk: Desk
    numbers: Values  # the balance sheet, which is no secret
