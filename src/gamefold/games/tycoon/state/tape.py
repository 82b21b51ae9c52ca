"""What a market remembers of its own past for charts: the last trades and candles, bounded."""

from typing import Final

import msgspec

TRADES_KEPT: Final = 200
CANDLES_KEPT: Final = 500  # of each interval
INTERVALS: Final = {"5m": 300, "1h": 3_600, "1d": 86_400}  # seconds of game time
OPTION_INTERVALS: Final = {"1h": 3_600}  # options live for days, and there are many


class Print(msgspec.Struct, gc=False, array_like=True):
    """One trade, without those who made it."""

    tick: int
    price: int
    lots: int
    sign: int  # of the taker: 1 bought, -1 sold


class Candle(msgspec.Struct, gc=False, array_like=True):
    """Prices in ticks and lots traded in one interval of game time.

    The price moves with every trade and with the mark at every tick, so a quiet market has a chart too.
    """

    begins_s: int
    open: int
    high: int
    low: int
    close: int
    lots: int = 0


class Tape(msgspec.Struct):
    """The past of one instrument."""

    last: int = 0  # price of the last trade; 0 before the first
    fresh: list[Print] = []  # trades since the last tick
    trades: list[Print] = []  # trades before that, oldest first
    candles: dict[str, list[Candle]] = {}  # by interval, oldest first

    def record(self, tick: int, price: int, lots: int, sign: int) -> None:
        """Note a trade."""
        self.last = price
        self.fresh.append(Print(tick, price, lots, sign))

    def fold(self, game_s: int, mark: int, intervals: dict[str, int]) -> None:
        """Turn the trades of a tick that ends at `game_s`, and its mark, into candles."""
        for name, seconds in intervals.items():
            candles = self.candles.setdefault(name, [])
            begins_s = game_s - game_s % seconds
            if not candles or candles[-1].begins_s != begins_s:
                opened = candles[-1].close if candles else mark
                candles.append(Candle(begins_s, opened, opened, opened, opened))
                del candles[:-CANDLES_KEPT]
            candle = candles[-1]
            prices = [trade.price for trade in self.fresh]
            prices.append(mark)
            candle.high = max(candle.high, *prices)
            candle.low = min(candle.low, *prices)
            candle.close = mark
            candle.lots += sum(trade.lots for trade in self.fresh)
        self.trades = [*self.trades, *self.fresh][-TRADES_KEPT:]
        self.fresh = []
