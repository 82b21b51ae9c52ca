"""The research tree: which nodes there are, what they need and what they are good for.

How much they cost, how long they take and how strong they are stands in balance.json (`research_cost_usd`,
`research_seconds`, `research_effect_bp`, `research_drawback_bp`), by the node's name.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gamefold.games.tycoon.state.progress import Patent, Progress
from gamefold.games.tycoon.state.units import MICRO, share_up

# What a node can be good for. The first seven work on sites and rigs, the next two in the market, the rest at home.
EFFICIENCY: Final = "EFFICIENCY"  # more hashes from a joule
HASHRATE: Final = "HASHRATE"
WEAR: Final = "WEAR"  # less of it
COOLING: Final = "COOLING"  # less of it is needed
OUTAGES: Final = "OUTAGES"  # fewer of them
ENERGY: Final = "ENERGY"  # a smaller bill
REPAIRS: Final = "REPAIRS"  # cheaper
FEES: Final = "FEES"  # less of them
MARGIN: Final = "MARGIN"  # less of it is needed
RESEARCH_TIME: Final = "RESEARCH_TIME"  # less of it
LABORATORIES: Final = "LABORATORIES"  # one more: so much research at a time
AUTOMATION: Final = "AUTOMATION"  # standing orders
COMPLIANCE: Final = "COMPLIANCE"  # points with the regulators, once

CATEGORIES: Final = ("MINING", "COOLING_ENERGY", "HARDWARE", "TRADING", "ORGANISATION")


class Node(msgspec.Struct, frozen=True):
    """One thing that can be researched."""

    name: str
    category: str
    effect: str
    needs: tuple[str, ...] = ()
    prototype: bool = False  # it has its effect only once a prototype works
    patent: bool = False  # whoever finishes it first may keep it for a while


_NODES: Final = (
    Node("MINING_EFFICIENCY_1", "MINING", EFFICIENCY),
    Node("MINING_EFFICIENCY_2", "MINING", EFFICIENCY, needs=("MINING_EFFICIENCY_1",)),
    Node("MINING_EFFICIENCY_3", "MINING", EFFICIENCY, needs=("MINING_EFFICIENCY_2",), patent=True),
    Node("FIRMWARE_TUNING_1", "MINING", HASHRATE),
    Node("FIRMWARE_TUNING_2", "MINING", HASHRATE, needs=("FIRMWARE_TUNING_1",), patent=True),
    Node("COOLING_OPTIMIZATION_1", "COOLING_ENERGY", COOLING),
    Node("COOLING_OPTIMIZATION_2", "COOLING_ENERGY", COOLING, needs=("COOLING_OPTIMIZATION_1",)),
    Node(
        "IMMERSION_DESIGN",
        "COOLING_ENERGY",
        COOLING,
        needs=("COOLING_OPTIMIZATION_2",),
        prototype=True,
        patent=True,
    ),
    Node("ENERGY_PROCUREMENT_1", "COOLING_ENERGY", ENERGY),
    Node("ENERGY_PROCUREMENT_2", "COOLING_ENERGY", ENERGY, needs=("ENERGY_PROCUREMENT_1",)),
    Node("BACKUP_POWER_1", "COOLING_ENERGY", OUTAGES, needs=("ENERGY_PROCUREMENT_1",)),
    Node(
        "HEAT_RECOVERY_1",
        "COOLING_ENERGY",
        ENERGY,
        needs=("COOLING_OPTIMIZATION_2", "ENERGY_PROCUREMENT_1"),
        patent=True,
    ),
    Node("RIG_MAINTENANCE_1", "HARDWARE", WEAR),
    Node("RIG_MAINTENANCE_2", "HARDWARE", WEAR, needs=("RIG_MAINTENANCE_1",)),
    Node("REPAIR_WORKSHOP_1", "HARDWARE", REPAIRS, needs=("RIG_MAINTENANCE_1",)),
    Node("CHIP_DESIGN_1", "HARDWARE", EFFICIENCY, needs=("MINING_EFFICIENCY_2",), prototype=True, patent=True),
    Node("CHIP_DESIGN_2", "HARDWARE", HASHRATE, needs=("CHIP_DESIGN_1",), prototype=True, patent=True),
    Node("TRADING_ALGORITHMS_1", "TRADING", FEES),
    Node("TRADING_ALGORITHMS_2", "TRADING", FEES, needs=("TRADING_ALGORITHMS_1",)),
    Node("RISK_MANAGEMENT_1", "TRADING", MARGIN),
    Node("RISK_MANAGEMENT_2", "TRADING", MARGIN, needs=("RISK_MANAGEMENT_1",)),
    Node(
        "ORDER_ROUTING_1",
        "TRADING",
        FEES,
        needs=("RISK_MANAGEMENT_1", "TRADING_ALGORITHMS_2"),
        patent=True,
    ),
    Node("AUTOMATION_BASIC", "ORGANISATION", AUTOMATION),
    Node("COMPLIANCE_TOOLS_1", "ORGANISATION", COMPLIANCE),
    Node("COMPLIANCE_TOOLS_2", "ORGANISATION", COMPLIANCE, needs=("COMPLIANCE_TOOLS_1",)),
    Node("RESEARCH_METHODS_1", "ORGANISATION", RESEARCH_TIME),
    Node("RESEARCH_METHODS_2", "ORGANISATION", RESEARCH_TIME, needs=("RESEARCH_METHODS_1",), patent=True),
    Node("RESEARCH_LAB_1", "ORGANISATION", LABORATORIES, needs=("AUTOMATION_BASIC", "RESEARCH_METHODS_1")),
)

TREE: Final = {node.name: node for node in _NODES}  # in the order in which people read it


def may_use(company: str, progress: Progress, patent: Patent | None, node: Node) -> bool:
    """Tell whether a node that the company has finished has its effect."""
    if node.prototype and not progress.prototypes[node.name].works:
        return False
    return patent is None or patent.expired or patent.holder == company or node.name in progress.licenses


def cost_micro(node: Node, balance: Mapping[str, Any]) -> int:
    """Give what research costs without research points, in micro-USD."""
    return int(balance["research_cost_usd"][node.name]) * MICRO


def prototype_price_micro(node: Node, balance: Mapping[str, Any]) -> int:
    """Give what another attempt at a prototype costs, in micro-USD."""
    return share_up(cost_micro(node, balance), balance["prototype_price_bp"])
