"""One name for a table on two databases."""

import pytest
from sqlalchemy import Connection, MetaData, func, select, update

from gamefold.storage.database import Database
from gamefold.storage.naming import Names, flat, register, stored_schemas
from gamefold.storage.statements import driver_sql

from .notes import NOTES


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("SELECT * FROM engine.journal", "SELECT * FROM engine_journal"),
        ("SELECT engine.journal.world FROM engine.journal", "SELECT engine_journal.world FROM engine_journal"),
        ('SELECT 1 FROM "notes"."notes"', "SELECT 1 FROM notes_notes"),
        (
            "SELECT 'engine.start', 'it''s engine.x' FROM engine.meta",
            "SELECT 'engine.start', 'it''s engine.x' FROM engine_meta",
        ),
        ("SELECT w.engine, notes_x.y FROM other.journal AS w", "SELECT w.engine, notes_x.y FROM other.journal AS w"),
        ("SELECT search_engine.x", "SELECT search_engine.x"),
    ],
)
def test_schemas_become_prefixes(written: str, sent: str) -> None:
    assert flat(written) == sent


def test_schemas_are_known_once_they_are_registered() -> None:
    statement = "SELECT late.x.y FROM late.x"
    assert flat(statement) == statement
    register(MetaData(schema="late"))
    assert flat(statement) == "SELECT late_x.y FROM late_x"


def test_placeholders_of_each_driver() -> None:
    statement = "SELECT 1 FROM engine.meta WHERE key = ? AND value > ?"
    assert driver_sql("sqlite", statement) == "SELECT 1 FROM engine_meta WHERE key = ? AND value > ?"
    assert driver_sql("postgresql", statement) == "SELECT 1 FROM engine.meta WHERE key = $1 AND value > $2"


async def test_statements_with_joins_and_subqueries(database: Database) -> None:
    def transaction(connection: Connection) -> list:
        rows = [{"world": "w", "position": number, "words": f"n{number}"} for number in range(3)]
        connection.execute(NOTES.insert(), rows)
        other = NOTES.alias("o")
        newest = select(func.max(other.c.position)).where(other.c.world == NOTES.c.world).scalar_subquery()
        connection.execute(update(NOTES).where(NOTES.c.position == newest).values(words="newest"))
        joined = select(NOTES.c.words, other.c.words).join(other, other.c.position == NOTES.c.position + 1)
        return [tuple(row) for row in connection.execute(joined.order_by(NOTES.c.position))]

    assert await database.write(transaction) == [("n0", "n1"), ("n1", "newest")]


async def test_the_store_knows_its_schemas(database: Database) -> None:
    def names(connection: Connection) -> tuple[str | None, str, str, str]:
        names = Names(connection, "notes")
        return names.schema, names.table("a"), names.reference("a", "id"), names.index("a", "b", "c")

    # The session's schema is known from the template; rows of meta were emptied for this test on PostgreSQL.
    await database.write(lambda connection: Names(connection, "notes").create_schema())
    schemas = await database.read(stored_schemas)
    assert schemas[0] == "engine"
    assert "notes" in schemas
    expected = {
        "sqlite": (None, "notes_a", "notes_a.id", "ix_notes_a_b_c"),
        "postgresql": ("notes", "a", "notes.a.id", "ix_notes_a_b_c"),
    }
    assert await database.read(names) == expected[database.dialect]
