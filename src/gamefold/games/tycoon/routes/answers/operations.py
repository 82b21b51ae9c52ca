"""What operators are told. Decimals are text here: live operations are for all games, and have no exact numbers."""

from typing import Annotated, Literal

from pydantic import Field

from gamefold.games.tycoon.routes.answers.feed import Severity
from gamefold.games.tycoon.routes.answers.units import Moment, Region, Shown, Tick

UsdText = Annotated[str, Field(description="USD, 6 digits behind the point.", examples=["50000.000000"])]
BtcText = Annotated[str, Field(description="BTC, 8 digits behind the point.", examples=["0.01000000"])]
TerahashText = Annotated[str, Field(description="TH/s.", examples=["95.000"])]


class HappeningTold(Shown):
    """Something that befalls the market (`region` is null) or a region, up to but not including tick `ends`."""

    id: str
    type: str
    severity: Severity
    region: Region | None
    begins: Tick
    ends: Tick
    effect: Annotated[dict[str, int], Field(description="What it changes: factors in basis points, and the like.")]


class CurrentHappeningTold(HappeningTold):
    """One that acts, or will."""

    status: Literal["ACTIVE", "PLANNED"]


class PlannedTold(Shown):
    """One event that was planned, in one world."""

    event: HappeningTold


class InjectedTold(Shown):
    """The events that were planned: one, or one for each region."""

    planned: list[PlannedTold]


class PurseTold(Shown):
    """Money."""

    usd: UsdText
    btc: BtcText


class MarginTold(Shown):
    """What open positions keep."""

    usd: UsdText


class BalancesTold(PurseTold):
    """All there is, and where it is."""

    available: PurseTold
    held_for_orders: PurseTold
    margin: MarginTold
    at_branches: PurseTold


class GrantedTold(Shown):
    """A company's balances before and after a grant."""

    company_id: str
    before: BalancesTold
    after: BalancesTold


class NobodyTold(Shown):
    """There was no company."""


class CompanyTold(Shown):
    """What a company has in all of its regions. The tick is its home's."""

    tick: Tick
    sites: int
    rigs: int
    usd: UsdText
    btc: BtcText


class AtWorkTold(PurseTold):
    """What a company has in the market and on its way between worlds; positions count what they would bring."""

    orders: int
    positions: int


class AtWorkThenAndNowTold(Shown):
    """At the asked tick, which home gets as money, and now, which stays and is taken off."""

    then: AtWorkTold
    now: AtWorkTold


class RestoredTold(Shown):
    """What a company has, and had at the asked tick."""

    dry_run: bool
    company_id: str
    before: CompanyTold | NobodyTold
    after: CompanyTold | NobodyTold
    market: AtWorkThenAndNowTold


class SeasonTold(Shown):
    """A season."""

    number: int
    name: str
    status: Literal["RUNNING", "ENDED"]
    started_at: Moment
    ended_at: Moment | None


class SeasonStartedTold(Shown):
    """A season that has begun, and its worlds."""

    season: int
    worlds: list[str]


class StandingTold(Shown):
    """How far a company is."""

    company_id: str
    name: str
    region: Region
    net_worth: UsdText
    hashrate: TerahashText
    reputation: int


class SeasonEndedTold(Shown):
    """A season that is over: how many companies its leaderboard has, and the first of them."""

    season: int
    companies: int
    first: StandingTold | NobodyTold


class LineTold(StandingTold):
    """One line of a leaderboard."""

    rank: int
    account_id: str
    excluded: bool


class ExcludedTold(Shown):
    """An account that is left out of leaderboards."""

    account_id: str
    excluded: Literal[True]


class IncludedTold(Shown):
    """An account that is in the leaderboards again; `was` says whether it had been left out."""

    account_id: str
    excluded: Literal[False]
    was: bool


class LinkedTold(Shown):
    """Companies that are one owner's; without a group they are strangers again."""

    company_ids: list[str]
    group: str | None
