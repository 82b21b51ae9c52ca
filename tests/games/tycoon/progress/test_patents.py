"""Patents: the first to finish holds one, the others pay or wait."""

import pytest

from gamefold.games.tycoon.events.progress import (
    LicenseOffered,
    PatentExpired,
    PatentGranted,
    PatentLicensed,
    ReputationChanged,
    ResearchFinished,
    ResearchLostEffect,
    ResearchTookEffect,
)
from gamefold.games.tycoon.intents.progress import (
    FEE_CHANGED,
    FEE_OUT_OF_BOUNDS,
    LICENSE_HELD,
    NODE_NOT_FOUND,
    NOT_PATENT_HOLDER,
    PATENT_HELD,
    PATENT_NOT_FOUND,
    BuildPrototype,
    LicensePatent,
    OfferLicense,
    StartResearch,
)
from gamefold.games.tycoon.intents.region import INSUFFICIENT_FUNDS
from gamefold.games.tycoon.state.units import MICRO

from .homes import DAY_TICKS, Home, only

NODE = "FIRMWARE_TUNING_2"  # 30,000 USD, 600 s: 2 ticks; + 5 % hashrate, on top of 3 % of FIRMWARE_TUNING_1
FEE = 7_500 * MICRO  # 25 % of it


def a_race(*, usd: int = 1_000_000, **changes: int) -> Home:
    """c0 holds the patent, c1 finished the node a tick later, c2 did not."""
    home = Home(3, usd=usd, **changes)
    for row in range(3):
        home.done("FIRMWARE_TUNING_1", row=row)
    home.do(StartResearch("c0", NODE))
    home.tick()
    home.do(StartResearch("c1", NODE))
    home.tick(3)
    return home


def hash_bp(home: Home, row: int) -> int:
    return int(home.region.ledger["perk_hash_bp"][row])


def test_the_first_to_finish_holds_the_patent() -> None:
    home = Home(2)
    for row in range(2):
        home.done("FIRMWARE_TUNING_1", row=row)
    home.do(StartResearch("c1", NODE))
    home.tick()
    home.do(StartResearch("c0", NODE))
    told = home.tick(3)
    assert [event.company for event in only(told, PatentGranted)] == ["c1"]
    assert only(told, ResearchFinished) == [ResearchFinished("c1", NODE, True), ResearchFinished("c0", NODE, False)]


def test_of_two_that_finish_in_one_tick_the_one_that_is_earlier_within_it_wins() -> None:
    home = Home(2)
    home.done("FIRMWARE_TUNING_1", "RESEARCH_METHODS_1", row=1)  # 540 s instead of 600 s, both end in the second tick
    home.done("FIRMWARE_TUNING_1", row=0)
    home.do(StartResearch("c0", NODE))
    home.do(StartResearch("c1", NODE))
    told = home.tick(3)
    assert [event.company for event in only(told, PatentGranted)] == ["c1"]
    # Both had the effect until it was decided who was first.
    assert only(told, ResearchLostEffect) == [ResearchLostEffect("c0", NODE, "c1")]
    assert (hash_bp(home, 0), hash_bp(home, 1)) == (10_300, 10_800)


def test_a_dead_heat_goes_to_the_older_company() -> None:
    home = Home(2)
    for row in range(2):
        home.done("FIRMWARE_TUNING_1", row=row)
    home.do(StartResearch("c1", NODE))
    home.do(StartResearch("c0", NODE))
    assert [event.company for event in only(home.tick(3), PatentGranted)] == ["c0"]


def test_the_others_have_no_effect_without_a_license() -> None:
    home = a_race()
    assert (hash_bp(home, 0), hash_bp(home, 1)) == (10_800, 10_300)


def test_a_license_pays_the_holder_exactly_and_brings_the_effect() -> None:
    home = a_race()
    before = home.usd_micro(0), home.usd_micro(1)
    told = home.do(LicensePatent("c1", NODE, fee_most_micro=FEE))
    assert only(told, PatentLicensed) == [PatentLicensed("c1", NODE, "c0", FEE)]
    assert (home.usd_micro(0), home.usd_micro(1)) == (before[0] + FEE, before[1] - FEE)
    assert home.conserves()
    assert hash_bp(home, 1) == 10_800
    assert int(home.region.standings["perks_changed"][1]) == 1
    assert only(told, ResearchTookEffect) == [ResearchTookEffect("c1", NODE)]
    assert home.refused(LicensePatent("c1", NODE)) == LICENSE_HELD


def test_a_license_may_be_bought_before_the_research() -> None:
    home = a_race()
    assert not only(home.do(LicensePatent("c2", NODE)), ResearchTookEffect)
    home.do(StartResearch("c2", NODE))
    assert ResearchFinished("c2", NODE, True) in home.tick(2)
    assert hash_bp(home, 2) == 10_800


def test_the_holder_sets_the_fee_within_bounds() -> None:
    home = a_race()
    told = home.do(OfferLicense("c0", NODE, 30_000 * MICRO))
    assert only(told, LicenseOffered) == [LicenseOffered("c0", NODE, 30_000 * MICRO)]
    assert home.refused(LicensePatent("c1", NODE, fee_most_micro=FEE)) == FEE_CHANGED
    before = home.usd_micro(1)
    home.do(LicensePatent("c1", NODE))
    assert before - home.usd_micro(1) == 30_000 * MICRO


@pytest.mark.parametrize("fee", [-1, 30_000 * MICRO + 1, 1 << 62])
def test_fees_out_of_bounds_are_refused(fee: int) -> None:
    assert a_race().refused(OfferLicense("c0", NODE, fee)) == FEE_OUT_OF_BOUNDS


def test_a_friendly_license_is_a_deed_anarchists_like() -> None:
    home = a_race()
    home.do(OfferLicense("c0", NODE, 3_000 * MICRO))
    told = only(home.do(LicensePatent("c1", NODE)), ReputationChanged)
    assert ("c0", "anarchists", 2) in [(event.company, event.reputation, event.points) for event in told]


def test_only_the_holder_offers_and_only_others_buy() -> None:
    home = a_race()
    assert home.refused(OfferLicense("c1", NODE, FEE)) == NOT_PATENT_HOLDER
    assert home.refused(LicensePatent("c0", NODE)) == PATENT_HELD


def test_what_is_not_patented_cannot_be_licensed() -> None:
    home = a_race()
    assert home.refused(LicensePatent("c1", "FUSION")) == NODE_NOT_FOUND
    assert home.refused(LicensePatent("c1", "MINING_EFFICIENCY_1")) == PATENT_NOT_FOUND
    assert home.refused(OfferLicense("c0", "HEAT_RECOVERY_1", 0)) == PATENT_NOT_FOUND


def test_who_cannot_pay_gets_no_license() -> None:
    home = a_race(usd=37_499)
    assert home.refused(LicensePatent("c1", NODE)) == INSUFFICIENT_FUNDS


def test_a_patent_ends_after_its_days_and_then_the_node_is_everybodys() -> None:
    home = a_race(patent_days=2)
    told = home.tick(2 * DAY_TICKS - home.region.tick - 1)
    assert not only(told, PatentExpired)
    assert hash_bp(home, 1) == 10_300
    told = home.tick()
    assert only(told, PatentExpired) == [PatentExpired("c0", NODE)]
    assert only(told, ResearchTookEffect) == [ResearchTookEffect("c1", NODE)]
    assert (hash_bp(home, 0), hash_bp(home, 1)) == (10_800, 10_800)
    assert home.refused(LicensePatent("c2", NODE)) == PATENT_NOT_FOUND


def test_nobody_gets_a_second_patent_on_a_node() -> None:
    home = a_race(patent_days=1)
    home.tick(DAY_TICKS)
    home.do(StartResearch("c2", NODE))
    told = home.tick(2)
    assert ResearchFinished("c2", NODE, True) in told
    assert not only(told, PatentGranted)


def test_with_a_license_but_without_a_prototype_that_works_nothing_is_in_effect() -> None:
    home = Home(2, prototype_works_from_bp=20_000)
    for row in range(2):
        home.done("MINING_EFFICIENCY_1", "MINING_EFFICIENCY_2", row=row)
    home.do(StartResearch("c0", "CHIP_DESIGN_1"))
    home.tick()
    home.do(StartResearch("c1", "CHIP_DESIGN_1"))
    home.tick(6)
    home.balance["prototype_works_from_bp"] = 0
    assert not only(home.do(BuildPrototype("c1", "CHIP_DESIGN_1")), ResearchTookEffect)
    told = home.do(LicensePatent("c1", "CHIP_DESIGN_1"))
    assert only(told, ResearchTookEffect) == [ResearchTookEffect("c1", "CHIP_DESIGN_1")]
