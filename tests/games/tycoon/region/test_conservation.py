"""Whatever happens, nothing is made or lost, and whatever is refused changes nothing."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents import region as ask
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.progress import BuildPrototype, ClaimQuest, SetStandingOrders, StartResearch
from gamefold.games.tycoon.rules.region.tick import prove_conservation
from gamefold.games.tycoon.state.border import Money
from gamefold.games.tycoon.state.company_document import company_document
from gamefold.games.tycoon.state.quest_list import QUESTS
from gamefold.games.tycoon.state.region import CONTRACTS, COOLINGS, FIRMWARES, MODELS, PAYOUTS
from gamefold.games.tycoon.state.region_codec import digest_region, encode_region
from gamefold.games.tycoon.state.research_tree import TREE

from .builders import Home

COMPANIES = st.sampled_from(["c1", "c2", "c3", "nobody"])
SITES = st.sampled_from([f"europe-{number}" for number in range(7)])
AMOUNTS = st.sampled_from([-(1 << 62), -1, 0, 1, 5_000_000, 40_000_000_000, 1 << 62])
RIDS = st.lists(st.integers(-1, 60), max_size=8).map(tuple)
COUNTS = st.sampled_from([-1, 0, 1, 3, 20, 1 << 62])


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    """Anything a player or an operator may ask, sensible or not."""
    company, site = draw(COMPANIES), draw(SITES)
    kinds: list[Callable[[], Intent]] = [
        lambda: ask.OpenCompany(company, f"owner of {company}", draw(st.sampled_from(["Mines", ""]))),
        lambda: ask.UpgradeCompany(company),
        lambda: ask.SendToMarket(company, draw(AMOUNTS), draw(AMOUNTS)),
        lambda: ask.CreateSite(company, "Site", draw(st.integers(0, 6)), draw(st.sampled_from([*COOLINGS, ""]))),
        lambda: ask.AddRigs(company, site, draw(st.sampled_from([*MODELS, ""])), draw(COUNTS)),
        lambda: ask.RemoveRigs(company, site, draw(RIDS)),
        lambda: ask.MaintainRigs(company, site, draw(RIDS)),
        lambda: ask.SetFirmware(company, site, draw(RIDS), draw(st.sampled_from([*FIRMWARES, ""]))),
        lambda: ask.SignContract(company, site, draw(st.sampled_from(CONTRACTS)), draw(COUNTS), draw(COUNTS)),
        lambda: ask.ChoosePayout(company, draw(st.sampled_from([*PAYOUTS, ""]))),
        lambda: ask.SetCurtailment(company, site, draw(st.sampled_from([None, 0, -5_000, 1 << 62]))),
        lambda: ask.GrantFunds(company, draw(AMOUNTS), draw(AMOUNTS)),
        lambda: StartResearch(company, draw(st.sampled_from(sorted(TREE)))),
        lambda: BuildPrototype(company, draw(st.sampled_from(sorted(TREE)))),
        lambda: ClaimQuest(company, draw(st.sampled_from(sorted(QUESTS)))),
        lambda: SetStandingOrders(company, draw(st.booleans()), draw(st.booleans())),
        lambda: Receive("MARKET", draw(st.integers(1, 40)), (Money(company, draw(st.integers(0, 10**9)), 5),)),
    ]
    return draw(st.sampled_from(kinds))()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(intents(), intents(), st.none()), min_size=20, max_size=60))
def test_random_play_conserves_money_and_refusals_change_nothing(steps: list[Intent | None]) -> None:
    home = _played(steps, hold=True)
    prove_conservation(home.region)
    assert _counted(home) == (
        home.region.ledger["rigs"].tolist(),
        home.region.ledger["failed"].tolist(),
        home.region.sites["rigs"].tolist(),
    )


@settings(max_examples=15, deadline=None)
@given(st.lists(st.one_of(intents(), st.none()), min_size=10, max_size=40))
def test_the_same_play_gives_the_same_world(steps: list[Intent | None]) -> None:
    one, other = (_played(steps, hold=False) for _ in range(2))
    assert digest_region(one.region) == digest_region(other.region)
    assert encode_region(one.region) == encode_region(other.region)


def test_a_document_taken_during_random_play_can_always_be_given_back() -> None:
    home = Home(calm=False, rig_life_days=10, time_compression=720)
    home.open("c1", usd=500_000)
    site = home.build(tier=2)
    documents = []
    for turn in range(40):
        if turn % 5 == 0:
            home.add(site, 2)
            documents.append(company_document(home.region, "c1"))
        home.tick()
    for raw in documents[::-1]:
        home.do(ask.RestoreCompany("c1", raw))
        home.tick()


def _played(steps: list[Intent | None], *, hold: bool) -> Home:
    home = Home(calm=False, rig_life_days=10, time_compression=720)
    for company in ("c1", "c2"):
        home.open(company)
        home.add(home.build(company), 10, company=company)
    for step in steps:
        if step is None:
            home.tick(3)
            continue
        before = home.world.payload() if hold else ()
        try:
            home.do(step)
        except Rejected:
            assert not hold or home.world.payload() == before, step
    home.tick()
    # Whoever changes a company says so: what is written down is what is in memory.
    assert list(home.reopened().region.companies) == list(home.region.companies)
    return home


def _counted(home: Home) -> tuple[Any, Any, Any]:
    """Count rigs by company and site the slow way."""
    region = home.region
    rigs, failed = [0] * len(region.companies), [0] * len(region.companies)
    sites = [0] * len(region.sites)
    for site, status in zip(region.rigs["site"].tolist(), region.rigs["status"].tolist(), strict=True):
        company = int(region.sites["company"][site])
        rigs[company] += 1
        failed[company] += status == 1
        sites[site] += 1
    return rigs, failed, sites
