"""A region world that hears a market that is not there, and regions of a million rigs out of thin air."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event, Intent
from gamefold.engine.world import Head, World
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.intents.border import HearMarket
from gamefold.games.tycoon.intents.region import AddRigs, CreateSite, GrantFunds, OpenCompany, RegionSpec
from gamefold.games.tycoon.rules import REGION_RULESET
from gamefold.games.tycoon.rules.plant.sums import look_at
from gamefold.games.tycoon.rules.plant.wear import start
from gamefold.games.tycoon.rules.region import new_region
from gamefold.games.tycoon.state.border import Effects, MarketNews
from gamefold.games.tycoon.state.progress import NEVER, REPUTATION_MIDDLE, REPUTATIONS
from gamefold.games.tycoon.state.region import MODELS, NOT_CURTAILED, PERKS, Company, Region, Site, site_id
from gamefold.games.tycoon.state.region_codec import decode_region, encode_region
from gamefold.games.tycoon.state.units import BP, MICRO
from gamefold.testkit.clock import START_MS
from gamefold.testkit.play import SEED, run_of

E = TypeVar("E", bound=Event)

INDEX = 43_250 * MICRO
NETWORK_GHS = 447_392_426_666  # difficulty 62.5e12 * 2**32 / 600, in GH/s
REWARD_SAT = 312_500_000  # half a block in a tick of 300 s
SUBSIDY_SAT = 595_000_000  # with fees of 0.3 BTC a block pays 6.25 BTC

# Nothing but what a test is about: no accidents, no weather, chips as advertised.
CALM: Mapping[str, Any] = {
    "event_rate": dict.fromkeys(SHEET.values()["event_rate"], 0),
    "outage_region_bp": dict.fromkeys(SHEET.values()["outage_region_bp"], 0),
    "climate_noise_mc": 0,
    "climate_season_mc": dict.fromkeys(SHEET.values()["climate_season_mc"], 0),
    "climate_day_mc": dict.fromkeys(SHEET.values()["climate_day_mc"], 0),
    "energy_price_noise_bp": 0,
    "rig_quality_spread_bp": 0,
}


def news_of(tick: int, **changes: Any) -> MarketNews:
    """What a market with one halving behind it tells."""
    news = MarketNews(tick, INDEX, 62_500_000_000_000, NETWORK_GHS, REWARD_SAT, SUBSIDY_SAT)
    effects = {name: changes.pop(name) for name in Effects.__struct_fields__ if name in changes}
    return msgspec.structs.replace(news, effects=Effects(**effects), **changes)


class Home:
    """A region world, and how to play it."""

    def __init__(self, region: str = "EUROPE", *, calm: bool = True, seed: bytes = SEED, **changes: Any) -> None:
        values = {**SHEET.values(), **(CALM if calm else {}), **changes}
        SHEET.check({name: values[name] for name in changes})
        run = run_of("tycoon-region/test", seed)
        head = Head(version=1, seq=1, balance=values)
        ctx = Context(run.world, 1, 0, START_MS, "test", values, seed, ("seq", 1))
        state, _ = new_region(RegionSpec(1, region), ctx)
        self.world = World(run.world, REGION_RULESET, run, head, state)

    @property
    def region(self) -> Region:
        """The state."""
        region: Region = self.world.state
        return region

    @property
    def balance(self) -> dict[str, Any]:
        """The numbers."""
        return self.world.head.balance

    def do(self, intent: Intent) -> list[Event]:
        """Ask, and give what happened."""
        return [record.event for record in self.world.play(intent, "test", START_MS).records]

    def refused(self, intent: Intent) -> str:
        """Give the code with which an intent is refused, and hold that it changed nothing."""
        before = self.world.payload()
        with pytest.raises(Rejected) as refusal:
            self.world.play(intent, "test", START_MS)
        assert self.world.payload() == before, f"refusing {intent} changed the world"
        return refusal.value.code

    def tick(self, ticks: int = 1, **changes: Any) -> list[Event]:
        """Let ticks pass, each with the same news."""
        told: list[Event] = []
        for _ in range(ticks):
            told += self.do(HearMarket(news_of(self.region.tick + 1, **changes)))
        return told

    def open(self, company: str = "c1", *, usd: int | None = None, guest: bool = False) -> int:
        """Found a company, with another capital if `usd` is given; give its row."""
        self.do(OpenCompany(company, f"owner of {company}", f"Company {company}", guest))
        if usd is not None and usd * MICRO != (have := self.usd_micro(company)):
            for change in _in_steps(usd * MICRO - have, self.balance["grant_usd_max"] * MICRO):
                self.do(GrantFunds(company, usd_micro=change))
        return len(self.region.companies) - 1

    def build(self, company: str = "c1", *, tier: int = 1, cooling: str = "AIR") -> str:
        """Create a site; give its id."""
        self.do(CreateSite(company, "A site", tier, cooling))
        return self.region.companies[self.region.index.company[company]].sites[-1].id

    def add(self, site: str, count: int = 1, *, company: str = "c1", model: str = "ANTMINER_S19") -> list[int]:
        """Buy rigs; give their numbers."""
        self.do(AddRigs(company, site, model, count))
        return list(range(self.region.rigs_made - count + 1, self.region.rigs_made + 1))

    def usd_micro(self, company: str = "c1") -> int:
        """What it has at home."""
        return int(self.region.ledger["usd"][self.region.index.company[company]])

    def sat(self, company: str = "c1") -> int:
        """What it has at home."""
        return int(self.region.ledger["sat"][self.region.index.company[company]])

    def reopened(self) -> "Home":
        """The same world, from its bytes."""
        other = object.__new__(Home)
        state = decode_region(encode_region(self.region))
        head = msgspec.msgpack.decode(msgspec.msgpack.encode(self.world.head), type=Head)
        other.world = World(self.world.id, REGION_RULESET, self.world.run, head, state)
        return other


def only(told: Iterable[Event], kind: type[E]) -> list[E]:
    """Give the events of one kind."""
    return [event for event in told if isinstance(event, kind)]


def a_context(balance: Mapping[str, Any], tick: int = 1) -> Context:
    """A context as a tick has it."""
    return Context("tycoon-region/test", 1 + tick, tick, START_MS, "clock", dict(balance), SEED, ("tick", tick))


def seeded_region(rigs: int, sites: int, companies: int, *, region: str = "EUROPE", usd: int = 10_000_000) -> Region:
    """Build a whole region from arrays: rigs and sites are dealt out evenly, of all models, tiers and ages."""
    world = Home(region).region
    balance = SHEET.values()
    draw = np.random.default_rng(1)
    perks = {f"perk_{perk}_bp": BP for perk in PERKS}
    world.ledger.append(companies, usd=usd * MICRO, payout=np.arange(companies) % 50 // 48, **perks)
    world.flows.count("capital", usd_micro=companies * usd * MICRO)
    scores = dict.fromkeys(REPUTATIONS, REPUTATION_MIDDLE)
    world.standings.append(companies, research_due=NEVER, voter=1, **scores)

    owners = np.arange(sites) % companies
    world.sites.append(
        sites,
        company=owners,
        tier=np.arange(sites) % 5 + 1,
        cooling=np.arange(sites) % 3,
        curtail_bp=np.where(np.arange(sites) % 10 == 0, 0, NOT_CURTAILED),
        load=draw.integers(0, 1 << 40, sites),
    )
    for row in range(companies):
        own = [Site(at, site_id(region, at), f"Site {at}", 0) for at in range(row, sites, companies)]
        world.companies.append(Company(f"c{row}", f"o{row}", f"Company {row}", guest=False, founded=0, sites=own))
        world.enter(row)

    world.rigs.append(
        rigs,
        rid=np.arange(1, rigs + 1),
        site=np.sort(np.arange(rigs) % sites),
        model=draw.integers(0, len(MODELS), rigs),
        firmware=draw.integers(0, 3, rigs),
        quality_bp=draw.integers(9_700, 10_301, rigs),
    )
    world.rigs_made = rigs
    rows = np.arange(rigs, dtype=np.int64)
    start(world, rows, draw.integers(0, 1 << 30, rigs), 12_345, balance)
    look_at(world, np.arange(sites, dtype=np.int64), balance)
    np.add.at(world.ledger["rigs"], owners, np.bincount(world.rigs["site"], minlength=sites).astype(np.int32))
    return world


def _in_steps(change: int, most: int) -> Iterable[int]:
    while change:
        step = max(-most, min(most, change))
        change -= step
        yield step
