"""The tables of the toys: what each account, clockwork and purse holds, as its events tell it."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, delete, insert, select, update

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk
from gamefold.storage.naming import register
from gamefold.storage.projector import Projector
from gamefold.testkit.toys.clockwork import Rang, Ticked
from gamefold.testkit.toys.ledger import Booked
from gamefold.testkit.toys.purse import CoinsMoved, PurseOpened

METADATA: Final = register(MetaData(schema="toys"))

holdings: Final = Table(
    "holdings",
    METADATA,
    Column("world", Text, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("changes", BigInteger, nullable=False),
)


class ToysProjector:
    """Keeps `toys.holdings`."""

    def project(self, connection: Connection, record: Record) -> None:
        """Follow one event."""
        match record.event:
            case Booked(account=account, amount=amount):
                _hold(connection, record.world, account, amount)
            case PurseOpened(coins=coins) | CoinsMoved(coins=coins):
                _hold(connection, record.world, "purse", coins)
            case Ticked(pips=pips):
                _hold(connection, record.world, "pips", pips)
            case Rang(name=name, at_ms=at_ms):
                _hold(connection, record.world, f"alarm {name}", at_ms)
            case _:
                pass

    def forget(self, connection: Connection, world: str) -> None:
        """Delete what this world has told."""
        connection.execute(delete(holdings).where(holdings.c.world == world))

    def bulk(self, connection: Connection, world: str, bulk: Bulk) -> None:
        """Nothing here is too big to follow event by event."""


def holdings_of(connection: Connection, world: str) -> dict[str, int]:
    """Read who holds how much in a world."""
    query = select(holdings.c.holder, holdings.c.amount).where(holdings.c.world == world).order_by(holdings.c.holder)
    return {row.holder: row.amount for row in connection.execute(query)}


def _hold(connection: Connection, world: str, holder: str, amount: int) -> None:
    of_holder = (holdings.c.world == world, holdings.c.holder == holder)
    changed = connection.execute(
        update(holdings).where(*of_holder).values(amount=amount, changes=holdings.c.changes + 1)
    )
    if changed.rowcount == 0:
        connection.execute(insert(holdings).values(world=world, holder=holder, amount=amount, changes=1))


PROJECTORS: Final[Mapping[str, Projector]] = dict.fromkeys(("ledger", "clockwork", "purse"), ToysProjector())
