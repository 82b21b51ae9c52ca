"""Players who trade options: one buys hope, the other one sells it."""

from collections.abc import Iterator
from typing import Final

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.market import BUY, IOC, LIMIT, SELL, CancelOrder, PlaceOrder
from gamefold.games.tycoon.reactors.simulated import habits
from gamefold.games.tycoon.reactors.simulated.seen import OptionSeen, Seen
from gamefold.games.tycoon.state.market import PERP, SPOT
from gamefold.games.tycoon.state.units import BP, LOT_TICK_MICRO

HOUR_S: Final = 3_600
BUYS_BEFORE_S: Final = 12 * HOUR_S  # nothing that expires sooner
HELD_MOST: Final = 4  # options at a time
ORDER_LIFE_TICKS: Final = 48
MARGIN_BP: Final = 2_000  # of the index: about what a short option needs


def option_buyer(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Buy near the money with a little of the cash, and let it expire or sell what has trebled."""
    yield from habits.claim(seen)
    yield from habits.vote(seen, rng, turnout_bp=2_000)
    held = [one for one in seen.desk.positions if one.instrument not in (PERP, SPOT)]
    for position in held:
        option = next((one for one in seen.desk.options if one.name == position.instrument), None)
        if option is not None and option.bid is not None and position.equity_micro > 3 * abs(position.cost_micro):
            yield habits.at_once(seen, option.name, SELL if position.lots > 0 else BUY, abs(position.lots))
    near = [one for one in _lasting(seen) if one.ask and abs(one.strike - seen.desk.index) * 100 < 5 * seen.desk.index]
    if near and len(held) < HELD_MOST and rng.below(3) == 0:
        option = rng.choice(near)
        assert option.ask is not None, option
        lots = seen.home.usd_micro // 25 // (option.ask * LOT_TICK_MICRO)
        if lots > 0:
            yield PlaceOrder(seen.company, option.name, BUY, min(lots, 5_000), LIMIT, option.ask, tif=IOC)


def option_writer(seen: Seen, rng: Rng) -> Iterator[Intent]:
    """Sell what is far out of the money and keep the premium, mostly."""
    yield from habits.claim(seen)
    yield from habits.vote(seen, rng, turnout_bp=2_000)
    for order in seen.desk.orders:
        if seen.desk.tick - order.placed_tick > ORDER_LIFE_TICKS:
            yield CancelOrder(seen.company, order.id)
    held = [one for one in seen.desk.positions if one.instrument not in (PERP, SPOT)]
    far = [one for one in _lasting(seen) if one.bid and _away_bp(one, seen.desk.index) > 300]
    if far and len(held) + len(seen.desk.orders) < HELD_MOST and rng.below(3) == 0:
        option = rng.choice(far)
        assert option.bid is not None, option
        lots = seen.home.usd_micro // 10 * BP // (seen.desk.index * LOT_TICK_MICRO * MARGIN_BP)
        if lots > 0 and rng.below(2):
            yield PlaceOrder(seen.company, option.name, SELL, lots, LIMIT, option.bid, tif=IOC)
        elif lots > 0:
            yield habits.resting(seen, option.name, SELL, lots, max(1, option.mark))


def _lasting(seen: Seen) -> list[OptionSeen]:
    return [one for one in seen.desk.options if one.expiry_s - seen.desk.game_s > BUYS_BEFORE_S]


def _away_bp(option: OptionSeen, index: int) -> int:
    """Give how far an option is out of the money, in basis points of the index; below 0 it is in the money."""
    away = option.strike - index if option.call else index - option.strike
    return away * BP // index
