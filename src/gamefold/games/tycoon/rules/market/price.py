"""The index: a price with fat tails, clustered volatility, regimes, and jumps that set off more jumps.

The process of tycoon-simulation.md section 4.1 ("B"), in integers. The logarithm of volatility is the sum of two
Ornstein-Uhlenbeck processes (fast: hours, slow: weeks), of a regime that stays for weeks, and of shocks that calm down.
Jumps come as a Hawkes process: each is expected to set off `price_jump_branching_bp` of another soon; their size is
Laplace's, in units of what five minutes move at the volatility of the moment.

Time passes in steps of 60 and 5 seconds of game time, each with constants that are exact for its length, so the process
in game time is the same at every `time_compression`. The slow factor and the regime step once a tick.

A step takes 2.5 microseconds on one core, in plain Python; a tick at the usual speed takes five of them.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.world import RegimeChanged
from gamefold.games.tycoon.rules import fixed
from gamefold.games.tycoon.rules.chance import NORMAL_BITS, draw_one, key_of, normal
from gamefold.games.tycoon.state.units import BP, DAY_S, MICRO, TICK_S
from gamefold.games.tycoon.state.world import ActiveEvent, PriceShock, PriceState

YEAR_S: Final = 31_557_600  # 365.25 days
REGIMES: Final = ("CALM", "NORMAL", "WILD")
STEPS_S: Final = (60, 5)  # lengths of a step, in seconds of game time
FIVE_MINUTES_S: Final = 300

ONE: Final = 1 << 40  # 1 in Q40

_NORMAL_MASK: Final = (1 << NORMAL_BITS) - 1
_VOL_BITS: Final = 12  # of the logarithm of volatility, that the table tells apart
_VOL_MOST: Final = 4  # it lies between -4 and 4
_JUMPS: Final = 1 << 40  # draws from here on decide how far jumps go
_TICK: Final = 1 << 41  # and from here on what happens once a tick
_SHOCK_LEAST: Final = ONE >> 14  # what is left of a shock is dropped here


class Step(NamedTuple):
    """The constants of one step."""

    sigma_q40: int  # standard deviation of the logarithm at volatility factor 1
    drift_q40: int
    fast_keep_q40: int  # what stays of the fast factor
    fast_kick_q40: int  # standard deviation of what chance adds to it
    jump_q32: int  # chance of a jump of its own
    offspring_q32: int  # chance that a jump which is expected comes in this step
    offspring_keep_q40: int


class Numbers(NamedTuple):
    """What the process takes from the balance, hashable so that constants are made once."""

    base_vol_bp: int
    drift_bp_per_year: int
    vol_fast_sd_bp: int
    vol_fast_hours: int
    vol_slow_sd_bp: int
    vol_slow_days: int
    regime_days: int
    jumps_per_1000_days: int
    jump_branching_bp: int
    jump_decay_minutes: int
    jump_scale_bp: int


def numbers_of(balance: Values) -> Numbers:
    """Take the process's numbers out of a world's balance."""
    return Numbers(*(balance[f"price_{name}"] for name in Numbers._fields))


def start_price(balance: Values) -> PriceState:
    """Give the process at its start."""
    index_micro = balance["price_start_usd"] * MICRO
    return PriceState(log_q40=_log_q40(index_micro), index_micro=index_micro)


def move_price(price: PriceState, active: Collection[ActiveEvent], ctx: Context) -> list[Event]:
    """Let the index move for one tick. `active` are the events that may still make it drift."""
    numbers = numbers_of(ctx.balance)
    seconds = TICK_S * ctx.balance["time_compression"]
    key = key_of(ctx.rng("price"))
    changed = _step_slowly(price, numbers, key, seconds)
    lasting = {event.id for event in active}
    for one in price.shocks:
        if one.event not in lasting:
            one.drift_q40_per_day = 0
    drift_q40 = sum(one.drift_q40_per_day for one in price.shocks) * seconds // DAY_S
    calm_q40 = _log_bp(ctx.balance["price_regime_vol_bp"][price.regime]) + sum(one.vol_q40 for one in price.shocks)
    walk(price, numbers, key, seconds, calm_q40)
    price.log_q40 += drift_q40
    _calm_down(price, seconds)
    least, most = ctx.balance["price_floor_usd"] * MICRO, ctx.balance["price_cap_usd"] * MICRO
    price.log_q40 = min(max(price.log_q40, _log_q40(least)), _log_q40(most))
    price.index_micro = min(max(index_of(price.log_q40), least), most)
    return [RegimeChanged(price.regime)] if changed else []


def walk(price: PriceState, numbers: Numbers, key: int, seconds: int, vol_q40: int) -> None:
    """Let the logarithm of the index go its way for some game time.

    `vol_q40` is the logarithm of volatility that regime and shocks add to both factors.
    """
    log_q40, fast, offspring = price.log_q40, price.fast_q40, price.offspring_q40
    # The table begins at -4: its middle is a factor of 1.
    level = price.slow_q40 + vol_q40 + (_VOL_MOST << 40)
    table, last = _VOL_Q24, len(_VOL_Q24) - 1
    reach_q40 = step_of(numbers, FIVE_MINUTES_S).sigma_q40 * numbers.jump_scale_bp // BP
    branching_q40 = numbers.jump_branching_bp * ONE // BP
    drawn = 0
    left = seconds
    for length in STEPS_S:
        sigma, drift, keep, kick, own, coming, remain = step_of(numbers, length)
        count, left = divmod(left, length)
        for _ in range(count):
            first, second = draw_one(key, drawn), draw_one(key, drawn + 1)
            part = (level + fast) >> 40 - _VOL_BITS
            vol = table[part if 0 <= part <= last else 0 if part < 0 else last]
            log_q40 += drift + ((sigma * vol >> 24) * normal(first & _NORMAL_MASK) >> 16)
            if second >> 32 < own + (offspring * coming >> 40):
                log_q40 += _jump_q16(draw_one(key, _JUMPS + drawn)) * (reach_q40 * vol >> 24) >> 16
                offspring += branching_q40
            offspring = offspring * remain >> 40
            fast = (fast * keep >> 40) + (kick * normal(first >> 64 - NORMAL_BITS) >> 16)
            drawn += 2
    price.log_q40, price.fast_q40, price.offspring_q40 = log_q40, fast, offspring


def shock(price: PriceState, event: ActiveEvent, balance: Values) -> None:
    """Let an event that begins now shake the index: a jump at once, volatility, and drift while it is active.

    An event without any of these changes nothing.
    """
    effect = event.effect
    price.log_q40 += effect.get("price_jump_bp", 0) * ONE // BP
    vol_q40 = _log_bp(effect.get("vol_bp", BP))
    drift_q40 = effect.get("drift_bp_per_day", 0) * ONE // BP
    if vol_q40 or drift_q40:
        half_life_s = balance["price_shock_half_life_hours"] * 3_600
        price.shocks.append(PriceShock(event.id, vol_q40, half_life_s, drift_q40))


def vol_bp(price: PriceState, balance: Values, horizon_s: int) -> int:
    """Give the yearly volatility to expect over a horizon, in basis points: what options are priced with.

    The factors revert, so a horizon feels of each what is left of it on average; the regime stays. Jumps are in
    `option_vol_bp`, the long-run level.
    """
    fast_s, slow_s = balance["price_vol_fast_hours"] * 3_600, balance["price_vol_slow_days"] * DAY_S
    level_q40 = _log_bp(balance["price_regime_vol_bp"][price.regime])
    level_q40 += price.fast_q40 * _left_bp(horizon_s, fast_s) // BP
    level_q40 += price.slow_q40 * _left_bp(horizon_s, slow_s) // BP
    level_q40 += sum(one.vol_q40 * _left_bp(horizon_s, one.half_life_s) // BP for one in price.shocks)
    bounded = min(max(level_q40, -2 * ONE), 2 * ONE)
    return int(balance["option_vol_bp"] * _VOL_Q24[bounded + (_VOL_MOST << 40) >> 40 - _VOL_BITS] >> 24)


def index_of(log_q40: int) -> int:
    """Give the index, in micro-USD, of a logarithm."""
    return round(fixed.exp_of(log_q40 / float(ONE)))


@lru_cache(maxsize=64)
def step_of(numbers: Numbers, seconds: int) -> Step:
    """Make the constants of a step of some seconds of game time. Pure: remembering them changes nothing."""
    fast = fixed.exp_of(-seconds / (numbers.vol_fast_hours * 3_600))
    gone = fixed.exp_of(-seconds / (numbers.jump_decay_minutes * 60))
    return Step(
        sigma_q40=round(numbers.base_vol_bp / BP * fixed.sqrt_of(seconds / YEAR_S) * ONE),
        drift_q40=numbers.drift_bp_per_year * seconds * ONE // (BP * YEAR_S),
        fast_keep_q40=round(fast * ONE),
        fast_kick_q40=round(numbers.vol_fast_sd_bp / BP * fixed.sqrt_of(1.0 - fast * fast) * ONE),
        jump_q32=(numbers.jumps_per_1000_days * seconds << 32) // (1_000 * DAY_S),
        offspring_q32=round((1.0 - gone) * (1 << 32)),
        offspring_keep_q40=round(gone * ONE),
    )


def _step_slowly(price: PriceState, numbers: Numbers, key: int, seconds: int) -> bool:
    """Move what changes within weeks. Says whether the regime is another one."""
    keep, kick, switch_q32 = _slow_step(numbers, seconds)
    price.slow_q40 = (price.slow_q40 * keep >> 40) + (kick * normal(draw_one(key, _TICK) & _NORMAL_MASK) >> 16)
    drawn = draw_one(key, _TICK + 1)
    if drawn >> 32 >= switch_q32:
        return False
    others = [regime for regime in REGIMES if regime != price.regime]
    price.regime = others[drawn & 1]
    return True


@lru_cache(maxsize=64)
def _slow_step(numbers: Numbers, seconds: int) -> tuple[int, int, int]:
    slow = fixed.exp_of(-seconds / (numbers.vol_slow_days * DAY_S))
    stay = fixed.exp_of(-seconds / (numbers.regime_days * DAY_S))
    kick = numbers.vol_slow_sd_bp / BP * fixed.sqrt_of(1.0 - slow * slow)
    return round(slow * ONE), round(kick * ONE), round((1.0 - stay) * (1 << 32))


def _calm_down(price: PriceState, seconds: int) -> None:
    for one in price.shocks:
        one.vol_q40 = one.vol_q40 * _halving_q40(seconds, one.half_life_s) >> 40
    price.shocks = [one for one in price.shocks if abs(one.vol_q40) >= _SHOCK_LEAST or one.drift_q40_per_day]


@lru_cache(maxsize=64)
def _halving_q40(seconds: int, half_life_s: int) -> int:
    return round(fixed.exp_of(-seconds / half_life_s * fixed.log_of(2.0)) * ONE)


def _jump_q16(drawn: int) -> int:
    """Turn 64 bits into a number of Laplace's distribution with scale 1, in Q16."""
    size = round(-fixed.log_of(((drawn >> 32) + 0.5) / (1 << 32)) * 65_536.0)
    return size if drawn & 1 else -size


def _left_bp(horizon_s: int, decay_s: int) -> int:
    """Give what is left on average, over a horizon, of something that decays: (1 - exp(-h/d)) / (h/d)."""
    if horizon_s <= 0:
        return BP
    ratio = min(horizon_s / decay_s, fixed.EXP_MOST)
    return round((1.0 - fixed.exp_of(-ratio)) / ratio * BP)


@lru_cache(maxsize=64)
def _log_bp(bp: int) -> int:
    """Give the logarithm of a factor in basis points, in Q40."""
    return round(fixed.log_of(max(bp, 1) / BP) * ONE)


@lru_cache(maxsize=64)
def _log_q40(micro: int) -> int:
    return round(fixed.log_of(float(micro)) * ONE)


def _vol_table() -> list[int]:
    """Give exp(v) in Q24 for v from -4 to 4, in steps of 2**-12."""
    parts = np.arange(-_VOL_MOST << _VOL_BITS, _VOL_MOST << _VOL_BITS)
    factors: list[int] = np.rint(fixed.exp(parts / float(1 << _VOL_BITS)) * float(1 << 24)).astype(np.int64).tolist()
    return factors


_VOL_Q24: Final = _vol_table()
