"""Which share of a site's rigs works in a tick: power, heat, contracts and margins (section 1.4).

The supply of a site is one Q12 factor. What draws, computes and wears is in proportion to it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.balance import Values
from gamefold.games.tycoon.rules.region.energy import full_power, micro_of, prices_paid
from gamefold.games.tycoon.rules.region.shares import rate_of
from gamefold.games.tycoon.state.border import MarketNews
from gamefold.games.tycoon.state.energy import interrupted
from gamefold.games.tycoon.state.region import COOLINGS, INTERRUPTIBLE, NOBODY, NOT_CURTAILED, PAYOUTS, Region
from gamefold.games.tycoon.state.units import BP, Q12, SAT
from gamefold.games.tycoon.state.world import Modifiers

_DOUBLES_MC: Final = 10_000  # wear doubles with every 10 degrees (Arrhenius' rule of thumb)
_DOUBLINGS_MOST: Final = 4


def supply_of(region: Region, news: MarketNews, modifiers: Modifiers, balance: Values) -> NDArray[np.int64]:
    """Give the supply (Q12) that each site would have if its energy is paid, and note which stand still on purpose."""
    sites = region.sites
    curtailed = sites["curtailed"]
    curtailed[:] = sites["contract"] == INTERRUPTIBLE if interrupted(region, balance) else 0
    asked = np.flatnonzero(sites["curtail_bp"] != NOT_CURTAILED)
    if len(asked):
        curtailed[asked[~_worth_it(region, asked, news, modifiers, balance)]] = 1
    throttled = np.array([_throttle_q12(region, name, modifiers, balance) for name in COOLINGS], np.int64)
    supply = by_cooling(region, throttled)
    supply[(sites["outage"] != 0) | (sites["company"] == NOBODY)] = 0
    curtailed[supply == 0] = 0  # who has no power does not choose
    supply[curtailed != 0] = 0
    return supply


def by_cooling(region: Region, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each site the value of its cooling, from one for each of COOLINGS."""
    # numpy takes ten times as long by indices of any other type.
    return values.take(region.sites["cooling"].astype(np.intp))


def stress_of(region: Region, modifiers: Modifiers, balance: Values) -> NDArray[np.int64]:
    """Give how much faster rigs wear in this heat, by cooling: basis points, doubled for every 10 degrees too much."""
    stress = []
    for name in COOLINGS:
        above_mc = max(0, region.weather.heat_mc - _weakened(balance["cooling_comfort_mc"][name], modifiers))
        doublings, into_mc = divmod(min(above_mc, _DOUBLINGS_MOST * _DOUBLES_MC), _DOUBLES_MC)
        # Straight between two doublings: 2 ** x is within 6 % of it.
        factor_bp = (BP << doublings) * (_DOUBLES_MC + into_mc) // _DOUBLES_MC
        stress.append(factor_bp * modifiers.wear_bp // BP)
    return np.array(stress, np.int64)


def _throttle_q12(region: Region, cooling: str, modifiers: Modifiers, balance: Values) -> int:
    """Above its limit, each degree takes a share of the hashrate: of AIR first, of IMMERSION last."""
    above_mc = max(0, region.weather.heat_mc - _weakened(balance["cooling_limit_mc"][cooling], modifiers))
    lost_bp = min(BP, above_mc * balance["cooling_throttle_bp"][cooling] // 1_000)
    return int(Q12 * (BP - lost_bp) // BP * min(BP, modifiers.supply_bp) // BP)


def _weakened(limit_mc: int, modifiers: Modifiers) -> int:
    return limit_mc * min(BP, modifiers.cooling_bp) // BP


def _worth_it(
    region: Region, rows: NDArray[np.int64], news: MarketNews, modifiers: Modifiers, balance: Values
) -> NDArray[np.bool_]:
    """Say for some sites whether a tick of mining earns what its energy costs and the margin they want.

    Both as they will be paid: with the subsidy and without the pool's fee, with the tax and what research saves. Who
    mines by luck reckons with what is expected.
    """
    sites, ledger = region.sites, region.ledger
    holders = sites["company"].take(rows)
    hashes = sites["hash"].take(rows) * news.effects.hashrate_bp // BP
    earned = news.reward_sat * (BP + news.effects.mining_subsidy_bp) // BP * news.index_micro // SAT
    rate, shift = rate_of(earned, max(1, news.network_ghs), int(hashes.max()))
    fees_bp = np.array([balance["pool_fee_bp"][name] for name in PAYOUTS], np.int64)
    income_micro = (hashes * rate >> shift) * (BP - fees_bp.take(ledger["payout"].take(holders))) // BP
    costs = prices_paid(region, rows, full_power(region, rows, modifiers))
    costs_micro = micro_of(costs, balance["time_compression"]) * ledger["perk_energy_bp"].take(holders) // BP
    costs_micro += costs_micro * np.int64(news.effects.energy_tax_bp) // BP
    # A site's costs stay below 2**43 micro-USD (10,000 rigs of 20 kW, an hour at 2 USD): times a margin they fit.
    wanted = costs_micro * (BP + sites["curtail_bp"].take(rows)) // BP
    return np.asarray(income_micro >= wanted)
