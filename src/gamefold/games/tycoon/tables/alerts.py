"""What a company is warned of: which events, how serious, and in which words. Told once, when it begins."""

from dataclasses import dataclass
from typing import Final

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import Deleveraged, Liquidated
from gamefold.games.tycoon.events.progress import QuestLost
from gamefold.games.tycoon.events.region import (
    CompanyRestored,
    ContractEnded,
    OutageBegan,
    RigsFailed,
    SitesCut,
)

WARNING: Final = "WARNING"
CRITICAL: Final = "CRITICAL"


@dataclass(frozen=True, slots=True)
class Alert:
    """One warning for one company."""

    company: str
    type: str
    severity: str
    message: str


def alert_of(event: Event) -> Alert | None:
    """Give the warning an event is, None where it is none."""
    match event:
        case OutageBegan(company=company, site=site):
            return Alert(company, "OUTAGE", WARNING, f"{site} has no power.")
        case RigsFailed(company=company, site=site, rigs=rigs):
            count = len(rigs)
            return Alert(company, "RIG_FAILURE", WARNING, f"{count} rig{'s' * (count > 1)} failed at {site}.")
        case SitesCut(company=company):
            return Alert(company, "POWER_CUT", CRITICAL, "The energy bill cannot be paid: all sites are cut off.")
        case ContractEnded(company=company, site=site):
            return Alert(company, "CONTRACT_ENDED", WARNING, f"{site} pays the spot price for energy again.")
        case QuestLost(company=company, quest=quest):
            return Alert(company, "QUEST_LOST", WARNING, f"The reward of {quest} was not claimed in time.")
        case CompanyRestored(company=company, of_tick=tick):
            return Alert(
                company, "RESTORED", WARNING, f"Operators put the company back to where it was at tick {tick}."
            )
        case Liquidated(company=company, instrument=instrument, side=side):
            return Alert(company, "LIQUIDATION", CRITICAL, f"The {side} position in {instrument} lost its margin.")
        case Deleveraged(company=company, instrument=instrument, side=side):
            message = f"The {side} position in {instrument} was reduced against a bankrupt one."
            return Alert(company, "DELEVERAGING", WARNING, message)
        case _:
            return None
