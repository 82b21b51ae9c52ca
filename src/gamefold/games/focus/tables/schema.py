"""The tables of Focus as statements see them. How they come to be stands in migration 0004."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Date, ForeignKey, Integer, MetaData, Table, Text, column, table

from gamefold.storage.columns import UUID_TEXT, UtcTime
from gamefold.storage.naming import register

METADATA: Final = register(MetaData(schema="focus"))
register(MetaData(schema="platform"))

_FIRST_DAY: Final = date(1970, 1, 1)


def day(number: int) -> date:
    """Give a day of the rules' (counted from 1970-01-01) as the tables have it."""
    return _FIRST_DAY + timedelta(days=number)


def stamp(at: datetime) -> str:
    """Write a time the way JSON has it: `2025-01-11T09:20:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _item(name: str, **options: Any) -> Column[Any]:
    return Column(name, UUID_TEXT, ForeignKey("focus.items.id"), **options)


def _owned(name: str, *columns: Column[Any]) -> Table:
    """Make a table whose rows belong to one user of one tenant."""
    # Both refer to the platform's tables, which statements here have no need to know.
    owner = (Column("tenant_id", UUID_TEXT, nullable=False), Column("user_id", UUID_TEXT, nullable=False))
    return Table(name, METADATA, Column("id", UUID_TEXT, primary_key=True), *owner, *columns)


def _whole(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False)


items: Final = Table(
    "items",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("rarity", Text, nullable=False),
    Column("sprite_key", Text, nullable=False),
    Column("unlock_level", Integer),
    Column("room_affinity", Text),  # None: drops in any room
    Column("created_at", UtcTime, nullable=False),
)

heroes: Final = _owned(
    "heroes",
    _whole("level"),
    _whole("exp"),
    _whole("gold"),
    _item("equipped_hat_id"),
    _item("equipped_outfit_id"),
    _item("equipped_accessory_id"),
    Column("updated_at", UtcTime, nullable=False),
)

task_templates: Final = _owned(
    "task_templates",
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False),
    _whole("default_duration_minutes"),
    Column("room", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),  # deleted ones stay for the sessions that refer to them
)

sessions: Final = _owned(
    "sessions",
    Column("task_template_id", UUID_TEXT, ForeignKey("focus.task_templates.id")),
    _whole("duration_minutes"),
    Column("room", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("status", Text, nullable=False),
    _whole("reward_exp"),
    _whole("reward_gold"),
    _item("drop_item_id"),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

inventory: Final = _owned(
    "inventory",
    _item("item_id", nullable=False),
    Column("obtained_at", UtcTime, nullable=False),
)

world_states: Final = _owned(
    "world_states",
    _whole("study_room_level"),
    _whole("build_room_level"),
    _whole("training_room_level"),
    _whole("plaza_level"),
    _whole("total_sessions_success"),
    _whole("day_streak"),
    Column("last_session_date", Date),
    Column("last_reset_at", UtcTime),
)

cosmetic_drop_logs: Final = Table(
    "cosmetic_drop_logs",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("tenant_id", UUID_TEXT, nullable=False),
    Column("session_id", UUID_TEXT, ForeignKey("focus.sessions.id", ondelete="CASCADE"), nullable=False),
    _item("item_id", nullable=False),
    Column("rolled_at", UtcTime, nullable=False),
)

# What the shop window shows from a day on; the same for everybody.
featured_items: Final = Table(
    "featured_items",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("position", Integer, primary_key=True),
    _item("item_id", nullable=False),
)

# -- views: not in METADATA, which lists what holds rows ------------------------------------------------------------

inventory_with_items: Final = table(
    "inventory_with_items",
    column("id", UUID_TEXT),
    column("tenant_id", UUID_TEXT),
    column("user_id", UUID_TEXT),
    column("item_id", UUID_TEXT),
    column("obtained_at", UtcTime),
    column("name", Text),
    column("type", Text),
    column("rarity", Text),
    column("sprite_key", Text),
    column("unlock_level", Integer),
    column("room_affinity", Text),
    schema="focus",
)

# `hero_progression_view` behind a fence: it shows the tenant that a connection is scoped to, and no other.
leaderboard_view: Final = table(
    "leaderboard",
    column("tenant_id", UUID_TEXT),
    column("user_id", UUID_TEXT),
    column("level", Integer),
    column("exp", Integer),
    column("total_sessions", Integer),
    schema="focus",
)

platform_users: Final = table("users", column("id", UUID_TEXT), schema="platform")
platform_tenant: Final = table("tenant", column("id", UUID_TEXT), schema="platform")
