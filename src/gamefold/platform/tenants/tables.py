"""The tables of tenants, as statements see them."""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table, Text, text

from gamefold.platform.accounts.tables import users
from gamefold.platform.schema import METADATA
from gamefold.storage.columns import UUID_TEXT, UtcTime

tenants: Final = Table(
    "tenant",
    METADATA,
    Column("id", UUID_TEXT, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime),
)

memberships: Final = Table(
    "memberships",
    METADATA,
    Column("tenant_id", UUID_TEXT, ForeignKey(tenants.c.id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", UUID_TEXT, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("role", Text, CheckConstraint("role IN ('OWNER','ADMIN','MEMBER')"), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_platform_memberships_user_id", "user_id"),
    Index(
        "ix_platform_memberships_default",
        "user_id",
        unique=True,
        postgresql_where=text("is_default"),
        sqlite_where=text("is_default"),
    ),
)
