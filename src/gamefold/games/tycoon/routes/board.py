"""Who is how far: the leaderboard of a season, over all its worlds."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from gamefold.engine.balance import Values
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.routes.amounts import terahash, usd
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.market_views import position_equity
from gamefold.games.tycoon.state.progress import REPUTATIONS
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.resale import resale_of_companies
from gamefold.games.tycoon.state.units import REGIONS, SAT
from gamefold.games.tycoon.state.worlds import world_of

By = Literal["netWorth", "hashrate", "reputation"]
FRESH_S: Final = 30.0  # a leaderboard is this old at most


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one company is.

    `net_worth` is micro-USD: money and BTC wherever they are, positions at their marks, and what its rigs would sell
    for. Sites sell for nothing.
    """

    company_id: str
    owner_id: str
    name: str
    region: str
    net_worth: int
    hashrate: int
    reputation: int


@dataclass(frozen=True, slots=True)
class _AtWork:
    """What the market adds to a company: micro-USD and satoshi, with those under way from or to its home."""

    usd: int
    sat: int


@dataclass(frozen=True, slots=True)
class _House:
    """A company in one region: at home there, or with a branch."""

    company: str
    owner: str
    name: str
    region: str
    is_branch: bool
    usd: int
    sat: int
    hashrate: int
    reputation: int


class Board:
    """Reckons leaderboards, seldom enough for a season of 100,000 companies."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: dict[int, tuple[float, list[Standing]]] = {}
        self._reckoning = asyncio.Lock()

    async def top(self, season: int, by: By, limit: int) -> list[dict[str, Any]]:
        """Give the furthest of a season, without those who are excluded."""
        out = await self._desk.database.read(tables.excluded_owners)
        standings = [one for one in await self.standings(season) if one.owner_id not in out]
        return [{"rank": rank, **shown_standing(one)} for rank, one in enumerate(ordered(standings, by)[:limit], 1)]

    async def standings(self, season: int) -> list[Standing]:
        """Give how far everybody is, of a season that is over as it was frozen."""
        frozen = await self._desk.database.read(lambda connection: tables.frozen_leaderboard(connection, season))
        if frozen:
            return [
                Standing(
                    row["company_id"],
                    row["owner_id"] or "",
                    row["name"],
                    row["region"],
                    row["net_worth"],
                    row["hashrate"],
                    row["reputation"],
                )
                for row in frozen
            ]
        async with self._reckoning:
            kept = self._kept.get(season)
            now_s = asyncio.get_running_loop().time()
            if kept is None or now_s - kept[0] > FRESH_S:
                kept = self._kept[season] = (now_s, await reckon(self._desk, season))
        return kept[1]


def ordered(standings: Sequence[Standing], by: By) -> list[Standing]:
    """Sort the furthest first; of equals, by id."""
    column = {"netWorth": "net_worth"}.get(by, by)
    return sorted(standings, key=lambda one: (-getattr(one, column), one.company_id))


def shown_standing(one: Standing) -> dict[str, Any]:
    """Give one line of a leaderboard."""
    return {
        "companyId": one.company_id,
        "name": one.name,
        "region": one.region,
        "netWorth": usd(one.net_worth),
        "hashrate": terahash(one.hashrate),
        "reputation": one.reputation,
    }


async def reckon(desk: Desk, season: int) -> list[Standing]:
    """Reckon how far every company of a season is, now. What its branches have is its own."""
    index_micro, works = await desk.host.query(world_of(season, MARKET), _at_work)
    houses = [house for region in REGIONS for house in await desk.region(season, region, _at_home)]
    usd_, sat, hashrate = Counter[str](), Counter[str](), Counter[str]()
    for house in houses:
        usd_[house.company] += house.usd
        sat[house.company] += house.sat
        hashrate[house.company] += house.hashrate
    standings: list[Standing] = []
    for house in houses:
        if not house.is_branch:
            company, work = house.company, works.get(house.company, _AtWork(0, 0))
            worth = usd_[company] + work.usd + (sat[company] + work.sat) * index_micro // SAT
            standings.append(
                Standing(company, house.owner, house.name, house.region, worth, hashrate[company], house.reputation)
            )
    return standings


def _at_home(region: Region, balance: Values) -> list[_House]:
    """Give every company and branch with what it has here, rigs too, and has sent, less what it has received."""
    ledger = region.ledger
    usd_ = ledger["usd"] + ledger["sent_usd"] - ledger["received_usd"] + resale_of_companies(region, balance)
    sat = ledger["sat"] + ledger["sent_sat"] - ledger["received_sat"]
    scores = sum(region.standings[name].astype(np.int64) for name in REPUTATIONS) // len(REPUTATIONS)
    columns = zip(usd_.tolist(), sat.tolist(), ledger["hash"].tolist(), np.asarray(scores).tolist(), strict=True)
    return [
        _House(company.id, company.owner, company.name, region.region, company.home != "", *numbers)
        for company, numbers in zip(region.companies, columns, strict=True)
    ]


def _at_work(market: Market) -> tuple[int, dict[str, _AtWork]]:
    """Give the index, and what the market has of every company and has sent, less what it has received."""
    positions = position_equity(market)
    works = {
        account.company: _AtWork(
            account.usd_free
            + account.usd_held
            + positions.get(account.company, 0)
            + account.usd_sent
            - account.usd_received,
            account.sat_free + account.sat_held + account.sat_sent - account.sat_received,
        )
        for account in market.accounts
    }
    return market.world.price.index_micro, works
