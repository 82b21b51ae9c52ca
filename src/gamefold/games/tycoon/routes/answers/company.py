"""Accounts and companies."""

from typing import Annotated

from pydantic import Field

from gamefold.games.tycoon.routes.answers.units import Btc, Moment, Region, Shown, Terahash, Tick, Usd

Score = Annotated[int, Field(ge=0, le=100)]


class UserShown(Shown):
    """A person as they see themselves. A guest has no email."""

    id: str
    email: str | None
    username: str | None
    guest: bool
    created_at: Moment


class ReputationShown(Shown):
    """What four groups think of a company."""

    miners: Score
    traders: Score
    regulators: Score
    anarchists: Score


class PurseShown(Shown):
    """Money."""

    usd: Usd
    btc: Btc


class MarginShown(Shown):
    """What open positions keep."""

    usd: Usd


class BalancesShown(PurseShown):
    """`usd` and `btc` are all there is; the parts say where it is."""

    available: PurseShown
    held_for_orders: PurseShown
    margin: MarginShown
    at_branches: PurseShown


class PublicCompanyShown(Shown):
    """A company as everybody sees it."""

    id: str
    owner_id: str
    name: str
    region: Region
    season: int
    reputation: ReputationShown
    hashrate: Terahash


class CompanyShown(Shown):
    """A company as its owner sees it. `regions` are where it has something, its home first."""

    id: str
    owner_id: str
    name: str
    region: Region
    regions: list[Region]
    season: int
    guest: bool
    founded_tick: Tick
    reputation: ReputationShown
    balances: BalancesShown


class PlayerShown(Shown):
    """The own account and company."""

    user: UserShown
    company: CompanyShown


class OtherPlayerShown(Shown):
    """Somebody else's company."""

    company: PublicCompanyShown


class AdmittedShown(Shown):
    """What a client keeps: an access token for `expiresIn` seconds, and the refresh token for the next pair.

    `company` is null between two seasons, and while its world cannot be asked.
    """

    access_token: str
    refresh_token: str
    expires_in: Annotated[int, Field(description="Seconds.")]
    user: UserShown
    company: CompanyShown | None
