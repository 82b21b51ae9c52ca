"""The tables of Spellcasters, and how worlds, sessions and times are named in them."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text

from gamefold.storage.naming import register

METADATA: Final = register(MetaData(schema="spellcasters"))
GONE: Final = "deleted player"  # the name that stays in the records of matches

players: Final = Table(
    "players",
    METADATA,
    Column("player_id", Text, primary_key=True),
    Column("player_name", Text, nullable=False, unique=True),
    Column("name_key", Text, nullable=False, unique=True),  # how names are compared: NFKC, case folded
    Column("is_builtin", Integer, nullable=False, server_default="0"),
    Column("sprite_path", Text),
    Column("minion_sprite_path", Text),
    Column("submitted_from", Text),
    Column("total_matches", Integer, nullable=False, server_default="0"),
    Column("wins", Integer, nullable=False, server_default="0"),
    Column("losses", Integer, nullable=False, server_default="0"),
    Column("draws", Integer, nullable=False, server_default="0"),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)


def _player(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, ForeignKey("spellcasters.players.player_id", ondelete="CASCADE"), **options)


sessions: Final = Table(
    "sessions",
    METADATA,
    Column("session_id", Text, primary_key=True),
    _player("p1_id", nullable=False),
    _player("p2_id", nullable=False),
    Column("status", Text, CheckConstraint("status IN ('running','completed','aborted')"), nullable=False),
    Column("started_at", Text),
    Column("ended_at", Text),
    Column("cleaned_at", Text),  # from when the playground has forgotten it; the match record stays
    Index("ix_spellcasters_sessions_p1_id", "p1_id"),
    Index("ix_spellcasters_sessions_p2_id", "p2_id"),
    Index("ix_spellcasters_sessions_status", "status", "ended_at"),
)

game_results: Final = Table(
    "game_results",
    METADATA,
    Column("result_id", Text, primary_key=True),
    Column(
        "session_id",
        Text,
        ForeignKey("spellcasters.sessions.session_id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("winner_id", Text),
    Column("turns_played", Integer),
    Column("damage_p1", Integer),
    Column("damage_p2", Integer),
    Column("summary", Text),
    Column("created_at", Text, nullable=False),
)

# Every match ever played, whoever has left since.
match_records: Final = Table(
    "match_records",
    METADATA,
    Column("match_id", Text, primary_key=True),
    Column("p1_id", Text, nullable=False),
    Column("p2_id", Text, nullable=False),
    Column("p1_name", Text, nullable=False),
    Column("p2_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("winner_id", Text),
    Column("reason", Text),
    Column("turns_played", Integer),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text),
    Index("ix_spellcasters_match_records_started_at", "started_at", "match_id"),
    Index("ix_spellcasters_match_records_p1_id", "p1_id"),
    Index("ix_spellcasters_match_records_p2_id", "p2_id"),
)

# The three below are named by the spec and wait for tournaments.
tournaments: Final = Table(
    "tournaments",
    METADATA,
    Column("tournament_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('draft','ready','running','completed')"), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

tournament_players: Final = Table(
    "tournament_players",
    METADATA,
    Column(
        "tournament_id",
        Text,
        ForeignKey("spellcasters.tournaments.tournament_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    _player("player_id", primary_key=True),
)

matches: Final = Table(
    "matches",
    METADATA,
    Column("match_id", Text, primary_key=True),
    Column("tournament_id", Text, ForeignKey("spellcasters.tournaments.tournament_id")),
    Column("p1_id", Text, nullable=False),
    Column("p2_id", Text, nullable=False),
    Column("scheduled_ord", Integer),
    Column("status", Text, CheckConstraint("status IN ('pending','running','completed','aborted')"), nullable=False),
    Column("winner_id", Text),
    Column("turns_played", Integer),
    Column("started_at", Text),
    Column("ended_at", Text),
)


def world_of(session_id: str) -> str:
    """Give the world in which a session is played."""
    return f"spellcasters/{session_id}"


def session_of(world: str) -> str:
    """Give the session that a world plays."""
    return world.partition("/")[2]


def stamp(time_ms: int) -> str:
    """Write a time the way the tables keep it: ISO 8601, UTC, milliseconds. It sorts as text."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
