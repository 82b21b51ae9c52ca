"""Which options are listed, when they expire, and at what price they settle.

European options on the index, settled in cash at 08:00 of the game's calendar: the next two days, and the next two
Fridays. Strikes lie on a grid around the money, and more are listed as the index moves. The settlement price is the
mean of the index over the last half hour of game time (as on Deribit), rounded down.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.calendar import date_of, is_friday
from gamefold.games.tycoon.state.units import DAY_S, MICRO
from gamefold.games.tycoon.state.world import Option, Sample, World

EXPIRY_HOUR_S: Final = 8 * 3_600  # of the day
TWAP_S: Final = 1_800
DAILY: Final = 2
WEEKLY: Final = 2
GRID_USD: Final = (500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000)
DAILY_STEPS: Final = 100  # the grid of dailies has this many steps up to the index, or more
WEEKLY_STEPS: Final = 40


class Settlement(msgspec.Struct, frozen=True):
    """An option that has expired, and the price of the index it settles at."""

    option: Option
    index_micro: int

    @property
    def payoff_micro(self) -> int:
        """What it pays for one BTC, in micro-USD."""
        gain = self.index_micro - self.option.strike_micro
        return max(0, gain if self.option.call else -gain)


def expiries(game_s: int) -> list[tuple[int, bool]]:
    """Give the times of the next expiries after now, and whether each is a weekly one; soonest first."""
    first = (game_s - EXPIRY_HOUR_S) // DAY_S + 1
    days = [(day, is_friday(day)) for day in range(first, first + DAILY)]
    fridays = [day for day in range(first, first + 7 * WEEKLY) if is_friday(day)]
    days += [(day, True) for day in fridays if day >= first + DAILY]
    return [(day * DAY_S + EXPIRY_HOUR_S, weekly) for day, weekly in days]


def strikes(index_micro: int, *, weekly: bool, each_side: int) -> list[int]:
    """Give the strikes around the money, in USD."""
    steps = WEEKLY_STEPS if weekly else DAILY_STEPS
    step = next((one for one in GRID_USD if one * steps * MICRO >= index_micro), GRID_USD[-1])
    middle = (index_micro + step * MICRO // 2) // (step * MICRO)
    return [part * step for part in range(middle - each_side, middle + each_side + 1) if part > 0]


def option_name(expiry_s: int, strike_usd: int, *, call: bool) -> str:
    """Name an option: `BTC-20240105-43000-C`."""
    year, month, day = date_of(expiry_s)
    return f"BTC-{year:04}{month:02}{day:02}-{strike_usd}-{'C' if call else 'P'}"


def list_options(world: World, balance: Values) -> list[Option]:
    """List what the calendar and the index ask for, and give what is new. Everything listed is in `world.options`."""
    listed = {option.name for option in world.options}
    fresh: list[Option] = []
    for expiry_s, weekly in expiries(world.game_s):
        if expiry_s - world.game_s <= TWAP_S:
            continue  # it is being settled
        room = 2 * balance["option_strikes_most"] - sum(option.expiry_s == expiry_s for option in world.options)
        wanted = [
            Option(name, expiry_s, strike * MICRO, call)
            for strike in strikes(world.price.index_micro, weekly=weekly, each_side=balance["option_strikes_each_side"])
            for call in (True, False)
            if (name := option_name(expiry_s, strike, call=call)) not in listed
        ]
        fresh += wanted[: max(0, room)]
    if fresh:
        world.options = sorted([*world.options, *fresh], key=lambda one: (one.expiry_s, one.strike_micro, one.name))
    return fresh


def expire_options(world: World) -> list[Settlement]:
    """Take what has expired off the list, and give what each settles at."""
    due = [option for option in world.options if option.expiry_s <= world.game_s]
    if not due:
        return []
    world.options = [option for option in world.options if option.expiry_s > world.game_s]
    return [Settlement(option, settlement_micro(world.samples, option.expiry_s)) for option in due]


def sample_index(world: World) -> None:
    """Note the index of this tick, and forget what is too old to settle by."""
    world.samples = [one for one in world.samples if one.game_s > world.game_s - TWAP_S]
    world.samples.append(Sample(world.game_s, world.price.index_micro))


def settlement_micro(samples: Sequence[Sample], expiry_s: int) -> int:
    """Give the mean of the index over the half hour before an expiry, or the last one where no tick fell into it."""
    prices = [one.index_micro for one in samples if expiry_s - TWAP_S < one.game_s <= expiry_s]
    prices = prices or [samples[-1].index_micro]
    return sum(prices) // len(prices)
