"""A patent holds in the whole game, whichever regions its holder and the others are at home in."""

from typing import Any

from gamefold.games.tycoon.events.progress import (
    PatentExpired,
    PatentGranted,
    PatentLicensed,
    ReputationChanged,
    ResearchFinished,
    ResearchLostEffect,
    ResearchTookEffect,
)
from gamefold.games.tycoon.events.region import FundsChanged
from gamefold.games.tycoon.intents.progress import (
    FEE_CHANGED,
    NOT_PATENT_HOLDER,
    PATENT_NOT_FOUND,
    LicensePatent,
    OfferLicense,
    StartResearch,
)
from gamefold.games.tycoon.intents.region import GrantFunds, OpenCompany
from gamefold.games.tycoon.state.units import MICRO, REGIONS

from .seasons import AWAY, HOME, Branched

NODE = "FIRMWARE_TUNING_2"  # 30,000 USD, 600 s: 2 ticks
FEE = 7_500 * MICRO


def a_game(**changes: Any) -> Branched:
    """c1 is at home in EUROPE, c2 in ASIA; both are ready for the node."""
    play = Branched(**changes)
    for place, company in ((HOME, "c1"), (AWAY, "c2")):
        play.do(place, OpenCompany(company, f"owner of {company}", "Mines", False))
        play.do(place, GrantFunds(company, 200_000 * MICRO), StartResearch(company, "FIRMWARE_TUNING_1"))
    play.tick(2)
    return play


def a_race(**changes: Any) -> Branched:
    """c1 holds the patent; c2 finished the node a tick later."""
    play = a_game(**changes)
    play.do(HOME, StartResearch("c1", NODE))
    play.tick()
    play.do(AWAY, StartResearch("c2", NODE))
    play.tick(3)
    return play


def hash_bp(play: Branched, place: str, company: str) -> int:
    return play.number("perk_hash_bp", place, company)


def test_the_first_to_finish_holds_the_patent_everywhere() -> None:
    play = a_race()
    assert [event.company for event in play.heard(PatentGranted)] == ["c1"]
    assert play.heard(PatentGranted, AWAY) == []
    assert ResearchFinished("c2", NODE, False) in play.heard(ResearchFinished, AWAY)
    assert (hash_bp(play, HOME, "c1"), hash_bp(play, AWAY, "c2")) == (10_800, 10_300)
    for place in REGIONS:
        ((name, patent),) = play.region(place).book.patents.items()
        assert (name, patent.holder, patent.home, patent.fee_micro) == (NODE, "c1", HOME, FEE)


def test_of_two_regions_that_finish_in_one_tick_the_earlier_company_wins() -> None:
    play = a_game()
    play.do(AWAY, StartResearch("c2", "RESEARCH_METHODS_1"))
    play.tick(2)
    play.do(HOME, StartResearch("c1", NODE))  # 600 s
    play.do(AWAY, StartResearch("c2", NODE))  # 540 s: in the same tick
    play.tick(3)
    assert play.heard(PatentGranted) == []
    assert [event.company for event in play.heard(PatentGranted, AWAY)] == ["c2"]
    assert play.heard(ResearchLostEffect) == [ResearchLostEffect("c1", NODE, "c2")]
    assert (hash_bp(play, HOME, "c1"), hash_bp(play, AWAY, "c2")) == (10_300, 10_800)


def test_a_license_is_paid_across_regions_to_the_micro_dollar() -> None:
    play = a_race()
    before = play.owned("c1")[0], play.owned("c2")[0]
    play.do(AWAY, LicensePatent("c2", NODE, fee_most_micro=FEE))
    assert play.heard(PatentLicensed, AWAY) == [PatentLicensed("c2", NODE, "c1", FEE)]
    assert ResearchTookEffect("c2", NODE) in play.heard(ResearchTookEffect, AWAY)
    assert hash_bp(play, AWAY, "c2") == 10_800
    assert (play.owned("c1")[0], play.owned("c2")[0]) == (before[0] + FEE, before[1] - FEE)
    (paid,) = [event for event in play.heard(FundsChanged) if event.reason == "license"]
    assert (paid.company, paid.usd_change_micro) == ("c1", FEE)
    play.tick()
    for place in REGIONS:
        assert play.region(place).book.patents[NODE].licenses == 1


def test_the_holder_sets_the_fee_for_all_regions() -> None:
    play = a_race()
    assert play.refused(AWAY, OfferLicense("c2", NODE, 0)) == NOT_PATENT_HOLDER
    play.do(HOME, OfferLicense("c1", NODE, 3_000 * MICRO))
    play.tick()
    assert play.region(AWAY).book.patents[NODE].fee_micro == 3_000 * MICRO
    assert play.refused(AWAY, LicensePatent("c2", NODE, fee_most_micro=2_999 * MICRO)) == FEE_CHANGED
    play.do(AWAY, LicensePatent("c2", NODE))
    # Anarchists like a low fee, and hear of it at the holder's home.
    liked = [event for event in play.heard(ReputationChanged) if event.reason == "FRIENDLY_LICENSE"]
    assert [(event.company, event.points) for event in liked] == [("c1", 2)]


def test_a_fee_that_was_just_set_is_not_undone_by_older_news() -> None:
    play = a_race()
    play.do(AWAY, LicensePatent("c2", NODE))  # the market will tell of it with the fee it knows
    play.do(HOME, OfferLicense("c1", NODE, 5 * MICRO))
    assert play.region(HOME).book.patents[NODE].fee_micro == 5 * MICRO
    play.tick()
    assert [play.region(place).book.patents[NODE].fee_micro for place in (HOME, AWAY)] == [5 * MICRO] * 2


def test_a_patent_expires_everywhere_at_once() -> None:
    play = a_race(patent_days=1)
    while not play.heard(PatentExpired):
        assert hash_bp(play, AWAY, "c2") == 10_300
        play.tick()
    assert len(play.heard(PatentExpired, AWAY)) == 1
    assert hash_bp(play, AWAY, "c2") == 10_800
    assert play.refused(AWAY, LicensePatent("c2", NODE)) == PATENT_NOT_FOUND
