"""Tycoon: seasons, homes, and what its worlds tell: companies, sites, rigs, markets, research, votes, ticks."""

# ruff: noqa: S608 - every name in the statements is ours

from typing import Any

import sqlalchemy as sa
from alembic import op

from gamefold.storage.columns import UUID_TEXT, UtcTime
from gamefold.storage.naming import Names

revision = "0005"
down_revision = "0004"

# By table: what a world tells of it besides `world` and `id`. t text, i integer, b big integer, m moment, f flag,
# u id, y bytes; ? where NULL may stand.
_TOLD = {
    "companies": (
        "season:i owner_id:u name:t region:t guest:f reputation:i reputation_anarchists:i reputation_miners:i"
        " reputation_regulators:i reputation_traders:i usd_micro:b sat:b created_at:m"
    ),
    "branches": "region:t usd_micro:b sat:b position:b created_at:m",
    "sites": "company_id:t region:t name:t grid_tier:i cooling_type:t uptime:i created_at:m",
    "energy_contracts": "site_id:t type:t provider:t price_per_kwh:b capacity:b start:b end:b",
    "positions": ("company_id:t instrument:t side:t qty:b entry:b margin:b status:t created_at:m updated_at:m"),
    "research": "company_id:t node:t level:i progress:i started_at:m finished_at:m?",
    "quests": "company_id:t quest:t status:t updated_at:m",
    "proposals": (
        "company_id:t type:t title:t description:t parameter:t value:b deadline:b votes:t outcome:t created_at:m"
    ),
    "events": "type:t severity:t region:t? payload:t begins:b created_at:m resolved_at:m?",
    "orders": (
        "company_id:t instrument:t side:t type:t time_in_force:t price:b? qty:b filled:b status:t"
        " client_order_id:t away:b opened_tick:b closed_tick:b? created_at:m updated_at:m"
    ),
}
# The same, by numbers instead of texts.
_NUMBERED = {
    "rigs": "site_id:t type:t hashrate:b efficiency:b wear:i firmware:t status:t",
    "trades": ("instrument:t price:b mark:b qty:b side:t maker_id:t taker_id:t maker_fee:b taker_fee:b tick:b ts:m"),
    "alerts": "company_id:t type:t severity:t message:t tick:b created_at:m",
    "tick_snapshots": "season:i ts:m btc_price:b difficulty:b regional_prices:t digest:y region_digests:t",
}
_INDEXES = (
    ("companies", "owner_id"),
    ("sites", "world", "company_id"),
    ("rigs", "world", "site_id"),
    ("energy_contracts", "world", "site_id"),
    ("positions", "world", "company_id"),
    ("research", "world", "company_id"),
    ("quests", "world", "company_id"),
    ("orders", "world", "company_id"),
    ("orders", "updated_at"),
    ("trades", "world", "maker_id"),
    ("trades", "world", "taker_id"),
    ("trades", "ts"),
    ("alerts", "company_id", "created_at"),
    ("alerts", "created_at"),
    ("tick_snapshots", "ts"),
    ("links", "last_seen"),
)
_PLAIN = ("checks", "links", "excluded", "leaderboard", "homes", "seasons")


def upgrade() -> None:
    """Make tables and the view of users."""
    names, platform = Names(op.get_bind(), "tycoon"), Names(op.get_bind(), "platform")
    names.create_schema()

    def create(name: str, *columns: Any) -> None:
        op.create_table(names.table(name), *columns, schema=names.schema)

    def season() -> sa.Column[Any]:
        target = sa.ForeignKey(names.reference("seasons", "number"))
        return sa.Column("season", sa.Integer, target, primary_key=True, autoincrement=False)

    def person() -> sa.Column[Any]:
        target = sa.ForeignKey(platform.reference("users", "id"), ondelete="CASCADE")
        return sa.Column("owner_id", UUID_TEXT, target, primary_key=True)

    number = sa.Column("number", sa.Integer, primary_key=True, autoincrement=False)
    create("seasons", number, *_columns("name:t status:t started_at:m ended_at:m?"))
    company = sa.Column("company_id", UUID_TEXT, nullable=False, unique=True)
    create("homes", season(), person(), company, *_columns("region:t name:t created_at:m"))
    for table, columns in _TOLD.items():
        create(table, _world(), sa.Column("id", sa.Text, primary_key=True), *_columns(columns))
    for table, columns in _NUMBERED.items():
        key = sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)
        create(table, _world(), key, *_columns(columns))
    create(
        "leaderboard",
        season(),
        sa.Column("company_id", UUID_TEXT, primary_key=True),
        *_columns("name:t region:t net_worth:b hashrate:b reputation:b"),
    )
    create("excluded", person(), *_columns("reason:t created_at:m"))
    create("links", person(), sa.Column("key", sa.Text, primary_key=True), *_columns("first_seen:m last_seen:m"))
    create("checks", sa.Column("name", sa.Text, primary_key=True), *_columns("upto:m"))
    for table, *indexed in _INDEXES:
        op.create_index(names.index(table, *indexed), names.table(table), indexed, schema=names.schema)
    _drop_view(names)  # a forced restore clears away tables, and leaves views
    op.execute(
        f"CREATE VIEW {names.qualified('users')} AS"
        " SELECT person.id, CASE WHEN person.is_guest THEN NULL ELSE person.email END AS email, person.created_at"
        f" FROM {platform.qualified('users')} AS person"
        f" WHERE person.id IN (SELECT home.owner_id FROM {names.qualified('homes')} AS home)"
    )


def downgrade() -> None:
    """Drop view and tables; the worlds stay in the journal."""
    names = Names(op.get_bind(), "tycoon")
    _drop_view(names)
    for name in (*_NUMBERED, *_TOLD, *_PLAIN):
        op.drop_table(names.table(name), schema=names.schema)
    names.drop_schema()


_TYPES: dict[str, Any] = {
    "t": sa.Text,
    "i": sa.Integer,
    "b": sa.BigInteger,
    "m": UtcTime,
    "f": sa.Boolean,
    "u": UUID_TEXT,
    "y": sa.LargeBinary,
}


def _world() -> sa.Column[Any]:
    return sa.Column("world", sa.Text, primary_key=True)


def _columns(declared: str) -> list[sa.Column[Any]]:
    pairs = (one.rstrip("?").split(":") for one in declared.split())
    return [
        sa.Column(name, _TYPES[kind], nullable=one.endswith("?"))
        for (name, kind), one in zip(pairs, declared.split(), strict=True)
    ]


def _drop_view(names: Names) -> None:
    op.execute(f"DROP VIEW IF EXISTS {names.qualified('users')}")
