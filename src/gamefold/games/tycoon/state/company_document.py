"""What a company has in a region as one document, for live operations: written from any tick, given back by rules."""

from typing import Final

import msgspec

from gamefold.games.tycoon.state.progress_document import ProgressDocument, progress_document
from gamefold.games.tycoon.state.region import (
    COOLINGS,
    FIRMWARES,
    FPPS,
    MODELS,
    NOT_CURTAILED,
    PAYOUTS,
    STATUSES,
    Contract,
    Region,
    Site,
)
from gamefold.games.tycoon.state.wear import wear_of


class RigDocument(msgspec.Struct, frozen=True):
    """One rig. It gets another number when it is given back."""

    model: str
    status: str
    firmware: str
    quality_bp: int
    wear: int  # Q30
    repair_ticks: int = 0  # until it runs again, of one that is being repaired


class SiteDocument(msgspec.Struct, frozen=True):
    """One site and its rigs."""

    row: int
    name: str
    grid_tier: int
    cooling: str
    curtail_bp: int | None
    contract: Contract | None
    rigs: tuple[RigDocument, ...]


class CompanyDocument(msgspec.Struct, frozen=True):
    """Cash, BTC, sites, rigs, contracts and progress. What is at work in the market or in other regions is not here."""

    season: int
    region: str
    company: str
    tick: int
    usd_micro: int
    sat: int
    payout: str
    sites: tuple[SiteDocument, ...]
    progress: ProgressDocument


def company_document(region: Region, company: str) -> bytes:
    """Write down what a company or its branch has here. KeyError where it has neither here."""
    row = region.index.company[company]
    ledger = region.ledger
    return _encoder.encode(
        CompanyDocument(
            season=region.season,
            region=region.region,
            company=company,
            tick=region.tick,
            usd_micro=int(ledger["usd"][row]),
            sat=int(ledger["sat"][row]),
            payout=PAYOUTS[int(ledger["payout"][row])],
            sites=tuple(_site(region, site) for site in region.companies[row].sites),
            progress=progress_document(region, row),
        )
    )


def no_document(region: Region, company: str) -> bytes:
    """Write down what a company has here that has nothing here. KeyError where it has neither home nor branch here."""
    document = read_document(company_document(region, company))
    return _encoder.encode(msgspec.structs.replace(document, usd_micro=0, sat=0, payout=PAYOUTS[FPPS], sites=()))


def with_money(raw: bytes, usd_micro: int, sat: int) -> bytes:
    """Give a document with more money, or with less (below 0), but never less than none."""
    document = read_document(raw)
    return _encoder.encode(
        msgspec.structs.replace(
            document, usd_micro=max(0, document.usd_micro + usd_micro), sat=max(0, document.sat + sat)
        )
    )


def read_document(raw: bytes) -> CompanyDocument:
    """Read what `company_document` wrote. msgspec.DecodeError where it is something else."""
    return _decoder.decode(raw)


def _site(region: Region, site: Site) -> SiteDocument:
    sites = region.sites
    curtail_bp = int(sites["curtail_bp"][site.row])
    in_force = site.contract if site.contract is not None and site.contract.ends > region.tick else None
    return SiteDocument(
        row=site.row,
        name=site.name,
        grid_tier=int(sites["tier"][site.row]),
        cooling=COOLINGS[int(sites["cooling"][site.row])],
        curtail_bp=None if curtail_bp == NOT_CURTAILED else curtail_bp,
        contract=in_force,
        rigs=_rigs(region, site),
    )


def _rigs(region: Region, site: Site) -> tuple[RigDocument, ...]:
    rigs, rows = region.rigs, region.rows_on(site.row)
    repairs = dict(zip(region.repairs["rid"].tolist(), region.repairs["tick"].tolist(), strict=True))
    names = ("rid", "model", "status", "firmware", "quality_bp")
    columns = (*(rigs[name].take(rows).tolist() for name in names), wear_of(region, rows).tolist())
    return tuple(
        RigDocument(
            model=MODELS[model],
            status=STATUSES[status],
            firmware=FIRMWARES[firmware],
            quality_bp=quality_bp,
            wear=wear,
            repair_ticks=max(1, repairs[rid] - region.tick) if rid in repairs else 0,
        )
        for rid, model, status, firmware, quality_bp, wear in zip(*columns, strict=True)
    )


_encoder: Final = msgspec.msgpack.Encoder(order="deterministic")
_decoder: Final = msgspec.msgpack.Decoder(CompanyDocument)
