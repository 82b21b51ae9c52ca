"""Tycoon's golden journals: a market with its makers, an expiry and funding, and a region with everything in it."""

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent, Rejected
from gamefold.games.tycoon.intents.border import HearMarket, HearRegion, Receive
from gamefold.games.tycoon.intents.market import CancelAll, LinkAccounts, PlaceOrder, SendHome
from gamefold.games.tycoon.intents.progress import CastVote, ClaimQuest, LicensePatent, SetStandingOrders, StartResearch
from gamefold.games.tycoon.intents.region import (
    AddRigs,
    ChoosePayout,
    CreateSite,
    GrantFunds,
    MaintainRigs,
    OpenBranch,
    OpenCompany,
    RemoveRigs,
    SendToMarket,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.intents.world import InjectEvent, Propose
from gamefold.games.tycoon.state.border import (
    MARKET,
    Ballot,
    MarketNews,
    Money,
    PatentTerms,
    Perks,
    Prize,
    RegionNews,
    TradeReport,
)
from gamefold.games.tycoon.state.units import SAT
from gamefold.testkit.play import Rehearsal

USD = 1_000_000
TICK_MS = 5_000
COMPANIES = ("anna", "bert", "carl")


def _ask(rehearsal: Rehearsal, actor: str, intent: Intent) -> None:
    """Ask; a refusal is no entry, and no fault here."""
    try:
        rehearsal.submit(actor, intent)
    except Rejected:
        return


def market(rehearsal: Rehearsal) -> None:
    """A hundred and thirty ticks: past the first funding and the first expiry of options."""
    rng = Rng(bytes(32), "golden tycoon market")
    for number, company in enumerate(COMPANIES, 1):
        rehearsal.submit(
            "border", Receive("EUROPE", number, (Money(company, 40_000 * USD, SAT), Perks(company, 500, 0)))
        )
    rehearsal.submit("operator", LinkAccounts(("bert", "carl"), "brothers", "they said so"))
    rehearsal.submit("anna", Propose("anna", "EUROPE", "SUBSIDY", "More", "For miners", "mining_subsidy_bp", 300, 24))
    for tick in range(130):
        rehearsal.wait(TICK_MS)
        news = RegionNews(tick, "EUROPE", 5_000_000, 90, 100_000 + tick, 7, 3, 2, 20, bytes(16), voting_weight=18)
        rehearsal.submit("border", HearRegion(news))
        for _ in range(rng.below(4)):
            _ask(rehearsal, "player", _order(rng, rehearsal))
        if tick == 5:
            [opened] = rehearsal.state.world.proposals
            number = rehearsal.state.border.through["EUROPE"] + 1
            rehearsal.submit("border", Receive("EUROPE", number, (Ballot("anna", opened.id, "FOR", 16),)))
        if tick == 40:
            rehearsal.submit("operator", InjectEvent("MARKET_SHOCK", "CRITICAL"))
        if tick % 25 == 24:
            _ask(rehearsal, "anna", CancelAll("anna"))
            _ask(rehearsal, "anna", SendHome("anna"))


def _order(rng: Rng, rehearsal: Rehearsal) -> PlaceOrder:
    listings = rehearsal.state.listings
    name = rng.choice(["BTC-SPOT", "BTC-PERP", rng.choice(sorted(listings))])
    price = rng.choice([None, max(1, listings[name].mark * rng.between(9_950, 10_050) // 10_000)])
    company = rng.choice(COMPANIES)
    # What is idle goes home with every tick, so each order brings its money along.
    number = rehearsal.state.border.through["EUROPE"] + 1
    return PlaceOrder(
        company,
        name,
        rng.choice(["BUY", "SELL"]),
        rng.choice([1, 50, 500, 2_000]),
        "MARKET" if price is None else "LIMIT",
        price,
        rng.choice(["GTC", "IOC", "FOK"]),
        leverage=rng.choice([1, 5, 20]),
        arrived=Receive("EUROPE", number, (Money(company, 20_000 * USD, SAT // 2),)),
    )


def region(rehearsal: Rehearsal) -> None:
    """Three companies in three hundred ticks, with weather, outages, research, quests and a vote."""
    for company in COMPANIES:
        rehearsal.submit(company, OpenCompany(company, f"owner of {company}", company.title(), guest=company == "carl"))
        rehearsal.submit("operator", GrantFunds(company, 100_000 * USD, 0, "a golden start"))
        rehearsal.submit(company, CreateSite(company, "Hall", 3, "LIQUID"))
    for number, company in enumerate(COMPANIES, 1):
        rehearsal.submit(company, AddRigs(company, f"europe-{number}", "ANTMINER_S19_PRO", 4 + number))
        rehearsal.submit(
            company, SignContract(company, f"europe-{number}", ("FIXED", "INDEX", "INTERRUPTIBLE")[number - 1], 30, 1)
        )
    rehearsal.submit("dora", OpenBranch("dora", "owner of dora", "Dora", False, "ASIA"))
    rehearsal.submit("border", Receive("ASIA", 1, (Money("dora", 40_000 * USD),)))
    rehearsal.submit("dora", CreateSite("dora", "Abroad", 1, "AIR"))
    rehearsal.submit("dora", AddRigs("dora", "europe-4", "WHATSMINER_M60", 2))
    rehearsal.submit("anna", SetFirmware("anna", "europe-1", (1, 2), "TURBO"))
    rehearsal.submit("bert", ChoosePayout("bert", "SOLO"))
    rehearsal.submit("anna", StartResearch("anna", "MINING_EFFICIENCY_1"))
    rehearsal.submit("bert", StartResearch("bert", "AUTOMATION_BASIC"))
    rehearsal.submit("operator", InjectEvent("HEATWAVE", "HIGH", rehearsal.state.region, 10, 20))
    rehearsal.submit("operator", InjectEvent("POWER_OUTAGE", "CRITICAL", rehearsal.state.region, 50, 5))
    for tick in range(1, 301):
        _region_tick(rehearsal, tick)


def _region_tick(rehearsal: Rehearsal, tick: int) -> None:
    news = MarketNews(
        tick,
        (43_000 + 10 * (tick % 70)) * USD,
        62_500_000_000_000,
        447_286_000_000,
        327_000_000,
        625_000_000,
        proposals_begun=("p-1",) if tick == 20 else (),
        proposals_ended=("p-1",) if tick == 60 else (),
        patents=(PatentTerms("HEAT_RECOVERY_1", "somebody", "ASIA", 19_723, 19_724, 500 * USD),) if tick == 30 else (),
    )
    rehearsal.wait(TICK_MS)
    rehearsal.submit("border", HearMarket(news))
    if tick == 31:
        rehearsal.submit("bert", LicensePatent("bert", "HEAT_RECOVERY_1"))
    if tick == 25:
        rehearsal.submit("anna", CastVote("anna", "p-1", "AGAINST"))
    if tick == 70:
        rehearsal.submit("bert", SetStandingOrders("bert", True, True, 1_000))
        rehearsal.submit("anna", SendToMarket("anna", 5_000 * USD, 0))
        report = TradeReport("anna", 3, 1, 900 * USD, 40 * USD)
        rehearsal.submit(
            "border", Receive(MARKET, 1, (Money("anna", 5_040 * USD), report, Prize("anna", "regulators", 5)))
        )
    if tick == 100:
        _ask(rehearsal, "carl", MaintainRigs("carl", "europe-3", tuple(range(12, 19))))
        _ask(rehearsal, "anna", RemoveRigs("anna", "europe-1", (5,)))
    if tick == 120:
        for quest in ("FIRST_SITE", "FIRST_RIG", "FIRST_RESEARCH"):
            _ask(rehearsal, "anna", ClaimQuest("anna", quest))
