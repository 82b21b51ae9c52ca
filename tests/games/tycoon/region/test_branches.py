"""A company owns sites where it is not at home: branches without a capital, progress or vote of their own."""

import numpy as np
import pytest

from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.events.border import Crossed, RegionTicked
from gamefold.games.tycoon.events.progress import QuestCompleted, ReputationChanged
from gamefold.games.tycoon.events.region import (
    BranchChanged,
    BranchFounded,
    BranchJoined,
    FundsChanged,
    FundsUnclaimed,
    RigsFailed,
    RigsMaintained,
    SitesCut,
)
from gamefold.games.tycoon.intents.border import TOO_EARLY, Receive
from gamefold.games.tycoon.intents.progress import (
    BuildPrototype,
    CastVote,
    ClaimQuest,
    LicensePatent,
    OfferLicense,
    SetStandingOrders,
    StartResearch,
)
from gamefold.games.tycoon.intents.region import (
    AMOUNT_INVALID,
    COMPANY_EXISTS,
    COMPANY_INVALID,
    COMPANY_NOT_FOUND,
    INSUFFICIENT_FUNDS,
    NAME_INVALID,
    NOT_AT_HOME,
    REGION_UNKNOWN,
    AddRigs,
    CreateSite,
    GrantFunds,
    OpenBranch,
    OpenCompany,
    RemoveRigs,
    RestoreCompany,
    SendToMarket,
    SendToRegion,
    UpgradeCompany,
)
from gamefold.games.tycoon.reactors.simulated.record import worths_of
from gamefold.games.tycoon.state.border import BranchOpened, BranchReport, BranchTerms, FundsWanted, Money, SitePerks
from gamefold.games.tycoon.state.company_document import company_document, no_document
from gamefold.games.tycoon.state.region import NOBODY, region_of_site
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region
from gamefold.games.tycoon.state.region_views import company_of_owner, company_view, top_by_hashrate
from gamefold.games.tycoon.state.units import MICRO, REGIONS

from .seasons import AWAY, HOME, Branched

CAPITAL = 50_000 * MICRO


def test_a_branch_begins_with_nothing_and_home_knows_of_it() -> None:
    play = Branched()
    play.open("c1", AWAY, "US_WEST")
    assert play.heard(BranchFounded, AWAY) == [BranchFounded("c1", "owner of c1", "Mines", False, HOME, AWAY, 0)]
    assert play.heard(BranchJoined) == [BranchJoined("c1", AWAY), BranchJoined("c1", "US_WEST")]
    assert (play.number("usd"), play.number("sat"), play.heard(FundsChanged, AWAY)) == (0, 0, [])
    home, branch = company_view(play.region(HOME), "c1"), company_view(play.region(AWAY), "c1")
    assert home is not None
    assert branch is not None
    assert (home.home, home.branches, branch.home, branch.branches) == ("", (AWAY, "US_WEST"), HOME, ())
    # An owner's company is looked for where it is at home.
    assert company_of_owner(play.region(HOME), "owner of c1") == "c1"
    assert company_of_owner(play.region(AWAY), "owner of c1") is None


def test_a_home_that_is_founded_again_learns_of_its_branch_with_the_next_report() -> None:
    play = Branched()
    play.do(AWAY, OpenBranch("c1", "owner of c1", "Mines", False, HOME))
    play.open("c1")
    assert play.region(HOME).companies[0].branches == []
    play.build(usd=60_000)
    play.tick()
    assert play.region(HOME).companies[0].branches == [AWAY]
    assert play.heard(BranchJoined) == [BranchJoined("c1", AWAY)]
    assert "FIRST_SITE" in [one.quest for one in play.heard(QuestCompleted)]


@pytest.mark.parametrize(
    ("intent", "code"),
    [
        (OpenBranch("c1", "somebody", "Mines", False, HOME), COMPANY_EXISTS),
        (OpenBranch("c2", "owner of c1", "Mines", False, HOME), COMPANY_EXISTS),
        (OpenCompany("c3", "owner of c1", "Mines"), COMPANY_EXISTS),
        (OpenBranch("", "somebody", "Mines", False, HOME), COMPANY_INVALID),
        (OpenBranch("c2", "somebody", " ", False, HOME), NAME_INVALID),
        (OpenBranch("c2", "somebody", "Mines", False, AWAY), REGION_UNKNOWN),
        (OpenBranch("c2", "somebody", "Mines", False, "MOON"), REGION_UNKNOWN),
        (SendToRegion("nobody", HOME, 1), COMPANY_NOT_FOUND),
        (SendToRegion("c1", AWAY, 1), REGION_UNKNOWN),
        (SendToRegion("c1", "MARKET", 1), REGION_UNKNOWN),
        (SendToRegion("c1", HOME), AMOUNT_INVALID),
        (SendToRegion("c1", HOME, -1, 5), AMOUNT_INVALID),
        (SendToRegion("c1", HOME, 1), INSUFFICIENT_FUNDS),
        (SendToRegion("c1", HOME, 0, 1), INSUFFICIENT_FUNDS),
        (SendToMarket("c1", 1), NOT_AT_HOME),
        (UpgradeCompany("c1"), NOT_AT_HOME),
        (StartResearch("c1", "MINING_EFFICIENCY_1"), NOT_AT_HOME),
        (BuildPrototype("c1", "MINING_EFFICIENCY_1"), NOT_AT_HOME),
        (LicensePatent("c1", "MINING_EFFICIENCY_1"), NOT_AT_HOME),
        (OfferLicense("c1", "MINING_EFFICIENCY_1", 0), NOT_AT_HOME),
        (ClaimQuest("c1", "FIRST_SITE"), NOT_AT_HOME),
        (SetStandingOrders("c1", False, False), NOT_AT_HOME),
        (CastVote("c1", "p-1", "FOR"), NOT_AT_HOME),
    ],
)
def test_what_a_branch_is_refused_changes_nothing(intent: Intent, code: str) -> None:
    play = Branched()
    play.open("c1", AWAY)
    assert play.refused(AWAY, intent) == code


def test_money_goes_to_a_branch_and_back_to_the_cent() -> None:
    play = Branched()
    play.open("c1", AWAY)
    all_of_it = play.owned("c1")
    play.do(HOME, SendToRegion("c1", AWAY, 7_000_001))
    assert (play.number("usd"), play.number("received_usd"), play.number("sent_usd", HOME)) == (7_000_001,) * 3
    play.do(AWAY, SendToRegion("c1", HOME, 7_000_000))
    assert (play.number("usd"), play.number("sent_usd"), play.number("received_usd", HOME)) == (1, 7_000_000, 7_000_000)
    assert play.owned("c1") == all_of_it == (250_000 * MICRO, 0)


def test_money_that_is_there_before_its_branch_waits_for_it() -> None:
    play = Branched()
    play.open("c1")
    play.do(HOME, SendToRegion("c1", AWAY, 5_000_000))
    assert play.heard(FundsUnclaimed, AWAY) == [FundsUnclaimed("c1", 5_000_000, 0)]
    play.do(AWAY, OpenBranch("c1", "owner of c1", "Mines", False, HOME))
    assert (play.number("usd"), play.number("received_usd")) == (5_000_000, 5_000_000)


def test_new_rigs_have_money_for_energy_before_their_first_tick() -> None:
    play = Branched()
    play.open("c1", AWAY)
    # Just what the site and the rigs cost: not a cent is left.
    play.do(HOME, SendToRegion("c1", AWAY, (cost := _cost(play, rigs=10))))
    play.build()
    bill = int(play.region().branches["bill"][0])
    assert bill > 0
    assert play.number("usd") == play.numbers["branch_float_ticks"] * bill
    play.tick()
    assert play.heard(SitesCut, AWAY) == []
    assert play.number("hash") > 0
    assert play.number("energy_usd") > 0
    assert play.number("received_usd") >= cost + play.numbers["branch_float_ticks"] * bill


def test_what_is_mined_and_what_is_spare_goes_home_with_every_tick() -> None:
    play = Branched()
    play.open("c1", AWAY)
    play.build(usd=60_000)
    spent = 60_000 * MICRO - play.number("usd")
    play.tick()
    mined, bill = play.number("mined_sat"), int(play.region().branches["bill"][0])
    assert mined > 0
    assert play.number("energy_usd") == bill
    # The branch keeps some bills, and nothing else.
    assert (play.number("usd"), play.number("sat")) == (play.numbers["branch_float_ticks"] * bill, 0)
    assert play.number("sat", HOME) == play.number("received_sat", HOME) == play.number("sent_sat") == mined
    assert play.number("usd", HOME) == 250_000 * MICRO - spent - bill - play.number("usd")
    assert play.number("away", HOME) == play.number("hash") > 0
    play.tick(5)
    assert play.number("sat") == 0
    assert play.number("sat", HOME) == play.number("mined_sat")


def test_what_a_company_is_worth_includes_its_branches() -> None:
    play = Branched()
    play.open("c1", AWAY)
    play.do(HOME, SendToRegion("c1", AWAY, 60_000 * MICRO))
    assert worths_of(play.season, play.numbers) == {"c1": 250_000}
    play.do(AWAY, CreateSite("c1", "Hall"), AddRigs("c1", "asia-1", "ANTMINER_S19", 10))
    spent = _cost(play, rigs=10) // MICRO
    resold = 10 * play.numbers["rig_price_usd"]["ANTMINER_S19"] * play.numbers["rig_resale_bp"] // 10_000
    assert worths_of(play.season, play.numbers) == {"c1": 250_000 - spent + resold}


def test_what_a_sale_brings_goes_home_with_the_tick() -> None:
    play = Branched()
    play.open("c1", AWAY)
    site = play.build(usd=60_000)
    play.tick()
    play.do(AWAY, RemoveRigs("c1", site, tuple(play.region().rigs["rid"].tolist())))
    assert play.number("usd") > 0
    play.tick()
    # Without rigs nothing has to be kept.
    assert play.number("usd") == 0
    assert play.owned("c1") == (play.number("usd", HOME), play.number("sat", HOME))


def test_a_branch_asks_home_before_it_runs_out_and_not_at_every_tick() -> None:
    play = Branched(branch_float_ticks=2, energy_reserve_ticks=3, branch_ask_ticks=6)
    play.open("c1", AWAY)
    play.do(HOME, SendToRegion("c1", AWAY, _cost(play, rigs=10)))
    # Home has nothing to give, and earns nothing that it could give: BTC are no USD.
    play.do(HOME, GrantFunds("c1", usd_micro=-play.number("usd", HOME)))
    play.build()
    play.tick(20)
    asked = [
        (crossed.tick, cargo.usd_micro)
        for crossed in play.heard(Crossed, AWAY)
        for cargo in crossed.cargo
        if isinstance(cargo, FundsWanted)
    ]
    assert [tick for tick, _ in asked] == [0, 6, 12, 18]
    assert play.number("usd") == 0
    assert len(play.heard(SitesCut, AWAY)) == 1
    # The unpaid bill is the company's, so its name suffers where it has one.
    assert [one.reason for one in play.heard(ReputationChanged)].count("BILL_UNPAID") > 0
    assert play.heard(ReputationChanged, AWAY) == []

    play.do(HOME, GrantFunds("c1", usd_micro=(given := asked[-1][1] // 2)))
    play.tick(6)
    assert play.number("received_usd") == play.number("sent_usd", HOME)  # all it has, though it is not enough
    assert play.number("usd", HOME) == 0
    assert given > 0
    play.do(HOME, GrantFunds("c1", usd_micro=1_000 * MICRO))
    play.tick(8)
    assert play.number("cut") == 0
    assert play.number("hash") > 0


def test_deeds_of_a_branch_count_at_home() -> None:
    play = Branched(quest_daily_sat=1)
    play.open("c1", AWAY)
    play.build(usd=60_000)
    assert play.heard(QuestCompleted) == []
    play.tick()
    done = [one.quest for one in play.heard(QuestCompleted)]
    assert sorted(done) == ["DAILY_MINING", "FIRST_RIG", "FIRST_SITE", "HASHRATE_100"]
    assert {one.reason for one in play.heard(ReputationChanged)} >= {"SITE_BUILT", "RIGS_ADDED"}
    assert play.heard(QuestCompleted, AWAY) == play.heard(ReputationChanged, AWAY) == []
    play.do(HOME, ClaimQuest("c1", "FIRST_SITE"))


def test_the_hashrates_of_all_regions_count_together() -> None:
    play = Branched(quest_hashrate_ghs=95_000 * 5)
    play.open("c1", AWAY)
    play.build(AWAY, usd=30_000, rigs=4)
    play.tick()
    assert "HASHRATE_100" not in [one.quest for one in play.heard(QuestCompleted)]
    play.build(HOME, rigs=2)
    assert "HASHRATE_100" in [one.quest for one in play.heard(QuestCompleted)]
    assert play.number("away", HOME) == play.number("hash")
    assert play.region(HOME).companies[0].branch_ghs == {AWAY: play.number("hash")}
    play.tick()
    both = play.number("hash", HOME) + play.number("hash")
    assert top_by_hashrate(play.region(HOME), 5) == [("c1", "Mines", both)]
    assert top_by_hashrate(play.region(AWAY), 5) == []


def test_a_branch_that_stands_still_reports_that_once() -> None:
    play = Branched()
    play.open("c1", AWAY)
    site = play.build(usd=60_000)
    play.tick(2)
    play.do(AWAY, RemoveRigs("c1", site, tuple(play.region().rigs["rid"].tolist())))
    play.told.clear()
    play.tick(5)
    reports = [cargo for one in play.heard(Crossed, AWAY) for cargo in one.cargo if isinstance(cargo, BranchReport)]
    assert reports == [BranchReport("c1", 0)]
    assert play.number("away", HOME) == 0
    assert play.region(HOME).companies[0].branch_ghs == {}


def test_research_at_home_is_good_for_the_rigs_of_branches() -> None:
    seconds = {**Branched().numbers["research_seconds"], "MINING_EFFICIENCY_1": 300}
    play = Branched(research_seconds=seconds)
    play.open("c1", AWAY)
    play.build(usd=60_000)
    play.tick()
    before = int(play.region().rigs["power"].sum()), int(play.region().rigs["hash"].sum())
    play.do(HOME, StartResearch("c1", "MINING_EFFICIENCY_1"))
    play.tick(4)
    after = int(play.region().rigs["power"].sum()), int(play.region().rigs["hash"].sum())
    assert after != before
    perks = [name for name in play.region().ledger if name.startswith("perk_")]
    assert [play.number(name) for name in perks] == [play.number(name, HOME) for name in perks]
    # A branch that is opened later has it from the beginning.
    play.do("US_EAST", OpenBranch("c1", "owner of c1", "Mines", False, HOME))
    assert [play.number(name, "US_EAST") for name in perks] == [play.number(name, HOME) for name in perks]


def test_a_guest_that_becomes_an_account_does_so_in_its_branches_and_votes_at_home_only() -> None:
    play = Branched()
    play.open("c1", AWAY, guest=True)
    play.do(HOME, UpgradeCompany("c1", "Deep Mines"))
    branch = play.region().companies[0]
    assert (branch.name, branch.guest) == ("Deep Mines", False)
    assert play.heard(BranchChanged, AWAY) == [BranchChanged("c1", "Deep Mines", False)]
    assert int(play.region().standings["voter"][0]) == 0
    assert int(play.region(HOME).standings["voter"][0]) == 1
    play.tick()
    [away] = [one.news for one in play.heard(RegionTicked, AWAY)]
    [home] = [one.news for one in play.heard(RegionTicked, HOME)]
    assert (away.companies, home.companies) == (0, 1)


@pytest.mark.parametrize("ordered", [True, False])
def test_standing_orders_repair_in_branches_too(ordered: bool) -> None:
    play = Branched(rig_life_days=10, time_compression=720)
    play.open("c1", AWAY)
    play.build(usd=60_000)
    play.region(HOME).companies[0].progress.done = ["AUTOMATION_BASIC"]
    play.do(HOME, SetStandingOrders("c1", ordered, False))
    while not play.heard(RigsFailed, AWAY):
        play.tick()
    # What repairs cost, the branch asks for at home.
    play.tick(play.numbers["branch_ask_ticks"] + 1)
    assert bool(play.heard(RigsMaintained, AWAY)) == ordered


def test_ids_of_sites_name_their_region() -> None:
    play = Branched()
    play.open("c1", "SOUTH_AMERICA", AWAY, usd=400_000)
    ids = [play.build(place, rigs=0, usd=usd) for place, usd in ((HOME, 0), ("SOUTH_AMERICA", 20_000), (AWAY, 20_000))]
    assert ids == ["europe-1", "south-america-1", "asia-1"]
    assert [region_of_site(site) for site in ids] == [HOME, "SOUTH_AMERICA", AWAY]
    assert [region_of_site(site) for site in ("site-1", "", "moon-1", "europe")] == [None] * 4


def test_a_region_takes_nothing_from_a_tick_it_has_not_had() -> None:
    play = Branched()
    play.open("c1", AWAY)
    play.tick(3)
    early = Receive(HOME, 99, (Money("c1", 5),), tick=4)
    assert play.refused(AWAY, early) == TOO_EARLY
    play.tick()
    play.do(AWAY, early)
    assert play.number("usd") == 5


def test_only_its_home_tells_a_branch_and_only_branches_tell_home() -> None:
    play = Branched()
    play.open("c1", AWAY)
    perks = SitePerks("c1", *[20_000] * 7)
    for place, sender in ((AWAY, "US_EAST"), (HOME, AWAY)):
        play.do(place, Receive(sender, 50, (perks, BranchTerms("c1", "Stolen", False, True))))
        assert (play.number("perk_hash_bp", place), play.region(place).companies[0].name) == (10_000, "Mines")
    play.do(AWAY, Receive("US_EAST", 51, (BranchOpened("c1", "US_EAST"), FundsWanted("c1", 5))))
    assert play.region(AWAY).companies[0].branches == []


def test_a_branch_is_given_back_what_it_had_or_nothing() -> None:
    play = Branched()
    play.open("c1", AWAY)
    nothing = no_document(play.region(), "c1")
    play.build(usd=60_000)
    play.tick()
    perks = [name for name in play.region().ledger if name.startswith("perk_")]
    factors = [play.number(name) for name in perks]
    document, usd, ghs = company_document(play.region(), "c1"), play.number("usd"), play.number("hash")
    play.do(AWAY, RemoveRigs("c1", "asia-1", (1, 2, 3)))
    play.do(AWAY, RestoreCompany("c1", document))
    assert (play.number("rigs"), play.number("usd")) == (10, usd)
    assert [play.number(name) for name in perks] == factors
    play.tick()
    assert play.number("hash") == ghs

    play.do(AWAY, RestoreCompany("c1", nothing))
    assert (play.number("rigs"), play.number("usd"), play.number("sat")) == (0, 0, 0)
    assert play.region().sites["company"].tolist() == [NOBODY]
    play.tick(2)
    assert play.region().flows.usd_micro["restored"] < 0
    assert play.number("away", HOME) == 0


def test_a_region_with_branches_is_read_back_as_it_was() -> None:
    play = Branched()
    play.open("c0")
    play.open("c1", AWAY)
    play.do(AWAY, OpenCompany("c2", "owner of c2", "Locals"))
    play.do(AWAY, OpenBranch("c0", "owner of c0", "Mines", False, HOME))
    play.build(usd=60_000)
    play.tick(2)
    for place in REGIONS:
        region = play.region(place)
        again = decode_region(encode_region(region))
        assert digest_region(again) == digest_region(region)
        assert encode_region(again) == encode_region(region)
    region = play.region()
    assert [region.branch_at(row) for row in range(3)] == [0, None, 1]


def test_every_column_of_a_branch_is_in_the_digest() -> None:
    play = Branched()
    play.open("c1", AWAY)
    region = play.region()
    seen = {digest_region(region)}
    for name in region.branches:
        region.branches[name][0] += np.int64(1)
        seen.add(digest_region(region))
    assert len(seen) == len(list(region.branches)) + 1


def test_many_branches_settle_in_one_crossing_for_each_home() -> None:
    play = Branched()
    for company in ("c1", "c2", "c3"):
        play.open(company, AWAY)
        play.build(company=company, usd=30_000, rigs=2)
    play.do("US_EAST", OpenCompany("c4", "owner of c4", "East"), GrantFunds("c4", 90_000 * MICRO))
    play.do(AWAY, OpenBranch("c4", "owner of c4", "East", False, "US_EAST"))
    play.do("US_EAST", SendToRegion("c4", AWAY, 60_000 * MICRO))
    play.do(AWAY, CreateSite("c4", "Hall"))
    play.told.clear()
    play.tick()
    told = {(one.to, one.no): [type(cargo).__name__ for cargo in one.cargo] for one in play.heard(Crossed, AWAY)}
    assert sorted(to for to, _ in told) == [HOME, "US_EAST"]
    assert play.region().border.sent == {HOME: max(no for to, no in told if to == HOME), "US_EAST": 2}


def _cost(play: Branched, *, rigs: int) -> int:
    """Micro-USD for a site of tier 1 and rigs of the kind `Branched.build` buys."""
    other = Branched()
    other.open("c1", AWAY)
    other.do(HOME, SendToRegion("c1", AWAY, 100_000 * MICRO))
    other.do(AWAY, CreateSite("c1", "Hall"), AddRigs("c1", "asia-1", "ANTMINER_S19", rigs))
    spent: int = -sum(one.usd_change_micro for one in other.heard(FundsChanged, AWAY) if one.usd_change_micro < 0)
    assert spent > 0, play
    return spent
