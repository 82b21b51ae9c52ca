"""Patents: who finishes a node first in a region may keep it for a while, and sell licenses.

Others may finish it too, but it has no effect for them without a license, until the patent expires. Then it is
everybody's: a node is patented once in a season.
"""

from collections.abc import Iterator

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import LicenseOffered, PatentExpired, PatentGranted, PatentLicensed
from gamefold.games.tycoon.intents.progress import (
    FEE_CHANGED,
    FEE_OUT_OF_BOUNDS,
    LICENSE_HELD,
    NODE_NOT_FOUND,
    NOT_PATENT_HOLDER,
    PATENT_HELD,
    PATENT_NOT_FOUND,
    LicensePatent,
    OfferLicense,
)
from gamefold.games.tycoon.rules.progress.perks import take_effect
from gamefold.games.tycoon.rules.progress.reputation import (
    FRIENDLY_LICENSE,
    PATENT_GRANTED,
    PATENT_LICENSED,
    deed,
)
from gamefold.games.tycoon.rules.purse import check_funds, company_row, home_row, shift
from gamefold.games.tycoon.state.progress import Patent, day_of
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import TREE, Node, cost_micro
from gamefold.games.tycoon.state.units import share_down, share_up


def grant_patent(region: Region, row: int, node: Node, ctx: Context) -> Iterator[Event]:
    """Give the company the patent if it is the first to finish a node that can have one."""
    if not node.patent or node.name in region.book.patents:
        return
    company = region.companies[row].id
    fee_micro = min(share_up(cost_micro(node, ctx.balance), ctx.balance["patent_fee_bp"]), _fee_most_micro(node, ctx))
    today = day_of(region.book.game_s)
    patent = Patent(company, today, today + ctx.balance["patent_days"], fee_micro)
    region.book.patents[node.name] = patent
    yield PatentGranted(company, node.name, fee_micro, patent.expires_day)
    yield from deed(region, row, PATENT_GRANTED, ctx)


def expire_patents(region: Region, ctx: Context) -> Iterator[Event]:
    """Let patents end with their day. Whoever finished the node meanwhile has its effect now."""
    today = day_of(region.book.game_s)
    for name, patent in sorted(region.book.patents.items()):
        if patent.expired or today < patent.expires_day:
            continue
        patent.expired = True
        yield PatentExpired(patent.holder, name)
        # Once a season for each patent: the only walk over all companies.
        for row, company in enumerate(region.companies):
            progress = company.progress
            if name in progress.done and name not in progress.licenses and company.id != patent.holder:
                yield from take_effect(region, row, name, ctx)


def license_patent(region: Region, intent: LicensePatent, ctx: Context) -> Iterator[Event]:
    """Buy the right to use a patent from its holder, whose money it is at once."""
    row = home_row(region, intent.company)
    node, patent = _patent_of(region, intent.node)
    progress = region.companies[row].progress
    if patent.holder == intent.company:
        raise Rejected(PATENT_HELD, f"The patent on {node.name} is your own.")
    if node.name in progress.licenses:
        raise Rejected(LICENSE_HELD, f"You have a license for {node.name}.")
    if intent.fee_most_micro is not None and patent.fee_micro > intent.fee_most_micro:
        raise Rejected(FEE_CHANGED, f"A license for {node.name} costs more than that now.")
    check_funds(region, row, patent.fee_micro)

    holder_row = company_row(region, patent.holder)
    patent.licenses += 1
    progress.licenses = sorted((*progress.licenses, node.name))
    region.touched(row)
    yield shift(region, row, "license", usd_micro=-patent.fee_micro)
    yield shift(region, holder_row, "license", usd_micro=patent.fee_micro)
    yield PatentLicensed(intent.company, node.name, patent.holder, patent.fee_micro)
    yield from deed(region, row, PATENT_LICENSED, ctx)
    if patent.fee_micro <= share_down(cost_micro(node, ctx.balance), ctx.balance["patent_fee_friendly_bp"]):
        yield from deed(region, holder_row, FRIENDLY_LICENSE, ctx)
    yield from take_effect(region, row, node.name, ctx)


def offer_license(region: Region, intent: OfferLicense, ctx: Context) -> Iterator[Event]:
    """Let the holder of a patent set its fee."""
    home_row(region, intent.company)
    node, patent = _patent_of(region, intent.node)
    if patent.holder != intent.company:
        raise Rejected(NOT_PATENT_HOLDER, f"The patent on {node.name} is somebody else's.")
    if not 0 <= intent.fee_micro <= _fee_most_micro(node, ctx):
        raise Rejected(
            FEE_OUT_OF_BOUNDS, f"A license for {node.name} costs 0 to {_fee_most_micro(node, ctx)} micro-USD."
        )

    patent.fee_micro = intent.fee_micro
    yield LicenseOffered(intent.company, node.name, intent.fee_micro)


def _patent_of(region: Region, name: str) -> tuple[Node, Patent]:
    node = TREE.get(name)
    if node is None:
        raise Rejected(NODE_NOT_FOUND, "There is no such research.")
    patent = region.book.patents.get(name)
    if patent is None or patent.expired:
        raise Rejected(PATENT_NOT_FOUND, f"There is no patent on {name}.")
    return node, patent


def _fee_most_micro(node: Node, ctx: Context) -> int:
    return share_down(cost_micro(node, ctx.balance), ctx.balance["patent_fee_most_bp"])
