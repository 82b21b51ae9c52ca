"""Tables of Tycoon: how events fill them, and how they are read."""

from gamefold.games.tycoon.tables.alerts import Alert, alert_of
from gamefold.games.tycoon.tables.links import forget_links, link_key, note_link
from gamefold.games.tycoon.tables.projector import TycoonProjector
from gamefold.games.tycoon.tables.reads import (
    alerts_of,
    branch_positions,
    events_of,
    exclude_owner,
    excluded_owners,
    freeze_leaderboard,
    frozen_leaderboard,
    include_owner,
    order_history,
    trades_of,
)
from gamefold.games.tycoon.tables.region_rows import efficiency_mj
from gamefold.games.tycoon.tables.retention import delete_old
from gamefold.games.tycoon.tables.schema import METADATA
from gamefold.games.tycoon.tables.seasons import (
    Home,
    all_seasons,
    begin_season,
    claim_home,
    end_season,
    home_of,
    home_of_company,
    last_home_of,
    open_season,
    rename_home,
    running_season,
)

__all__ = [
    "METADATA",
    "Alert",
    "Home",
    "TycoonProjector",
    "alert_of",
    "alerts_of",
    "all_seasons",
    "begin_season",
    "branch_positions",
    "claim_home",
    "delete_old",
    "efficiency_mj",
    "end_season",
    "events_of",
    "exclude_owner",
    "excluded_owners",
    "forget_links",
    "freeze_leaderboard",
    "frozen_leaderboard",
    "home_of",
    "home_of_company",
    "include_owner",
    "last_home_of",
    "link_key",
    "note_link",
    "open_season",
    "order_history",
    "rename_home",
    "running_season",
    "trades_of",
]
