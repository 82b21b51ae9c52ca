"""Energy: what sites draw, what it costs, and who can pay.

A cost is counted in watts times micro-USD per kWh until the end, so that a company's bill is rounded once, upwards.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import SitesCut, SitesReconnected
from gamefold.games.tycoon.rules.happenings import effects_of
from gamefold.games.tycoon.rules.progress import on_bill_unpaid
from gamefold.games.tycoon.state.border import MarketNews
from gamefold.games.tycoon.state.columns import Array
from gamefold.games.tycoon.state.region import INDEX, SPOT, Region
from gamefold.games.tycoon.state.units import BP, TICK_S
from gamefold.games.tycoon.state.world import Modifiers

_PER_TICK: Final = 3_600_000 // TICK_S  # watt seconds in a kWh, over the seconds of a tick at a time compression of 1

_COOLING_LEAST_BP: Final = 2_000  # cooling that achieves less draws no more: five times the usual is all there is


def full_power(region: Region, rows: Array | slice, modifiers: Modifiers) -> NDArray[np.int64]:
    """Give what some sites draw at full supply: their rigs and their cooling, W."""
    sites = region.sites
    overhead_bp: NDArray[np.int64] = sites["overhead_bp"][rows].astype(np.int64)
    if modifiers.cooling_bp < BP:
        overhead_bp = overhead_bp * (BP * BP // max(_COOLING_LEAST_BP, modifiers.cooling_bp)) // BP
    overhead_bp += BP
    overhead_bp *= sites["power"][rows]
    overhead_bp //= BP
    return overhead_bp


def prices_paid(region: Region, rows: Array | slice, drawn: Array) -> NDArray[np.int64]:
    """Give watts times price for some sites: by contract up to its capacity, beyond it at the spot."""
    costs: NDArray[np.int64] = drawn * np.int64(region.weather.price_micro)
    signed, more = _by_contract(region, rows, drawn)
    costs[signed] += more
    return costs


def _by_contract(region: Region, rows: Array | slice, drawn: Array) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Give which of some sites have contracts, and how much more (or less, below 0) they pay than at the spot."""
    sites, spot = region.sites, region.weather.price_micro
    kind = sites["contract"][rows]
    signed = np.flatnonzero(kind != SPOT)
    price = sites["price"][rows][signed]
    price = np.where(kind[signed] == INDEX, -(-price * spot // BP), price)
    return signed, np.minimum(drawn[signed], sites["capacity_w"][rows][signed]) * (price - spot)


def micro_of(costs: Array, time_compression: int) -> NDArray[np.int64]:
    """Turn watts times price into micro-USD for one tick, rounded up."""
    micro: NDArray[np.int64] = (costs * np.int64(time_compression) + (_PER_TICK - 1)) // _PER_TICK
    return micro


def expected_bill(region: Region, row: int, ctx: Context) -> int:
    """Give what a tick of energy costs a company if all its sites run, at the prices of now and without taxes."""
    sites = np.array([site.row for site in region.companies[row].sites], np.int64)
    drawn = full_power(region, sites, effects_of(region.happenings.active))
    costs = prices_paid(region, sites, drawn).sum(keepdims=True)
    bill = int(micro_of(costs, ctx.balance["time_compression"])[0])
    return -(-bill * int(region.ledger["perk_energy_bp"][row]) // BP)


def pay_bills(
    region: Region, news: MarketNews, supply: NDArray[np.int64], demand: NDArray[np.int64], ctx: Context
) -> Iterator[Event]:
    """Bill every company for a tick of energy, before anything is mined with it. Who cannot pay is cut, in `supply`.

    `demand` is what each site draws at full supply, W.

    Nobody goes into debt. A company that was cut comes back once it can pay for some ticks ahead, so that it is not
    told at every other tick.
    """
    sites, ledger = region.sites, region.ledger
    drawn = demand * supply >> 12
    watts = np.zeros(len(ledger), np.int64)
    np.add.at(watts, sites["company"], drawn)
    costs = watts * np.int64(region.weather.price_micro)
    signed, more = _by_contract(region, slice(None), drawn)
    np.add.at(costs, sites["company"][signed], more)
    bills = micro_of(costs, ctx.balance["time_compression"])
    bills = (bills * ledger["perk_energy_bp"] + (BP - 1)) // BP
    if news.effects.energy_tax_bp:
        bills += -(-bills * np.int64(news.effects.energy_tax_bp) // BP)

    branches = region.branches
    if len(branches):
        own = bills.take(branches["company"])
        branches["bill"][:] = np.where(own > 0, own, branches["bill"])

    was_cut = ledger["cut"] != 0
    asked = bills.copy()
    asked[was_cut] *= ctx.balance["energy_reserve_ticks"]
    # Where nothing is drawn there is nothing to pay, and nothing to learn about who could.
    owes = bills > 0
    cut = (owes & (asked > ledger["usd"])) | (was_cut & ~owes)
    ledger["cut"][:] = cut
    if cut.any():
        bills[cut] = 0
        watts[cut] = 0
    usd, energy_usd = ledger["usd"], ledger["energy_usd"]
    usd -= bills
    energy_usd += bills
    ledger["power"][:] = watts
    region.flows.count("energy", usd_micro=-int(bills.sum()))
    for row in np.flatnonzero(was_cut & ~cut).tolist():
        yield SitesReconnected(region.companies[row].id, region.tick)
    if not cut.any():
        return
    without = cut.take(sites["company"])
    supply[without] = 0
    sites["curtailed"][without] = 0
    for row in np.flatnonzero(cut & ~was_cut).tolist():
        yield SitesCut(region.companies[row].id, region.tick, int(asked[row]), int(ledger["usd"][row]))
        yield from on_bill_unpaid(region, row, ctx)
