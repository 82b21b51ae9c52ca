"""A market with honest people in it, makers, and whatever a test plants among them. Everything follows from a seed."""

from dataclasses import dataclass, field

import numpy as np

from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.reactors.anticheat.records import (
    Commands,
    Companies,
    Links,
    Orders,
    Records,
    Trades,
    family_of,
    flags,
    whole,
)
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds, thresholds_of
from gamefold.games.tycoon.state.market import MAKERS

THRESHOLDS: Thresholds = thresholds_of(SHEET.values())
INSTRUMENTS = ("BTC-SPOT", "BTC-PERP", "BTC-20240105-43000-C", "BTC-20240105-44000-P")
SPOT, PERP = 0, 1
HOUR_TICKS = 720
FIRST_TICK = 7_200
MARK = 432_500


@dataclass
class Town:
    """Rows as lists; `records` makes columns of them. Companies are numbers, and the first three are the makers."""

    seed: int = 1
    names: list[str] = field(default_factory=lambda: list(MAKERS))
    trades: list[tuple[int, ...]] = field(default_factory=list)
    orders: list[tuple[int, ...]] = field(default_factory=list)
    commands: list[tuple[int, int]] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.luck = np.random.default_rng(self.seed)

    def people(self, count: int, kind: str = "person") -> list[int]:
        first = len(self.names)
        self.names += [f"{kind}-{first + number:05}" for number in range(count)]
        return list(range(first, first + count))

    def ids(self, numbers) -> set[str]:
        return {self.names[number] for number in numbers}

    def draw(self, low: int, high: int) -> int:
        return int(self.luck.integers(low, high))

    def tick(self) -> int:
        return FIRST_TICK + self.draw(0, HOUR_TICKS)

    def trade(self, buyer, seller, *, lots=None, over=0, tick=None, instrument=SPOT, took=True) -> None:
        """`over`: what is paid above the mark, in price ticks."""
        lots = self.draw(1, 2_000) if lots is None else lots
        tick = self.tick() if tick is None else tick
        mark = MARK + 37 * (tick % 101)
        self.trades.append((tick, instrument, mark + over, lots, mark, buyer, seller, took))

    def order(self, company, *, opened, closed, withdrawn, buy, away=0, lots=100, filled=0, instrument=SPOT) -> None:
        self.orders.append((opened, closed, withdrawn, instrument, buy, away, lots, filled, company))

    def command(self, company: int, time_ms: int) -> None:
        self.commands.append((company, time_ms))

    def honest_trades(self, people: list[int], count: int) -> None:
        """A third with makers, the rest with whoever comes; prices near the mark, sizes as they come about."""
        for one, other, maker, lots, over, instrument in zip(
            self.luck.choice(people, count).tolist(),
            self.luck.choice(people, count).tolist(),
            self.luck.integers(0, 9, count).tolist(),
            np.exp(self.luck.normal(4, 1.5, count)).astype(int).tolist(),
            self.luck.normal(0, 25, count).astype(int).tolist(),
            self.luck.choice(2, count).tolist(),
            strict=True,
        ):
            other_side = maker if maker < 3 else other
            if one == other_side:
                continue
            two = (one, other_side) if over % 2 else (other_side, one)
            self.trade(*two, lots=lots + 1, over=over, instrument=instrument)

    def honest_orders(self, people: list[int], count: int) -> None:
        """Limits that rest for a while, some filled, some taken back soon, on both sides."""
        for company in self.luck.choice(people, count).tolist():
            opened, rests = self.tick(), self.draw(1, 200)
            buy, lots = bool(self.draw(0, 2)), self.draw(1, 1_000)
            filled = lots if self.draw(0, 3) else 0
            self.order(
                company,
                opened=opened,
                closed=opened + rests,
                withdrawn=not filled,
                buy=buy,
                away=self.draw(0, 60),
                lots=lots,
                filled=filled,
            )

    def makers_quote(self) -> None:
        """Makers quote anew every tick, on the touch, and trade little of it: as a cheat would look like."""
        for tick in range(FIRST_TICK, FIRST_TICK + HOUR_TICKS):
            for maker in range(3):
                self.order(maker, opened=tick, closed=tick + 1, withdrawn=True, buy=tick % 24 < 12, lots=5_000)
                self.command(maker, tick * 5_000)

    def records(self) -> Records:
        tick, instrument, price, lots, mark, buyer, seller, took = self._columns(self.trades, 8)
        opened, closed, withdrawn, of, buy, away, placed, filled, company = self._columns(self.orders, 9)
        families = whole(family_of(name) for name in INSTRUMENTS)
        return Records(
            world="tycoon-market/s1",
            instruments=INSTRUMENTS,
            companies=Companies(tuple(self.names), flags(name in MAKERS for name in self.names)),
            trades=Trades(tick, instrument, families[instrument], price, lots, mark, buyer, seller, took > 0),
            orders=Orders(opened, closed, withdrawn > 0, of, buy > 0, away, placed, filled, company),
            commands=Commands(*self._columns(self.commands, 2)),
            links=Links(*self._columns(self.links, 2)),
        )

    def _columns(self, rows: list[tuple[int, ...]], count: int):
        return np.array(rows, dtype=np.int64).reshape(len(rows), count).T


def subjects(findings, kind: str) -> set[str]:
    return {finding.subject for finding in findings if finding.kind == kind}


def precision_and_recall(found: set[str], planted: set[str]) -> tuple[float, float]:
    right = len(found & planted)
    return right / max(1, len(found)), right / len(planted)
