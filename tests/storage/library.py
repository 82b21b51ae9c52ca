"""The tables of the extra version, and rows in them."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest
import sqlalchemy as sa

from gamefold.storage import migrate
from gamefold.storage.naming import register

METADATA = register(sa.MetaData(schema="library"))
BOOKS = sa.Table(
    "books",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("sequel_of", sa.Integer, sa.ForeignKey("library.books.id")),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("printed_at", sa.DateTime),
    sa.Column("lent", sa.Boolean, nullable=False),
    sa.Column("rating", sa.Float),
    sa.Column("tags", sa.JSON),
    sa.Column("cover", sa.LargeBinary),
)
AUTHORS = sa.Table(
    "authors",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("book", sa.Integer, sa.ForeignKey("library.books.id", ondelete="CASCADE")),
)


def with_the_library(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Let the house's history go on with one more version."""
    scripts = Path(migrate.__file__).parent / "migrations"
    last = migrate.head()
    copytree(scripts, directory / "migrations")
    version = (Path(__file__).parent / "history_9001.py").read_text().replace("LAST", last)
    (directory / "migrations" / "versions" / "9001_library.py").write_text(version)
    monkeypatch.setattr(migrate, "_SCRIPTS", str(directory / "migrations"))


def fill_library(connection: sa.Connection) -> None:
    book = {
        "id": 1,
        "title": "Zürich 😀",
        "sequel_of": None,
        "price": Decimal("12.50"),
        "printed_at": datetime(2026, 2, 28, 12, 30, 1, 250_000),  # noqa: DTZ001 - the column has no zone either
        "lent": True,
        "rating": 0.1,
        "tags": {"a": [1, None, "b"]},
        "cover": bytes(range(256)),
    }
    connection.execute(BOOKS.insert(), book)
    # Keys are read in order, and the first row below points at the second: restoring must not mind.
    later = book | {"id": 3, "title": "Part One", "tags": None, "printed_at": None}
    connection.execute(BOOKS.insert(), later)
    connection.execute(BOOKS.insert(), later | {"id": 2, "title": "Part Two", "sequel_of": 3, "lent": False})
    connection.execute(AUTHORS.insert(), {"name": "Ada", "book": 2})


def library_rows(connection: sa.Connection) -> list:
    return [
        [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
        for table in (BOOKS, AUTHORS)
    ]
