"""Prototypes: some nodes are good for nothing until one works.

How good an attempt is follows from the world's seed, the company, the node and the attempt: asking again, or a reload,
changes nothing.
"""

from collections.abc import Iterator

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import PrototypeBuilt
from gamefold.games.tycoon.intents.progress import (
    NODE_NOT_FOUND,
    PROTOTYPE_NONE,
    PROTOTYPE_WORKS,
    RESEARCH_NOT_DONE,
    BuildPrototype,
)
from gamefold.games.tycoon.rules.progress.perks import take_effect
from gamefold.games.tycoon.rules.purse import check_funds, home_row, move
from gamefold.games.tycoon.state.progress import Prototype
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import TREE, prototype_price_micro


def build_prototype(region: Region, intent: BuildPrototype, ctx: Context) -> Iterator[Event]:
    """Try again a prototype that did not work."""
    row = home_row(region, intent.company)
    node = TREE.get(intent.node)
    progress = region.companies[row].progress
    if node is None:
        raise Rejected(NODE_NOT_FOUND, "There is no such research.")
    if not node.prototype:
        raise Rejected(PROTOTYPE_NONE, f"{node.name} has no prototype.")
    if node.name not in progress.done:
        raise Rejected(RESEARCH_NOT_DONE, f"{node.name} has to be researched first.")
    if progress.prototypes[node.name].works:
        raise Rejected(PROTOTYPE_WORKS, f"The prototype of {node.name} works.")
    cost_micro = prototype_price_micro(node, ctx.balance)
    check_funds(region, row, cost_micro)

    yield move(region, row, "prototype", usd_micro=-cost_micro)
    yield try_prototype(region, row, node.name, cost_micro, ctx)
    yield from take_effect(region, row, node.name, ctx)


def try_prototype(region: Region, row: int, node: str, cost_micro: int, ctx: Context) -> PrototypeBuilt:
    """Make the next attempt. The first belongs to the research."""
    company = region.companies[row]
    prototype = company.progress.prototypes.setdefault(node, Prototype())
    prototype.attempts += 1
    prototype.quality_bp = _quality_bp(company.id, node, prototype.attempts, ctx)
    prototype.works = prototype.quality_bp >= ctx.balance["prototype_works_from_bp"]
    region.touched(row)
    return PrototypeBuilt(company.id, node, prototype.attempts, prototype.quality_bp, prototype.works, cost_micro)


def _quality_bp(company: str, node: str, attempt: int, ctx: Context) -> int:
    """Roll two dice and take the middle, so that the best and the worst are rare."""
    least = ctx.balance["prototype_quality_least_bp"]
    most = max(least, ctx.balance["prototype_quality_most_bp"])
    dice = ctx.world_rng("prototype", company, node, attempt)
    return (dice.between(least, most) + dice.between(least, most)) // 2
