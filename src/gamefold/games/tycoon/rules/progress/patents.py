"""Patents: who finishes a node first in the game may keep it for a while, and sell licenses.

Others may finish it too, but it has no effect for them without a license, until the patent expires. Then it is
everybody's: a node is patented once in a season. The market world decides who was first (`market/patents.py`), because
it hears all regions; until its next tick, whoever finished a node has its effect.
"""

from collections.abc import Iterator

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import (
    LicenseOffered,
    PatentExpired,
    PatentGranted,
    PatentLicensed,
    ResearchLostEffect,
)
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
from gamefold.games.tycoon.rules.border import send
from gamefold.games.tycoon.rules.branches import send_to
from gamefold.games.tycoon.rules.progress.perks import refresh_perks, take_effect
from gamefold.games.tycoon.rules.progress.reputation import (
    FRIENDLY_LICENSE,
    PATENT_GRANTED,
    PATENT_LICENSED,
    deed,
)
from gamefold.games.tycoon.rules.purse import check_funds, company_row, home_row, move
from gamefold.games.tycoon.state.border import (
    MARKET,
    LicenseFee,
    LicenseSold,
    MarketNews,
    PatentClaim,
    PatentTerms,
    Royalty,
)
from gamefold.games.tycoon.state.progress import Patent, day_of
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import TREE, Node, cost_micro, may_use
from gamefold.games.tycoon.state.units import in_usd, share_down, share_up


def claim_patent(region: Region, row: int, node: Node, due: int, ctx: Context) -> Iterator[Event]:
    """Ask for the patent on a node that the company has finished, where nobody has it yet."""
    if not node.patent or node.name in region.book.patents:
        return
    company = region.companies[row]
    fee_micro = min(share_up(cost_micro(node, ctx.balance), ctx.balance["patent_fee_bp"]), _fee_most_micro(node, ctx))
    claim = PatentClaim(company.id, node.name, due, company.founded, fee_micro)
    yield send(region.border, MARKET, [claim], region.tick)


def hear_patents(region: Region, news: MarketNews, ctx: Context) -> Iterator[Event]:
    """Take over what has become of patents anywhere."""
    for terms in news.patents:
        patent = region.book.patents.get(terms.node)
        if patent is None:
            yield from _hear_grant(region, terms, ctx)
            continue
        patent.licenses = terms.licenses
        if terms.home != region.region:  # at home the fee may have been set again meanwhile
            patent.fee_micro = terms.fee_micro


def expire_patents(region: Region, ctx: Context) -> Iterator[Event]:
    """Let patents end with their day. Whoever finished the node meanwhile has its effect now."""
    today = day_of(region.book.game_s)
    for name, patent in sorted(region.book.patents.items()):
        if patent.expired or today < patent.expires_day:
            continue
        patent.expired = True
        yield PatentExpired(patent.holder, name)
        # Once a season for each patent: a walk over all companies.
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

    progress.licenses = sorted((*progress.licenses, node.name))
    region.touched(row)
    royalty = Royalty(patent.holder, node.name, patent.fee_micro)
    yield move(region, row, "license", usd_micro=-patent.fee_micro)
    if patent.home == region.region:
        yield from hear_royalty(region, company_row(region, patent.holder), royalty, ctx)
    else:
        yield send_to(region, patent.home, [royalty])
    yield send(region.border, MARKET, [LicenseSold(intent.company, node.name)], region.tick)
    yield PatentLicensed(intent.company, node.name, patent.holder, patent.fee_micro)
    yield from deed(region, row, PATENT_LICENSED, ctx)
    yield from take_effect(region, row, node.name, ctx)


def hear_royalty(region: Region, row: int, royalty: Royalty, ctx: Context) -> Iterator[Event]:
    """Pay the holder of a patent, who is at home here, for a license."""
    yield move(region, row, "license", usd_micro=royalty.usd_micro)
    price_micro = cost_micro(TREE[royalty.node], ctx.balance)
    if royalty.usd_micro <= share_down(price_micro, ctx.balance["patent_fee_friendly_bp"]):
        yield from deed(region, row, FRIENDLY_LICENSE, ctx)


def offer_license(region: Region, intent: OfferLicense, ctx: Context) -> Iterator[Event]:
    """Let the holder of a patent set its fee."""
    home_row(region, intent.company)
    node, patent = _patent_of(region, intent.node)
    if patent.holder != intent.company:
        raise Rejected(NOT_PATENT_HOLDER, f"The patent on {node.name} is somebody else's.")
    if not 0 <= intent.fee_micro <= _fee_most_micro(node, ctx):
        raise Rejected(FEE_OUT_OF_BOUNDS, f"A license for {node.name} costs 0 to {in_usd(_fee_most_micro(node, ctx))}.")

    patent.fee_micro = intent.fee_micro
    yield send(region.border, MARKET, [LicenseFee(intent.company, node.name, intent.fee_micro)], region.tick)
    yield LicenseOffered(intent.company, node.name, intent.fee_micro)


def _hear_grant(region: Region, terms: PatentTerms, ctx: Context) -> Iterator[Event]:
    region.book.patents[terms.node] = Patent(
        terms.holder, terms.home, terms.granted_day, terms.expires_day, terms.fee_micro, terms.licenses
    )
    if terms.home == region.region:
        yield PatentGranted(terms.holder, terms.node, terms.fee_micro, terms.expires_day)
        yield from deed(region, company_row(region, terms.holder), PATENT_GRANTED, ctx)
    # Once a season for each patent: a walk over all companies, for those that finished it in the same moment.
    for row, company in enumerate(region.companies):
        progress = company.progress
        had_effect = terms.node in progress.done and may_use(company.id, progress, None, TREE[terms.node])
        if had_effect and company.id != terms.holder:
            yield ResearchLostEffect(company.id, terms.node, terms.holder)
            yield from refresh_perks(region, row, ctx)


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
