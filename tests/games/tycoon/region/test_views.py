"""What routes may show of a region."""

from gamefold.games.tycoon.intents.region import GrantFunds, MaintainRigs, SetFirmware, SignContract
from gamefold.games.tycoon.state.region import FAILED
from gamefold.games.tycoon.state.region_views import (
    company_of_owner,
    company_view,
    energy_view,
    offers,
    site_view,
    sites_of,
    top_by_hashrate,
)
from gamefold.games.tycoon.state.units import MICRO

from .builders import Home


def a_home() -> Home:
    home = Home("SOUTH_AMERICA", rig_life_days=10, time_compression=720)
    home.open(usd=1_000_000)
    home.add(home.build(), 10)
    home.add("south-america-1", 5, model="ANTMINER_S21")
    home.tick()
    return home


def test_a_company_is_shown_with_what_it_has() -> None:
    home = a_home()
    view = company_view(home.region, "c1")
    assert view is not None
    assert (view.sites, view.rigs, view.payout, view.cut) == (1, 15, "FPPS", False)
    assert view.usd_micro == home.usd_micro()
    assert view.hashrate_ghs == int(home.region.sites["hash"][0])
    assert company_view(home.region, "nobody") is None
    assert company_of_owner(home.region, "owner of c1") == "c1"
    assert company_of_owner(home.region, "nobody") is None


def test_a_site_is_shown_with_its_rigs_by_model_and_one_by_one() -> None:
    home = a_home()
    home.do(SetFirmware("c1", "south-america-1", (1,), "ECO"))
    detail = site_view(home.region, "c1", "south-america-1", home.balance)
    assert detail is not None
    assert [rig.id for rig in detail.rigs] == list(range(1, 16))
    assert detail.rigs[0].firmware == "ECO"
    assert {model.model: model.count for model in detail.models} == {"ANTMINER_S19": 10, "ANTMINER_S21": 5}
    assert sum(model.hash_ghs for model in detail.models) == detail.site.hash_ghs
    assert detail.site.status == "RUNNING"
    assert (detail.site.uptime_bp, detail.site.supply_bp, detail.site.slots) == (10_000, 10_000, 20)
    assert 0 < detail.rigs[1].wear_bp < 1_000


def test_a_foreign_site_is_not_shown() -> None:
    home = a_home()
    home.open("c2")
    assert site_view(home.region, "c2", "south-america-1", home.balance) is None
    assert site_view(home.region, "nobody", "south-america-1", home.balance) is None
    assert sites_of(home.region, "nobody", home.balance) == []
    assert [site.id for site in sites_of(home.region, "c1", home.balance)] == ["south-america-1"]


def test_failed_and_repaired_rigs_are_shown_as_such() -> None:
    home = a_home()
    while not (home.region.rigs["status"] == FAILED).any():
        home.tick()
    rid = int(home.region.rigs["rid"][home.region.rigs["status"] == FAILED][0])
    shown = {rig.id: rig for rig in site_view(home.region, "c1", "south-america-1", home.balance).rigs}  # type: ignore[union-attr]
    assert shown[rid].status == "FAILED"
    home.do(MaintainRigs("c1", "south-america-1", (rid,)))
    shown = {rig.id: rig for rig in site_view(home.region, "c1", "south-america-1", home.balance).rigs}  # type: ignore[union-attr]
    assert (shown[rid].status, shown[rid].repaired_tick) == ("REPAIRING", home.region.tick + 24)


def test_a_site_that_stands_still_shows_why_and_its_rigs_as_off() -> None:
    home = a_home()
    home.region.sites["outage"][0] = 1
    detail = site_view(home.region, "c1", "south-america-1", home.balance)
    assert detail is not None
    assert detail.site.status == "OUTAGE"
    assert {rig.status for rig in detail.rigs} == {"OFF"}
    home.region.sites["outage"][0] = 0
    home.do(GrantFunds("c1", -home.usd_micro()))
    home.tick()
    assert sites_of(home.region, "c1", home.balance)[0].status == "CUT"
    home.open("c2")
    home.build("c2")
    assert sites_of(home.region, "c2", home.balance)[0].status == "EMPTY"


def test_a_contract_is_shown_while_it_is_in_force() -> None:
    home = a_home()
    home.do(SignContract("c1", "south-america-1", "FIXED", 50, 1))
    contract = sites_of(home.region, "c1", home.balance)[0].contract
    assert contract is not None
    assert (contract.kind, contract.capacity_kw) == ("FIXED", 50)
    home.tick(30)
    assert sites_of(home.region, "c1", home.balance)[0].contract is None


def test_offers_and_energy_are_those_of_now() -> None:
    home = a_home()
    shown = offers(home.region, home.balance)
    assert shown.rigs_micro["ANTMINER_S19"] == 2_800 * MICRO
    assert shown.sites_micro["AIR"][1] == 10_000 * MICRO
    assert shown.slots == {1: 20, 2: 50, 3: 120, 4: 300, 5: 800}
    home.tick(rig_price_bp=12_000)
    assert offers(home.region, home.balance).rigs_micro["ANTMINER_S19"] == 3_360 * MICRO
    energy = energy_view(home.region, home.balance)
    assert (energy.tick, energy.price_micro) == (2, home.region.weather.price_micro)
    assert not energy.interrupted
    home.tick(energy_price_bp=50_000)
    assert energy_view(home.region, home.balance).interrupted


def test_the_strongest_come_first_and_of_equals_the_oldest() -> None:
    home = Home()
    for company, rigs in (("c1", 2), ("c2", 5), ("c3", 2)):
        home.open(company)
        home.add(home.build(company), rigs, company=company)
    home.tick()
    assert [row[0] for row in top_by_hashrate(home.region, 10)] == ["c2", "c1", "c3"]
    assert top_by_hashrate(home.region, 1) == [("c2", "Company c2", 475_000)]
