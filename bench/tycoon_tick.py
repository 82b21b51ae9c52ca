"""What does a tick of Tycoon cost: a region of up to a million rigs, and a whole shard with its market?

The floor copies as many bytes as the tick is about: 26 for each rig (what the study of the layout counted) and all that
a tick writes of sites and companies. `warm` repeats at once; `cold` reads 256 MiB of something else before.

`lazy` is the product: `hear_market` until the digest, whose cost stands beside it; `whole` is both. `eager` looks at
every rig in every tick by the same formulas, in blocks of 64k rows without temporaries, and does the rest as the
product does; it is held equal to the lazy wear and failures first. `stages` are shares of the product's time.

`shard` is a region of a million rigs, and what a market of 100,000 perpetual accounts adds: the index, marks and greeks
of 400 options, the margin check, digests of both, and both written down as a snapshot has them. `market` is its real
tick, beside the parts.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from bench.common import Effort, median, rounded, run, say, spread, take_turns
from bench.tycoon_worlds import a_context, a_region, a_shard_market, balance, news_of
from gamefold.games.tycoon.intents.border import HearMarket
from gamefold.games.tycoon.rules.market.liquidation import poor
from gamefold.games.tycoon.rules.market.options_math import option_marks
from gamefold.games.tycoon.rules.market.price import move_price, start_price
from gamefold.games.tycoon.rules.market.tick import tick as market_tick
from gamefold.games.tycoon.rules.region import tick as region_rules
from gamefold.games.tycoon.state.market import PERP, Market
from gamefold.games.tycoon.state.market_codec import digest_market, encode_market
from gamefold.games.tycoon.state.region import OK, Region
from gamefold.games.tycoon.state.region_codec import digest_region, encode_region
from gamefold.games.tycoon.state.units import BP
from gamefold.games.tycoon.state.wear import RATE_BITS, wear_of
from gamefold.games.tycoon.state.world import Option

SIZES: Final = (10_000, 100_000, 1_000_000)
RIG_BYTES: Final = 26
SITE_BYTES: Final = 29  # supply, load, ticks, up_ticks, curtailed
COMPANY_BYTES: Final = 77  # usd, energy_usd, power, hash, msat, sat, mined_sat, shares, cut, mined_today
OTHER_BYTES: Final = 1 << 28  # more than any cache

STAGES: Final = {
    "events, weather, contracts, outages": ("_world_events", "move_weather", "end_contracts", "change_outages"),
    "supply and wear": ("_feel_research", "supply_of", "_work"),
    "failures and repairs": ("fail_due", "finish_repairs"),
    "energy bills": ("pay_bills",),
    "mining": ("mine",),
    "progress": ("progress_tick",),
    "proof": ("prove_conservation",),
    "digest": ("digest_region",),
}


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("tycoon_tick", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give milliseconds and ratios for every size, and those of a whole shard."""
    sizes = {}
    for rigs in effort.pick(SIZES, SIZES[:2]):
        sizes[f"{rigs:,} rigs"] = await _region(rigs, effort)
    return {"region": sizes, "shard": await _shard(effort)}


async def _region(rigs: int, effort: Effort) -> dict[str, Any]:
    region = a_region(rigs)
    eager = Eager(region)
    for _ in range(3):
        eager.tick(region)
        _tick(region)
        eager.compare(region)
    source = np.ones(RIG_BYTES * rigs + SITE_BYTES * len(region.sites) + COMPANY_BYTES * len(region.ledger), np.uint8)
    target, other = np.zeros_like(source), np.ones(OTHER_BYTES, np.uint8)

    def flush() -> None:
        other.max()

    with _undigested():
        sides: dict[str, Any] = {
            "floor": _timed(lambda: np.copyto(target, source)),
            "lazy": _timed(lambda: _tick(region)),
            "digest": _timed(lambda: digest_region(region)),
            "eager_rigs": _timed(lambda: eager.tick(region)),
            "floor_cold": _timed(lambda: np.copyto(target, source), flush),
            "lazy_cold": _timed(lambda: _tick(region), flush),
        }
        results = await take_turns(sides, effort.pick(9, 2), effort.pick(1.0, 0.2), 0.2)
    figures: dict[str, Any] = {"bytes": len(source), **{name: _ms(values) for name, values in results.items()}}
    floor = [1 / rate for rate in results["floor"]]
    lazy, digest = ([1 / rate for rate in results[name]] for name in ("lazy", "digest"))
    eager_rigs = [1 / rate for rate in results["eager_rigs"]]
    figures["whole_ms"] = round(median([a + b for a, b in zip(lazy, digest, strict=True)]) * 1_000, 3)
    figures["lazy_x_floor"] = _ratio(lazy, floor)
    figures["lazy_cold_x_floor_cold"] = _ratio(
        [1 / rate for rate in results["lazy_cold"]], [1 / rate for rate in results["floor_cold"]]
    )
    figures["eager_rigs_x_floor"] = _ratio(eager_rigs, floor)
    figures["eager_x_floor"] = _ratio([a + b for a, b in zip(lazy, eager_rigs, strict=True)], floor)
    figures["stages_ms"] = _stages(region, effort.pick(40, 5))
    say(f"{rigs:>9,} rigs: {figures}")
    return figures


class Eager:
    """Every rig in every tick: what the lazy engine saves. Rigs that fail stay failed."""

    BLOCK: Final = 1 << 16

    def __init__(self, region: Region) -> None:
        rigs = region.rigs
        rows = np.arange(len(rigs), dtype=np.int64)
        self.site = rigs["site"].copy()
        self.ok = rigs["status"] == OK
        self.load = region.sites["load"].copy()
        self.started = rigs["wear"].astype(np.int64)
        self.worked = self.load.take(self.site) - rigs["load0"]
        self.rate, self.fails = rigs["rate"].copy(), rigs["fails"].astype(np.int64)
        self.wear = wear_of(region, rows).astype(np.int32)
        self.power = rigs["power"].copy()
        self.penalty = balance()["rig_wear_penalty_bp"]
        # What a rig gives when it is new: the last look at it, without the wear it had then.
        lost = (wear_of(region, rows) * self.penalty >> 30).clip(0, BP)
        self.base = (rigs["hash"].astype(np.int64) * BP // (BP - lost)).astype(np.uint32)
        assert int(self.base.max()) * BP < 1 << 32
        self.hash = np.zeros(len(rigs), np.int32)
        self.bounds = self.site.searchsorted(np.arange(len(self.load) + 1, dtype=np.int32))
        self.running = np.zeros(len(rigs) + 1, np.int64)
        self.site_hash = self.site_power = self.load
        self.failed = 0
        self._wide = [np.empty(self.BLOCK, np.int64) for _ in range(2)]
        self._narrow = np.empty(self.BLOCK, np.uint32)
        self._flags = np.empty(self.BLOCK, np.bool_)

    def tick(self, region: Region) -> None:
        """Let every rig work as its site did since the last call."""
        gained = region.sites["load"] - self.load
        self.load[:] = region.sites["load"]
        for begin in range(0, len(self.site), self.BLOCK):
            self._block(slice(begin, min(begin + self.BLOCK, len(self.site))), gained)
        self.site_hash = self._sums(self.hash)
        self.site_power = self._sums(np.multiply(self.power, self.ok))

    def _block(self, rows: slice, gained: np.ndarray[Any, Any]) -> None:
        size = rows.stop - rows.start
        wide, lost, narrow, flags = self._wide[0][:size], self._wide[1][:size], self._narrow[:size], self._flags[:size]
        gained.take(self.site[rows], out=wide, mode="clip")
        worked = self.worked[rows]
        np.add(worked, wide, out=worked)
        np.multiply(worked, self.rate[rows], out=wide)
        np.right_shift(wide, RATE_BITS, out=wide)
        np.add(wide, self.started[rows], out=wide)
        np.copyto(self.wear[rows], wide, casting="unsafe", where=self.ok[rows])
        np.greater_equal(wide, self.fails[rows], out=flags)
        np.logical_and(flags, self.ok[rows], out=flags)
        if flags.any():
            self.failed += int(np.count_nonzero(flags))
            np.logical_and(self.ok[rows], ~flags, out=self.ok[rows])
        np.multiply(wide, self.penalty, out=lost)
        np.right_shift(lost, 30, out=lost)
        np.minimum(lost, BP, out=lost)
        np.subtract(BP, lost, out=lost)
        np.copyto(narrow, lost, casting="unsafe")
        np.multiply(narrow, self.base[rows], out=narrow)
        np.floor_divide(narrow, np.uint32(BP), out=narrow)
        np.multiply(narrow, self.ok[rows], out=self.hash[rows], casting="unsafe")

    def _sums(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        np.cumsum(values, dtype=np.int64, out=self.running[1:])
        ends = self.running.take(self.bounds)
        return ends[1:] - ends[:-1]

    def compare(self, region: Region) -> None:
        """Hold this against a region that did not look at its rigs."""
        # This looks before the region's tick, so it is brought up to date first.
        self.tick(region)
        rows = np.arange(len(self.site), dtype=np.int64)
        ok = region.rigs["status"] == OK
        assert np.array_equal(ok, self.ok), "other rigs failed"
        assert np.array_equal(wear_of(region, rows)[ok], self.wear[ok]), "rigs are worn otherwise"


def _tick(region: Region) -> None:
    ctx = a_context(region.tick + 1)
    for _ in region_rules.hear_market(region, HearMarket(news_of(region.tick + 1)), ctx):
        pass


@contextmanager
def _undigested() -> Iterator[None]:
    """Leave the digest out of the tick, to measure it apart."""
    digest = region_rules.digest_region
    region_rules.digest_region = lambda _region: bytes(16)
    try:
        yield
    finally:
        region_rules.digest_region = digest


def _stages(region: Region, ticks: int) -> dict[str, float]:
    """Give the milliseconds of every stage: medians over some ticks, each timed from outside."""
    names = [name for group in STAGES.values() for name in group]
    originals = {name: getattr(region_rules, name) for name in names}
    took: dict[str, list[float]] = {name: [] for name in names}
    for name, stage in originals.items():
        setattr(region_rules, name, _stopped(stage, took[name]))
    try:
        for _ in range(ticks):
            _tick(region)
    finally:
        for name, stage in originals.items():
            setattr(region_rules, name, stage)
    return {group: round(sum(median(took[name]) for name in members) * 1_000, 3) for group, members in STAGES.items()}


def _stopped(stage: Callable[..., Any], took: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        begin_s = time.perf_counter()
        result = stage(*arguments, **named)
        if isinstance(result, Iterator):
            result = list(result)
        took.append(time.perf_counter() - begin_s)
        return result

    return timed


async def _shard(effort: Effort) -> dict[str, Any]:
    rigs, accounts = effort.pick((1_000_000, 100_000), (50_000, 5_000))
    region, market = a_region(rigs), a_shard_market(accounts)
    options = _options(market, 400)
    parts: dict[str, Callable[[], Any]] = {
        "region tick with digest": lambda: _tick(region),
        "index": lambda: move_price(start_price(balance()), (), a_context(market.tick + 1)),
        "400 options": lambda: option_marks(options, market.world.price, market.world.game_s, balance()),
        "margin check": lambda: poor(market, market.listings[PERP]),
        "region written down": lambda: encode_region(region),
        "market's digest": lambda: digest_market(market),
        "market written down": lambda: encode_market(market),
        "market's tick with digest": lambda: list(market_tick(market, None, a_context(market.tick + 1))),  # type: ignore[arg-type]
    }
    results = await take_turns(
        {name: _timed(part) for name, part in parts.items()}, effort.pick(7, 2), effort.pick(1.0, 0.1), 0.2
    )
    figures = {name: _ms(values) for name, values in results.items()}
    named = (
        "region tick with digest",
        "index",
        "400 options",
        "margin check",
        "region written down",
        "market's digest",
    )
    figures["sum_as_in_the_target_ms"] = round(sum(1_000 / median(results[name]) for name in named), 2)
    both = ("region tick with digest", "market's tick with digest")
    figures["both_ticks_ms"] = round(sum(1_000 / median(results[name]) for name in both), 2)
    say(f"shard of {rigs:,} rigs and {accounts:,} accounts: {figures}")
    return {"rigs": rigs, "accounts": accounts, **figures}


def _options(market: Market, count: int) -> list[Option]:
    listed = market.world.options
    return [listed[number % len(listed)] for number in range(count)]


def _timed(work: Callable[[], Any], before: Callable[[], Any] | None = None) -> Any:
    async def side(seconds: float) -> tuple[float, float]:
        done, took_s = 0, 0.0
        begin_s = time.perf_counter()
        while time.perf_counter() - begin_s < seconds:
            if before is not None:
                before()
            started_s = time.perf_counter()
            work()
            took_s += time.perf_counter() - started_s
            done += 1
        return done, took_s

    return side


def _ms(rates: list[float]) -> dict[str, Any]:
    times = [1_000 / rate for rate in rates]
    return {"ms": rounded(median(times)), "spread": spread(times)}


def _ratio(times: list[float], floor: list[float]) -> dict[str, Any]:
    ratios = [one / base for one, base in zip(times, floor, strict=True)]
    return {"ratio": round(median(ratios), 2), "spread": spread(ratios)}


if __name__ == "__main__":
    main()
