"""A few days with simulated players: everybody does something, nothing breaks, no money is made or lost."""

from functools import cache

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.intents.market import PlaceOrder
from gamefold.games.tycoon.intents.region import CreateSite
from gamefold.games.tycoon.reactors.simulated.people import KINDS, people
from gamefold.games.tycoon.reactors.simulated.report import conservation, report
from gamefold.games.tycoon.reactors.simulated.simulation import Simulation
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.market_codec import decode_market, digest_market, encode_market
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region
from gamefold.games.tycoon.state.units import REGIONS

# What people are refused for too: too little money, prices that moved, a place that was taken.
EXPECTED = {
    "INSUFFICIENT_FUNDS", "SITE_FULL", "PRICE_OUT_OF_BAND", "POSITION_NOT_FOUND", "ORDER_NOT_FOUND", "CONTRACT_RUNNING",
    "LEVERAGE_INVALID", "INSTRUMENT_UNKNOWN", "VOTING_CLOSED", "RESEARCH_BUSY", "FEE_CHANGED", "PROPOSAL_OPEN",
    "MAINTENANCE_NEEDLESS", "CONTRACT_WAITS",
}  # fmt: skip


def played(days: int, players: int, seed: int, time_compression: int = 720) -> Simulation:
    """At twelve times the usual compression a day has 24 ticks: a short test sees days."""
    simulation = Simulation(days=days, players=players, seed=seed, time_compression=time_compression)
    while simulation.season.ticks < simulation.ticks:
        simulation.tick()
    return simulation


@cache
def the_season() -> Simulation:
    return played(days=7, players=30, seed=1)


def test_every_kind_of_player_acts() -> None:
    done = the_season().crowd.done
    for kind in KINDS:
        assert sum(count for (who, _), count in done.items() if who == kind) > 3, kind
    wishes = {name for _, name in done}
    assert {
        "OpenCompany",
        "CreateSite",
        "AddRigs",
        "PlaceOrder",
        "StartResearch",
        "ClaimQuest",
        "SignContract",
    } <= wishes


def test_every_player_has_a_company_at_home() -> None:
    season = the_season().season
    for person in the_season().crowd.players:
        assert season.state(person.home).row_of(person.company) is not None, person


def test_who_is_refused_is_refused_for_what_people_are_refused_for() -> None:
    refused = the_season().crowd.refused
    assert {code for _, code in refused} <= EXPECTED
    assert sum(refused.values()) * 5 < sum(the_season().crowd.done.values())


async def test_a_refusal_is_counted_by_kind_and_code_and_changes_nothing() -> None:
    simulation = Simulation(days=1, players=1, seed=0)
    crowd, [person] = simulation.crowd, people(1)
    await crowd._try(simulation._worlds, person, person.founding())
    before = simulation.season.digest(person.home)
    await crowd._try(simulation._worlds, person, CreateSite(person.company, "A palace", 5, "IMMERSION"))
    dear = PlaceOrder(person.company, "BTC-SPOT", "BUY", 100_000, "MARKET")
    await crowd._try(simulation._worlds, person, dear)
    assert crowd.refused == {("miner", "INSUFFICIENT_FUNDS"): 2}
    assert crowd.done == {("miner", "OpenCompany"): 1}
    assert simulation.season.digest(person.home) == before


async def test_worlds_that_are_written_down_in_mid_tick_are_the_same_when_they_are_read_back() -> None:
    simulation = Simulation(days=7, players=30, seed=1, time_compression=720)
    season = simulation.season
    for _ in range(40):
        await simulation.crowd.act(simulation._worlds, season.ticks)
        market = season.state(MARKET)
        assert digest_market(decode_market(encode_market(market))) == season.digest(MARKET)
        for region in REGIONS:
            assert digest_region(decode_region(encode_region(season.state(region)))) == season.digest(region)
        season.tick()


def test_no_money_was_made_or_lost_in_any_world_or_between_them() -> None:
    proof = conservation(the_season().season)
    assert proof["holds"]
    assert proof["held_micro_usd"] > 30 * 50_000 * 1_000_000 > 0
    assert proof["micro_usd_by_reason"]["capital"] == 30 * 50_000 * 1_000_000


def test_a_satoshi_out_of_nowhere_would_be_seen() -> None:
    simulation = played(days=1, players=9, seed=5)
    region = simulation.season.state(REGIONS[0])
    region.ledger["sat"][0] += 1
    assert not conservation(simulation.season)["holds"]


def test_people_mine_and_trade() -> None:
    record = the_season().record
    assert record.series["mined_btc"][-1] > 0
    assert record.series["players_ths"][-1] > 1_000
    assert record.trades["BTC-SPOT"] > 0 < record.trades["BTC-PERP"]
    assert record.trades["options"] > 0


def test_all_worlds_are_at_the_same_tick_in_the_end() -> None:
    simulation = the_season()
    assert {simulation.season.state(place).tick for place in (MARKET, *REGIONS)} == {simulation.ticks}


def test_the_same_seed_gives_the_same_report_and_another_seed_another_one() -> None:
    reports = [report(played(days=1, players=9, seed=seed), seconds=1) for seed in (3, 3, 4)]
    assert reports[0] == reports[1]
    assert reports[0]["digests"] != reports[2]["digests"]
    assert reports[0]["series"] != reports[2]["series"]


def test_the_report_is_about_the_days_that_were_asked_for() -> None:
    document = report(the_season(), seconds=2)
    assert document["complete"]
    assert document["days"] == pytest.approx(7, abs=0.05)
    assert document["wealth"]["lorenz"][-1] == (1.0, 1.0)
    assert len(document["wealth"]["companies_usd"]) == 30
    assert document["speed"] == {"seconds": 2, "ticks_per_second": document["ticks"] / 2}
    lengths = {len(values) for name, values in document["series"].items() if name != "energy_usd_per_kwh"}
    assert lengths == {len(prices) for prices in document["series"]["energy_usd_per_kwh"].values()}


def test_a_compression_out_of_bounds_is_refused() -> None:
    with pytest.raises(Rejected, match="time_compression"):
        Simulation(days=1, players=1, seed=0, time_compression=0)


def test_players_are_the_same_whenever_they_are_asked_for() -> None:
    assert people(40)[:9] == people(9)
    assert [person.kind for person in people(9)] == list(KINDS)
    assert len({person.company for person in people(400)} | {person.owner for person in people(400)}) == 800
    assert len({person.name for person in people(400)}) == 400
    assert {person.home for person in people(30)} == {*REGIONS}
    assert sum(person.guest for person in people(70)) == 10


def test_a_new_season_has_the_same_players_with_new_companies() -> None:
    first, second = people(1, season=1)[0], people(1, season=2)[0]
    assert (first.owner, first.name, first.kind) == (second.owner, second.name, second.kind)
    assert first.company != second.company


def test_players_do_not_all_look_at_once() -> None:
    crowd = people(100)
    looks = [sum(person.is_due(tick) for person in crowd) for tick in range(240)]
    assert max(looks) <= 25
    assert sum(looks) > 240


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_month_with_forty_players_is_sane() -> None:
    simulation = played(days=30, players=40, seed=1, time_compression=60)
    document = report(simulation, seconds=1)
    assert document["conservation"]["holds"]
    prices = document["series"]["index_usd"]
    assert 43_250 / 2.5 < min(prices) <= max(prices) < 43_250 * 2.5
    hashrates = document["series"]["players_ths"]
    assert hashrates[len(hashrates) // 10] / 2 < hashrates[-1] < 4 * hashrates[len(hashrates) // 10]
    assert 0 < document["totals"]["companies_liquidated"] < 20
    assert document["wealth"]["broke"] < 8
    assert document["totals"]["bailout_usd"] == 0
    assert 0.05 < document["wealth"]["gini"] < 0.6
