"""Players who live by prices: with the trend, against it, and the gambler with a lever."""

from collections.abc import Iterator
from typing import Final

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.market import BUY, SELL, CancelAll, CancelOrder, ClosePosition
from gamefold.games.tycoon.reactors.simulated import habits
from gamefold.games.tycoon.reactors.simulated.seen import Seen
from gamefold.games.tycoon.state.market import PERP, SPOT
from gamefold.games.tycoon.state.units import BP, LOT_SAT, LOT_TICK_MICRO, MICRO

TRADERS_STUDIES: Final = ("TRADING_ALGORITHMS_1", "RISK_MANAGEMENT_1", "TRADING_ALGORITHMS_2", "RISK_MANAGEMENT_2")
BET_LEAST_MICRO: Final = 200 * MICRO  # with less nobody opens a position
FAST_HOURS: Final = 6
SLOW_HOURS: Final = 24
ORDER_LIFE_TICKS: Final = 72


def trend(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Go with the price: long where the last hours are above the day, short where they are below, out in between."""
    yield from _common(seen, rng)
    drift_bp = drift(seen.desk.closes)
    position = seen.desk.position_in(PERP)
    wanted = 1 if drift_bp > 60 else -1 if drift_bp < -60 else 0
    if position is not None and (wanted == 0 or wanted * position.lots < 0):
        yield ClosePosition(seen.company, position.id)
    elif position is None and wanted:
        yield from _bet(seen, wanted, share_bp=1_500, leverage=2 + rng.below(2))


def contrarian(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Wait in the spot's book below and above the price, and bet against moves that went far."""
    yield from _common(seen, rng)
    desk, home = seen.desk, seen.home
    resting = [order for order in desk.orders if order.instrument == SPOT]
    for order in resting:
        if desk.tick - order.placed_tick > ORDER_LIFE_TICKS:
            yield CancelOrder(seen.company, order.id)
    if len(resting) < 4:
        away_bp = 40 + rng.below(200)
        lots = home.usd_micro // 12 // (desk.index * LOT_TICK_MICRO)
        if lots > 0:
            yield habits.resting(seen, SPOT, BUY, lots, desk.index * (BP - away_bp) // BP)
        lots = home.sat // 2 // LOT_SAT
        if lots > 0:
            yield habits.resting(seen, SPOT, SELL, lots, desk.index * (BP + away_bp) // BP)
    drift_bp = drift(desk.closes)
    position = desk.position_in(PERP)
    if position is None and abs(drift_bp) > 250:
        yield from _bet(seen, -1 if drift_bp > 0 else 1, share_bp=1_000, leverage=2)
    elif position is not None and abs(drift_bp) < 80:
        yield ClosePosition(seen.company, position.id)


def gambler(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Bet on a feeling with a long lever; take a gain quickly, never take a loss."""
    yield from habits.claim(seen)
    position = seen.desk.position_in(PERP)
    if position is not None:
        gain = position.equity_micro - position.margin_micro
        if gain * 2 > position.margin_micro or rng.below(60) == 0:
            yield ClosePosition(seen.company, position.id)
        elif seen.desk.orders and rng.below(10) == 0:
            yield CancelAll(seen.company)
    elif rng.below(4) == 0:
        mood = drift(seen.desk.closes)
        sign = 1 if rng.below(100) < (60 if mood >= 0 else 40) else -1
        # Now and then everything, and then there is nothing left for the fee.
        share_bp = BP if rng.below(8) == 0 else 500 + 500 * rng.below(5)
        yield from _bet(seen, sign, share_bp, leverage=5 + rng.below(16))


def drift(closes: tuple[int, ...]) -> int:
    """Give how far the mean of the last hours is from the mean of the last day, in basis points."""
    if len(closes) < FAST_HOURS:
        return 0
    fast, slow = closes[-FAST_HOURS:], closes[-SLOW_HOURS:]
    middle = sum(slow) // len(slow)
    return (sum(fast) // len(fast) - middle) * BP // middle


def _bet(seen: Seen, sign: int, share_bp: int, leverage: int) -> Iterator[Intent]:
    """Open a perpetual position with a share of the cash as margin."""
    leverage = min(leverage, seen.desk.leverage_most)
    margin = seen.home.usd_micro * share_bp // BP
    lots = margin * leverage // (seen.desk.perp_mark * LOT_TICK_MICRO)
    if margin >= BET_LEAST_MICRO and lots > 0:
        yield habits.at_once(seen, PERP, BUY if sign > 0 else SELL, lots, leverage)


def _common(seen: Seen, rng: Rng) -> Iterator[Intent]:
    yield from habits.claim(seen)
    yield from habits.vote(seen, rng, turnout_bp=2_000)
    yield from habits.study(seen, TRADERS_STUDIES, share=3)
