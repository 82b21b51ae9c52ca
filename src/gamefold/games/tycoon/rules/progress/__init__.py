"""What a company becomes: research, prototypes, patents, quests, reputation, standing orders, votes.

The region's rules call `progress_tick` at each tick and the `on_...` hooks where something happens; `HANDLERS` and
`EVENTS` are a part of the region's ruleset.
"""

from collections.abc import Mapping
from typing import Final

from gamefold.engine.ruleset import Event, Handler, Intent
from gamefold.games.tycoon.events.progress import (
    AutoSellWanted,
    LicenseOffered,
    PatentExpired,
    PatentGranted,
    PatentLicensed,
    PrototypeBuilt,
    QuestClaimed,
    QuestCompleted,
    QuestLost,
    ReputationChanged,
    ResearchFinished,
    ResearchLostEffect,
    ResearchStarted,
    ResearchTookEffect,
    StandingOrdersSet,
    VoteCast,
)
from gamefold.games.tycoon.intents.progress import (
    BuildPrototype,
    CastVote,
    ClaimQuest,
    LicensePatent,
    OfferLicense,
    SetStandingOrders,
    StartResearch,
)
from gamefold.games.tycoon.rules.progress.claims import claim_quest
from gamefold.games.tycoon.rules.progress.hooks import (
    on_bill_unpaid,
    on_branch_report,
    on_company_opened,
    on_company_upgraded,
    on_prize,
    on_rigs_added,
    on_site_created,
    on_trade_report,
)
from gamefold.games.tycoon.rules.progress.patents import hear_royalty, license_patent, offer_license
from gamefold.games.tycoon.rules.progress.prototypes import build_prototype
from gamefold.games.tycoon.rules.progress.research import start_research
from gamefold.games.tycoon.rules.progress.restore import check_progress, restore_progress
from gamefold.games.tycoon.rules.progress.standing import set_standing_orders
from gamefold.games.tycoon.rules.progress.tick import progress_tick
from gamefold.games.tycoon.rules.progress.votes import cast_vote, voting_weight

HANDLERS: Final[Mapping[type[Intent], Handler]] = {
    StartResearch: start_research,
    BuildPrototype: build_prototype,
    LicensePatent: license_patent,
    OfferLicense: offer_license,
    ClaimQuest: claim_quest,
    SetStandingOrders: set_standing_orders,
    CastVote: cast_vote,
}

EVENTS: Final[tuple[type[Event], ...]] = (
    ResearchStarted,
    ResearchFinished,
    ResearchTookEffect,
    ResearchLostEffect,
    PrototypeBuilt,
    PatentGranted,
    PatentExpired,
    LicenseOffered,
    PatentLicensed,
    QuestCompleted,
    QuestClaimed,
    QuestLost,
    ReputationChanged,
    StandingOrdersSet,
    AutoSellWanted,
    VoteCast,
)

__all__ = [
    "EVENTS",
    "HANDLERS",
    "check_progress",
    "hear_royalty",
    "on_bill_unpaid",
    "on_branch_report",
    "on_company_opened",
    "on_company_upgraded",
    "on_prize",
    "on_rigs_added",
    "on_site_created",
    "on_trade_report",
    "progress_tick",
    "restore_progress",
    "voting_weight",
]
