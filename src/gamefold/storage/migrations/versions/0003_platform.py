"""The platform: users, what proves who they are, tenants, runs of jobs, and the audit log."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.exc import DBAPIError

from gamefold.storage.columns import UUID_TEXT, UtcTime
from gamefold.storage.naming import Names

revision = "0003"
down_revision = "0002"

_TABLES = (
    "users",
    "token_families",
    "revocations",
    "login_failures",
    "tenant",
    "memberships",
    "job_runs",
    "audit_chains",
    "audit",
)


def upgrade() -> None:
    """Make the tables."""
    connection = op.get_bind()
    postgres = connection.dialect.name == "postgresql"
    names = Names(connection, "platform")
    names.create_schema()
    now = sa.text("now()") if postgres else sa.text("CURRENT_TIMESTAMP")

    def create(name: str, *parts: sa.schema.SchemaItem) -> None:
        op.create_table(names.table(name), *parts, schema=names.schema)

    def index(name: str, table: str, *columns: str | sa.TextClause, **options: Any) -> None:
        op.create_index(name, names.table(table), list(columns), schema=names.schema, **options)

    def key(name: str = "id") -> sa.Column[str]:
        made = sa.text("gen_random_uuid()") if postgres else None
        return sa.Column(name, UUID_TEXT, primary_key=True, nullable=False, server_default=made)

    def of(table: str, name: str, *, key: bool = False) -> sa.Column[str]:
        target = sa.ForeignKey(names.reference(table, "id"), ondelete="CASCADE")
        return sa.Column(name, UUID_TEXT, target, primary_key=key, nullable=False)

    def flag(name: str, *, default: bool) -> sa.Column[bool]:
        return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.true() if default else sa.false())

    create(
        "users",
        key(),
        sa.Column("email", _email_type(connection), nullable=False, unique=True),
        sa.Column("hashed_password", sa.Text, nullable=False),
        flag("is_active", default=True),
        flag("is_superuser", default=False),
        flag("is_verified", default=False),
        sa.Column("full_name", sa.Text),
        sa.Column("profile_picture", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False, server_default=now),
        sa.Column("updated_at", UtcTime),
        sa.Column("username", sa.Text),
        sa.Column("username_key", sa.Text, unique=True),
        flag("is_guest", default=False),
        sa.Column("password_changed_at", UtcTime),
    )
    # Statements compare texts (they cannot know whether this database has CITEXT), so that is what is indexed.
    # Stored addresses are in lower case already.
    index("users_email_idx", "users", sa.text("(email::text)") if postgres else "email")
    index("users_active_idx", "users", "is_active")

    create(
        "token_families",
        key(),
        of("users", "user_id"),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("rotated_at", UtcTime, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("revoked_at", UtcTime),
        sa.Column("revoked_why", sa.Text),
    )
    index(names.index("token_families", "user_id"), "token_families", "user_id", "created_at")
    index(names.index("token_families", "expires_at"), "token_families", "expires_at")

    # Without references: it has to outlive the user it is about.
    create(
        "revocations",
        sa.Column("session_id", UUID_TEXT, primary_key=True, nullable=False),
        sa.Column("user_id", UUID_TEXT, nullable=False),
        # The database's own clock, so that processes with other clocks miss nothing.
        sa.Column("at", UtcTime, nullable=False, server_default=now),
    )
    index(names.index("revocations", "at"), "revocations", "at")

    create(
        "login_failures",
        key(),
        sa.Column("account", sa.LargeBinary, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
    )
    index(names.index("login_failures", "account"), "login_failures", "account", "at")
    index(names.index("login_failures", "at"), "login_failures", "at")

    create(
        "tenant",
        key(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False, server_default=now),
        sa.Column("updated_at", UtcTime),
    )
    create(
        "memberships",
        of("tenant", "tenant_id", key=True),
        of("users", "user_id", key=True),
        sa.Column("role", sa.Text, sa.CheckConstraint("role IN ('OWNER','ADMIN','MEMBER')"), nullable=False),
        flag("is_default", default=False),
        sa.Column("created_at", UtcTime, nullable=False, server_default=now),
    )
    only_defaults = sa.text("is_default")
    index(
        names.index("memberships", "default"),
        "memberships",
        "user_id",
        unique=True,
        postgresql_where=only_defaults,
        sqlite_where=only_defaults,
    )
    index(names.index("memberships", "user_id"), "memberships", "user_id")

    create(
        "job_runs",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("fire_at", UtcTime, primary_key=True),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("lease_until", UtcTime, nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("finished_at", UtcTime),
        sa.Column("outcome", sa.Text),
    )
    index(names.index("job_runs", "fire_at"), "job_runs", "fire_at")

    create(
        "audit_chains",
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    create(
        "audit",
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("trace_id", sa.Text),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    index(names.index("audit", "at"), "audit", "at")
    index(names.index("audit", "subject"), "audit", "subject", "at")


def downgrade() -> None:
    """Drop the tables. The extension stays: others in this database may use it by now."""
    names = Names(op.get_bind(), "platform")
    for name in reversed(_TABLES):
        op.drop_table(names.table(name), schema=names.schema)
    names.drop_schema()


def _email_type(connection: sa.Connection) -> sa.types.TypeEngine[str]:
    """Give a text that does not tell letter case apart.

    SQLite folds ASCII letters only. A PostgreSQL without the extension, and without the right to add it, gets a
    plain text. Neither lets two people have one address: what is stored was folded before.
    """
    if connection.dialect.name == "sqlite":
        return sa.Text(collation="NOCASE")
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public"))
    except DBAPIError:
        return sa.Text()
    return CITEXT()
