"""Players who are here for the long run: the saver, and the politician who wants the rules changed."""

from collections.abc import Iterator
from typing import Final

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.market import BUY
from gamefold.games.tycoon.intents.region import AddRigs, CreateSite, MaintainRigs
from gamefold.games.tycoon.intents.world import Propose
from gamefold.games.tycoon.reactors.simulated import habits
from gamefold.games.tycoon.reactors.simulated.seen import Seen
from gamefold.games.tycoon.state.market import SPOT
from gamefold.games.tycoon.state.prices import rig_price_micro, site_price_micro
from gamefold.games.tycoon.state.units import LOT_TICK_MICRO

# kind, title, why, parameter, value
DEMANDS: Final[tuple[tuple[str, str, str, str, int], ...]] = (
    ("REGULATION", "A levy on energy", "Whoever heats the planet pays for it.", "energy_tax_bp", 300),
    ("REGULATION", "Shorter levers", "Too many were liquidated.", "leverage_cap", 12),
    ("SUBSIDY", "Help for miners", "Miners keep the network alive.", "mining_subsidy_bp", 200),
    ("SUBSIDY", "A little help for miners", "It costs nobody much.", "mining_subsidy_bp", 50),
    ("EVENT", "A breakthrough, please", "Let us pay for research together.", "TECH_BREAKTHROUGH", 0),
)
MODEL: Final = "WHATSMINER_M50"


def saver(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Buy a little BTC every now and then and keep it; a few rigs in the cellar, and a diploma."""
    yield from habits.claim(seen)
    yield from habits.vote(seen, rng)
    yield from _cellar(seen)
    yield from habits.study(seen, ("COMPLIANCE_TOOLS_1", "RESEARCH_METHODS_1"), share=4)
    lots = seen.home.usd_micro // 40 // (seen.desk.index * LOT_TICK_MICRO)
    if lots > 0 and seen.desk.spot_ask is not None and rng.below(6) == 0:
        yield habits.at_once(seen, SPOT, BUY, lots)


def politician(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Call votes and never miss one."""
    yield from habits.claim(seen)
    yield from habits.vote(seen, rng, turnout_bp=10_000, for_weight=65)
    yield from _cellar(seen)
    yield from habits.sell_mined(seen, keep_sat=0)
    yield from habits.study(seen, ("COMPLIANCE_TOOLS_1", "COMPLIANCE_TOOLS_2"), share=3)
    if not seen.home.guest and seen.desk.open_proposals < 3 and rng.below(60) == 0:
        kind, title, why, parameter, value = rng.choice(DEMANDS)
        yield Propose(seen.company, seen.home.region, kind, title, why, parameter, value)


def _cellar(seen: Seen) -> Iterator[Intent]:
    """A small site, two rigs, kept in order."""
    home = seen.home
    if not home.sites:
        if home.usd_micro > 2 * site_price_micro(seen.numbers, 1, "AIR"):
            yield CreateSite(seen.company, "The cellar")
    elif not home.sites[0].rigs:
        if home.usd_micro > 4 * rig_price_micro(seen.numbers, MODEL, home.news):
            yield AddRigs(seen.company, home.sites[0].id, MODEL, 2)
    elif home.sites[0].failed:
        yield MaintainRigs(seen.company, home.sites[0].id, home.sites[0].failed)
