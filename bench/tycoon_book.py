"""How quick is the order book beside others that can be installed and report fills?

    uv run --with lightmatchingengine==2019.1.4 --with pyorderbook==0.4.9 python -m bench.tycoon_book

One flow of limit orders (60 of 100, a fifth of which cross), cancels (35) and market orders (5) goes through every
engine: pure matching, without money, events or self-trade prevention. Each collects its fills in its own form; all must
be the same (taker, maker, price, lots), which is held before anything is measured. Only live orders are cancelled:
lightmatchingengine fails on others. pyorderbook knows no market orders: it gets a limit at an extreme price, and fills
at the price of the order that rests, as everybody does; what is left of a market order is cancelled in both.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from bench.common import Effort, compared, run, say, take_turns
from gamefold.engine.rng import Rng
from gamefold.games.tycoon.rules.market.matching import match
from gamefold.games.tycoon.state.book import Book, Order
from gamefold.games.tycoon.state.market import Account
from gamefold.testkit.play import SEED

COMMANDS: Final = 100_000
MIDDLE: Final = 432_500  # ticks
SPREAD: Final = 1_000
LIMIT, CANCEL, MARKET = range(3)
NAME: Final = "BTC"

Fill = tuple[int, int, int, int]  # numbers of the taker and the maker, price, lots


class Command(NamedTuple):
    """Something to do. `number` of an order is its place in the flow; a cancel names an earlier one."""

    kind: int
    number: int
    sign: int = 0
    price: int = 0
    lots: int = 0


class Run(NamedTuple):
    """Plays a flow, and turns what came back into fills (which is not measured)."""

    play: Callable[[list[Command]], Any]
    fills: Callable[[Any], Iterator[Fill]]


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("tycoon_book", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give commands a second of every engine there is, and ours as multiples of them."""
    flow = a_flow(effort.pick(COMMANDS, 20_000))
    engines: dict[str, Run] = {"ours": Run(_ours, iter)}
    for name, find in (("lightmatchingengine", _light), ("pyorderbook", _pyorderbook)):
        try:
            engines[name] = find()
        except ImportError:
            say(f"{name} is not installed: see the head of this file for how to have it")
    fills = {name: list(engine.fills(engine.play(flow))) for name, engine in engines.items()}
    for name, found in fills.items():
        assert found == fills["ours"], f"{name} fills otherwise"
    sides = {name: _timed(engine, flow) for name, engine in engines.items()}
    results = await take_turns(sides, effort.pick(9, 2), effort.pick(3.0, 0.3), 1.0)
    peers = [name for name in engines if name != "ours"]
    figures: dict[str, Any] = {
        "commands": len(flow),
        "fills": len(fills["ours"]),
        "lots": sum(lots for *_, lots in fills["ours"]),
        "same_fills_in": sorted(engines),
        "ours_commands_per_s": compared(results, "ours", "ours")["ours"],
        "ours_x_peer": {name: compared(results, "ours", name) for name in peers},
    }
    for name, values in results.items():
        say(f"{name:20} {sorted(values)[len(values) // 2]:>10,.0f} commands/s")
    return figures


def a_flow(count: int) -> list[Command]:
    """Make a flow. Our own book says which orders still rest, so that they can be cancelled."""
    dice, book, middle = Rng(SEED, "flow"), _Resting(), MIDDLE
    flow: list[Command] = []
    while len(flow) < count:
        middle += dice.choice((-1, 0, 1))
        drawn, sign, lots = dice.below(100), dice.choice((1, -1)), dice.between(1, 50)
        if drawn < 35:
            if not book.live:
                continue
            flow.append(Command(CANCEL, book.cancel(dice)))
            continue
        if drawn < 40:
            command = Command(MARKET, len(flow), sign, 0, lots)
        else:
            away = dice.between(1, 20) if dice.below(5) == 0 else -dice.between(1, SPREAD)
            command = Command(LIMIT, len(flow), sign, middle + sign * away, lots)
        book.order(command)
        flow.append(command)
    return flow


_OWNERS: Final = [Account("resting", "", "resting")]


def _match(book: Book, command: Command, fill: Callable[[Order, int], None]) -> Order | None:
    sign = command.sign
    bound = sign * command.price if command.kind == LIMIT else 1 << 62
    opposite = book.side(-sign)
    best, left = opposite.best(), command.lots
    if best is not None and best <= bound:
        left = match(opposite, left, bound, "coming", _OWNERS, fill, _never)
    if left and command.kind == LIMIT:
        book.side(sign).add(order := _order(command.number, sign, -bound, left))
        return order
    return None


def _order(number: int, sign: int, rank: int, lots: int) -> Order:
    return Order(number, "", 0, NAME, sign, rank, lots, lots, 0, 0)


def _never(_order: Order) -> None:
    raise AssertionError("nobody trades with itself here")


class _Resting:
    """A book that knows its orders by their number, for making the flow."""

    def __init__(self) -> None:
        self.book = Book()
        self.live: list[Order] = []
        self._at: dict[int, int] = {}

    def order(self, command: Command) -> None:
        order = _match(self.book, command, self._filled)
        if order is not None:
            self._at[order.id] = len(self.live)
            self.live.append(order)

    def cancel(self, dice: Rng) -> int:
        order = dice.choice(self.live)
        self.book.side(order.sign).remove(order)
        self._gone(order)
        return order.id

    def _filled(self, order: Order, _lots: int) -> None:
        if not order.lots:
            self._gone(order)

    def _gone(self, order: Order) -> None:
        at, last = self._at.pop(order.id), self.live.pop()
        if last.id != order.id:
            self.live[at] = last
            self._at[last.id] = at


def _ours(flow: list[Command]) -> list[Fill]:
    book, owners = Book(), _OWNERS
    orders: dict[int, Order] = {}
    fills: list[Fill] = []
    bids, asks = book.bids, book.asks
    for kind, number, sign, price, lots in flow:
        if kind == CANCEL:
            order = orders.pop(number)
            (bids if order.sign > 0 else asks).remove(order)
            continue
        bound = sign * price if kind == LIMIT else 1 << 62
        own, opposite = (bids, asks) if sign > 0 else (asks, bids)
        best, left = opposite.best(), lots
        if best is not None and best <= bound:

            def fill(order: Order, filled: int, taker: int = number) -> None:
                fills.append((taker, order.id, -order.sign * order.rank, filled))

            left = match(opposite, left, bound, "coming", owners, fill, _never)
        if left and kind == LIMIT:
            orders[number] = order = _order(number, sign, -bound, left)
            own.add(order)
    return fills


def _light() -> Run:
    from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side  # type: ignore[import-not-found]

    def play(flow: list[Command]) -> Any:
        engine, ids, told = LightMatchingEngine(), {}, []
        for kind, number, sign, price, lots in flow:
            if kind == CANCEL:
                engine.cancel_order(ids[number], NAME)
                continue
            order, trades = engine.add_order(NAME, price, lots, Side.BUY if sign > 0 else Side.SELL)
            ids[number] = order.order_id
            told.append((order.order_id, trades))
            if kind == MARKET and order.leaves_qty:
                engine.cancel_order(order.order_id, NAME)
        return ids, told

    def fills(played: Any) -> Iterator[Fill]:
        ids, told = played
        numbers = {order: number for number, order in ids.items()}
        for taker, trades in told:
            for trade in trades:
                if trade.order_id != taker:
                    yield numbers[taker], numbers[trade.order_id], trade.trade_price, trade.trade_qty

    return Run(play, fills)


def _pyorderbook() -> Run:
    from pyorderbook import Book as TheirBook  # type: ignore[import-not-found]
    from pyorderbook import ask, bid

    def play(flow: list[Command]) -> Any:
        book, orders, told = TheirBook(), {}, []
        for kind, number, sign, price, lots in flow:
            if kind == CANCEL:
                book.cancel(orders[number])
                continue
            limit = price if kind == LIMIT else 1 << 40 if sign > 0 else 0
            orders[number] = order = (bid if sign > 0 else ask)(NAME, limit, lots)
            told.append(book.match(order))
            if kind == MARKET and order.quantity:
                book.cancel(order)
        return orders, told

    def fills(played: Any) -> Iterator[Fill]:
        orders, told = played
        numbers = {order.id: number for number, order in orders.items()}
        for blotter in told:
            for trade in blotter.trades:
                maker = numbers[trade.standing_order_id]
                yield numbers[trade.incoming_order_id], maker, int(trade.fill_price), trade.fill_quantity

    return Run(play, fills)


def _timed(engine: Run, flow: list[Command]) -> Any:
    async def side(seconds: float) -> tuple[float, float]:
        done, took_s = 0, 0.0
        while took_s < seconds:
            begin_s = time.perf_counter()
            engine.play(flow)
            took_s += time.perf_counter() - begin_s
            done += len(flow)
        return done, took_s

    return side


if __name__ == "__main__":
    main()
