"""One order book: all resting orders, best first, and who is first within a price.

A side knows its orders by *rank*: the price for asks, minus the price for bids. The lowest rank is the best, so both
sides are walked by the same code. They lie in a heap by rank, then by id, which grows with time. An order that is
taken off the book stays in the heap, without lots, until it comes first or too many are such, so every change is
O(log n) whatever people place and cancel. Prices are ticks of 0.10 USD, quantities lots of 0.0001 BTC.
"""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Final

import msgspec

BUY: Final = 1
SELL: Final = -1

_SERIAL_BITS: Final = 24  # orders and positions of one tick
_NAME_MOST: Final = 32  # characters
_PRUNE_FROM: Final = 8  # orders


class Order(msgspec.Struct, gc=False, array_like=True):
    """A resting order. `gc=False`: it holds nothing that could hold it."""

    id: int
    name: str  # the id for people
    account: int  # its number in `Market.accounts`
    instrument: str
    sign: int  # BUY or SELL
    rank: int  # -sign * price
    lots: int  # left to fill; 0 when it is off the book
    placed: int  # lots it began with
    hold: int  # micro-USD held for what is left (a spot sale holds `lots` of BTC instead)
    fee_rate: int  # of a maker, hundred-millionths; fixed when the order was placed
    leverage: int = 1
    reduce_only: bool = False
    post_only: bool = False
    client_id: str = ""

    @property
    def price(self) -> int:
        """Ticks."""
        return -self.sign * self.rank


class Side:
    """All resting orders that buy, or all that sell."""

    __slots__ = ("_gone", "heap")

    def __init__(self) -> None:
        self.heap: list[tuple[int, int, Order]] = []  # rank, id. The first is always on the book
        self._gone = 0  # orders in the heap that are off the book

    def add(self, order: Order) -> None:
        """Put an order behind all others of its price: it is the youngest."""
        heappush(self.heap, (order.rank, order.id, order))

    def remove(self, order: Order) -> None:
        """Take an order off the book, and its lots off the order."""
        order.lots = 0
        if self.heap[0][2] is order:
            self.remove_first()
            return
        self._gone += 1
        if 2 * self._gone > len(self.heap) + _PRUNE_FROM:
            # In place: whoever walks over the heap goes on with the same list.
            self.heap[:] = [entry for entry in self.heap if entry[2].lots]
            heapify(self.heap)
            self._gone = 0

    def remove_first(self) -> None:
        """Take the best order off the book; its lots are gone already."""
        heap = self.heap
        heappop(heap)
        while heap and not heap[0][2].lots:
            heappop(heap)
            self._gone -= 1

    def best(self) -> int | None:
        """Give the lowest rank that has orders."""
        return self.heap[0][0] if self.heap else None

    def orders(self) -> list[Order]:
        """Give all orders by priority."""
        return [order for _, _, order in sorted(self.heap) if order.lots]

    def best_first(self) -> Iterator[Order]:
        """Give orders by priority, one after the other: for whoever wants the first few of many."""
        heap = self.heap.copy()
        while heap:
            _, _, order = heappop(heap)
            if order.lots:
                yield order


class Book:
    """Both sides of one instrument."""

    __slots__ = ("asks", "bids")

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        """Open a book with `orders`, those of one price in the order of their priority."""
        self.bids = Side()
        self.asks = Side()
        for order in orders:
            self.side(order.sign).add(order)

    def side(self, sign: int) -> Side:
        """Give the side on which orders of `sign` rest."""
        return self.bids if sign > 0 else self.asks

    def bid(self) -> int | None:
        """Give the best price somebody buys at, in ticks."""
        rank = self.bids.best()
        return None if rank is None else -rank

    def ask(self) -> int | None:
        """Give the best price somebody sells at, in ticks."""
        return self.asks.best()

    def orders(self) -> list[Order]:
        """Give all resting orders: bids by priority, then asks by priority."""
        return [*self.bids.orders(), *self.asks.orders()]


def serial_id(tick: int, number: int) -> int:
    """Give the id of the `number`-th thing of a tick: later things have larger ids."""
    assert number < 1 << _SERIAL_BITS, "too many in one tick"
    return tick << _SERIAL_BITS | number


def id_name(serial: int) -> str:
    """Render an id for people: `412-7` is the seventh of tick 412."""
    return f"{serial >> _SERIAL_BITS}-{serial & (1 << _SERIAL_BITS) - 1}"


def id_of(name: str) -> int | None:
    """Read what `id_name` rendered, and nothing else."""
    if len(name) > _NAME_MOST:
        return None
    tick, _, number = name.partition("-")
    try:
        serial = int(tick) << _SERIAL_BITS | int(number)
    except ValueError:
        return None
    # What else `int` understands (signs, spaces, other digits) does not come out as it went in.
    return serial if id_name(serial) == name else None
