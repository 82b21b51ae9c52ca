"""Follows the worlds: every event that has a row writes it, in the transaction of the event itself."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.tables.alerts import alert_of
from gamefold.games.tycoon.tables.bulk import write_region
from gamefold.games.tycoon.tables.market_rows import MARKET_ROWS
from gamefold.games.tycoon.tables.progress_rows import PROGRESS_ROWS
from gamefold.games.tycoon.tables.region_rows import REGION_ROWS
from gamefold.games.tycoon.tables.schema import TOLD, alerts, companies
from gamefold.games.tycoon.tables.world_rows import WORLD_ROWS
from gamefold.storage.columns import milliseconds, moment

ROWS: Final[Mapping[type[Event], Callable[[Connection, Record, Any], None]]] = {
    **REGION_ROWS,
    **PROGRESS_ROWS,
    **MARKET_ROWS,
    **WORLD_ROWS,
}


class TycoonProjector:
    """Keeps the tables in step with the worlds."""

    def project(self, connection: Connection, record: Record) -> None:
        """Follow one event."""
        write = ROWS.get(type(record.event))
        if write is not None:
            write(connection, record, record.event)
        alert = alert_of(record.event)
        if alert is not None:
            connection.execute(
                alerts.insert().values(
                    world=record.world,
                    id=record.position,
                    company_id=alert.company,
                    type=alert.type,
                    severity=alert.severity,
                    message=alert.message,
                    tick=record.tick,
                    created_at=moment(record.time_ms),
                )
            )

    def forget(self, connection: Connection, world: str) -> None:
        """Delete every row that this world has told."""
        for table in TOLD:
            connection.execute(delete(table).where(table.c.world == world))

    def bulk(self, connection: Connection, world: str, bulk: Bulk) -> None:
        """Bring a region's rows up to date with its state."""
        if isinstance(bulk.state, Region):
            newest = connection.scalar(select(func.max(companies.c.created_at)).where(companies.c.world == world))
            write_region(connection, world, bulk.state, 0 if newest is None else milliseconds(newest))
