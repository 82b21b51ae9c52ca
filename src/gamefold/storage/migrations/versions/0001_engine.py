"""The engine's tables: worlds, journal, snapshots, cursors, archive, idempotency."""

import sqlalchemy as sa
from alembic import op

from gamefold.storage.naming import ENGINE, Names

revision = "0001"
down_revision = None

_TABLES = ("worlds", "runs", "journal", "segments", "snapshots", "cursors", "idempotency", "meta")


def upgrade() -> None:
    """Make the tables."""
    names = Names(op.get_bind(), ENGINE)
    # Ids sort by code point everywhere; see tables.WORLD_ID.
    world_id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

    def create(name: str, *columns: sa.Column[object]) -> None:
        op.create_table(names.table(name), *columns, schema=names.schema)

    create(
        "worlds",
        sa.Column("world", world_id, primary_key=True),
        sa.Column("ruleset", sa.Text, nullable=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("node", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("projected", sa.Boolean, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index(names.index("worlds", "status"), names.table("worlds"), ["status", "world"], schema=names.schema)
    create(
        "runs",
        sa.Column("world", world_id, primary_key=True),
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seed", sa.LargeBinary, nullable=False),
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("parent_world", world_id),
        sa.Column("parent_run", sa.BigInteger),
        sa.Column("parent_seq", sa.BigInteger, nullable=False),
        sa.Column("parent_position", sa.BigInteger, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    create(
        "journal",
        sa.Column("world", world_id, primary_key=True),
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("first_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("first_position", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("entries", sa.LargeBinary, nullable=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
    )
    create(
        "segments",
        sa.Column("world", world_id, primary_key=True),
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("first_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("first_position", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    create(
        "snapshots",
        sa.Column("world", world_id, primary_key=True),
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    create(
        "cursors",
        sa.Column("world", world_id, primary_key=True),
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reactor", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    create(
        "idempotency",
        sa.Column("scope_key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("claimed_ms", sa.BigInteger, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.LargeBinary),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_index(
        names.index("idempotency", "claimed_ms"), names.table("idempotency"), ["claimed_ms"], schema=names.schema
    )
    create(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables and all worlds with them."""
    names = Names(op.get_bind(), ENGINE)
    for name in reversed(_TABLES):
        op.drop_table(names.table(name), schema=names.schema)
