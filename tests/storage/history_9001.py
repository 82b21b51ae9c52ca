"""A later version, as a game would add it: references, indexes, counted keys, and every kind of value."""

import sqlalchemy as sa
from alembic import op

from gamefold.storage.naming import Names

revision = "9001"
down_revision = "LAST"


def upgrade() -> None:
    names = Names(op.get_bind(), "library")
    names.create_schema()
    op.create_table(
        names.table("books"),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("sequel_of", sa.Integer, sa.ForeignKey(names.reference("books", "id"), name="fk_sequel")),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("printed_at", sa.DateTime),
        sa.Column("lent", sa.Boolean, nullable=False),
        sa.Column("rating", sa.Float),
        sa.Column("tags", sa.JSON),
        sa.Column("cover", sa.LargeBinary),
        schema=names.schema,
    )
    op.create_index(names.index("books", "title"), names.table("books"), ["title"], schema=names.schema, unique=True)
    op.create_table(
        names.table("authors"),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("book", sa.Integer, sa.ForeignKey(names.reference("books", "id"), ondelete="CASCADE")),
        schema=names.schema,
    )


def downgrade() -> None:
    names = Names(op.get_bind(), "library")
    op.drop_table(names.table("authors"), schema=names.schema)
    op.drop_table(names.table("books"), schema=names.schema)
    names.drop_schema()
