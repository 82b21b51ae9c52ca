"""Tables of Spellcasters: how events fill them, and how players and matches are read."""

from gamefold.games.spellcasters.tables.log import log_line
from gamefold.games.spellcasters.tables.match_rows import match_page, match_record
from gamefold.games.spellcasters.tables.player_rows import all_players, delete_player, player_of, register_player
from gamefold.games.spellcasters.tables.projector import SpellcastersProjector
from gamefold.games.spellcasters.tables.schema import (
    METADATA,
    game_results,
    match_records,
    players,
    session_of,
    sessions,
    stamp,
    world_of,
)
from gamefold.games.spellcasters.tables.session_rows import (
    admit_session,
    clean_idle_sessions,
    clean_session,
    running_sessions,
    session_row,
    sessions_by_status,
)

__all__ = [
    "METADATA",
    "SpellcastersProjector",
    "admit_session",
    "all_players",
    "clean_idle_sessions",
    "clean_session",
    "delete_player",
    "game_results",
    "log_line",
    "match_page",
    "match_record",
    "match_records",
    "player_of",
    "players",
    "register_player",
    "running_sessions",
    "session_of",
    "session_row",
    "sessions",
    "sessions_by_status",
    "stamp",
    "world_of",
]
