"""Years of the index, and what statisticians ask of them."""

from dataclasses import dataclass

import numpy as np

from gamefold.engine.balance import Values
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.rules.chance import draw_one
from gamefold.games.tycoon.rules.market import price as process

FIVE_MINUTES_A_YEAR = 105_192


@dataclass(frozen=True)
class Shape:
    """How returns over one horizon are distributed."""

    vol: float  # a year
    kurtosis: float  # in excess of the normal distribution's
    skew: float
    hill: float  # the tail's index, from the largest 5 %
    memory: list[float]  # autocorrelation at lags 1 to 10
    clusters: dict[int, float]  # autocorrelation of absolute returns, by lag
    beyond_four: float  # share of returns beyond four standard deviations


def logarithms(seed: int, years: float, tick_s: int, balance: Values | None = None) -> np.ndarray:
    """Simulate the logarithm of the index every five minutes, with ticks of `tick_s` seconds of game time."""
    balance = balance or SHEET.values()
    numbers, price = process.numbers_of(balance), process.start_price(balance)
    ticks, kept = 300 // tick_s, [price.log_q40]
    regimes = {name: process._log_bp(bp) for name, bp in balance["price_regime_vol_bp"].items()}
    for number in range(int(years * FIVE_MINUTES_A_YEAR)):
        for part in range(ticks):
            key = draw_one(seed, number * ticks + part)
            process._step_slowly(price, numbers, key, tick_s)
            process.walk(price, numbers, key, tick_s, regimes[price.regime])
        kept.append(price.log_q40)
    return np.array(kept, np.float64) / (1 << 40)


def shape(logs: np.ndarray, five_minutes: int) -> Shape:
    """Describe returns over a number of five minutes."""
    returns = np.diff(logs[::five_minutes])
    normed = (returns - returns.mean()) / returns.std()
    size = np.abs(returns)
    largest = np.sort(size)[::-1][: max(10, size.size // 20)]
    return Shape(
        vol=float(returns.std() * np.sqrt(FIVE_MINUTES_A_YEAR / five_minutes)),
        kurtosis=float((normed**4).mean() - 3),
        skew=float((normed**3).mean()),
        hill=float(1 / np.log(largest[:-1] / largest[-1]).mean()),
        memory=[correlation(normed, lag) for lag in range(1, 11)],
        clusters={lag: correlation(size - size.mean(), lag) for lag in (1, 10, 50)},
        beyond_four=float((np.abs(normed) > 4).mean()),
    )


def correlation(series: np.ndarray, lag: int) -> float:
    """Give the autocorrelation of a series whose mean is 0."""
    return float((series[lag:] * series[:-lag]).mean() / (series * series).mean())
