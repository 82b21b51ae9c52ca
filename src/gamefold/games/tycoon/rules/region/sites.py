"""Buying sites, and what stands on them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.balance import Values
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import CurtailmentSet, SiteCreated
from gamefold.games.tycoon.intents.region import (
    COOLING_INVALID,
    COUNT_INVALID,
    MARGIN_INVALID,
    RIG_NOT_FOUND,
    SITE_LIMIT,
    SITE_NOT_FOUND,
    TIER_INVALID,
    CreateSite,
    SetCurtailment,
)
from gamefold.games.tycoon.rules.plant.sums import look_at
from gamefold.games.tycoon.rules.progress import on_site_created
from gamefold.games.tycoon.rules.purse import check_funds, company_row, move
from gamefold.games.tycoon.rules.region.companies import checked_name
from gamefold.games.tycoon.state.prices import TIERS, site_price_micro, slots_of
from gamefold.games.tycoon.state.region import COOLINGS, NEVER, NOT_CURTAILED, Region, Site, site_id

MARGIN_LEAST_BP, MARGIN_MOST_BP = -10_000, 100_000


def create_site(region: Region, intent: CreateSite, ctx: Context) -> Iterator[Event]:
    """Buy a site: it is charged for and there, or neither."""
    row = company_row(region, intent.company)
    name = checked_name(intent.name)
    if intent.grid_tier not in TIERS:
        raise Rejected(TIER_INVALID, f"A grid tier is {TIERS[0]} to {TIERS[-1]}.")
    if intent.cooling not in COOLINGS:
        raise Rejected(COOLING_INVALID, f"Cooling is one of {', '.join(COOLINGS)}.")
    company = region.companies[row]
    if len(company.sites) >= ctx.balance["company_sites_max"]:
        raise Rejected(SITE_LIMIT, f"A company has up to {ctx.balance['company_sites_max']} sites in a region.")
    cost = site_price_micro(ctx.balance, intent.grid_tier, intent.cooling)
    check_funds(region, row, cost)

    yield move(region, row, "site", usd_micro=-cost)
    site = add_site(region, row, name, intent.grid_tier, intent.cooling, ctx.balance)
    slots = slots_of(ctx.balance, intent.grid_tier)
    yield SiteCreated(company.id, site.id, name, intent.grid_tier, intent.cooling, slots, cost)
    yield from on_site_created(region, row, ctx)


def add_site(region: Region, row: int, name: str, grid_tier: int, cooling: str, balance: Values) -> Site:
    """Put up an empty site."""
    at = len(region.sites)
    region.sites.append(
        company=row,
        tier=grid_tier,
        cooling=COOLINGS.index(cooling),
        curtail_bp=NOT_CURTAILED,
        next_failure=NEVER,
    )
    look_at(region, np.array([at], np.int64), balance)
    site = Site(at, site_id(region.region, at), name, region.tick)
    region.companies[row].sites.append(site)
    region.touched(row)
    return site


def set_curtailment(region: Region, intent: SetCurtailment, _ctx: Context) -> Iterator[Event]:
    """Remember the margin below which a site stands still."""
    row = company_row(region, intent.company)
    site = found_site(region, row, intent.site)
    if intent.margin_bp is not None and not MARGIN_LEAST_BP <= intent.margin_bp <= MARGIN_MOST_BP:
        raise Rejected(MARGIN_INVALID, f"A margin is {MARGIN_LEAST_BP} to {MARGIN_MOST_BP} basis points.")

    region.sites["curtail_bp"][site.row] = NOT_CURTAILED if intent.margin_bp is None else intent.margin_bp
    yield CurtailmentSet(intent.company, site.id, intent.margin_bp)


def found_site(region: Region, row: int, site: str) -> Site:
    """Give a company's site. Refuses SITE_NOT_FOUND, whether there is none or it is somebody else's."""
    found = region.site_of(row, site)
    if found is None:
        raise Rejected(SITE_NOT_FOUND, "The company has no such site.")
    return found


def found_rigs(region: Region, site: Site, rids: tuple[int, ...]) -> NDArray[np.int64]:
    """Give the rows of some of a site's rigs, ascending, each once. Refuses COUNT_INVALID (none), RIG_NOT_FOUND."""
    if not rids:
        raise Rejected(COUNT_INVALID, "Name at least one rig.")
    rows = region.rows_on(site.row)
    named = np.isin(region.rigs["rid"].take(rows), np.array(_in_range(rids), np.int32))
    rows = rows[named]
    if len(rows) < len(set(rids)):
        raise Rejected(RIG_NOT_FOUND, "The site has no such rig.")
    return rows


def _in_range(rids: tuple[int, ...]) -> list[int]:
    return [rid for rid in rids if 0 < rid < 1 << 31]
