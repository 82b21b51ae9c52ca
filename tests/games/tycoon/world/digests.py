"""Digests of everything whose bits must be the same on every machine. Run as a script, it prints them as JSON.

Nothing here depends on the balance file, so that tuning changes no digest.
"""

import json

import numpy as np
import xxhash

from gamefold.engine.rng import Rng
from gamefold.games.tycoon.balance import NORMAL_TABLE
from gamefold.games.tycoon.rules import fixed
from gamefold.games.tycoon.rules.chance import below, draw_one, draw_u32, draw_u64, key_of, normals, poisson
from gamefold.games.tycoon.rules.market.options_math import black, smile
from gamefold.games.tycoon.rules.market.price import Numbers, _step_slowly, walk
from gamefold.games.tycoon.state.world import PriceState

KEY = key_of(Rng(bytes(32), "digests"))
NUMBERS = Numbers(
    base_vol_bp=4_500,
    drift_bp_per_year=100,
    vol_fast_sd_bp=4_000,
    vol_fast_hours=12,
    vol_slow_sd_bp=3_500,
    vol_slow_days=25,
    regime_days=20,
    jumps_per_1000_days=2_000,
    jump_branching_bp=5_000,
    jump_decay_minutes=30,
    jump_scale_bp=25_000,
)


def digest(*arrays: np.ndarray) -> str:
    """Hash arrays as little-endian bytes."""
    hashed = xxhash.xxh3_64()
    for array in arrays:
        hashed.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return hashed.hexdigest()


def chance() -> str:
    ids = np.arange(200_000, dtype=np.int64)
    drawn, long = draw_u32(KEY, ids), draw_u64(KEY, ids)
    counts = poisson(long, (ids % 4_000 << 32) // 100)
    return digest(drawn, long, below(drawn, 1_000), normals(drawn), counts)


def functions() -> str:
    wide = np.linspace(-50.0, 50.0, 100_001)
    return digest(fixed.exp(wide), fixed.log(np.abs(wide) + 1e-9), fixed.cdf(wide), fixed.phi(wide))


def price() -> str:
    """50,000 steps: ticks of 305 seconds are five steps of a minute and one of five seconds."""
    price = PriceState(log_q40=26_938_034_880_512, index_micro=43_250_000_000)
    seen = []
    for tick in range(50_000 // 6 + 1):
        key = draw_one(KEY, tick)
        _step_slowly(price, NUMBERS, key, 305)
        walk(price, NUMBERS, key, 305, 0)
        seen += [price.log_q40, price.fast_q40, price.slow_q40, price.offspring_q40]
    return digest(np.array(seen, np.int64))


def options() -> str:
    strikes = np.arange(10_000, 110_000, 100, dtype=np.int64) * 1_000_000
    hashes = []
    for days in (0.01, 1.0, 30.0):
        years = np.full(strikes.shape, days) / 365.25
        variance = smile(fixed.log(strikes / 43_250e6), years * 0.36, -1_000, 10_000)
        hashes += [
            digest(*black(43_250_000_000, strikes, np.full(strikes.shape, call), variance, years))
            for call in (True, False)
        ]
    return xxhash.xxh3_64("".join(hashes).encode()).hexdigest()


def all_digests() -> dict[str, str]:
    return {
        "table": xxhash.xxh3_64(NORMAL_TABLE).hexdigest(),
        "chance": chance(),
        "functions": functions(),
        "price": price(),
        "options": options(),
    }


if __name__ == "__main__":
    print(json.dumps(all_digests()))  # noqa: T201 - that is what the script is for
