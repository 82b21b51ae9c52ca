"""What a company's home and its branches tell each other, and what a branch notes until it does."""

from collections.abc import Iterator, Sequence

from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.rules.border import send
from gamefold.games.tycoon.state.border import AnyCargo, BranchTerms, SitePerks
from gamefold.games.tycoon.state.region import PERKS, Region


def send_to(region: Region, to: str, cargo: Sequence[AnyCargo]) -> Crossed:
    """Let cargo leave for another region."""
    return send(region.border, to, cargo, region.tick)


def perks_at(region: Region, row: int) -> SitePerks:
    """Give what a company's research means for its sites, wherever they are."""
    factors = {f"{perk}_bp": int(region.ledger[f"perk_{perk}_bp"][row]) for perk in PERKS}
    return SitePerks(region.companies[row].id, **factors)


def terms_at(region: Region, row: int) -> BranchTerms:
    """Give what else holds for a company wherever it is."""
    company = region.companies[row]
    return BranchTerms(company.id, company.name, company.guest, bool(region.standings["auto_repair"][row]))


def tell_branches(region: Region, row: int, cargo: AnyCargo) -> Iterator[Crossed]:
    """Tell every branch of a company."""
    for branch in region.companies[row].branches:
        yield send_to(region, branch, [cargo])


def noted(region: Region, row: int, deed: str) -> bool:
    """Note a deed for the next report if this is a branch; say whether it is. `deed` is a column of `Branches`."""
    at = region.branch_at(row)
    if at is None:
        return False
    region.branches[deed][at] += 1
    return True
