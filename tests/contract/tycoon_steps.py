"""What anybody might ask of Tycoon's worlds next, sensible or not."""

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.border import HearMarket, HearRegion, Receive
from gamefold.games.tycoon.intents.market import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    LinkAccounts,
    PlaceOrder,
    SendHome,
)
from gamefold.games.tycoon.intents.progress import (
    BuildPrototype,
    CastVote,
    ClaimQuest,
    OfferLicense,
    SetStandingOrders,
    StartResearch,
)
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
    SendToRegion,
    SetCurtailment,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.intents.world import InjectEvent, Propose
from gamefold.games.tycoon.state.book import id_name
from gamefold.games.tycoon.state.border import (
    MARKET,
    AnyCargo,
    Ballot,
    BranchOpened,
    BranchReport,
    BranchTerms,
    FundsWanted,
    MarketNews,
    Money,
    Perks,
    RegionNews,
    SitePerks,
    TradeReport,
)
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.quest_list import QUESTS
from gamefold.games.tycoon.state.region import COOLINGS, FIRMWARES, MODELS, PAYOUTS, Region, site_id
from gamefold.games.tycoon.state.research_tree import TREE
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.testkit.conformance import Ask, Wait

COMPANIES = ("anna", "bert", "carl", "nobody")
USD = 1_000_000


def region_step(rng: Rng, region: Region) -> Ask | Wait:
    """One of a region's intents; every third is its tick."""
    if rng.below(3) == 0:
        return Ask("border", HearMarket(_news(region.tick + rng.choice([1] * 9 + [0, 2]), rng)))
    company = rng.choice(COMPANIES)
    return Ask(company, _of_region(rng, region, company))


def _news(tick: int, rng: Rng) -> MarketNews:
    return MarketNews(
        tick=tick,
        index_micro=rng.between(20_000, 90_000) * USD,
        difficulty=62_500_000_000_000,
        network_ghs=447_286_000_000,
        reward_sat=rng.between(0, 400_000_000),
        subsidy_sat=625_000_000,
        proposals_begun=(f"p-{tick}",) if rng.below(5) == 0 else (),
        proposals_ended=(f"p-{tick - 3}",),
    )


def _of_region(rng: Rng, region: Region, company: str) -> Intent:
    site = site_id(region.region, rng.below(4))
    other = rng.choice([one for one in REGIONS if one != region.region])
    rids = tuple(sorted({rng.between(1, 30) for _ in range(rng.below(4))}))
    node = rng.choice(sorted(TREE))
    money = Money(company, rng.below(5_000) * USD, rng.below(1_000_000))
    intents: list[Intent] = [
        OpenCompany(company, f"owner of {company}", company.title(), guest=rng.below(3) == 0),
        OpenBranch(
            company, f"owner of {company}", company.title(), rng.below(3) == 0, rng.choice([other, region.region])
        ),
        SendToMarket(company, rng.between(-1, 20_000) * USD, rng.choice([0, 0, 1_000])),
        SendToRegion(company, rng.choice([other, "MOON"]), rng.between(-1, 20_000) * USD, rng.choice([0, 0, 1_000])),
        GrantFunds(company, rng.between(-5_000, 50_000) * USD, rng.choice([0, 5_000_000]), "conformance"),
        CreateSite(company, rng.choice(["Hall", "", "A" * 41]), rng.between(0, 6), rng.choice(COOLINGS)),
        AddRigs(company, site, rng.choice([*MODELS, "ABACUS"]), rng.choice([1, 2, 5, 0, -3, 1_000_000])),
        AddRigs(company, site, rng.choice(MODELS), rng.between(1, 3)),
        RemoveRigs(company, site, rids),
        MaintainRigs(company, site, rids),
        SetFirmware(company, site, rids, rng.choice([*FIRMWARES, "GOLD"])),
        SetCurtailment(company, site, rng.choice([None, 0, 500, 10**9])),
        SignContract(company, site, rng.choice(["FIXED", "INDEX", "INTERRUPTIBLE"]), rng.between(0, 500), 30),
        ChoosePayout(company, rng.choice([*PAYOUTS, "ALL"])),
        StartResearch(company, node),
        BuildPrototype(company, node),
        OfferLicense(company, node, rng.below(10_000) * USD),
        ClaimQuest(company, rng.choice(sorted(QUESTS))),
        SetStandingOrders(company, True, True, rng.below(1_000)),
        CastVote(company, f"p-{region.tick - rng.below(3)}", rng.choice(["FOR", "AGAINST", "MAYBE"])),
        InjectEvent(rng.choice(["HEATWAVE", "POWER_OUTAGE", "HALVING"]), "HIGH", region.region),
        Receive(MARKET, rng.between(1, 6), (money, TradeReport(company, 3, 1, 9 * USD, USD))),
        Receive(other, rng.between(1, 9), _told_by_a_region(rng, company, other), region.tick + rng.between(-1, 1)),
    ]
    return rng.choice(intents)


def _told_by_a_region(rng: Rng, company: str, sender: str) -> tuple[AnyCargo, ...]:
    """What a branch tells home and home tells a branch, whichever of them the receiver is."""
    return (
        BranchOpened(company, sender),
        BranchReport(company, rng.below(1_000_000), rng.below(2_000_000), rng.below(2), rng.below(3), rng.below(2)),
        FundsWanted(company, rng.below(5_000) * USD),
        SitePerks(company, 10_000 + rng.below(500), 9_000, 10_000, 10_000, 10_000, 10_000, 10_000),
        BranchTerms(company, rng.choice(["Mines", "Barn"]), rng.below(2) == 0, rng.below(2) == 0),
        Money(company, rng.below(5_000) * USD, rng.below(1_000_000)),
    )


def market_step(rng: Rng, market: Market) -> Ask | Wait:
    """One of the market's intents, or a tick or two."""
    if rng.below(6) == 0:
        return Wait(rng.choice([100, 5_000, 10_000]))
    company = rng.choice(COMPANIES)
    return Ask(company, _of_market(rng, market, company))


def _of_market(rng: Rng, market: Market, company: str) -> Intent:
    instrument = rng.choice(["BTC-SPOT", "BTC-PERP", rng.choice(sorted(market.listings)), "ETH-SPOT"])
    listing = market.listings.get(instrument)
    mark = listing.mark if listing else 1
    price = rng.choice([None, max(1, mark * rng.between(9_900, 10_100) // 10_000), mark * 2, 0, -5])
    kind = "MARKET" if price is None or rng.below(4) == 0 else "LIMIT"
    number = market.numbers.get(company)
    mine = sorted(market.open_orders[number]) if number is not None else []
    order = id_name(rng.choice(mine)) if mine else "1-1"
    sender = rng.choice(["EUROPE", "ASIA"])
    cargo = (Money(company, 50_000 * USD, 100_000_000), Perks(company, 500, 0), Ballot(company, "p-1", "FOR", 6))
    intents: list[Intent] = [
        *[
            PlaceOrder(
                company,
                instrument,
                rng.choice(["BUY", "SELL"]),
                rng.choice([1, 5, 100, 10_000, 0, -1]),
                kind,
                price,
                rng.choice(["GTC", "IOC", "FOK"]),
                post_only=rng.below(5) == 0,
                reduce_only=rng.below(6) == 0,
                leverage=rng.choice([1, 5, 20, 21, 0]),
                client_order_id=rng.choice(["", "", "mine"]),
            )
        ]
        * 8,
        AmendOrder(company, order, rng.choice([None, 1, 50]), rng.choice([None, mark])),
        CancelOrder(company, order),
        CancelAll(company, rng.choice([None, instrument])),
        ClosePosition(company, order),
        SendHome(company),
        LinkAccounts(("anna", "bert"), rng.choice(["family", ""]), "conformance"),
        Receive(sender, rng.between(1, 8), cargo),
        HearRegion(
            RegionNews(market.tick + rng.between(-2, 1), sender, 5_000_000, 90, 100_000, 7, 3, 2, 20, bytes(16))
        ),
        InjectEvent(rng.choice(["MARKET_SHOCK", "REGULATION", "HEATWAVE"]), "CRITICAL"),
        Propose(company, sender, "SUBSIDY", "More", "For miners", "mining_subsidy_bp", rng.choice([100, 10**9]), 24),
    ]
    return rng.choice(intents)
