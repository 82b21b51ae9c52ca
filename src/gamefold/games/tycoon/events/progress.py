"""What happens to a company's research, quests, reputation and votes. Every event names the company."""

from gamefold.engine.ruleset import Event


class ResearchStarted(Event, frozen=True):
    """A node was paid for and begun."""

    company: str
    node: str
    cost_micro: int
    points: int  # research points spent
    seconds: int  # of game time at the usual speed


class ResearchFinished(Event, frozen=True):
    """A node is done. It has no effect yet while somebody else's patent stands, or its prototype does not work."""

    company: str
    node: str
    in_effect: bool


class ResearchTookEffect(Event, frozen=True):
    """What had no effect when it was finished has one now: a prototype works, or a patent is licensed or expired."""

    company: str
    node: str


class ResearchLostEffect(Event, frozen=True):
    """Somebody finished the node before, as it turned out, and has the patent: it has an effect with a license."""

    company: str
    node: str
    holder: str


class PrototypeBuilt(Event, frozen=True):
    """A prototype was tried."""

    company: str
    node: str
    attempt: int  # from 1
    quality_bp: int
    works: bool
    cost_micro: int


class PatentGranted(Event, frozen=True):
    """The company was the first to finish a node."""

    company: str
    node: str
    fee_micro: int
    expires_day: int  # game days since the season began


class PatentExpired(Event, frozen=True):
    """A node is everybody's from now on."""

    company: str  # that held it
    node: str


class LicenseOffered(Event, frozen=True):
    """The holder of a patent has set another fee."""

    company: str
    node: str
    fee_micro: int


class PatentLicensed(Event, frozen=True):
    """The company paid for the use of another's patent."""

    company: str
    node: str
    holder: str
    fee_micro: int


class QuestCompleted(Event, frozen=True):
    """The reward waits to be claimed."""

    company: str
    quest: str


class QuestClaimed(Event, frozen=True):
    """The reward was paid."""

    company: str
    quest: str
    usd_micro: int
    sat: int
    points: int  # research points


class QuestLost(Event, frozen=True):
    """A daily or weekly quest was completed but not claimed before its time was over."""

    company: str
    quest: str


class ReputationChanged(Event, frozen=True):
    """A score moved because of what the company did. (Slow decay is told by no event.)"""

    company: str
    reputation: str
    points: int  # by how much, below 0 for a loss
    score: int  # now
    reason: str


class StandingOrdersSet(Event, frozen=True):
    """What happens by itself from now on."""

    company: str
    auto_repair: bool
    auto_sell: bool
    keep_sat: int


class AutoSellWanted(Event, frozen=True):
    """The company has more BTC than it keeps; somebody should sell this much for it."""

    company: str
    sat: int


class VoteCast(Event, frozen=True):
    """The vote is on its way to the market world."""

    company: str
    proposal: str
    choice: str
    weight: int
