"""The engine's own tables, as statements see them. How they come to be stands in `migrations/versions`.

All columns are integers, texts and bytes: those are the same on both databases.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text

from gamefold.storage.naming import ENGINE, register

# Worlds are listed and paged by id. "C" gives PostgreSQL the order that SQLite and Python have: by code point.
WORLD_ID: Final = Text().with_variant(Text(collation="C"), "postgresql")

METADATA: Final = register(MetaData(schema=ENGINE))

WORLDS: Final = Table(
    "worlds",
    METADATA,
    Column("world", WORLD_ID, primary_key=True),
    Column("ruleset", Text, nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("node", Text),
    Column("status", Text, nullable=False),
    Column("projected", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

RUNS: Final = Table(
    "runs",
    METADATA,
    Column("world", WORLD_ID, primary_key=True),
    Column("run", BigInteger, primary_key=True),
    Column("seed", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("parent_world", WORLD_ID),
    Column("parent_run", BigInteger),
    Column("parent_seq", BigInteger, nullable=False),
    Column("parent_position", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# No index beside the key: one on positions made a commit of 64 worlds 45 % slower. Positions rise with seqs, so
# `history` finds a position by halving instead.
JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("world", WORLD_ID, primary_key=True),
    Column("run", BigInteger, primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("entries", LargeBinary, nullable=False),
    Column("events", LargeBinary, nullable=False),
)

# Archived journal rows, many in one; the columns span them all.
SEGMENTS: Final = Table(
    "segments",
    METADATA,
    Column("world", WORLD_ID, primary_key=True),
    Column("run", BigInteger, primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

SNAPSHOTS: Final = Table(
    "snapshots",
    METADATA,
    Column("world", WORLD_ID, primary_key=True),
    Column("run", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

CURSORS: Final = Table(
    "cursors",
    METADATA,
    Column("world", WORLD_ID, primary_key=True),
    Column("run", BigInteger, primary_key=True),
    Column("reactor", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

IDEMPOTENCY: Final = Table(
    "idempotency",
    METADATA,
    Column("scope_key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("claimed_ms", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),  # of the process that claimed it
    Column("status", Integer),  # None while the first request is under way
    Column("headers", LargeBinary),
    Column("body", LargeBinary),
)

META: Final = Table(
    "meta",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
