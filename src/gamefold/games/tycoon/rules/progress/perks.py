"""What research is good for: a company's nodes, added up.

What works on sites stands in the ledger as factors that the region's tick reads (`perk_hash_bp` ...; 10,000 is
nothing). What works on trading is told to the market.
"""

from collections.abc import Iterator
from typing import Final

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import ResearchTookEffect
from gamefold.games.tycoon.rules.border import send
from gamefold.games.tycoon.rules.branches import perks_at, tell_branches
from gamefold.games.tycoon.state.border import MARKET, Perks
from gamefold.games.tycoon.state.progress import Patent, Progress
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import (
    AUTOMATION,
    COMPLIANCE,
    COOLING,
    EFFICIENCY,
    ENERGY,
    FEES,
    HASHRATE,
    LABORATORIES,
    MARGIN,
    OUTAGES,
    REPAIRS,
    TREE,
    WEAR,
    may_use,
)
from gamefold.games.tycoon.state.units import BP, share_down

SHARE_MOST_BP: Final = 9_000  # research never takes away more than this share of anything
_COUNTED: Final = frozenset({AUTOMATION, COMPLIANCE, LABORATORIES})  # each node counts 1


def totals_of(company: str, progress: Progress, patents: dict[str, Patent], balance: Values) -> dict[str, int]:
    """Add up what a company's nodes that are in effect are good for: basis points (or a count) by effect."""
    totals: dict[str, int] = {}
    for name in progress.done:
        node = TREE[name]
        if not may_use(company, progress, patents.get(name), node):
            continue
        strength = 1 if node.effect in _COUNTED else balance["research_effect_bp"][name]
        if node.prototype:
            strength = share_down(strength, progress.prototypes[name].quality_bp)
        totals[node.effect] = totals.get(node.effect, 0) + strength
        if drawback := balance["research_drawback_bp"].get(name):
            totals[WEAR] = totals.get(WEAR, 0) - drawback
    return totals


def take_effect(region: Region, row: int, node: str, ctx: Context) -> Iterator[Event]:
    """Put a node in force that may have become usable since it was finished."""
    company = region.companies[row]
    progress, patent = company.progress, region.book.patents.get(node)
    if node in progress.done and may_use(company.id, progress, patent, TREE[node]):
        yield ResearchTookEffect(company.id, node)
        yield from refresh_perks(region, row, ctx)


def totals_at(region: Region, row: int, ctx: Context) -> dict[str, int]:
    """Add up what the nodes of the company in this row are good for."""
    company = region.companies[row]
    return totals_of(company.id, company.progress, region.book.patents, ctx.balance)


def refresh_perks(region: Region, row: int, ctx: Context) -> Iterator[Event]:
    """Put in force what a company's research is good for now. Sites feel it with the next tick, branches soon."""
    company = region.companies[row]
    totals = totals_at(region, row, ctx)
    changed = [name for name, factor in _factors(totals).items() if int(region.ledger[name][row]) != factor]
    for name in changed:
        region.ledger[name][row] = _factors(totals)[name]
    if changed:
        region.standings["perks_changed"][row] = 1
        yield from tell_branches(region, row, perks_at(region, row))

    progress = company.progress
    fee_discount_bp, margin_discount_bp = share_of(totals, FEES), share_of(totals, MARGIN)
    if (progress.fee_discount_bp, progress.margin_discount_bp) != (fee_discount_bp, margin_discount_bp):
        progress.fee_discount_bp, progress.margin_discount_bp = fee_discount_bp, margin_discount_bp
        region.touched(row)
        yield send(region.border, MARKET, [Perks(company.id, fee_discount_bp, margin_discount_bp)])


def share_of(totals: dict[str, int], effect: str) -> int:
    """Give the share, in basis points, that research takes off something: below 0 where it adds to it."""
    return min(SHARE_MOST_BP, totals.get(effect, 0))


def _factors(totals: dict[str, int]) -> dict[str, int]:
    return {
        "perk_hash_bp": BP + totals.get(HASHRATE, 0),
        # N % more hashes from a joule are as many hashes from 1 / (1 + N %) of the power. Rounded up.
        "perk_power_bp": -(-BP * BP // (BP + totals.get(EFFICIENCY, 0))),
        "perk_wear_bp": BP - share_of(totals, WEAR),
        "perk_cooling_bp": BP - share_of(totals, COOLING),
        "perk_outage_bp": BP - share_of(totals, OUTAGES),
        "perk_energy_bp": BP - share_of(totals, ENERGY),
        "perk_repair_bp": BP - share_of(totals, REPAIRS),
    }
