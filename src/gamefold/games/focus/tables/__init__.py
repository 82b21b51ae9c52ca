"""Tables of Focus: how events fill them, and how they are read.

Functions take a connection and, unless they are a job's, a `Scope`: `read_as(database, scope, hero_of)`.
"""

from gamefold.games.focus.tables.featured import FEATURED_ITEMS, featured_of, rotate_featured
from gamefold.games.focus.tables.jobs import open_sessions, refresh_progression, sessions_to_time_out, streaks_to_reset
from gamefold.games.focus.tables.projector import FocusProjector
from gamefold.games.focus.tables.reads import (
    available_drops,
    hero_of,
    inventory_of,
    leaderboard,
    session_key,
    session_of,
    session_page,
    world_state_of,
)
from gamefold.games.focus.tables.schema import METADATA, stamp
from gamefold.games.focus.tables.scope import Scope, read_as, scope_of, scoped, write_as
from gamefold.games.focus.tables.tasks import (
    PageKey,
    create_task,
    delete_task,
    task_key,
    task_of,
    task_page,
    template_of,
    update_task,
)
from gamefold.storage.columns import milliseconds, moment

__all__ = [
    "FEATURED_ITEMS",
    "METADATA",
    "FocusProjector",
    "PageKey",
    "Scope",
    "available_drops",
    "create_task",
    "delete_task",
    "featured_of",
    "hero_of",
    "inventory_of",
    "leaderboard",
    "milliseconds",
    "moment",
    "open_sessions",
    "read_as",
    "refresh_progression",
    "rotate_featured",
    "scope_of",
    "scoped",
    "session_key",
    "session_of",
    "session_page",
    "sessions_to_time_out",
    "stamp",
    "streaks_to_reset",
    "task_key",
    "task_of",
    "task_page",
    "template_of",
    "update_task",
    "world_state_of",
    "write_as",
]
