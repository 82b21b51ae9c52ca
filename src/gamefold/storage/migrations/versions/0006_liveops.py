"""Live operations: numbers that were changed, anomalies to be looked at, and bans that end by themselves."""

import sqlalchemy as sa
from alembic import op

from gamefold.storage.columns import UUID_TEXT, UtcTime
from gamefold.storage.naming import Names

revision = "0006"
down_revision = "0005"

_TABLES = ("parameter_overrides", "parameter_changes", "anomalies", "bans")


def upgrade() -> None:
    """Make the tables."""
    names = Names(op.get_bind(), "platform")

    def create(name: str, *parts: sa.schema.SchemaItem) -> None:
        op.create_table(names.table(name), *parts, schema=names.schema)

    def text(name: str, *, key: bool = False, empty: bool = False) -> sa.Column[str]:
        return sa.Column(name, sa.Text, primary_key=key, nullable=empty)

    create("parameter_overrides", text("game", key=True), text("name", key=True), text("value"))
    create(
        "parameter_changes",
        sa.Column("id", UUID_TEXT, primary_key=True, nullable=False),
        text("game"),
        sa.Column("at", UtcTime, nullable=False),
        text("actor"),
        text("reason"),
        text("before"),
        text("after"),
        text("worlds"),
        sa.Column("reverts", UUID_TEXT),
    )
    op.create_index(
        names.index("parameter_changes", "game", "at"),
        names.table("parameter_changes"),
        ["game", "at"],
        schema=names.schema,
    )
    create(
        "anomalies",
        sa.Column("id", UUID_TEXT, primary_key=True, nullable=False),
        text("game"),
        text("subject"),
        text("kind"),
        sa.Column("score", sa.Integer, nullable=False),
        text("evidence"),
        sa.Column("first_seen", UtcTime, nullable=False),
        sa.Column("last_seen", UtcTime, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, sa.CheckConstraint("status IN ('OPEN','DISMISSED','CONFIRMED')"), nullable=False),
        text("reviewed_by", empty=True),
        sa.Column("reviewed_at", UtcTime),
        text("note", empty=True),
    )
    table = names.table("anomalies")
    op.create_index(names.index("anomalies", "first_seen"), table, ["first_seen"], schema=names.schema)
    only_open = sa.text("status = 'OPEN'")
    op.create_index(
        names.index("anomalies", "open"),
        table,
        ["game", "subject", "kind"],
        unique=True,
        schema=names.schema,
        postgresql_where=only_open,
        sqlite_where=only_open,
    )
    create(
        "bans",
        sa.Column(
            "user_id",
            UUID_TEXT,
            sa.ForeignKey(names.reference("users", "id"), ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("until", UtcTime, nullable=False),
    )
    op.create_index(names.index("bans", "until"), names.table("bans"), ["until"], schema=names.schema)


def downgrade() -> None:
    """Drop the tables."""
    names = Names(op.get_bind(), "platform")
    for name in reversed(_TABLES):
        op.drop_table(names.table(name), schema=names.schema)
