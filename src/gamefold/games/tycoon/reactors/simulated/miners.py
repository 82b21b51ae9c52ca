"""Players who live by mining: the miner with one good site, and the industrialist who wants more of everything."""

from collections.abc import Iterator
from typing import Final

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.region import (
    AddRigs,
    ChoosePayout,
    CreateSite,
    MaintainRigs,
    SetCurtailment,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.reactors.simulated import habits
from gamefold.games.tycoon.reactors.simulated.look import CONTRACT_DAYS
from gamefold.games.tycoon.reactors.simulated.seen import Seen, SiteSeen
from gamefold.games.tycoon.state.prices import rig_price_micro, site_price_micro
from gamefold.games.tycoon.state.region import MODELS
from gamefold.games.tycoon.state.units import BP, DAY_S, MICRO, SAT, TICK_MICRO, TICK_S

PAYBACK_MOST_DAYS: Final = 1_500  # of game time; beyond that nobody buys a rig
RESERVE_MICRO: Final = 3_000 * MICRO  # kept for the energy bill
RIGS_FIRST: Final = 8  # an industrialist has so many before research gets what is earned
SAVED_MICRO: Final = 15_000 * MICRO  # and goes on to grow with more than this
BATCH_MOST: Final = 20  # rigs bought at once
HOURS: Final = 24

STUDIES: Final = (
    "MINING_EFFICIENCY_1",
    "FIRMWARE_TUNING_1",
    "AUTOMATION_BASIC",
    "COOLING_OPTIMIZATION_1",
    "ENERGY_PROCUREMENT_1",
    "RIG_MAINTENANCE_1",
    "MINING_EFFICIENCY_2",
    "CHIP_DESIGN_1",
    "MINING_EFFICIENCY_3",
)


def miner(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Fill one site with rigs while they pay back soon enough, keep them running, sell what they find."""
    yield from habits.claim(seen)
    yield from habits.vote(seen, rng, turnout_bp=4_000)
    yield from _look_after(seen, rng)
    yield from habits.sell_mined(seen, keep_sat=0)
    if not seen.home.sites:
        yield CreateSite(seen.company, "The shed", grid_tier=1 + rng.below(2))
    else:
        yield from _grow(seen, sites_most=1)
    if rng.below(400) == 0:
        yield ChoosePayout(seen.company, rng.weighted(("FPPS", "PPLNS", "SOLO"), (6, 3, 1)))


def industrialist(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Build site after site, study whatever makes them better, and keep a little BTC."""
    yield from habits.claim(seen)
    yield from habits.vote(seen, rng, turnout_bp=5_000, for_weight=60)
    yield from _look_after(seen, rng)
    yield from habits.automate(seen)
    yield from habits.sell_mined(seen, keep_sat=SAT // 200)
    rigs = sum(len(site.rigs) for site in seen.home.sites)
    if not seen.home.sites:
        yield CreateSite(seen.company, "Hall 1")
        yield from habits.study(seen, STUDIES[:1], share=4)
    elif rigs < RIGS_FIRST or seen.home.usd_micro > SAVED_MICRO:
        yield from _grow(seen, sites_most=20)
    else:
        yield from habits.study(seen, STUDIES, share=1)


def earned_micro(seen: Seen, ghs: int) -> int:
    """Give what a hashrate earns in a game day at the network and the index of now, in micro-USD."""
    news = seen.home.news
    if news is None or not news.network_ghs:
        return 0
    tick_s = TICK_S * seen.numbers["time_compression"]
    sat_day = ghs * news.reward_sat * DAY_S // (news.network_ghs * tick_s)
    earned: int = sat_day * seen.desk.index * TICK_MICRO // SAT
    return earned


def energy_micro(seen: Seen, power_w: int) -> int:
    """Give what running power costs in a game day by a contract signed today, in micro-USD."""
    price: int = next(quote.price_now_micro for quote in seen.home.quotes if quote.kind == "FIXED")
    return power_w * HOURS * price // 1_000


def payback_days(seen: Seen, model: str, cooling: str) -> int | None:
    """Give in how many game days a rig has earned its price, or None where it never does."""
    numbers = seen.numbers
    power_w = numbers["rig_power_w"][model] * (BP + numbers["cooling_overhead_bp"][cooling]) // BP
    gain = earned_micro(seen, numbers["rig_hash_ghs"][model]) - energy_micro(seen, power_w)
    return rig_price_micro(numbers, model, seen.home.news) // gain if gain > 0 else None


def _grow(seen: Seen, sites_most: int) -> Iterator[Intent]:
    """Buy the rigs that pay back soonest, as many as cash and slots allow; then another site."""
    home = seen.home
    spare = home.usd_micro - RESERVE_MICRO
    site = next((one for one in home.sites if one.free), None)
    if site is None:
        tier = min(5, 1 + len(home.sites))
        if len(home.sites) < sites_most and 2 * site_price_micro(seen.numbers, tier, "LIQUID") <= spare:
            yield CreateSite(seen.company, f"Hall {len(home.sites) + 1}", tier, "LIQUID")
        return
    # A site that is nearly empty takes what the money buys most hashrate with; one that fills up, the best there is.
    paybacks = [(days, model) for model in MODELS if (days := payback_days(seen, model, site.cooling)) is not None]
    if paybacks and min(paybacks)[0] <= PAYBACK_MOST_DAYS:
        model = min(paybacks)[1]
        count = min(spare // rig_price_micro(seen.numbers, model, home.news), site.free, BATCH_MOST)
        if count > 0:
            yield AddRigs(seen.company, site.id, model, count)


def _look_after(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Mend what broke, make worn rigs new, see to energy and firmware."""
    for site in seen.home.sites:
        if not site.rigs:
            continue
        if site.failed:
            yield MaintainRigs(seen.company, site.id, site.failed)
        if site.worn:
            yield MaintainRigs(seen.company, site.id, site.worn)
        if not site.contracted and rng.below(3) == 0:
            kind = rng.weighted(("FIXED", "INDEX", "INTERRUPTIBLE"), (5, 2, 3))
            yield SignContract(seen.company, site.id, kind, -(-site.power_w // 1_000) or 1, CONTRACT_DAYS)
        if rng.below(100) == 0:
            yield SetFirmware(seen.company, site.id, site.rigs, _firmware(seen, site))
        if rng.below(200) == 0:
            yield SetCurtailment(seen.company, site.id, rng.choice((None, 0, 500)))


def _firmware(seen: Seen, site: SiteSeen) -> str:
    """Squeeze rigs while they earn well, spare energy while they hardly do."""
    ghs = seen.home.hash_ghs * len(site.rigs) // max(1, sum(len(one.rigs) for one in seen.home.sites))
    earned, paid = earned_micro(seen, ghs), energy_micro(seen, site.power_w)
    if earned > 3 * paid:
        return "TURBO"
    return "STOCK" if 2 * earned > 3 * paid else "ECO"
