"""What a game's tables do with what happens in its worlds."""

from typing import Protocol

from sqlalchemy import Connection

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk


class Projector(Protocol):
    """Keeps the tables of one ruleset in step with its worlds, inside the transaction of each commit.

    Plain, quick functions without effects elsewhere. One that raises undoes the whole transaction.
    """

    def project(self, connection: Connection, record: Record) -> None:
        """Write down one event."""
        ...

    def forget(self, connection: Connection, world: str) -> None:
        """Delete every row that came from this world: a rollback makes them again."""
        ...

    def bulk(self, connection: Connection, world: str, bulk: Bulk) -> None:
        """Write down a whole state, where following single events would be too much."""
        ...
