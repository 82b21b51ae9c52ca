"""Progress in a whole region: its hooks, its ticks, and what research does to rigs."""

import pytest

from gamefold.engine.ruleset import Ruleset
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.progress import QuestClaimed, QuestCompleted, ResearchFinished
from gamefold.games.tycoon.intents.border import HearMarket, Receive
from gamefold.games.tycoon.intents.progress import CastVote, ClaimQuest, StartResearch
from gamefold.games.tycoon.intents.region import AddRigs, CreateSite, OpenCompany, RegionSpec, UpgradeCompany
from gamefold.games.tycoon.rules.progress import EVENTS as PROGRESS_EVENTS
from gamefold.games.tycoon.rules.progress import HANDLERS as PROGRESS_HANDLERS
from gamefold.games.tycoon.rules.region import EVENTS, HANDLERS, new_region
from gamefold.games.tycoon.state.border import MARKET, MarketNews, Prize, TradeReport
from gamefold.games.tycoon.state.progress_views import reputation
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region
from gamefold.games.tycoon.state.units import MICRO
from gamefold.testkit.play import Rehearsal

from .homes import only

RULESET = Ruleset(
    name="tycoon-region",
    version=1,
    state=Region,
    spec=RegionSpec,
    new_world=new_region,
    handlers={**HANDLERS, **PROGRESS_HANDLERS},
    events=(*EVENTS, *PROGRESS_EVENTS),
    balance=SHEET,
    ticks_by=(HearMarket,),
    digest=digest_region,
    encode=encode_region,
    decode=decode_region,
)


def hear(world: Rehearsal, **news: tuple[str, ...]) -> list[object]:
    told = MarketNews(world.state.tick + 1, 43_250 * MICRO, 62_500_000_000_000, 447_000_000_000, 314_000_000, 1, **news)
    return list(world.submit("market", HearMarket(told)))


@pytest.fixture
def world() -> Rehearsal:
    world = Rehearsal(RULESET, RegionSpec(1, "EUROPE"))
    world.submit("c", OpenCompany("c", "somebody", "Coin & Sons", guest=True))
    return world


def test_building_completes_quests_and_moves_the_miners(world: Rehearsal) -> None:
    site = world.submit("c", CreateSite("c", "Barn"))
    assert only(site, QuestCompleted) == [QuestCompleted("c", "FIRST_SITE")]
    rigs = world.submit("c", AddRigs("c", "europe-1", "ANTMINER_S19", 2))
    assert only(rigs, QuestCompleted) == [QuestCompleted("c", "FIRST_RIG"), QuestCompleted("c", "HASHRATE_100")]
    assert reputation(world.state, 0)["miners"] == 53
    assert only(world.submit("c", ClaimQuest("c", "FIRST_SITE")), QuestClaimed)
    hear(world)  # and the region proves its money


def test_research_is_felt_by_rigs_at_the_tick_after_it_is_finished(world: Rehearsal) -> None:
    world.submit("c", CreateSite("c", "Barn"))
    world.submit("c", AddRigs("c", "europe-1", "ANTMINER_S19", 2))
    world.submit("c", StartResearch("c", "MINING_EFFICIENCY_1"))
    before = int(world.state.sites["power"][0])
    assert only(hear(world), ResearchFinished)
    hear(world)
    assert int(world.state.sites["power"][0]) == pytest.approx(before / 1.05, rel=0.001)


def test_what_was_traded_and_won_in_the_market_counts_at_home(world: Rehearsal) -> None:
    cargo = (TradeReport("c", 10, 1, MICRO, 5), Prize("c", "regulators", 3), Prize("nobody", "miners", 3))
    told = world.submit("market", Receive(MARKET, 1, cargo))
    assert {event.quest for event in only(told, QuestCompleted)} == {"FIRST_TRADE", "FIRST_PROFIT", "WEEKLY_TRADING"}
    assert (reputation(world.state, 0)["regulators"], reputation(world.state, 0)["traders"]) == (53, 51)


def test_a_guest_who_becomes_an_account_votes_from_the_next_proposal_on(world: Rehearsal) -> None:
    hear(world, proposals_begun=("first",))
    assert world.refused("c", CastVote("c", "first", "FOR")).code == "GUESTS_CANNOT_VOTE"
    world.submit("c", UpgradeCompany("c"))
    assert world.refused("c", CastVote("c", "first", "FOR")).code == "NOT_ENTITLED"
    hear(world, proposals_begun=("second",))
    assert world.submit("c", CastVote("c", "second", "FOR"))
