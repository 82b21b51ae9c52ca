"""Sites and rigs: what they cost, what they hold, what cannot be."""

import pytest

from gamefold.games.tycoon.events.region import (
    CurtailmentSet,
    FirmwareSet,
    RigsAdded,
    RigsMaintained,
    RigsRemoved,
    RigsRepaired,
    SiteCreated,
)
from gamefold.games.tycoon.intents.region import (
    COOLING_INVALID,
    COUNT_INVALID,
    FIRMWARE_INVALID,
    INSUFFICIENT_FUNDS,
    MAINTENANCE_NEEDLESS,
    MARGIN_INVALID,
    MODEL_INVALID,
    RIG_NOT_FOUND,
    RIG_REPAIRING,
    SITE_FULL,
    SITE_LIMIT,
    SITE_NOT_FOUND,
    TIER_INVALID,
    AddRigs,
    CreateSite,
    MaintainRigs,
    RemoveRigs,
    SetCurtailment,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.state.region import FAILED, NOT_CURTAILED, OK
from gamefold.games.tycoon.state.units import MICRO

from .builders import Home, only

HOSTILE = [0, -1, -(1 << 31), -(1 << 63)]
S19 = 2_800 * MICRO


@pytest.mark.parametrize(
    ("tier", "cooling", "usd"),
    [(1, "AIR", 10_000), (2, "LIQUID", 17_500), (3, "IMMERSION", 32_500), (4, "AIR", 30_000)],
)
def test_a_site_costs_10_000_usd_and_what_grid_and_cooling_add(tier: int, cooling: str, usd: int) -> None:
    home = Home()
    home.open()
    (created,) = only(home.do(CreateSite("c1", " North ", tier, cooling)), SiteCreated)
    slots = {1: 20, 2: 50, 3: 120, 4: 300}[tier]
    assert created == SiteCreated("c1", "europe-1", "North", tier, cooling, slots, usd * MICRO)
    assert home.usd_micro() == (50_000 - usd) * MICRO


def test_a_site_is_never_there_before_it_is_charged() -> None:
    home = Home()
    home.open(usd=9_999)
    assert home.refused(CreateSite("c1", "North")) == INSUFFICIENT_FUNDS
    assert len(home.region.sites) == 0
    home.open("c2", usd=10_000)
    home.do(CreateSite("c2", "North"))
    assert home.usd_micro("c2") == 0
    assert home.refused(CreateSite("c2", "South")) == INSUFFICIENT_FUNDS


@pytest.mark.parametrize(
    ("intent", "code"),
    [
        *((CreateSite("c1", "North", tier), TIER_INVALID) for tier in [*HOSTILE, 6, 1 << 40]),
        (CreateSite("c1", "North", 1, "WATER"), COOLING_INVALID),
        (CreateSite("c1", "North", 1, "air"), COOLING_INVALID),
        *((AddRigs("c1", "europe-1", "ANTMINER_S19", count), COUNT_INVALID) for count in HOSTILE),
        *((AddRigs("c1", "europe-1", "ANTMINER_S19", count), SITE_FULL) for count in [18, 1 << 31, 1 << 62]),
        (AddRigs("c1", "europe-1", "ANTMINER_S9"), MODEL_INVALID),
        (AddRigs("c1", "europe-1", "ANTMINER_S21_PRO", 17), INSUFFICIENT_FUNDS),
        *(
            (kind("c1", "europe-1", rids), code)
            for kind in (RemoveRigs, MaintainRigs)
            for rids, code in (
                ((), COUNT_INVALID),
                ((9,), RIG_NOT_FOUND),
                ((1, 9), RIG_NOT_FOUND),
                ((-1,), RIG_NOT_FOUND),
                ((1 << 31,), RIG_NOT_FOUND),
                ((1 << 62, 1), RIG_NOT_FOUND),
                ((4,), RIG_NOT_FOUND),  # somebody else's
            )
        ),
        (MaintainRigs("c1", "europe-1", (1,)), MAINTENANCE_NEEDLESS),
        (SetFirmware("c1", "europe-1", (1,), "WARP"), FIRMWARE_INVALID),
        (SetFirmware("c1", "europe-1", (), "ECO"), COUNT_INVALID),
        (SetFirmware("c1", "europe-1", (4,), "ECO"), RIG_NOT_FOUND),
        (SetCurtailment("c1", "europe-1", -10_001), MARGIN_INVALID),
        (SetCurtailment("c1", "europe-1", 100_001), MARGIN_INVALID),
    ],
)
def test_what_cannot_be_is_refused(intent: object, code: str) -> None:
    home = Home()
    home.open()
    home.add(home.build(), 3)
    home.open("c2")
    home.add(home.build("c2"), 1, company="c2")
    assert home.refused(intent) == code  # type: ignore[arg-type]


@pytest.mark.parametrize("site", ["europe-2", "europe-9", "europe-0", "", "nothing", "europe--1"])
def test_a_foreign_site_is_like_one_that_does_not_exist(site: str) -> None:
    home = Home()
    home.open()
    home.add(home.build(), 1)
    home.open("c2")
    home.add(home.build("c2"), 1, company="c2")
    for intent in (
        AddRigs("c1", site, "ANTMINER_S19"),
        RemoveRigs("c1", site, (2,)),
        MaintainRigs("c1", site, (2,)),
        SetFirmware("c1", site, (2,), "ECO"),
        SignContract("c1", site, "FIXED", 1, 1),
        SetCurtailment("c1", site, 0),
    ):
        assert home.refused(intent) == SITE_NOT_FOUND


def test_a_company_has_so_many_sites_at_most() -> None:
    home = Home(company_sites_max=2)
    home.open()
    home.build()
    home.build()
    assert home.refused(CreateSite("c1", "Third")) == SITE_LIMIT


def test_rigs_are_paid_for_numbered_and_run() -> None:
    home = Home()
    home.open()
    site = home.build()
    (added,) = only(home.do(AddRigs("c1", site, "ANTMINER_S19", 3)), RigsAdded)
    assert added == RigsAdded("c1", site, "ANTMINER_S19", 1, 3, (95_000,) * 3, (3_230,) * 3, 3 * S19)
    assert home.usd_micro() == 40_000 * MICRO - 3 * S19
    assert int(home.region.ledger["rigs"][0]) == 3
    assert home.region.rigs["status"].tolist() == [OK] * 3


def test_a_shortage_makes_rigs_dearer_at_once() -> None:
    home = Home()
    home.open()
    site = home.build()
    home.tick(rig_price_bp=15_000)
    (added,) = only(home.do(AddRigs("c1", site, "ANTMINER_S19")), RigsAdded)
    assert added.cost_micro == S19 * 3 // 2


def test_rigs_stay_sorted_by_site_whoever_buys_first() -> None:
    home = Home()
    home.open(usd=1_000_000)
    sites = [home.build(), home.build(), home.build()]
    for number in (2, 0, 1, 0, 2):
        home.add(sites[number], 2)
    assert home.region.rigs["site"].tolist() == [0] * 4 + [1] * 2 + [2] * 4
    assert home.region.rigs["rid"].tolist() == [3, 4, 7, 8, 5, 6, 1, 2, 9, 10]


def test_chips_differ_a_little_and_replays_do_not() -> None:
    qualities = []
    for _ in range(2):
        home = Home(rig_quality_spread_bp=300)
        home.open(usd=1_000_000)
        home.add(home.build(tier=3), 100)
        qualities.append(home.region.rigs["quality_bp"].tolist())
    assert qualities[0] == qualities[1]
    assert len(set(qualities[0])) > 50
    assert 9_700 <= min(qualities[0]) < max(qualities[0]) <= 10_300


def test_a_rig_sells_for_less_than_it_cost_and_for_less_the_more_it_is_worn() -> None:
    home = Home("SOUTH_AMERICA", rig_life_days=10, time_compression=720)
    home.open(usd=1_000_000)
    site = home.build()
    home.add(site, 2)
    (new,) = only(home.do(RemoveRigs("c1", site, (1,))), RigsRemoved)
    assert new.value_micro == S19 * 6 // 10
    home.tick(5)
    (worn,) = only(home.do(RemoveRigs("c1", site, (2,))), RigsRemoved)
    assert 0 < worn.value_micro < new.value_micro
    assert len(home.region.rigs) == int(home.region.ledger["rigs"][0]) == int(home.region.sites["rigs"][0]) == 0


def test_a_shortage_pays_nobody_more_for_used_rigs() -> None:
    home = Home()
    home.open()
    site = home.build()
    home.add(site)
    home.tick(rig_price_bp=20_000)
    (sold,) = only(home.do(RemoveRigs("c1", site, (1,))), RigsRemoved)
    assert sold.value_micro <= S19 * 6 // 10


def test_maintenance_makes_worn_rigs_new_and_costs_by_wear() -> None:
    home = Home(rig_life_days=100, time_compression=720)
    home.open(usd=1_000_000)
    site = home.build()
    home.add(site, 3)
    home.tick(24)
    before = home.usd_micro()
    (done,) = only(home.do(MaintainRigs("c1", site, (1, 2, 2))), RigsMaintained)
    assert (done.renewed, done.repairing) == ((1, 2), ())
    assert 0 < done.cost_micro == before - home.usd_micro()
    # One day of a hundred, of a share of 15 % of the price, for two rigs.
    assert done.cost_micro == pytest.approx(2 * S19 * 15 // 100 // 100, rel=0.02)
    assert home.region.rigs["wear"].tolist()[:2] == [0, 0]
    assert home.refused(MaintainRigs("c1", site, (1, 2))) == MAINTENANCE_NEEDLESS


def test_a_failed_rig_is_repaired_for_money_and_time() -> None:
    home = Home("SOUTH_AMERICA", rig_life_days=10, time_compression=720, rig_repair_hours=3)
    home.open(usd=1_000_000)
    site = home.build()
    home.add(site, 20)
    while not (failed := home.region.rigs["rid"][home.region.rigs["status"] == FAILED].tolist()):
        home.tick()
    running = int(home.region.sites["hash"][0])
    rid = failed[0]
    (done,) = only(home.do(MaintainRigs("c1", site, (rid,))), RigsMaintained)
    assert (done.renewed, done.repairing) == ((), (rid,))
    assert done.cost_micro == S19 * 2 // 10
    assert done.ready_tick == home.region.tick + 3
    assert home.refused(MaintainRigs("c1", site, (rid,))) == RIG_REPAIRING
    told = home.tick(2)
    assert only(told, RigsRepaired) == []
    (repaired,) = only(home.tick(), RigsRepaired)
    assert repaired == RigsRepaired("c1", site, (rid,), done.ready_tick)
    assert home.region.rigs["status"][home.region.rigs["rid"] == rid].tolist() == [OK]
    assert len(home.region.repairs) == 0
    assert int(home.region.sites["hash"][0]) != running


def test_maintenance_that_cannot_be_paid_changes_nothing() -> None:
    home = Home(rig_life_days=100, time_compression=720, company_capital_usd=12_900)
    home.open()
    site = home.build()
    home.add(site)
    home.tick(30)
    home.open("c2")
    spare = home.usd_micro()
    assert spare < 100 * MICRO
    while home.usd_micro() > 0 and not int(home.region.ledger["cut"][0]):
        home.tick()
    assert home.refused(MaintainRigs("c1", site, (1,))) == INSUFFICIENT_FUNDS


def test_a_rig_that_is_sold_while_it_is_repaired_does_not_come_back() -> None:
    home = Home("SOUTH_AMERICA", rig_life_days=10, time_compression=720, rig_repair_hours=3)
    home.open(usd=1_000_000)
    site = home.build()
    home.add(site, 20)
    while not (failed := home.region.rigs["rid"][home.region.rigs["status"] == FAILED].tolist()):
        home.tick()
    home.do(MaintainRigs("c1", site, (failed[0],)))
    home.do(RemoveRigs("c1", site, (failed[0],)))
    assert all(failed[0] not in event.rigs for event in only(home.tick(5), RigsRepaired))
    assert failed[0] not in home.region.rigs["rid"].tolist()


def test_firmware_trades_hashrate_for_power_and_wear() -> None:
    home = Home()
    home.open(usd=1_000_000)
    site = home.build()
    home.add(site, 3)
    assert home.do(SetFirmware("c1", site, (2,), "ECO")) == [FirmwareSet("c1", site, (2,), "ECO")]
    home.do(SetFirmware("c1", site, (3,), "TURBO"))
    assert home.region.rigs["hash"].tolist() == [95_000, 80_750, 109_250]
    assert home.region.rigs["power"].tolist() == [3_230, 2_422, 4_199]
    rates = home.region.rigs["rate"].tolist()
    assert rates[1] < rates[0] < rates[2]


def test_a_margin_is_set_and_taken_back() -> None:
    home = Home()
    home.open()
    site = home.build()
    assert home.do(SetCurtailment("c1", site, 500)) == [CurtailmentSet("c1", site, 500)]
    home.do(SetCurtailment("c1", site, None))
    assert home.region.sites["curtail_bp"].tolist() == [NOT_CURTAILED]
