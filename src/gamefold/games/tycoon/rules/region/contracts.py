"""Energy contracts: signing them, and their end."""

from collections.abc import Iterator

import numpy as np

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import ContractEnded, ContractSigned
from gamefold.games.tycoon.intents.region import (
    CAPACITY_INVALID,
    CONTRACT_INVALID,
    CONTRACT_RUNNING,
    DURATION_INVALID,
    SignContract,
)
from gamefold.games.tycoon.rules.purse import company_row
from gamefold.games.tycoon.rules.region.sites import found_site
from gamefold.games.tycoon.state.energy import energy_quotes
from gamefold.games.tycoon.state.region import CONTRACTS, NOBODY, SPOT, Contract, Region, Site, site_id
from gamefold.games.tycoon.state.units import DAY_S, ticks_of


def sign_contract(region: Region, intent: SignContract, ctx: Context) -> Iterator[Event]:
    """Sign what is quoted now. It counts from the next tick on; what is drawn beyond its capacity costs the spot."""
    row = company_row(region, intent.company)
    site = found_site(region, row, intent.site)
    quote = next(
        (one for one in energy_quotes(region, intent.duration_days, ctx.balance) if one.kind == intent.kind), None
    )
    if quote is None:
        raise Rejected(CONTRACT_INVALID, f"A contract is one of {', '.join(CONTRACTS[1:])}.")
    kw_most, days_most = ctx.balance["energy_contract_kw_max"], ctx.balance["energy_contract_days_max"]
    if not 1 <= intent.capacity_kw <= kw_most:
        raise Rejected(CAPACITY_INVALID, f"A contract covers 1 to {kw_most} kW.")
    if not 1 <= intent.duration_days <= days_most:
        raise Rejected(DURATION_INVALID, f"A contract lasts 1 to {days_most} days.")
    if int(region.sites["contract"][site.row]) != SPOT:
        raise Rejected(CONTRACT_RUNNING, "The site's contract has not ended yet.")

    starts = region.tick + 1
    ends = starts + ticks_of(intent.duration_days * DAY_S, ctx.balance["time_compression"])
    contract = Contract(
        ctx.new_id("contract"), quote.kind, quote.provider, quote.price, intent.capacity_kw, starts, ends
    )
    put_in_force(region, site, contract)
    region.touched(row)
    yield ContractSigned(
        intent.company,
        site.id,
        contract.id,
        contract.kind,
        contract.provider,
        contract.price,
        contract.capacity_kw,
        starts,
        ends,
    )


def put_in_force(region: Region, site: Site, contract: Contract) -> None:
    """Let a site pay by a contract."""
    site.contract = contract
    sites = region.sites
    sites["contract"][site.row] = CONTRACTS.index(contract.kind)
    sites["price"][site.row] = contract.price
    sites["capacity_w"][site.row] = contract.capacity_kw * 1_000
    sites["ends"][site.row] = contract.ends


def end_contracts(region: Region) -> Iterator[Event]:
    """Let sites whose contract's time is over pay the spot price again."""
    sites = region.sites
    signed = np.flatnonzero(sites["contract"] != SPOT)
    for row in signed[sites["ends"].take(signed) <= region.tick].tolist():
        sites["contract"][row] = SPOT
        holder = int(sites["company"][row])
        if holder == NOBODY:
            continue
        site = region.site_of(holder, site_id(region.region, row))
        assert site is not None, row
        assert site.contract is not None, row
        yield ContractEnded(region.companies[holder].id, site.id, site.contract.id, region.tick)
