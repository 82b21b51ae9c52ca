"""Spellcasters: players with the built-in ones, sessions, results, match records, and the tables for tournaments."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from gamefold.storage.naming import Names

revision = "0002"
down_revision = "0001"

_TABLES = (
    "players",
    "sessions",
    "game_results",
    "match_records",
    "tournaments",
    "tournament_players",
    "matches",
)
_BUILTIN = {"builtin_sample_1": "sample_bot_1", "builtin_tactical": "tactical_bot"}
# Not the moment of the migration: a table made again must be the same table.
_BORN = datetime(2026, 1, 1, tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def upgrade() -> None:
    """Make the tables and the built-in players."""
    names = Names(op.get_bind(), "spellcasters")
    names.create_schema()

    def create(name: str, *columns: sa.Column[object]) -> None:
        op.create_table(names.table(name), *columns, schema=names.schema)

    def index(table: str, *columns: str) -> None:
        op.create_index(names.index(table, *columns), names.table(table), columns, schema=names.schema)

    def counter(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.Integer, nullable=False, server_default="0")

    def player(name: str, *, key: bool = False) -> sa.Column[object]:
        target = names.reference("players", "player_id")
        return sa.Column(name, sa.Text, sa.ForeignKey(target, ondelete="CASCADE"), primary_key=key, nullable=False)

    create(
        "players",
        sa.Column("player_id", sa.Text, primary_key=True),
        sa.Column("player_name", sa.Text, nullable=False, unique=True),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        counter("is_builtin"),
        sa.Column("sprite_path", sa.Text),
        sa.Column("minion_sprite_path", sa.Text),
        sa.Column("submitted_from", sa.Text),
        counter("total_matches"),
        counter("wins"),
        counter("losses"),
        counter("draws"),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
    )
    create(
        "sessions",
        sa.Column("session_id", sa.Text, primary_key=True),
        player("p1_id"),
        player("p2_id"),
        sa.Column("status", sa.Text, sa.CheckConstraint("status IN ('running','completed','aborted')"), nullable=False),
        sa.Column("started_at", sa.Text),
        sa.Column("ended_at", sa.Text),
        sa.Column("cleaned_at", sa.Text),
    )
    index("sessions", "p1_id")
    index("sessions", "p2_id")
    index("sessions", "status", "ended_at")
    create(
        "game_results",
        sa.Column("result_id", sa.Text, primary_key=True),
        sa.Column(
            "session_id",
            sa.Text,
            sa.ForeignKey(names.reference("sessions", "session_id"), ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("winner_id", sa.Text),
        sa.Column("turns_played", sa.Integer),
        sa.Column("damage_p1", sa.Integer),
        sa.Column("damage_p2", sa.Integer),
        sa.Column("summary", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    create(
        "match_records",
        sa.Column("match_id", sa.Text, primary_key=True),
        sa.Column("p1_id", sa.Text, nullable=False),
        sa.Column("p2_id", sa.Text, nullable=False),
        sa.Column("p1_name", sa.Text, nullable=False),
        sa.Column("p2_name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("winner_id", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("turns_played", sa.Integer),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
    )
    index("match_records", "started_at", "match_id")
    index("match_records", "p1_id")
    index("match_records", "p2_id")
    create(
        "tournaments",
        sa.Column("tournament_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column(
            "status", sa.Text, sa.CheckConstraint("status IN ('draft','ready','running','completed')"), nullable=False
        ),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
    )
    create(
        "tournament_players",
        sa.Column(
            "tournament_id",
            sa.Text,
            sa.ForeignKey(names.reference("tournaments", "tournament_id"), ondelete="CASCADE"),
            primary_key=True,
        ),
        player("player_id", key=True),
    )
    create(
        "matches",
        sa.Column("match_id", sa.Text, primary_key=True),
        sa.Column("tournament_id", sa.Text, sa.ForeignKey(names.reference("tournaments", "tournament_id"))),
        sa.Column("p1_id", sa.Text, nullable=False),
        sa.Column("p2_id", sa.Text, nullable=False),
        sa.Column("scheduled_ord", sa.Integer),
        sa.Column(
            "status",
            sa.Text,
            sa.CheckConstraint("status IN ('pending','running','completed','aborted')"),
            nullable=False,
        ),
        sa.Column("winner_id", sa.Text),
        sa.Column("turns_played", sa.Integer),
        sa.Column("started_at", sa.Text),
        sa.Column("ended_at", sa.Text),
    )
    for player_id, name in _BUILTIN.items():
        op.execute(
            sa.text(
                f"INSERT INTO {names.qualified('players')}"  # noqa: S608 - the name is ours
                " (player_id, player_name, name_key, is_builtin, submitted_from, created_at, updated_at)"
                " VALUES (:player_id, :name, :name, 1, 'seed', :born, :born)"
            ).bindparams(player_id=player_id, name=name, born=_BORN)
        )


def downgrade() -> None:
    """Drop the tables; the matches stay in the journal."""
    names = Names(op.get_bind(), "spellcasters")
    for name in reversed(_TABLES):
        op.drop_table(names.table(name), schema=names.schema)
    names.drop_schema()
