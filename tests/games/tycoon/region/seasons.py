"""A season in memory for companies with branches: all worlds, hearing each other at once."""

from typing import Any

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event, Intent
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.intents.region import AddRigs, CreateSite, GrantFunds, OpenBranch, OpenCompany, SendToRegion
from gamefold.games.tycoon.reactors.simulated.season import Season
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import MICRO, REGIONS
from gamefold.testkit.play import SEED

from .builders import CALM

HOME, AWAY = "EUROPE", "ASIA"


class Branched:
    """Companies at home in EUROPE, with branches wherever a test opens them."""

    def __init__(self, *, calm: bool = True, **changes: Any) -> None:
        self.told: list[tuple[str, Event]] = []
        balance = {**(CALM if calm else {}), **changes}
        self.season = Season(SEED, balance, heard=lambda place, event: self.told.append((place, event)))
        self.numbers = {**SHEET.values(), **balance}

    def region(self, place: str = AWAY) -> Region:
        """A region's state."""
        region: Region = self.season.state(place)
        return region

    def do(self, place: str, *intents: Intent) -> None:
        """Ask a world."""
        for intent in intents:
            self.season.submit(place, "test", intent)

    def refused(self, place: str, intent: Intent) -> str:
        """Give the code with which a world refuses, and hold that it changed nothing."""
        before = self.season.digest(place)
        with pytest.raises(Rejected) as refusal:
            self.do(place, intent)
        assert self.season.digest(place) == before, f"refusing {intent} changed the world"
        return refusal.value.code

    def tick(self, ticks: int = 1) -> None:
        """Let ticks pass everywhere."""
        for _ in range(ticks):
            self.season.tick()

    def open(self, company: str = "c1", *branches: str, guest: bool = False, usd: int = 200_000) -> None:
        """Found a company in EUROPE, and branches of it."""
        self.do(HOME, OpenCompany(company, f"owner of {company}", "Mines", guest), GrantFunds(company, usd * MICRO))
        for branch in branches:
            self.do(branch, OpenBranch(company, f"owner of {company}", "Mines", guest, HOME))

    def build(self, place: str = AWAY, company: str = "c1", *, rigs: int = 10, usd: int = 0) -> str:
        """Pay a branch from home, and buy a site with rigs there; give the site's id."""
        if usd:
            self.do(HOME, SendToRegion(company, place, usd * MICRO))
        self.do(place, CreateSite(company, "Hall"))
        region = self.region(place)
        site = region.companies[region.index.company[company]].sites[-1].id
        if rigs:
            self.do(place, AddRigs(company, site, "ANTMINER_S19", rigs))
        return site

    def number(self, name: str, place: str = AWAY, company: str = "c1") -> int:
        """A company's number in a region's ledger."""
        region = self.region(place)
        return int(region.ledger[name][region.index.company[company]])

    def heard(self, kind: type[Event], place: str = HOME) -> list[Any]:
        """What a world told, of one kind."""
        return [event for where, event in self.told if where == place and type(event) is kind]

    def owned(self, company: str) -> tuple[int, int]:
        """What a company has, wherever it is or on its way: the sum of decision 0015. Micro-USD and satoshi."""
        usd = sat = 0
        for place in REGIONS:
            region = self.region(place)
            if region.row_of(company) is not None:
                usd += self._with_crossings("usd", place, company)
                sat += self._with_crossings("sat", place, company)
        market: Market = self.season.state(MARKET)
        account = market.account_of(company)
        if account is not None:
            usd += account.usd_free + account.usd_held + account.usd_sent - account.usd_received
            sat += account.sat_free + account.sat_held + account.sat_sent - account.sat_received
        return usd, sat

    def _with_crossings(self, money: str, place: str, company: str) -> int:
        have, sent, received = (self.number(f"{part}{money}", place, company) for part in ("", "sent_", "received_"))
        return have + sent - received
