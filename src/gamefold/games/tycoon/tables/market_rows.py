"""What trading does to the tables. The market makers' own orders and positions are told by nobody and have no rows."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, update

from gamefold.engine.feed import Record
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import (
    FundingPaid,
    OrderAmended,
    OrderClosed,
    OrderPlaced,
    PositionChanged,
    Traded,
)
from gamefold.games.tycoon.state.market import MAKERS
from gamefold.games.tycoon.state.units import LOT_SAT, SAT
from gamefold.games.tycoon.tables.schema import orders, positions, trades
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert

OPEN: Final = "OPEN"


def _placed(connection: Connection, record: Record, event: OrderPlaced) -> None:
    at = moment(record.time_ms)
    connection.execute(
        orders.insert().values(
            world=record.world,
            id=event.order,
            company_id=event.company,
            instrument=event.instrument,
            side=event.side,
            type=event.kind,
            time_in_force=event.tif,
            price=event.price,
            qty=event.lots,
            filled=0,
            status=OPEN,
            client_order_id=event.client_order_id,
            away=event.away,
            opened_tick=record.tick,
            created_at=at,
            updated_at=at,
        )
    )


def _amended(connection: Connection, record: Record, event: OrderAmended) -> None:
    _change(connection, record, event.order, qty=orders.c.filled + event.lots)


def _closed(connection: Connection, record: Record, event: OrderClosed) -> None:
    _change(connection, record, event.order, status=event.reason, closed_tick=record.tick)


def _traded(connection: Connection, record: Record, event: Traded) -> None:
    connection.execute(
        trades.insert().values(
            world=record.world,
            id=record.position,
            instrument=event.instrument,
            price=event.price,
            mark=event.mark,
            qty=event.lots,
            side=event.side,
            maker_id=event.maker,
            taker_id=event.taker,
            maker_fee=event.maker_fee_micro,
            taker_fee=event.taker_fee_micro,
            tick=record.tick,
            ts=moment(record.time_ms),
        )
    )
    for company, order in ((event.maker, event.maker_order), (event.taker, event.taker_order)):
        if order and company not in MAKERS:
            _change(connection, record, order, filled=orders.c.filled + event.lots)


def _position(connection: Connection, record: Record, event: PositionChanged) -> None:
    at = moment(record.time_ms)
    changing: dict[str, Any] = {
        "side": event.side,
        "qty": event.lots,
        "margin": event.margin_micro,
        "status": event.status,
        "updated_at": at,
    }
    if event.lots:  # what is closed keeps the price it was entered at
        changing["entry"] = abs(event.cost_micro) * (SAT // LOT_SAT) // abs(event.lots)
    row = insert(connection, positions).values(
        world=record.world,
        id=event.id,
        company_id=event.company,
        instrument=event.instrument,
        created_at=at,
        **{"entry": 0, **changing},
    )
    connection.execute(row.on_conflict_do_update(index_elements=["world", "id"], set_=changing))


def _funded(connection: Connection, record: Record, event: FundingPaid) -> None:
    own = positions.c.world == record.world, positions.c.id == event.position
    at = moment(record.time_ms)
    connection.execute(update(positions).where(*own).values(margin=event.margin_micro, updated_at=at))


def _change(connection: Connection, record: Record, order: str, **values: Any) -> None:
    own = orders.c.world == record.world, orders.c.id == order
    connection.execute(update(orders).where(*own).values(**values, updated_at=moment(record.time_ms)))


MARKET_ROWS: Final[Mapping[type[Event], Callable[[Connection, Record, Any], None]]] = {
    OrderPlaced: _placed,
    OrderAmended: _amended,
    OrderClosed: _closed,
    Traded: _traded,
    PositionChanged: _position,
    FundingPaid: _funded,
}
