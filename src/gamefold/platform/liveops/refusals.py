"""The codes with which live operations say no, and their statuses."""

from collections.abc import Mapping
from typing import Final

from gamefold.engine.balance import BALANCE_OUT_OF_BOUNDS, BALANCE_UNKNOWN
from gamefold.engine.history import NO_SUCH_ENTRY
from gamefold.platform.liveops.live_game import NOT_SUPPORTED
from gamefold.platform.refusals import STATUS_OF as PLATFORM_STATUS_OF

AMOUNT_INVALID: Final = "AMOUNT_INVALID"
ANOMALY_NOT_FOUND: Final = "ANOMALY_NOT_FOUND"
ANOMALY_REVIEWED: Final = "ANOMALY_REVIEWED"
CHANGE_NOT_FOUND: Final = "CHANGE_NOT_FOUND"
CHANGE_OUTDATED: Final = "CHANGE_OUTDATED"
GAME_NOT_FOUND: Final = "GAME_NOT_FOUND"
NOT_YOURSELF: Final = "NOT_YOURSELF"
ROLLBACK_BY_TICK: Final = "ROLLBACK_BY_TICK"
ROLLBACK_STALE: Final = "ROLLBACK_STALE"
WORLD_CORRUPT: Final = "WORLD_CORRUPT"

STATUS_OF: Final[Mapping[str, int]] = {
    **PLATFORM_STATUS_OF,
    AMOUNT_INVALID: 422,
    ANOMALY_NOT_FOUND: 404,
    ANOMALY_REVIEWED: 409,
    BALANCE_OUT_OF_BOUNDS: 422,
    BALANCE_UNKNOWN: 422,
    CHANGE_NOT_FOUND: 404,
    CHANGE_OUTDATED: 409,
    GAME_NOT_FOUND: 404,
    NOT_SUPPORTED: 404,
    NOT_YOURSELF: 409,
    NO_SUCH_ENTRY: 422,
    ROLLBACK_BY_TICK: 422,
    ROLLBACK_STALE: 409,
    WORLD_CORRUPT: 409,
    "WORLD_EXISTS": 409,
    "WORLD_ID_INVALID": 422,
}
