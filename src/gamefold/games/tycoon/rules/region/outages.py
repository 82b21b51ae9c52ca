"""Lines that fail and come back: each site is up or down, and changes by chance (section 4.4)."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import OutageBegan, OutageEnded
from gamefold.games.tycoon.rules.chance import draw_u32, key_of
from gamefold.games.tycoon.state.prices import TIERS
from gamefold.games.tycoon.state.region import NOBODY, Region, site_id
from gamefold.games.tycoon.state.units import BP, game_seconds
from gamefold.games.tycoon.state.world import Modifiers

_WHOLE: Final = 1 << 32


def change_outages(region: Region, modifiers: Modifiers, ctx: Context) -> Iterator[Event]:
    """Let lines fail, and let those that are down come back. A line is drawn for by its site, once a tick."""
    sites = region.sites
    if not len(sites):
        return
    seconds = game_seconds(1, ctx.balance["time_compression"])
    often_bp = ctx.balance["outage_region_bp"][region.region] * modifiers.outage_bp // BP
    fails = _by_tier(ctx, "outage_mtbf_hours", 3_600, seconds * often_bp, BP)
    mends = _by_tier(ctx, "outage_mttr_minutes", 60, seconds, 1)

    drawn = draw_u32(key_of(ctx.rng("outages")), np.arange(len(sites), dtype=np.uint32))
    down = np.flatnonzero(sites["outage"] != 0)
    # Few draws are low enough for any tier; only those are looked at.
    low = np.flatnonzero(drawn <= np.uint32(min(_WHOLE - 1, int(fails.max()))))
    low = low[(sites["outage"].take(low) == 0) & (sites["company"].take(low) != NOBODY)]
    perk = region.ledger["perk_outage_bp"].take(sites["company"].take(low))
    begun = low[drawn.take(low) < fails.take(sites["tier"].take(low)) * perk // BP]
    ended = down[drawn.take(down) < mends.take(sites["tier"].take(down))]
    sites["outage"][begun] = 1
    sites["outage"][ended] = 0
    for event, rows in ((OutageBegan, begun), (OutageEnded, ended)):
        for row in rows.tolist():
            holder = int(sites["company"][row])
            if holder != NOBODY:
                yield event(region.companies[holder].id, site_id(region.region, row), region.tick)


def _by_tier(ctx: Context, name: str, unit_s: int, times: int, over: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Give the share of draws (of 2**32) in which something happens that takes `name` units on average, by tier."""
    means = ctx.balance[name]
    shares = [min(_WHOLE, _WHOLE * times // (means[f"TIER_{tier}"] * unit_s * over)) for tier in TIERS]
    return np.array([0, *shares], np.int64)
