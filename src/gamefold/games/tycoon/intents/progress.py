"""What a company may ask about its progress: research, prototypes, patents, quests, standing orders, votes.

`company` is an id; whoever submits has made sure whose it is. Every intent is refused COMPANY_NOT_FOUND by the region
that does not know it, and NOT_AT_HOME by one where it has only a branch.
"""

from typing import Final

from gamefold.engine.ruleset import Intent

NODE_NOT_FOUND: Final = "NODE_NOT_FOUND"
RESEARCH_LOCKED: Final = "RESEARCH_LOCKED"  # something else has to be researched first
RESEARCH_DONE: Final = "RESEARCH_DONE"
RESEARCH_BUSY: Final = "RESEARCH_BUSY"  # the laboratory is in use
RESEARCH_NOT_DONE: Final = "RESEARCH_NOT_DONE"
POINTS_INVALID: Final = "POINTS_INVALID"
PROTOTYPE_NONE: Final = "PROTOTYPE_NONE"  # this node has no prototype
PROTOTYPE_WORKS: Final = "PROTOTYPE_WORKS"
PATENT_NOT_FOUND: Final = "PATENT_NOT_FOUND"
PATENT_HELD: Final = "PATENT_HELD"  # by the company itself
NOT_PATENT_HOLDER: Final = "NOT_PATENT_HOLDER"
LICENSE_HELD: Final = "LICENSE_HELD"
FEE_OUT_OF_BOUNDS: Final = "FEE_OUT_OF_BOUNDS"
FEE_CHANGED: Final = "FEE_CHANGED"  # it costs more than the company agreed to
QUEST_NOT_FOUND: Final = "QUEST_NOT_FOUND"
QUEST_NOT_COMPLETED: Final = "QUEST_NOT_COMPLETED"
QUEST_ALREADY_CLAIMED: Final = "QUEST_ALREADY_CLAIMED"
AUTOMATION_LOCKED: Final = "AUTOMATION_LOCKED"
KEEP_INVALID: Final = "KEEP_INVALID"
PROPOSAL_NOT_FOUND: Final = "PROPOSAL_NOT_FOUND"
VOTING_CLOSED: Final = "VOTING_CLOSED"
CHOICE_INVALID: Final = "CHOICE_INVALID"
ALREADY_VOTED: Final = "ALREADY_VOTED"
GUESTS_CANNOT_VOTE: Final = "GUESTS_CANNOT_VOTE"
NOT_ENTITLED: Final = "NOT_ENTITLED"  # no account's company when voting began


class StartResearch(Intent, frozen=True):
    """Pay for a node and begin it. Research points lower the price.

    Refused: NODE_NOT_FOUND, RESEARCH_DONE, RESEARCH_BUSY, RESEARCH_LOCKED, POINTS_INVALID, INSUFFICIENT_FUNDS.
    """

    company: str
    node: str
    points: int = 0


class BuildPrototype(Intent, frozen=True):
    """Try a prototype again that did not work, for a part of the node's price.

    Refused: NODE_NOT_FOUND, PROTOTYPE_NONE, RESEARCH_NOT_DONE, PROTOTYPE_WORKS, INSUFFICIENT_FUNDS.
    """

    company: str
    node: str


class LicensePatent(Intent, frozen=True):
    """Pay the holder of a patent for the right to use it until it expires.

    Refused: NODE_NOT_FOUND, PATENT_NOT_FOUND (none, or expired), PATENT_HELD, LICENSE_HELD, FEE_CHANGED (above
    `fee_most_micro`), INSUFFICIENT_FUNDS.
    """

    company: str
    node: str
    fee_most_micro: int | None = None


class OfferLicense(Intent, frozen=True):
    """The holder of a patent sets what a license costs, in micro-USD.

    Refused: NODE_NOT_FOUND, PATENT_NOT_FOUND, NOT_PATENT_HOLDER, FEE_OUT_OF_BOUNDS.
    """

    company: str
    node: str
    fee_micro: int


class ClaimQuest(Intent, frozen=True):
    """Take the reward of a completed quest. Refused: QUEST_NOT_FOUND, QUEST_NOT_COMPLETED, QUEST_ALREADY_CLAIMED."""

    company: str
    quest: str


class SetStandingOrders(Intent, frozen=True):
    """Say what happens by itself: repairs, and selling BTC above `keep_sat`.

    Refused: AUTOMATION_LOCKED (unless all is switched off), KEEP_INVALID.
    """

    company: str
    auto_repair: bool
    auto_sell: bool
    keep_sat: int = 0


class CastVote(Intent, frozen=True):
    """Vote FOR, AGAINST or ABSTAIN, once, with the weight the company had when voting began.

    Refused: CHOICE_INVALID, PROPOSAL_NOT_FOUND, VOTING_CLOSED, GUESTS_CANNOT_VOTE, NOT_ENTITLED, ALREADY_VOTED.
    """

    company: str
    proposal: str
    choice: str
