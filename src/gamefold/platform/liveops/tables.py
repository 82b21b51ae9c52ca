"""The tables of live operations, as statements see them. How they come to be: migration 0006."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, text

from gamefold.platform.schema import METADATA
from gamefold.storage.columns import UUID_TEXT, UtcTime

OPEN: Final = "OPEN"

# Numbers that new worlds of a game begin with instead of those in its sheet. Values are JSON.
overrides: Final = Table(
    "parameter_overrides",
    METADATA,
    Column("game", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# `before`, `after`: JSON by name. `worlds`: by world, what was different there before, so that a revert can undo it.
changes: Final = Table(
    "parameter_changes",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("game", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("worlds", Text, nullable=False),
    Column("reverts", UUID_TEXT),
    Index("ix_platform_parameter_changes_game_at", "game", "at"),
)

anomalies: Final = Table(
    "anomalies",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("game", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("count", Integer, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('OPEN','DISMISSED','CONFIRMED')"), nullable=False),
    Column("reviewed_by", Text),
    Column("reviewed_at", UtcTime),
    Column("note", Text),
    Index("ix_platform_anomalies_first_seen", "first_seen"),
    Index(
        "ix_platform_anomalies_open",
        "game",
        "subject",
        "kind",
        unique=True,
        postgresql_where=text("status = 'OPEN'"),
        sqlite_where=text("status = 'OPEN'"),
    ),
)
