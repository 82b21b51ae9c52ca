"""Rows of the tables, as records for detectors. Read in pages; what was read of a page are numbers, not rows."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
import structlog
from sqlalchemy import Connection, Row

from gamefold.games.tycoon.intents.market import STANDING
from gamefold.games.tycoon.reactors.anticheat.records import (
    Commands,
    Companies,
    Links,
    Orders,
    Records,
    Trades,
    Whole,
    family_of,
    flags,
    whole,
)
from gamefold.games.tycoon.reactors.simulated.people import simulated_companies
from gamefold.games.tycoon.state.market import MAKERS
from gamefold.games.tycoon.tables.checked import (
    PAGE,
    Key,
    link_page,
    order_key,
    order_page,
    trade_key,
    trade_page,
)
from gamefold.storage.columns import milliseconds
from gamefold.storage.database import Database

_WITHDRAWN: Final = frozenset({"AMENDED", "CANCELLED"})
_OPEN: Final = "OPEN"
_BUY: Final = "BUY"

T = TypeVar("T")

log = structlog.get_logger("gamefold.tycoon.anticheat")


@dataclass(frozen=True, slots=True)
class Period:
    """A market and the time to look at: from_ms <= time < upto_ms."""

    world: str
    season: int
    from_ms: int
    upto_ms: int

    def holds(self, time_ms: int) -> bool:
        """Tell whether a time is in it."""
        return self.from_ms <= time_ms < self.upto_ms


async def records_of(database: Database, period: Period, rows_most: int) -> Records:
    """Read everything of a period. Of each table at most `rows_most` rows, the oldest; what is left out is logged."""
    reading = Reading(period)
    world, from_ms = period.world, period.from_ms

    def trades(connection: Connection, after: Key | None) -> list[Row[Any]]:
        return trade_page(connection, world, from_ms, period.upto_ms, after)

    def orders(connection: Connection, after: Key | None) -> list[Row[Any]]:
        return order_page(connection, world, from_ms, after)

    def links(connection: Connection, after: tuple[str, str] | None) -> list[Row[Any]]:
        return link_page(connection, period.season, after)

    await _pages(database, trades, trade_key, reading.trade, rows_most)
    await _pages(database, orders, order_key, reading.order, rows_most)
    await _pages(database, links, lambda row: (row.company_id, row.key), reading.link, rows_most)
    return reading.records()


async def commands_of(database: Database, period: Period, rows_most: int) -> Records:
    """Read commands alone."""
    reading = Reading(period, commands_only=True)

    def orders(connection: Connection, after: Key | None) -> list[Row[Any]]:
        return order_page(connection, period.world, period.from_ms, after)

    await _pages(database, orders, order_key, reading.order, rows_most)
    return reading.records()


async def _pages(
    database: Database,
    page_of: Callable[[Connection, T | None], list[Row[Any]]],
    key_of: Callable[[Row[Any]], T],
    take: Callable[[Row[Any]], None],
    rows_most: int,
) -> None:
    read, after = 0, None
    while True:
        rows = await database.read(_bound(page_of, after))
        for row in rows:
            take(row)
        read += len(rows)
        if len(rows) < PAGE:
            return
        if read >= rows_most:
            log.warning("anti-cheat leaves rows out", rows=read, most=rows_most)
            return
        after = key_of(rows[-1])


def _bound(
    page_of: Callable[[Connection, T | None], list[Row[Any]]], after: T | None
) -> Callable[[Connection], list[Row[Any]]]:
    return lambda connection: page_of(connection, after)


def _columns(count: int) -> tuple["array[int]", ...]:
    return tuple(array("q") for _ in range(count))


@dataclass(slots=True)
class Reading:
    """Columns that grow. Names become numbers in the order in which they are first seen."""

    period: Period
    commands_only: bool = False
    companies: dict[str, int] = field(default_factory=dict)
    instruments: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    resting: set[str] = field(default_factory=set)  # orders that were read while they were open
    trades: tuple["array[int]", ...] = field(default_factory=lambda: _columns(8))
    orders: tuple["array[int]", ...] = field(default_factory=lambda: _columns(9))
    commands: tuple["array[int]", ...] = field(default_factory=lambda: _columns(2))
    links: tuple["array[int]", ...] = field(default_factory=lambda: _columns(2))

    @property
    def simulated(self) -> frozenset[str]:
        """The companies of the house's own simulated players."""
        return simulated_companies(self.period.season)

    def trade(self, row: Row[Any]) -> None:
        """Take a trade."""
        bought = row.side == _BUY
        maker, taker = _number(self.companies, row.maker_id), _number(self.companies, row.taker_id)
        buyer, seller = (taker, maker) if bought else (maker, taker)
        instrument = _number(self.instruments, row.instrument)
        _append(self.trades, row.tick, instrument, row.price, row.qty, row.mark, buyer, seller, bought)

    def order(self, row: Row[Any]) -> None:
        """Take an order: when it was asked for and taken back, and, where that is over, what became of it."""
        company = _number(self.companies, row.company_id)
        # Standing orders and simulated players keep time, and cheat nobody.
        own = not row.client_order_id.startswith(STANDING) and row.company_id not in self.simulated
        placed_ms, changed_ms = milliseconds(row.created_at), milliseconds(row.updated_at)
        withdrawn = row.status in _WITHDRAWN
        # An order that changes while pages are read comes again, further behind.
        again = row.id in self.resting
        if row.status == _OPEN:
            self.resting.add(row.id)
        if own and not again and self.period.holds(placed_ms):
            _append(self.commands, company, placed_ms)
        # To replace an order is one command: placing the new one, which has its own row.
        if own and row.status == "CANCELLED" and self.period.holds(changed_ms):
            _append(self.commands, company, changed_ms)
        if not self.commands_only and row.status != _OPEN and self.period.holds(changed_ms):
            instrument, buy = _number(self.instruments, row.instrument), row.side == _BUY
            told = (row.opened_tick, row.closed_tick, withdrawn and own, instrument, buy)
            _append(self.orders, *told, row.away, row.qty, row.filled, company)

    def link(self, row: Row[Any]) -> None:
        """Take the network of a company that was seen trading."""
        company = self.companies.get(row.company_id)
        if company is not None:
            _append(self.links, company, _number(self.keys, row.key))

    def records(self) -> Records:
        """Give what was read."""
        families = whole(family_of(name) for name in self.instruments)
        tick, instrument, price, lots, mark, buyer, seller, bought = map(_column, self.trades)
        opened, closed, withdrawn, of, buy, away, placed, filled, company = map(_column, self.orders)
        return Records(
            world=self.period.world,
            instruments=tuple(self.instruments),
            companies=Companies(tuple(self.companies), flags(name in MAKERS for name in self.companies)),
            trades=Trades(
                tick, instrument, families[instrument], price, lots, mark, buyer, seller, bought.astype(np.bool_)
            ),
            orders=Orders(
                opened,
                closed,
                withdrawn.astype(np.bool_),
                of,
                buy.astype(np.bool_),
                away,
                placed,
                filled,
                company,
            ),
            commands=Commands(*map(_column, self.commands)),
            links=Links(*map(_column, self.links)),
        )


def _append(columns: tuple["array[int]", ...], *values: int) -> None:
    for column, value in zip(columns, values, strict=True):
        column.append(value)


def _number(numbers: dict[str, int], name: str) -> int:
    return numbers.setdefault(name, len(numbers))


def _column(values: "array[int]") -> Whole:
    return np.array(values, dtype=np.int64)
