"""What may be seen of a region world: companies, sites, rigs, contracts, quotes. Integers and names, for routes.

Money is micro-USD and satoshi, hashrate GH/s, power W, wear and uptime basis points. `balance` is the world's.
"""

from typing import Final

import msgspec
import numpy as np

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.energy import Quote, energy_quotes, interrupted
from gamefold.games.tycoon.state.prices import rig_price_micro, site_price_micro, slots_of
from gamefold.games.tycoon.state.region import (
    COOLINGS,
    FIRMWARES,
    MODELS,
    NOT_CURTAILED,
    OK,
    PAYOUTS,
    Q30,
    SPOT,
    STATUSES,
    Contract,
    Region,
    Site,
)
from gamefold.games.tycoon.state.units import BP
from gamefold.games.tycoon.state.wear import wear_of

STANDING: Final = "OFF"  # how a rig that is OK is shown while its site stands still


class CompanyView(msgspec.Struct, frozen=True):
    """A company, or its branch, and what it has here. From `usd_micro` on, the fields are for its owner alone."""

    id: str
    owner: str
    name: str
    region: str
    guest: bool
    founded: int  # tick
    sites: int
    rigs: int
    hashrate_ghs: int  # that worked here in the last tick
    away_ghs: int  # at home: that worked in its branches
    home: str  # of a branch: the region where the company is at home
    branches: tuple[str, ...]  # at home: the regions of its branches
    usd_micro: int
    sat: int
    sent_usd: int
    sent_sat: int
    received_usd: int
    received_sat: int
    mined_sat: int
    energy_usd: int
    power_w: int
    failed_rigs: int
    payout: str
    cut: bool  # its sites stand still until it can pay for energy


class RigView(msgspec.Struct, frozen=True):
    """One rig."""

    id: int
    model: str
    status: str  # OK, FAILED, REPAIRING, or OFF while its site stands still
    firmware: str
    quality_bp: int
    hash_ghs: int
    power_w: int
    wear_bp: int
    repaired_tick: int | None  # when it runs again, of one that is being repaired


class ModelView(msgspec.Struct, frozen=True):
    """All rigs of one model on one site."""

    model: str
    count: int
    ok: int
    failed: int
    repairing: int
    hash_ghs: int  # of those that are OK
    power_w: int
    wear_bp: int  # on average


class SiteView(msgspec.Struct, frozen=True):
    """A site as a whole."""

    id: str
    company: str
    name: str
    region: str
    built: int  # tick
    grid_tier: int
    cooling: str
    slots: int
    rigs: int
    uptime_bp: int
    status: str  # RUNNING, OUTAGE, CUT, CURTAILED or EMPTY
    supply_bp: int  # the share of its rigs' hashrate that worked in the last tick
    hash_ghs: int  # at full supply
    power_w: int  # at full supply, with cooling
    curtail_bp: int | None
    contract: Contract | None  # in force


class SiteDetail(msgspec.Struct, frozen=True):
    """A site with its rigs, by model and one by one."""

    site: SiteView
    models: tuple[ModelView, ...]
    rigs: tuple[RigView, ...]


class EnergyView(msgspec.Struct, frozen=True):
    """Weather and energy in a region at its last tick."""

    region: str
    tick: int
    heat_mc: int
    price_micro: int
    interrupted: bool  # INTERRUPTIBLE sites stand still


class OfferView(msgspec.Struct, frozen=True):
    """What things cost in a region now."""

    rigs_micro: dict[str, int]
    sites_micro: dict[str, dict[int, int]]  # by cooling and grid tier
    slots: dict[int, int]  # by grid tier


def company_view(region: Region, company: str) -> CompanyView | None:
    """Give a company or its branch, or None where it has neither here."""
    row = region.row_of(company)
    if row is None:
        return None
    cold, ledger = region.companies[row], region.ledger
    return CompanyView(
        id=cold.id,
        owner=cold.owner,
        name=cold.name,
        region=region.region,
        guest=cold.guest,
        founded=cold.founded,
        sites=len(cold.sites),
        rigs=int(ledger["rigs"][row]),
        hashrate_ghs=int(ledger["hash"][row]),
        away_ghs=int(ledger["away"][row]),
        home=cold.home,
        branches=tuple(cold.branches),
        usd_micro=int(ledger["usd"][row]),
        sat=int(ledger["sat"][row]),
        sent_usd=int(ledger["sent_usd"][row]),
        sent_sat=int(ledger["sent_sat"][row]),
        received_usd=int(ledger["received_usd"][row]),
        received_sat=int(ledger["received_sat"][row]),
        mined_sat=int(ledger["mined_sat"][row]),
        energy_usd=int(ledger["energy_usd"][row]),
        power_w=int(ledger["power"][row]),
        failed_rigs=int(ledger["failed"][row]),
        payout=PAYOUTS[int(ledger["payout"][row])],
        cut=bool(ledger["cut"][row]),
    )


def company_of_owner(region: Region, owner: str) -> str | None:
    """Give the id of the company somebody has at home here, or None."""
    row = region.row_of_owner(owner)
    return None if row is None or region.companies[row].home else region.companies[row].id


def sites_of(region: Region, company: str, balance: Values) -> list[SiteView]:
    """Give a company's sites, the oldest first; none where it has neither home nor branch here."""
    row = region.row_of(company)
    return [] if row is None else [_site_view(region, row, site, balance) for site in region.companies[row].sites]


def site_view(region: Region, company: str, site: str, balance: Values) -> SiteDetail | None:
    """Give a company's site with its rigs, or None where it has no such site."""
    row = region.row_of(company)
    found = None if row is None else region.site_of(row, site)
    if row is None or found is None:
        return None
    view, rigs = _site_view(region, row, found, balance), _rigs(region, found)
    if view.status != "RUNNING":
        shown = [msgspec.structs.replace(rig, status=STANDING) if rig.status == STATUSES[OK] else rig for rig in rigs]
    else:
        shown = rigs
    return SiteDetail(view, _by_model(rigs), tuple(shown))


def energy_view(region: Region, balance: Values) -> EnergyView:
    """Give weather and energy at the last tick."""
    weather = region.weather
    return EnergyView(region.region, region.tick, weather.heat_mc, weather.price_micro, interrupted(region, balance))


def offers(region: Region, balance: Values) -> OfferView:
    """Give what rigs and sites cost now."""
    tiers = range(1, 6)
    return OfferView(
        rigs_micro={model: rig_price_micro(balance, model, region.news) for model in MODELS},
        sites_micro={
            cooling: {tier: site_price_micro(balance, tier, cooling) for tier in tiers} for cooling in COOLINGS
        },
        slots={tier: slots_of(balance, tier) for tier in tiers},
    )


def top_by_hashrate(region: Region, most: int) -> list[tuple[str, str, int]]:
    """Give (id, name, GH/s) of the companies at home here with the most hashrate in the last tick, branches included.

    Of equals, the oldest first.
    """
    hashes = region.ledger["hash"] + region.ledger["away"]
    hashes[region.branches["company"]] = -1
    most = min(most, len(hashes) - len(region.branches))
    rows = np.argsort(-hashes, kind="stable")[:most].tolist()
    return [(region.companies[row].id, region.companies[row].name, int(hashes[row])) for row in rows]


def _site_view(region: Region, row: int, site: Site, balance: Values) -> SiteView:
    sites, at = region.sites, site.row
    ticks = int(sites["ticks"][at])
    curtail_bp = int(sites["curtail_bp"][at])
    power_w = int(sites["power"][at])
    return SiteView(
        id=site.id,
        company=region.companies[row].id,
        name=site.name,
        region=region.region,
        built=site.built,
        grid_tier=int(sites["tier"][at]),
        cooling=COOLINGS[int(sites["cooling"][at])],
        slots=slots_of(balance, int(sites["tier"][at])),
        rigs=int(sites["rigs"][at]),
        uptime_bp=int(sites["up_ticks"][at]) * BP // ticks if ticks else BP,
        status=_status(region, row, at),
        supply_bp=int(sites["supply"][at]) * BP >> 12,
        hash_ghs=int(sites["hash"][at]),
        power_w=power_w * (BP + int(sites["overhead_bp"][at])) // BP,
        curtail_bp=None if curtail_bp == NOT_CURTAILED else curtail_bp,
        contract=site.contract if int(sites["contract"][at]) != SPOT else None,
    )


def _status(region: Region, row: int, at: int) -> str:
    sites = region.sites
    if int(sites["outage"][at]):
        return "OUTAGE"
    if int(region.ledger["cut"][row]):
        return "CUT"
    if int(sites["curtailed"][at]):
        return "CURTAILED"
    return "RUNNING" if int(sites["rigs"][at]) else "EMPTY"


def _rigs(region: Region, site: Site) -> list[RigView]:
    rigs, rows = region.rigs, region.rows_on(site.row)
    repairs = dict(zip(region.repairs["rid"].tolist(), region.repairs["tick"].tolist(), strict=True))
    names = ("rid", "model", "status", "firmware", "quality_bp", "hash", "power")
    wear = (wear_of(region, rows) * BP // Q30).tolist()
    columns = zip(*(rigs[name].take(rows).tolist() for name in names), wear, strict=True)
    return [
        RigView(
            rid, MODELS[model], STATUSES[status], FIRMWARES[firmware], quality, ghs, watts, wear_bp, repairs.get(rid)
        )
        for rid, model, status, firmware, quality, ghs, watts, wear_bp in columns
    ]


def _by_model(rigs: list[RigView]) -> tuple[ModelView, ...]:
    views = []
    for model in sorted({rig.model for rig in rigs}):
        same = [rig for rig in rigs if rig.model == model]
        works = [rig for rig in same if rig.status == "OK"]
        views.append(
            ModelView(
                model,
                len(same),
                len(works),
                sum(rig.status == "FAILED" for rig in same),
                sum(rig.status == "REPAIRING" for rig in same),
                sum(rig.hash_ghs for rig in works),
                sum(rig.power_w for rig in works),
                sum(rig.wear_bp for rig in same) // len(same),
            )
        )
    return tuple(views)


__all__ = [
    "CompanyView",
    "EnergyView",
    "ModelView",
    "OfferView",
    "Quote",
    "RigView",
    "SiteDetail",
    "SiteView",
    "company_of_owner",
    "company_view",
    "energy_quotes",
    "energy_view",
    "offers",
    "site_view",
    "sites_of",
    "top_by_hashrate",
]
