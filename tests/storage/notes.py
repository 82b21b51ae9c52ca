"""A small game's table and its projector, as a game's `tables.py` would have them."""

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, delete, select

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk
from gamefold.engine.ruleset import Event
from gamefold.storage.naming import Names, register

METADATA = register(MetaData(schema="notes"))
NOTES = Table(
    "notes",
    METADATA,
    Column("world", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)


class Noted(Event, frozen=True):
    words: str


class Notes:
    """Writes every note down; refuses to spell `bad`."""

    def project(self, connection: Connection, record: Record) -> None:
        if record.event.words == "bad":
            raise ValueError("cannot spell that")
        row = {"world": record.world, "position": record.position, "words": record.event.words}
        connection.execute(NOTES.insert().values(row))

    def forget(self, connection: Connection, world: str) -> None:
        connection.execute(delete(NOTES).where(NOTES.c.world == world))

    def bulk(self, connection: Connection, world: str, bulk: Bulk) -> None:
        row = {"world": world, "position": -bulk.seq, "words": str(bulk.state)}
        connection.execute(NOTES.insert().values(row))


def notes_of(connection: Connection) -> list[str]:
    query = select(NOTES.c.words).order_by(NOTES.c.world, NOTES.c.position)
    return list(connection.execute(query).scalars())


def create_notes(connection: Connection) -> None:
    names = Names(connection, "notes")
    names.create_schema()
    table = Operations(MigrationContext.configure(connection))
    columns = (Column(column.name, column.type, primary_key=column.primary_key) for column in NOTES.columns)
    table.create_table(names.table("notes"), *columns, schema=names.schema)
