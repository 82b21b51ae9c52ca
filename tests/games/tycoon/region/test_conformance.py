"""A region keeps what the engine promises for every world."""

from pathlib import Path

import pytest

from gamefold.engine.rng import Rng
from gamefold.games.tycoon.intents import region as ask
from gamefold.games.tycoon.intents.border import HearMarket, Receive
from gamefold.games.tycoon.intents.progress import CastVote, ClaimQuest, SetStandingOrders, StartResearch
from gamefold.games.tycoon.intents.world import InjectEvent
from gamefold.games.tycoon.rules import REGION_RULESET
from gamefold.games.tycoon.state.border import Money, TradeReport
from gamefold.games.tycoon.state.company_document import company_document
from gamefold.games.tycoon.state.quest_list import QUESTS
from gamefold.games.tycoon.state.region import CONTRACTS, COOLINGS, FIRMWARES, MODELS, PAYOUTS, Region, site_id
from gamefold.games.tycoon.state.research_tree import TREE
from gamefold.games.tycoon.state.world import REGION_EVENTS
from gamefold.testkit import conformance
from gamefold.testkit.conformance import Ask, Wait

from .builders import news_of


def step(rng: Rng, region: Region) -> Ask | Wait:
    """Anything that may come next, sensible or not. Every third step is the next tick."""
    if rng.below(3) == 0:
        late = rng.below(20) == 0
        begun = (f"proposal-{region.tick}",) if rng.below(10) == 0 else ()
        news = news_of(region.tick + 1 - late, network_ghs=10_000_000, proposals_begun=begun)
        return Ask("reactor", HearMarket(news))
    company, site = f"c{rng.below(4)}", site_id(region.region, rng.below(len(region.sites) + 2))
    rids = tuple(rng.below(region.rigs_made + 2) for _ in range(rng.below(4)))
    known = [one.id for one in region.companies]
    document = company_document(region, rng.choice(known)) if known else b""
    intents = [
        ask.OpenCompany(company, f"owner of {company}", "Mines", guest=rng.below(2) == 0),
        ask.UpgradeCompany(company, rng.choice(["Renamed", "", None])),
        ask.SendToMarket(company, rng.below(10**9), rng.below(2)),
        ask.CreateSite(company, "Site", rng.below(4), rng.choice(COOLINGS)),
        ask.AddRigs(company, site, rng.choice(MODELS), rng.below(6)),
        ask.AddRigs(company, site, rng.choice(MODELS), rng.below(6)),
        ask.RemoveRigs(company, site, rids),
        ask.MaintainRigs(company, site, rids),
        ask.SetFirmware(company, site, rids, rng.choice(FIRMWARES)),
        ask.SignContract(company, site, rng.choice(CONTRACTS), rng.below(100), rng.below(3)),
        ask.ChoosePayout(company, rng.choice(PAYOUTS)),
        ask.SetCurtailment(company, site, rng.choice([None, 0, -20_000])),
        ask.GrantFunds(company, rng.between(-(10**10), 10**11), rng.below(3) - 1, "test"),
        ask.RestoreCompany(company, document, "test"),
        StartResearch(company, rng.choice(sorted(TREE))),
        ClaimQuest(company, rng.choice(sorted(QUESTS))),
        SetStandingOrders(company, auto_repair=rng.below(2) == 0, auto_sell=rng.below(2) == 0),
        CastVote(company, f"proposal-{rng.below(region.tick + 1)}", "FOR"),
        InjectEvent(rng.choice(REGION_EVENTS), "HIGH", region.region, rng.below(3), 5),
        Receive("MARKET", rng.below(30), (Money(company, 10**9, 5), TradeReport(company, 3, 1, 10**9, 10**7))),
    ]
    return Ask(company, rng.choice(intents))


GAME = conformance.Game(
    ruleset=REGION_RULESET,
    address="gamefold.games.tycoon.rules:REGION_RULESET",
    spec=lambda rng: ask.RegionSpec(1, rng.choice(["EUROPE", "SOUTH_AMERICA"])),
    step=step,
    steps=150,
)


def test_digests_are_the_same_under_every_hash_seed(tmp_path: Path) -> None:
    conformance.digests_are_the_same_under_every_hash_seed(GAME, tmp_path, seeds=(0, 1))


def test_refusals_change_nothing() -> None:
    assert sum(conformance.refusals_change_nothing(GAME, seed) for seed in range(4)) > 50


@pytest.mark.parametrize("seed", range(2))
def test_writing_down_is_exact_and_snapshots_change_nothing(seed: int) -> None:
    conformance.writing_down_is_exact(GAME, seed)
    conformance.snapshots_change_nothing(GAME, seed, every=40)


def test_rules_are_pure() -> None:
    conformance.rules_are_pure(GAME)


async def test_a_played_world_verifies() -> None:
    await conformance.journal_holds(GAME, 1)
