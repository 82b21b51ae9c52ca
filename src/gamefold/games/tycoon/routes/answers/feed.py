"""What happens, and who is how far."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gamefold.games.tycoon.routes.answers.units import Moment, Region, Shown, Terahash, Tick, Usd

Severity = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]


class EventShown(Shown):
    """Something that befell the market (`region` is null) or a region. `payload` has its effect in numbers."""

    id: str
    type: str
    severity: Severity
    region: Region | None
    payload: dict[str, Any]
    created_at: Moment
    resolved_at: Moment | None


class EventsShown(Shown):
    """Events, the newest first."""

    events: list[EventShown]


class AlertShown(Shown):
    """What a company was warned of."""

    id: str
    type: str
    severity: str
    message: str
    tick: Tick
    created_at: Moment


class AlertsShown(Shown):
    """Alerts, the newest first."""

    alerts: list[AlertShown]


class StandingShown(Shown):
    """How far a company is."""

    rank: int
    company_id: str
    name: str
    region: Region
    net_worth: Annotated[Usd, Field(description="USD: money, BTC at the index, positions at their marks.")]
    hashrate: Terahash
    reputation: Annotated[int, Field(ge=0, le=100, description="The mean of the four.")]


class LeaderboardShown(Shown):
    """Who is furthest in a season."""

    season: int
    by: Literal["netWorth", "hashrate", "reputation"]
    entries: list[StandingShown]
