"""The tables of accounts, as statements see them."""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, func

from gamefold.platform.schema import METADATA
from gamefold.storage.columns import UUID_TEXT, UtcTime

users: Final = Table(
    "users",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # CITEXT on PostgreSQL; always written in lower case
    Column("hashed_password", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_superuser", Boolean, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    Column("full_name", Text),
    Column("profile_picture", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime),
    Column("username", Text),
    Column("username_key", Text, unique=True),
    Column("is_guest", Boolean, nullable=False),
    Column("password_changed_at", UtcTime),
    Index("users_active_idx", "is_active"),
)

# One family is one session: what came from one login by rotation. `token_hash` is that of its newest refresh token.
token_families: Final = Table(
    "token_families",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("user_id", UUID_TEXT, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("audience", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("rotated_at", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("revoked_why", Text),
    Index("ix_platform_token_families_user_id", "user_id", "created_at"),
    Index("ix_platform_token_families_expires_at", "expires_at"),
)

# Sessions whose access tokens may still be about. Outlives the user.
revocations: Final = Table(
    "revocations",
    METADATA,
    Column("session_id", UUID_TEXT, primary_key=True),
    Column("user_id", UUID_TEXT, nullable=False),
    Column("at", UtcTime, nullable=False, server_default=func.current_timestamp()),
    Index("ix_platform_revocations_at", "at"),
)

# Bans that end by themselves. Other bans have no row.
bans: Final = Table(
    "bans",
    METADATA,
    Column("user_id", UUID_TEXT, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("until", UtcTime, nullable=False),
    Index("ix_platform_bans_until", "until"),
)

login_failures: Final = Table(
    "login_failures",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("account", LargeBinary, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_platform_login_failures_account", "account", "at"),
    Index("ix_platform_login_failures_at", "at"),
)
