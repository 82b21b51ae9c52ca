"""Energy: contracts count within dates and capacity, bills are paid or sites stand still, and heat has a price."""

import pytest

from gamefold.games.tycoon.events.progress import ReputationChanged
from gamefold.games.tycoon.events.region import ContractEnded, ContractSigned, SitesCut, SitesReconnected
from gamefold.games.tycoon.intents.region import (
    CAPACITY_INVALID,
    CONTRACT_INVALID,
    CONTRACT_RUNNING,
    DURATION_INVALID,
    ChoosePayout,
    GrantFunds,
    RemoveRigs,
    SetCurtailment,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.rules.region.energy import full_power
from gamefold.games.tycoon.state.energy import energy_quotes
from gamefold.games.tycoon.state.region import SPOT
from gamefold.games.tycoon.state.units import BP, SAT
from gamefold.games.tycoon.state.world import ActiveEvent, Modifiers

from .builders import INDEX, NETWORK_GHS, REWARD_SAT, Home, only

KWH = 3_600_000  # watt seconds
SECONDS = 300  # of game time in a tick
DRAWN = 3_230 * 11_500 // BP  # an S19 and 15 % for air


def bill_of(watts_and_prices: list[tuple[int, int]]) -> int:
    """What a tick costs, rounded up once."""
    return -(-sum(watts * price for watts, price in watts_and_prices) * SECONDS // KWH)


def with_rigs(count: int = 1, region: str = "EUROPE", **changes: object) -> tuple[Home, str]:
    home = Home(region, **changes)
    home.open(usd=1_000_000)
    site = home.build()
    home.add(site, count)
    return home, site


def paid(home: Home, ticks: int = 1, **changes: object) -> int:
    """What a company pays for energy in some ticks."""
    before = home.usd_micro()
    home.tick(ticks, **changes)
    return before - home.usd_micro()


def test_without_a_contract_energy_costs_the_spot() -> None:
    home, _ = with_rigs()
    assert paid(home) == bill_of([(DRAWN, home.region.weather.price_micro)])
    assert int(home.region.ledger["power"][0]) == DRAWN
    assert home.region.flows.usd_micro["energy"] == -int(home.region.ledger["energy_usd"][0])


def test_a_fixed_price_stays_whatever_the_spot_does() -> None:
    home, site = with_rigs()
    home.tick()
    (signed,) = only(home.do(SignContract("c1", site, "FIXED", 10, 30)), ContractSigned)
    assert signed.price > home.balance["energy_base_micro"]["EUROPE"]
    for factor in (10_000, 30_000, 5_000):
        assert paid(home, energy_price_bp=factor) == bill_of([(DRAWN, signed.price)])


def test_what_is_drawn_above_the_capacity_costs_the_spot() -> None:
    home, site = with_rigs(2)
    home.tick()
    (signed,) = only(home.do(SignContract("c1", site, "FIXED", 1, 30)), ContractSigned)
    cost = paid(home, energy_price_bp=20_000)
    drawn = int(full_power(home.region, home.region.sites["company"], Modifiers())[0])
    assert cost == bill_of([(1_000, signed.price), (drawn - 1_000, home.region.weather.price_micro)])


def test_an_index_contract_follows_the_spot_a_little_below() -> None:
    home, site = with_rigs()
    (signed,) = only(home.do(SignContract("c1", site, "INDEX", 10, 7)), ContractSigned)
    assert signed.price < BP
    for factor in (10_000, 30_000):
        cost = paid(home, energy_price_bp=factor)
        spot = home.region.weather.price_micro
        assert cost == bill_of([(DRAWN, -(-signed.price * spot // BP))]) < bill_of([(DRAWN, spot)])


def test_an_interruptible_site_stands_still_while_energy_is_dear() -> None:
    home, site = with_rigs()
    (signed,) = only(home.do(SignContract("c1", site, "INTERRUPTIBLE", 10, 30)), ContractSigned)
    assert paid(home) == bill_of([(DRAWN, signed.price)])
    mined = home.sat()
    assert paid(home, 3, energy_price_bp=40_000) == 0
    assert home.sat() == mined
    assert home.region.sites["curtailed"].tolist() == [1]
    assert paid(home) == bill_of([(DRAWN, signed.price)])


def test_a_contract_counts_from_the_next_tick_until_its_end() -> None:
    home, site = with_rigs()
    home.tick(3)
    (signed,) = only(home.do(SignContract("c1", site, "FIXED", 10, 1)), ContractSigned)
    assert (signed.starts, signed.ends) == (4, 4 + 288)
    told = home.tick(287, energy_price_bp=5_000)
    assert only(told, ContractEnded) == []
    assert paid(home, energy_price_bp=5_000) == bill_of([(DRAWN, signed.price)])  # tick 291
    before = home.usd_micro()
    told = home.tick(energy_price_bp=5_000)
    assert only(told, ContractEnded) == [ContractEnded("c1", site, signed.contract, 292)]
    assert before - home.usd_micro() == bill_of([(DRAWN, home.region.weather.price_micro)])
    assert only(home.tick(), ContractEnded) == []
    assert home.region.sites["contract"].tolist() == [SPOT]
    home.do(SignContract("c1", site, "FIXED", 10, 1))


@pytest.mark.parametrize(
    ("kind", "capacity_kw", "days", "code"),
    [
        ("SPOT", 1, 1, CONTRACT_INVALID),
        ("fixed", 1, 1, CONTRACT_INVALID),
        *(("FIXED", capacity, 1, CAPACITY_INVALID) for capacity in (0, -1, 20_001, 1 << 62)),
        *(("INDEX", 1, days, DURATION_INVALID) for days in (0, -1, 366, 1 << 62)),
    ],
)
def test_what_nobody_offers_cannot_be_signed(kind: str, capacity_kw: int, days: int, code: str) -> None:
    home, site = with_rigs()
    assert home.refused(SignContract("c1", site, kind, capacity_kw, days)) == code


def test_one_contract_at_a_time() -> None:
    home, site = with_rigs()
    home.do(SignContract("c1", site, "FIXED", 10, 30))
    assert home.refused(SignContract("c1", site, "INDEX", 10, 30)) == CONTRACT_RUNNING


def test_a_crisis_is_no_time_for_a_cheap_fixed_price() -> None:
    home, _ = with_rigs()
    home.tick()
    quiet = {quote.kind: quote.price for quote in energy_quotes(home.region, 30, home.balance)}
    home.tick(energy_price_bp=30_000)
    crisis = {quote.kind: quote.price for quote in energy_quotes(home.region, 30, home.balance)}
    assert crisis["FIXED"] > quiet["FIXED"] * 3 // 2
    assert crisis["INDEX"] == quiet["INDEX"]


def test_a_longer_contract_is_not_dearer() -> None:
    home, _ = with_rigs()
    for kind in range(3):
        prices = [energy_quotes(home.region, days, home.balance)[kind].price for days in (1, 7, 30, 365)]
        assert prices == sorted(prices, reverse=True)


def test_who_cannot_pay_is_cut_and_told_once_and_never_in_debt() -> None:
    home, site = with_rigs(10)
    told = home.tick()
    bill = paid(home)
    home.do(GrantFunds("c1", bill * 3 // 2 - home.usd_micro()))
    told = home.tick(5)
    (cut,) = only(told, SitesCut)
    assert (cut.company, cut.tick) == ("c1", 4)
    assert cut.needed_micro > cut.usd_micro >= 0
    assert [(one.reputation, one.points) for one in only(told, ReputationChanged)] == [
        ("miners", -1),
        ("regulators", -2),
    ]
    mined, usd = home.sat(), home.usd_micro()
    assert only(home.tick(30), SitesCut) == []
    assert (home.sat(), home.usd_micro()) == (mined, usd)
    assert int(home.region.sites["up_ticks"][0]) == 3

    # It comes back when it can pay for an hour of ticks, not for one.
    home.do(GrantFunds("c1", bill * 2))
    assert only(home.tick(), SitesReconnected) == []
    home.do(GrantFunds("c1", bill * 20))
    assert only(home.tick(3), SitesReconnected) == [SitesReconnected("c1", home.region.tick - 2)]
    assert home.sat() > mined
    assert home.region.site_of(0, site) is not None


def test_a_cut_company_that_draws_nothing_is_not_told_it_is_back() -> None:
    home, site = with_rigs(2)
    home.do(GrantFunds("c1", -home.usd_micro()))
    assert len(only(home.tick(), SitesCut)) == 1
    home.do(RemoveRigs("c1", site, (1, 2)))
    home.do(GrantFunds("c1", -home.usd_micro()))
    assert only(home.tick(5), SitesReconnected) == []


def test_a_tax_and_research_change_the_bill() -> None:
    home, _ = with_rigs()
    plain = paid(home)
    taxed = paid(home, energy_tax_bp=2_500)
    assert taxed == pytest.approx(plain * 1.25, rel=0.03)
    home.region.ledger["perk_energy_bp"][0] = 9_000
    assert paid(home) == pytest.approx(plain * 0.9, rel=0.04)


def test_a_site_stands_still_while_mining_does_not_earn_its_energy() -> None:
    home, site = with_rigs(1, "SOUTH_AMERICA")
    home.tick()
    income = 95_000 * REWARD_SAT * INDEX // (SAT * NETWORK_GHS) * 9_750 // BP  # the pool keeps 2.5 %
    cost = bill_of([(DRAWN, home.region.weather.price_micro)])
    margin_bp = (income - cost) * BP // cost
    assert margin_bp > 0
    home.do(SetCurtailment("c1", site, margin_bp - 500))
    assert paid(home) > 0
    home.do(SetCurtailment("c1", site, margin_bp + 500))
    assert paid(home) == 0
    assert home.region.sites["curtailed"].tolist() == [1]
    home.do(SetCurtailment("c1", site, None))
    assert paid(home) > 0
    home.do(SetCurtailment("c1", site, 0))
    assert paid(home, index_micro=INDEX // 4) == 0


@pytest.mark.parametrize(
    ("effects", "better_bp"),
    [({"energy_tax_bp": 2_000}, -1_600), ({"mining_subsidy_bp": 2_000}, 2_000), ({}, 0)],
)
def test_what_is_worth_it_is_reckoned_with_taxes_and_subsidies(effects: dict[str, int], better_bp: int) -> None:
    home, site = with_rigs(1, "SOUTH_AMERICA")
    home.tick()
    income = 95_000 * REWARD_SAT * INDEX // (SAT * NETWORK_GHS) * 9_750 // BP
    cost = bill_of([(DRAWN, home.region.weather.price_micro)])
    ratio_bp = income * BP // cost
    margin_bp = ratio_bp + ratio_bp * better_bp // BP - BP
    for away, runs in ((-300, True), (300, False)):
        home.do(SetCurtailment("c1", site, margin_bp + away))
        assert (paid(home, **effects) > 0) is runs


def test_those_who_pay_no_pool_and_less_for_energy_run_longer() -> None:
    home, site = with_rigs(1, "SOUTH_AMERICA")
    home.tick()
    income = 95_000 * REWARD_SAT * INDEX // (SAT * NETWORK_GHS)
    cost = bill_of([(DRAWN, home.region.weather.price_micro)])
    home.do(SetCurtailment("c1", site, income * BP // cost - BP - 100))
    assert paid(home) == 0
    home.do(ChoosePayout("c1", "SOLO"))
    assert paid(home) > 0
    home.do(ChoosePayout("c1", "FPPS"))
    home.region.ledger["perk_energy_bp"][0] = 9_500
    assert paid(home) > 0


def test_firmware_changes_the_bill_at_once() -> None:
    home, site = with_rigs()
    plain = paid(home)
    home.do(SetFirmware("c1", site, (1,), "TURBO"))
    assert paid(home) == pytest.approx(plain * 1.3, rel=0.03)


def befall(home: Home, **effect: int) -> None:
    """Let an event with these effects act for a while."""
    at = home.region.tick
    event = ActiveEvent(f"event-{at}", "HEATWAVE", "HIGH", "EUROPE", at, at + 1_000, effect)
    home.region.happenings.active = [event]


def test_heat_throttles_air_first_and_immersion_last() -> None:
    home = Home()
    home.open(usd=1_000_000)
    for cooling in ("AIR", "LIQUID", "IMMERSION"):
        home.add(home.build(cooling=cooling))
    supplies = {}
    for heat_mc in (0, 22_000, 28_000, 36_000, 60_000):  # on top of 12 degrees
        befall(home, heat_mc=heat_mc)
        home.tick()
        supplies[heat_mc] = home.region.sites["supply"].tolist()
    assert supplies[0] == [4_096] * 3
    assert supplies[22_000][0] < 4_096 == supplies[22_000][1] == supplies[22_000][2]
    assert supplies[28_000][0] < supplies[28_000][1] < 4_096 == supplies[28_000][2]
    assert supplies[36_000][0] < supplies[36_000][1] < supplies[36_000][2] < 4_096
    assert supplies[60_000] == [0, 0, 0]


def test_dust_makes_cooling_draw_more_and_achieve_less() -> None:
    home, _ = with_rigs()
    plain = paid(home)
    befall(home, cooling_bp=5_000)
    dusty = paid(home)
    assert dusty == pytest.approx(plain * 13 / 11.5, rel=0.03)
    befall(home, cooling_bp=5_000, heat_mc=9_000)  # 21 degrees where 16 are the limit now
    home.tick()
    assert home.region.sites["supply"].tolist() < [4_096]


def test_heat_makes_rigs_wear_faster() -> None:
    home, _ = with_rigs()
    home.tick()
    usual = int(home.region.sites["load"][0])
    befall(home, heat_mc=18_000)  # 30 degrees: 5 above what air-cooled rigs like
    home.tick()
    assert int(home.region.sites["load"][0]) - usual == pytest.approx(usual * 1.5, rel=0.01)
    befall(home, wear_bp=20_000)
    before = int(home.region.sites["load"][0])
    home.tick()
    assert int(home.region.sites["load"][0]) - before == 2 * usual


def test_a_grid_that_delivers_half_feeds_half_of_every_site() -> None:
    home, _ = with_rigs()
    plain = paid(home)
    befall(home, supply_bp=5_000)
    assert paid(home) == pytest.approx(plain / 2, rel=0.03)
    assert home.region.sites["supply"].tolist() == [2_048]
