"""The status code of every refusal of Tycoon's worlds."""

from collections.abc import Mapping
from typing import Final

from gamefold.games.tycoon.intents import market, progress, region, world
from gamefold.platform.refusals import STATUS_OF as PLATFORM_STATUS_OF

SEASON_NOT_FOUND: Final = "SEASON_NOT_FOUND"
SEASON_OVER: Final = "SEASON_OVER"  # none is running
SEASON_RUNNING: Final = "SEASON_RUNNING"
INTERVAL_INVALID: Final = "INTERVAL_INVALID"
VOTING_NOT_BEGUN: Final = "VOTING_NOT_BEGUN"

_NOT_FOUND: Final = (
    region.COMPANY_NOT_FOUND, region.SITE_NOT_FOUND, region.RIG_NOT_FOUND, market.INSTRUMENT_NOT_FOUND,
    market.ORDER_NOT_FOUND, market.POSITION_NOT_FOUND, progress.NODE_NOT_FOUND, progress.PATENT_NOT_FOUND,
    progress.QUEST_NOT_FOUND, progress.PROPOSAL_NOT_FOUND, world.EVENT_NOT_FOUND, SEASON_NOT_FOUND,
)  # fmt: skip
_FORBIDDEN: Final = (
    progress.GUESTS_CANNOT_VOTE, progress.NOT_ENTITLED, progress.NOT_PATENT_HOLDER, progress.AUTOMATION_LOCKED,
    world.GUESTS_CANNOT_PROPOSE,
)  # fmt: skip
_WRONG: Final = (
    region.COMPANY_INVALID, region.NAME_INVALID, region.AMOUNT_INVALID, region.TIER_INVALID, region.COOLING_INVALID,
    region.MODEL_INVALID, region.COUNT_INVALID, region.FIRMWARE_INVALID, region.CONTRACT_INVALID,
    region.CAPACITY_INVALID, region.DURATION_INVALID, region.PAYOUT_INVALID, region.MARGIN_INVALID,
    region.DOCUMENT_INVALID, market.SIDE_INVALID, market.ORDER_TYPE_INVALID, market.QUANTITY_INVALID,
    market.PRICE_INVALID, market.PRICE_REQUIRED, market.PRICE_OUT_OF_BAND, market.STALE_PRICE, market.LEVERAGE_INVALID,
    market.CLIENT_ORDER_ID_INVALID, market.GROUP_INVALID, market.INSTRUMENT_UNKNOWN, progress.POINTS_INVALID,
    progress.FEE_OUT_OF_BOUNDS, progress.KEEP_INVALID, progress.CHOICE_INVALID, world.EVENT_TYPE_UNKNOWN,
    world.EVENT_INVALID, world.PROPOSAL_INVALID, world.PARAMETER_UNKNOWN, world.PARAMETER_OUT_OF_BOUNDS,
    INTERVAL_INVALID, region.REGION_UNKNOWN,
)  # fmt: skip

STATUS_OF: Final[Mapping[str, int]] = {
    **PLATFORM_STATUS_OF,
    **dict.fromkeys(_NOT_FOUND, 404),
    **dict.fromkeys(_FORBIDDEN, 403),
    **dict.fromkeys(_WRONG, 422),
}
"""Everything else is a conflict with how things stand: 409."""
