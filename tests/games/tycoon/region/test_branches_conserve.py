"""Whatever companies do in all regions, nothing is made or lost between them, wherever money is under way."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents import region as ask
from gamefold.games.tycoon.intents.market import PlaceOrder
from gamefold.games.tycoon.intents.progress import ClaimQuest, SetStandingOrders, StartResearch
from gamefold.games.tycoon.rules.region.tick import prove_conservation
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.company_document import company_document, no_document
from gamefold.games.tycoon.state.region import MODELS, site_id
from gamefold.games.tycoon.state.research_tree import TREE
from gamefold.games.tycoon.state.units import MICRO, REGIONS

from .seasons import AWAY, HOME, Branched

COMPANIES = ("c1", "c2")
PLACES = (HOME, AWAY, "US_WEST")
AMOUNTS = st.sampled_from([-1, 0, 1, 7_000_001, 5_000 * MICRO, 60_000 * MICRO, 1 << 60])


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, Intent] | int:
    """Something asked of one of the worlds, or how many ticks pass."""
    company, place = draw(st.sampled_from(COMPANIES)), draw(st.sampled_from(PLACES))
    site = site_id(place, draw(st.integers(0, 3)))
    kinds: list[Callable[[], Intent]] = [
        lambda: ask.OpenBranch(company, f"owner of {company}", "Mines", False, HOME),
        lambda: ask.SendToRegion(
            company, draw(st.sampled_from(PLACES)), draw(AMOUNTS), draw(st.sampled_from([0, 999]))
        ),
        lambda: ask.SendToMarket(company, draw(AMOUNTS)),
        lambda: ask.CreateSite(company, "Hall"),
        lambda: ask.AddRigs(company, site, draw(st.sampled_from(MODELS)), draw(st.integers(1, 6))),
        lambda: ask.AddRigs(company, site, "ANTMINER_S19", 4),
        lambda: ask.RemoveRigs(company, site, tuple(draw(st.lists(st.integers(1, 20), max_size=4)))),
        lambda: ask.GrantFunds(company, draw(AMOUNTS), draw(st.sampled_from([0, 1_000_000]))),
        lambda: StartResearch(company, draw(st.sampled_from(sorted(TREE)))),
        lambda: ClaimQuest(company, draw(st.sampled_from(["FIRST_SITE", "FIRST_RIG", "HASHRATE_100"]))),
        lambda: SetStandingOrders(company, True, draw(st.booleans())),
        lambda: ask.UpgradeCompany(company),
    ]
    if draw(st.integers(0, 3)) == 0:
        return draw(st.integers(1, 4))
    if draw(st.integers(0, 9)) == 0:
        return MARKET, PlaceOrder(company, "BTC-SPOT", draw(st.sampled_from(["BUY", "SELL"])), 5, "MARKET")
    return place, draw(st.sampled_from(kinds))()


@settings(max_examples=25, deadline=None)
@given(st.lists(steps(), min_size=20, max_size=50))
def test_random_play_in_three_regions_conserves_money(steps: list[tuple[str, Intent] | int]) -> None:
    play = Branched(calm=False, rig_life_days=10, time_compression=720)
    for company in COMPANIES:
        play.open(company, AWAY, guest=company == "c2")
        play.build(company=company, usd=40_000, rigs=3)
    for step in steps:
        if isinstance(step, int):
            play.tick(step)
            continue
        place, intent = step
        before = play.season.digest(place)
        try:
            play.do(place, intent)
        except Rejected:
            assert play.season.digest(place) == before, step
    play.tick()
    _nothing_is_lost(play)


def test_companies_restored_in_all_regions_lose_nothing_uncounted() -> None:
    play = Branched(calm=False, rig_life_days=10, time_compression=720)
    play.open("c1", AWAY)
    nothing = no_document(play.region(), "c1")
    play.build(usd=50_000)
    play.tick(5)
    then = {place: company_document(play.region(place), "c1") for place in (HOME, AWAY)}
    play.do(HOME, ask.SendToRegion("c1", AWAY, 4_000 * MICRO))
    play.do(AWAY, ask.AddRigs("c1", "asia-1", "ANTMINER_S19", 1))
    play.tick(30)
    for away in (then[AWAY], nothing):
        play.do(HOME, ask.RestoreCompany("c1", then[HOME]))
        play.do(AWAY, ask.RestoreCompany("c1", away))
        play.tick(3)
        _nothing_is_lost(play)


def _nothing_is_lost(play: Branched) -> None:
    """Each world's money is what its flows say, and what left one world has come to another: nothing is under way."""
    sent, received, waiting = [0, 0], [0, 0], [0, 0]
    for place in REGIONS:
        region = play.region(place)
        prove_conservation(region)
        for number, money in enumerate(("usd", "sat")):
            sent[number] += int(region.ledger[f"sent_{money}"].sum())
            received[number] += int(region.ledger[f"received_{money}"].sum())
            waiting[number] += sum(one[number] for one in region.unclaimed.values())
    market = play.season.state(MARKET)
    for company in COMPANIES:
        if (account := market.account_of(company)) is not None:
            for number, money in enumerate(("usd", "sat")):
                sent[number] += getattr(account, f"{money}_sent")
                received[number] += getattr(account, f"{money}_received")
    assert sent == [in_ + left for in_, left in zip(received, waiting, strict=True)]
    for company in COMPANIES:
        rows = [(play.region(place), play.region(place).row_of(company)) for place in REGIONS]
        here = sum(int(region.ledger["usd"][row]) for region, row in rows if row is not None)
        account = market.account_of(company)
        at_work = account.usd_free + account.usd_held if account else 0
        assert play.owned(company)[0] >= here + at_work  # what waits for a branch that nobody opened is under way
