"""A region's tick: the market's beat, world events, and the proof that no money came from nowhere."""

import pytest

from gamefold.engine.world import RuleCrash
from gamefold.games.tycoon.events.border import RegionTicked
from gamefold.games.tycoon.events.region import ContractSigned
from gamefold.games.tycoon.events.world import WorldEventBegan, WorldEventEnded
from gamefold.games.tycoon.intents.border import NOT_THE_NEXT_TICK, HearMarket
from gamefold.games.tycoon.intents.progress import StartResearch
from gamefold.games.tycoon.intents.region import SignContract
from gamefold.games.tycoon.intents.world import InjectEvent
from gamefold.games.tycoon.rules.region.tick import sites_in_turn
from gamefold.games.tycoon.state.region_codec import digest_region
from gamefold.games.tycoon.state.units import EPOCH_S, MICRO

from .builders import Home, news_of, only


@pytest.mark.parametrize("tick", [-1, 0, 2, 4, 5, 1 << 40])
def test_a_region_hears_every_tick_of_the_market_once_and_in_order(tick: int) -> None:
    home = Home()
    home.tick(2)
    assert home.refused(HearMarket(news_of(tick))) == NOT_THE_NEXT_TICK
    home.tick()
    assert home.region.tick == home.world.head.tick == 3


def test_a_tick_ends_with_news_that_carry_the_digest_of_what_it_left() -> None:
    home = Home(calm=False)
    home.open()
    home.add(home.build(), 5)
    ticked = home.tick()[-1]
    assert isinstance(ticked, RegionTicked)
    assert ticked.news.digest == digest_region(home.region) == home.world.digest()
    assert home.region.news == news_of(1)


def test_money_from_nowhere_stops_the_world() -> None:
    for column in ("usd", "sat"):
        home = Home()
        home.open()
        home.tick()
        home.region.ledger[column][0] += 1
        with pytest.raises(RuleCrash):
            home.tick()


def test_weight_is_told_only_while_voting_begins() -> None:
    home = Home()
    home.open()
    home.open("c2", guest=True)
    assert home.tick()[-1].news.voting_weight == 0  # type: ignore[attr-defined]
    begun = home.tick(proposals_begun=("proposal-1",))[-1].news  # type: ignore[attr-defined]
    assert begun.voting_weight == 6
    assert home.tick()[-1].news.voting_weight == 0  # type: ignore[attr-defined]


def test_an_injected_heatwave_comes_acts_and_goes() -> None:
    home = Home("SOUTH_AMERICA")
    home.open()
    home.add(home.build(), 5)
    home.tick()
    usual = home.region.weather.heat_mc
    home.do(InjectEvent("HEATWAVE", "CRITICAL", "SOUTH_AMERICA", 2, 3))
    told = home.tick(2)
    assert only(told, WorldEventBegan) == []
    assert len(only(home.tick(), WorldEventBegan)) == 1
    assert home.region.weather.heat_mc > usual + 5_000
    assert home.region.sites["supply"].tolist() < [4_096]
    told = home.tick(3)
    assert len(only(told, WorldEventEnded)) == 1
    assert home.region.weather.heat_mc < usual + 500
    assert home.region.sites["supply"].tolist() == [4_096]


def test_a_power_outage_befalls_the_whole_region() -> None:
    home = Home()
    home.open()
    home.add(home.build(), 5)
    home.do(InjectEvent("POWER_OUTAGE", "CRITICAL", "EUROPE", 0, 10))
    home.tick()
    assert home.region.sites["supply"].tolist() < [4_096]


def test_world_events_happen_by_themselves() -> None:
    home = Home(calm=False)
    rate = dict.fromkeys(home.balance["event_rate"], 0) | {"ENERGY_CRISIS": 100_000}
    home.world.head.balance["event_rate"] = rate
    assert {event.event.kind for event in only(home.tick(50), WorldEventBegan)} == {"ENERGY_CRISIS"}


def test_research_is_felt_by_rigs_with_the_next_tick() -> None:
    home = Home()
    home.open(usd=1_000_000)
    site = home.build()
    home.add(site, 10)
    home.do(StartResearch("c1", "MINING_EFFICIENCY_1"))
    home.tick(2)
    assert home.region.sites["power"].tolist() == [10 * (3_230 * 9_524 // 10_000)]
    home.do(StartResearch("c1", "COOLING_OPTIMIZATION_1"))
    home.tick(3)
    assert home.region.sites["overhead_bp"].tolist() == [1_350]
    assert home.region.standings["perks_changed"].tolist() == [0]
    home.add(site, 1)
    assert home.region.rigs["power"].tolist()[-1] == 3_230 * 9_524 // 10_000


def test_wear_lowers_hashrate_even_where_nobody_asks() -> None:
    home = Home("SOUTH_AMERICA", rig_life_days=400, time_compression=720)
    home.open(usd=1_000_000)
    home.add(home.build(), 1)
    before = int(home.region.sites["hash"][0])
    home.tick(721)
    after = int(home.region.sites["hash"][0])
    assert after == 0 or before * 97 // 100 < after < before


def test_a_signed_contract_is_told_with_its_dates() -> None:
    home = Home()
    home.open()
    site = home.build()
    home.tick(10)
    (signed,) = only(home.do(SignContract("c1", site, "FIXED", 100, 2)), ContractSigned)
    assert (signed.starts, signed.ends, signed.capacity_kw) == (11, 11 + 576, 100)
    assert signed.provider


def test_a_region_without_anybody_ticks() -> None:
    home = Home(calm=False)
    home.tick(50)
    assert home.region.flows.balance() == (0, 0)
    assert home.region.book.game_s == EPOCH_S + 50 * 300


def test_news_add_up_what_companies_do() -> None:
    home = Home()
    for company in ("c1", "c2", "c3"):
        home.open(company)
        home.add(home.build(company), 2, company=company)
    news = home.tick()[-1].news  # type: ignore[attr-defined]
    assert (news.companies, news.sites, news.rigs) == (3, 3, 6)
    assert news.hashrate_ghs == 6 * 95_000
    assert news.power_kw == 6 * 3_230 * 115 // 100 // 1_000
    assert 0 < news.energy_micro_per_kwh < MICRO


@pytest.mark.parametrize("count", [0, 1, 7, 720, 1_000, 200_003])
def test_every_site_is_looked_at_once_in_720_ticks(count: int) -> None:
    for begin in (0, 13):
        seen = [int(row) for tick in range(begin, begin + 720) for row in sites_in_turn(count, tick)]
        assert sorted(seen) == list(range(count))
