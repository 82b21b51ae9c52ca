"""What all kinds of simulated players do alike: take what is theirs, vote, sell what they mined, study."""

from collections.abc import Iterator, Sequence
from typing import Final

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.market import IOC, LIMIT, MARKET, SELL, PlaceOrder
from gamefold.games.tycoon.intents.progress import (
    BuildPrototype,
    CastVote,
    ClaimQuest,
    LicensePatent,
    SetStandingOrders,
    StartResearch,
)
from gamefold.games.tycoon.reactors.simulated.seen import Seen
from gamefold.games.tycoon.state.market import SPOT
from gamefold.games.tycoon.state.units import LOT_SAT, MICRO

CHOICES: Final = ("ABSTAIN", "AGAINST", "FOR")


def claim(seen: Seen) -> Iterator[Intent]:
    """Take the rewards of completed quests."""
    for quest in seen.home.quests:
        if quest.status == "COMPLETED":
            yield ClaimQuest(seen.company, quest.quest)


def vote(seen: Seen, rng: Rng, *, turnout_bp: int = 3_000, for_weight: int = 45) -> Iterator[Intent]:
    """Vote on what is open, now or never mind: somebody who does not care today may care tomorrow."""
    for proposal in seen.home.ballots:
        if rng.below(10_000) < turnout_bp:
            choice = rng.weighted(CHOICES, (10, 90 - for_weight, for_weight))
            yield CastVote(seen.company, proposal, choice)


def sell_mined(seen: Seen, keep_sat: int, least_lots: int = 10) -> Iterator[Intent]:
    """Sell BTC above what is kept to whoever bids."""
    lots = (seen.home.sat - keep_sat) // LOT_SAT
    if lots >= least_lots and seen.desk.spot_bid is not None:
        yield PlaceOrder(seen.company, SPOT, SELL, lots, MARKET, tif=IOC)


def study(seen: Seen, wanted: Sequence[str], share: int) -> Iterator[Intent]:
    """Research the next node of a list that costs no more than 1/`share` of the cash, and make good use of old ones."""
    home, cash = seen.home, seen.home.usd_micro
    nodes = {node.node: node for node in home.research}
    for name in wanted:
        node = nodes[name]
        if node.status == "DONE" and not node.in_effect:
            prototype, patent = node.prototype, node.patent
            if prototype is not None and not prototype.works:
                if prototype.price_micro * share <= cash:
                    yield BuildPrototype(seen.company, name)
                    return
            elif patent is not None and not patent.licensed and patent.fee_micro * share <= cash:
                yield LicensePatent(seen.company, name, patent.fee_micro)
                return
    if any(node.status == "RUNNING" for node in home.research):
        return
    for name in wanted:
        node = nodes[name]
        if node.status == "AVAILABLE" and node.cost_micro * share <= cash:
            yield StartResearch(seen.company, name, min(home.points, node.cost_micro // MICRO))
            return


def automate(seen: Seen) -> Iterator[Intent]:
    """Let repairs happen by themselves once that can be."""
    able = any(node.node == "AUTOMATION_BASIC" and node.in_effect for node in seen.home.research)
    if able and not seen.home.standing.auto_repair:
        yield SetStandingOrders(seen.company, auto_repair=True, auto_sell=False)


def at_once(seen: Seen, instrument: str, side: str, lots: int, leverage: int = 1) -> PlaceOrder:
    """Trade with whoever is there, decided on the prices of this tick."""
    return PlaceOrder(seen.company, instrument, side, lots, MARKET, tif=IOC, leverage=leverage)


def resting(seen: Seen, instrument: str, side: str, lots: int, price: int) -> PlaceOrder:
    """Wait in the book for somebody who comes to this price."""
    return PlaceOrder(seen.company, instrument, side, lots, LIMIT, price)
