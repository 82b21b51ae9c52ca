"""What research is good for, on sites and in the market."""

import pytest

from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.intents.progress import StartResearch
from gamefold.games.tycoon.state.border import MARKET, Perks
from gamefold.games.tycoon.state.region import PERKS
from gamefold.games.tycoon.state.research_tree import TREE

from .homes import Home, only


def a_home_with(node: str, **changes: int) -> tuple[Home, list[Crossed]]:
    """Let c0 research a node and all it needs, as quickly as it can."""
    home = Home(usd=10_000_000, prototype_works_from_bp=0, **changes)
    sent: list[Crossed] = []

    def research(name: str) -> None:
        for need in TREE[name].needs:
            if need not in home.progress().done:
                research(need)
        home.do(StartResearch("c0", name))
        while name not in home.progress().done:
            sent.extend(only(home.tick(), Crossed))

    research(node)
    return home, sent


def factors(home: Home) -> dict[str, int]:
    ledger = home.region.ledger
    return {name: int(ledger[f"perk_{name}_bp"][0]) for name in PERKS if int(ledger[f"perk_{name}_bp"][0]) != 10_000}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("MINING_EFFICIENCY_1", {"power": 9_524}),  # 1 / 1.05
        ("MINING_EFFICIENCY_2", {"power": 8_696}),  # 1 / 1.15
        ("FIRMWARE_TUNING_1", {"hash": 10_300, "wear": 10_200}),
        ("COOLING_OPTIMIZATION_1", {"cooling": 9_000}),
        ("RIG_MAINTENANCE_1", {"wear": 9_500}),
        ("REPAIR_WORKSHOP_1", {"wear": 9_500, "repair": 8_000}),
        ("ENERGY_PROCUREMENT_1", {"energy": 9_800}),
        ("BACKUP_POWER_1", {"energy": 9_800, "outage": 7_500}),
        ("TRADING_ALGORITHMS_1", {}),
        ("AUTOMATION_BASIC", {}),
    ],
)
def test_nodes_do_to_sites_what_they_say(node: str, expected: dict[str, int]) -> None:
    home, _ = a_home_with(node)
    assert factors(home) == expected
    assert bool(home.region.standings["perks_changed"][0]) == bool(expected)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("TRADING_ALGORITHMS_1", [(500, 0)]),
        ("TRADING_ALGORITHMS_2", [(500, 0), (1_500, 0)]),
        ("RISK_MANAGEMENT_1", [(0, 1_000)]),
        ("COOLING_OPTIMIZATION_1", []),
    ],
)
def test_the_market_is_told_what_trading_research_is_good_for(node: str, expected: list[tuple[int, int]]) -> None:
    _, sent = a_home_with(node)
    assert [crossing.to for crossing in sent] == [MARKET] * len(expected)
    assert [crossing.cargo for crossing in sent] == [(Perks("c0", *discounts),) for discounts in expected]


def test_a_share_never_becomes_nothing_or_less() -> None:
    effects = dict.fromkeys(Home().balance["research_effect_bp"], 5_000)
    home, _ = a_home_with("COOLING_OPTIMIZATION_2", research_effect_bp=effects)  # type: ignore[arg-type]
    assert factors(home)["cooling"] == 1_000
