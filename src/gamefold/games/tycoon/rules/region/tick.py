"""A region's tick: what the market world told it, weather, energy, rigs, mining, and what companies make of it."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.border import RegionTicked
from gamefold.games.tycoon.intents.border import NOT_THE_NEXT_TICK, HearMarket
from gamefold.games.tycoon.rules.happenings import effects_of, happen, region_conditions
from gamefold.games.tycoon.rules.plant.failures import fail_due, finish_repairs
from gamefold.games.tycoon.rules.plant.sums import look_at, rows_of, sites_of
from gamefold.games.tycoon.rules.plant.wear import go_on
from gamefold.games.tycoon.rules.progress import progress_tick, voting_weight
from gamefold.games.tycoon.rules.region.branches import settle_branches
from gamefold.games.tycoon.rules.region.contracts import end_contracts
from gamefold.games.tycoon.rules.region.energy import full_power, pay_bills
from gamefold.games.tycoon.rules.region.mining import mine
from gamefold.games.tycoon.rules.region.outages import change_outages
from gamefold.games.tycoon.rules.region.supply import by_cooling, stress_of, supply_of, throttles_of
from gamefold.games.tycoon.rules.region.weather import move_weather
from gamefold.games.tycoon.state.border import MarketNews, RegionNews
from gamefold.games.tycoon.state.region import NOBODY, Region
from gamefold.games.tycoon.state.region_codec import digest_region
from gamefold.games.tycoon.state.units import BP, game_seconds
from gamefold.games.tycoon.state.world import Modifiers

LOOKED_AT_EVERY: Final = 720  # ticks: wear is slow, so hashrates need not follow it at once


def hear_market(region: Region, intent: HearMarket, ctx: Context) -> Iterator[Event]:
    """Let the region's next tick pass. Refused NOT_THE_NEXT_TICK where it is past, or comes too early."""
    news = intent.news
    if news.tick != region.tick + 1:
        raise Rejected(NOT_THE_NEXT_TICK, f"This region's next tick is {region.tick + 1}, not {news.tick}.")

    region.tick, region.news = news.tick, news
    yield from _world_events(region, ctx)
    modifiers = effects_of(region.happenings.active)
    move_weather(region, modifiers, news.effects, ctx)
    yield from end_contracts(region)
    yield from change_outages(region, modifiers, ctx)
    _feel_research(region, ctx)

    demand = full_power(region, slice(None), modifiers)
    supply = supply_of(region, news, demand, modifiers, ctx.balance)
    # Energy is paid before it is used: who cannot pay does not mine.
    yield from pay_bills(region, news, supply, demand, ctx)
    _work(region, supply, modifiers, ctx)
    yield from fail_due(region, ctx)
    yield from finish_repairs(region, ctx)
    mined = np.zeros(len(region.ledger), np.int64)
    yield from mine(region, news, supply, mined, ctx)
    yield from progress_tick(region, ctx, news, mined_sat=_at_home(region, mined))
    yield from settle_branches(region, mined, ctx)

    prove_conservation(region)
    yield RegionTicked(_news_of(region, news, int(mined.sum())))


def prove_conservation(region: Region) -> None:
    """Hold what companies have, and what waits for some, against what came and went. A world where it differs stops."""
    waiting = region.unclaimed.values()
    held = (
        int(region.ledger["usd"].sum()) + sum(usd_micro for usd_micro, _ in waiting),
        int(region.ledger["sat"].sum()) + sum(sat for _, sat in waiting),
    )
    assert held == region.flows.balance(), (held, region.flows)
    assert not len(region.ledger) or int(region.ledger["usd"].min()) >= 0 <= int(region.ledger["sat"].min())


def _world_events(region: Region, ctx: Context) -> list[Event]:
    weather, usual = region.weather, ctx.balance["energy_base_micro"][region.region]
    holds = region_conditions(region.region, region.book.game_s, weather.heat_mc, weather.price_micro * BP // usual)
    return happen(region.happenings, ctx, holds)


def _feel_research(region: Region, ctx: Context) -> None:
    """Let rigs run by what research has changed since the last tick."""
    changed = np.flatnonzero(region.standings["perks_changed"]).tolist()
    for row in changed:
        sites = sites_of(region, row)
        go_on(region, rows_of(region, sites)[0], ctx.balance)
        look_at(region, sites, ctx.balance)
    region.standings["perks_changed"][changed] = 0


def _work(
    region: Region, supply: np.ndarray[tuple[int], np.dtype[np.int64]], modifiers: Modifiers, ctx: Context
) -> None:
    """Let the rigs of every site work for a tick: the only thing that makes them wear."""
    sites = region.sites
    seconds = game_seconds(1, ctx.balance["time_compression"])
    working = supply > 0
    # Whoever works has the supply of its cooling (`supply_of`), so the load it gains is one of three.
    gained = throttles_of(region, modifiers, ctx.balance) * stress_of(region, modifiers, ctx.balance) * seconds // BP
    load, ticks, up_ticks = sites["load"], sites["ticks"], sites["up_ticks"]
    load += by_cooling(region, gained, working)
    sites["supply"][:] = supply
    ticks += 1
    # A site that stands still because its owner wants it to is not down.
    up_ticks += working | (sites["curtailed"] != 0)
    look_at(region, sites_in_turn(len(sites), region.tick), ctx.balance)


def sites_in_turn(count: int, tick: int) -> NDArray[np.int64]:
    """Give the rows of the sites, of so many, that are looked at in a tick: each once in `LOOKED_AT_EVERY` ticks."""
    # Neighbours, whose rigs are neighbours too: as many from everywhere would be as many waits for memory.
    turn = tick % LOOKED_AT_EVERY
    return np.arange(count * turn // LOOKED_AT_EVERY, count * (turn + 1) // LOOKED_AT_EVERY, dtype=np.int64)


def _at_home(
    region: Region, mined: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """What branches mine counts where they are at home."""
    if not len(region.branches):
        return mined
    mined = mined.copy()
    mined[region.branches["company"]] = 0
    return mined


def _news_of(region: Region, news: MarketNews, mined_sat: int) -> RegionNews:
    return RegionNews(
        tick=region.tick,
        region=region.region,
        hashrate_ghs=int(region.ledger["hash"].sum()),
        power_kw=int(region.ledger["power"].sum()) // 1_000,
        energy_micro_per_kwh=region.weather.price_micro,
        mined_sat=mined_sat,
        companies=len(region.companies) - len(region.branches),
        sites=int(np.count_nonzero(region.sites["company"] != NOBODY)),
        rigs=len(region.rigs),
        digest=digest_region(region),
        voting_weight=voting_weight(region) if news.proposals_begun else 0,
    )
