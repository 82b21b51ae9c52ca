"""The tables of Tycoon as statements see them. How they come to be stands in migration 0005.

Every row that a world has told carries its `world`, so a rollback can take back that world's rows and no others.
Money is micro-USD and satoshi, quantities are lots, prices are price ticks, as in the worlds: see `state/units.py`.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

from gamefold.storage.columns import UUID_TEXT, UtcTime
from gamefold.storage.naming import register

METADATA: Final = register(MetaData(schema="tycoon"))


def _whole(name: str, **options: Any) -> Column[Any]:
    return Column(name, BigInteger, **{"nullable": False, **options})


def _words(name: str, **options: Any) -> Column[Any]:
    return Column(name, Text, **{"nullable": False, **options})


def _at(name: str, *, nullable: bool = False) -> Column[datetime | None]:
    return Column(name, UtcTime, nullable=nullable)


def _told(name: str, *columns: Any, key: str = "id") -> Table:
    """Make a table whose rows a world has told."""
    return Table(
        name,
        METADATA,
        Column("world", Text, primary_key=True),
        Column(key, Text, primary_key=True),
        *columns,
    )


seasons: Final = Table(
    "seasons",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _words("name"),
    _words("status"),  # RUNNING or ENDED
    _at("started_at"),
    _at("ended_at", nullable=True),
)

# Whose company is where. Made before the company itself, so that nobody ever has two in a season.
homes: Final = Table(
    "homes",
    METADATA,
    Column("season", Integer, ForeignKey(seasons.c.number), primary_key=True, autoincrement=False),
    Column("owner_id", UUID_TEXT, primary_key=True),  # refers to the platform's users
    Column("company_id", UUID_TEXT, nullable=False, unique=True),
    _words("region"),
    _words("name"),
    _at("created_at"),
)

companies: Final = _told(
    "companies",
    _whole("season"),
    Column("owner_id", UUID_TEXT, nullable=False),
    _words("name"),
    _words("region"),
    Column("guest", Boolean, nullable=False),
    _whole("reputation"),  # the mean of the four
    _whole("reputation_anarchists"),
    _whole("reputation_miners"),
    _whole("reputation_regulators"),
    _whole("reputation_traders"),
    _whole("usd_micro"),  # at home; follows by events, and exactly at each snapshot of the world
    _whole("sat"),
    _at("created_at"),
    Index("ix_tycoon_companies_owner_id", "owner_id"),
)

# Companies in regions where they are not at home. The id is the company's.
branches: Final = _told(
    "branches",
    _words("region"),
    _whole("usd_micro"),  # there; follows by events, and exactly at each snapshot of the world
    _whole("sat"),
    _whole("position"),  # of the event in its world that opened it
    _at("created_at"),
)

sites: Final = _told(
    "sites",
    _words("company_id"),
    _words("region"),
    _words("name"),
    Column("grid_tier", Integer, nullable=False),
    _words("cooling_type"),
    Column("uptime", Integer, nullable=False),  # basis points, as of the last snapshot of the world
    _at("created_at"),
    Index("ix_tycoon_sites_company_id", "world", "company_id"),
)

rigs: Final = Table(
    "rigs",
    METADATA,
    Column("world", Text, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    _words("site_id"),
    _words("type"),
    _whole("hashrate"),  # GH/s
    _whole("efficiency"),  # mJ/TH
    Column("wear", Integer, nullable=False),  # basis points of a life, as of the last snapshot of the world
    _words("firmware"),
    _words("status"),
    Index("ix_tycoon_rigs_site_id", "world", "site_id"),
)

energy_contracts: Final = _told(
    "energy_contracts",
    _words("site_id"),
    _words("type"),
    _words("provider"),
    _whole("price_per_kwh"),  # micro-USD; of an INDEX contract: basis points of the spot price
    _whole("capacity"),  # kW
    _whole("start"),  # ticks
    _whole("end"),
    Index("ix_tycoon_energy_contracts_site_id", "world", "site_id"),
)

positions: Final = _told(
    "positions",
    _words("company_id"),
    _words("instrument"),
    _words("side"),
    _whole("qty"),  # lots
    _whole("entry"),  # micro-USD per BTC
    _whole("margin"),  # micro-USD
    _words("status"),
    _at("created_at"),
    _at("updated_at"),
    Index("ix_tycoon_positions_company_id", "world", "company_id"),
)

research: Final = _told(
    "research",  # the id is `<company>:<node>`
    _words("company_id"),
    _words("node"),
    Column("level", Integer, nullable=False),  # 0 while it runs or without effect, 1 once it has its effect
    Column("progress", Integer, nullable=False),  # basis points: 0 while it runs, 10,000 once it is finished
    _at("started_at"),
    _at("finished_at", nullable=True),
    Index("ix_tycoon_research_company_id", "world", "company_id"),
)

quests: Final = _told(
    "quests",  # the id is `<company>:<quest>`; what is active has no row
    _words("company_id"),
    _words("quest"),
    _words("status"),
    _at("updated_at"),
    Index("ix_tycoon_quests_company_id", "world", "company_id"),
)

proposals: Final = _told(
    "proposals",
    _words("company_id"),
    _words("type"),
    _words("title"),
    _words("description"),
    _words("parameter"),
    _whole("value"),
    _whole("deadline"),  # tick
    _words("votes"),  # JSON: {"for", "against", "abstain"}, weights
    _words("outcome"),
    _at("created_at"),
)

events: Final = _told(
    "events",
    _words("type"),
    _words("severity"),
    _words("region", nullable=True),
    _words("payload"),  # JSON: effect, begins, ends
    _whole("begins"),
    _at("created_at"),
    _at("resolved_at", nullable=True),
)

tick_snapshots: Final = Table(
    "tick_snapshots",
    METADATA,
    Column("world", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # the tick
    Column("season", Integer, nullable=False),
    _at("ts"),
    _whole("btc_price"),  # micro-USD
    _whole("difficulty"),
    _words("regional_prices"),  # JSON: micro-USD per kWh by region
    Column("digest", LargeBinary, nullable=False),
    _words("region_digests"),  # JSON: by region [tick, hex]
    Index("ix_tycoon_tick_snapshots_ts", "ts"),
)

orders: Final = _told(
    "orders",
    _words("company_id"),
    _words("instrument"),
    _words("side"),
    _words("type"),
    _words("time_in_force"),
    _whole("price", nullable=True),
    _whole("qty"),
    _whole("filled"),
    _words("status"),  # OPEN, or why it is closed
    _words("client_order_id"),
    _whole("away"),  # price ticks behind the best price of its own side when it came
    _whole("opened_tick"),
    _whole("closed_tick", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    Index("ix_tycoon_orders_company_id", "world", "company_id"),
    Index("ix_tycoon_orders_updated_at", "updated_at"),
)

trades: Final = Table(
    "trades",
    METADATA,
    Column("world", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # the event's position in its world
    _words("instrument"),
    _whole("price"),
    _whole("mark"),  # of the instrument, in price ticks, when it was traded
    _whole("qty"),
    _words("side"),  # the taker's
    _words("maker_id"),
    _words("taker_id"),
    _whole("maker_fee"),  # micro-USD
    _whole("taker_fee"),
    _whole("tick"),
    _at("ts"),
    Index("ix_tycoon_trades_maker_id", "world", "maker_id"),
    Index("ix_tycoon_trades_taker_id", "world", "taker_id"),
    Index("ix_tycoon_trades_ts", "ts"),
)

alerts: Final = Table(
    "alerts",
    METADATA,
    Column("world", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # the event's position in its world
    _words("company_id"),
    _words("type"),
    _words("severity"),
    _words("message"),
    _whole("tick"),
    _at("created_at"),
    Index("ix_tycoon_alerts_company_id", "company_id", "created_at"),
    Index("ix_tycoon_alerts_created_at", "created_at"),
)

# Frozen when a season ends, and never changed by a world.
leaderboard: Final = Table(
    "leaderboard",
    METADATA,
    Column("season", Integer, ForeignKey(seasons.c.number), primary_key=True, autoincrement=False),
    Column("company_id", UUID_TEXT, primary_key=True),
    _words("name"),
    _words("region"),
    _whole("net_worth"),  # micro-USD
    _whole("hashrate"),  # GH/s
    _whole("reputation"),
)

# Whom live-ops keeps out of the leaderboard.
excluded: Final = Table(
    "excluded",
    METADATA,
    Column("owner_id", UUID_TEXT, primary_key=True),
    _words("reason"),
    _at("created_at"),
)

# From which networks the accounts of companies came, for anti-cheat: `key` is a keyed hash, never an address.
links: Final = Table(
    "links",
    METADATA,
    Column("owner_id", UUID_TEXT, primary_key=True),
    Column("key", Text, primary_key=True),
    _at("first_seen"),
    _at("last_seen"),
    Index("ix_tycoon_links_last_seen", "last_seen"),
)

# Up to when each anti-cheat check has looked: every period is looked at once.
checks: Final = Table("checks", METADATA, Column("name", Text, primary_key=True), _at("upto"))

TOLD: Final = (
    branches,
    companies, sites, rigs, energy_contracts, positions, research, quests, proposals, events, tick_snapshots, orders,
    trades, alerts,
)  # fmt: skip
"""Tables whose rows come from worlds."""
