"""Research: prices, prerequisites, laboratories, and time that is exact at every speed."""

import pytest

from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.progress import QuestCompleted, ReputationChanged, ResearchFinished, ResearchStarted
from gamefold.games.tycoon.events.region import FundsChanged
from gamefold.games.tycoon.intents.progress import (
    NODE_NOT_FOUND,
    POINTS_INVALID,
    RESEARCH_BUSY,
    RESEARCH_DONE,
    RESEARCH_LOCKED,
    StartResearch,
)
from gamefold.games.tycoon.intents.region import COMPANY_NOT_FOUND, INSUFFICIENT_FUNDS
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import CATEGORIES, TREE
from gamefold.games.tycoon.state.units import MICRO, ticks_of

from .homes import Home, only


def test_the_tree_has_the_nodes_of_the_spec_at_their_prices_and_times() -> None:
    cost, seconds, effect = (SHEET.values()[f"research_{name}"] for name in ("cost_usd", "seconds", "effect_bp"))
    expected = {
        "MINING_EFFICIENCY_1": (5_000, 120, 500),
        "MINING_EFFICIENCY_2": (15_000, 300, 1_000),
        "COOLING_OPTIMIZATION_1": (8_000, 180, 1_000),
        "FIRMWARE_TUNING_1": (10_000, 240, 300),
        "TRADING_ALGORITHMS_1": (12_000, 200, 500),
        "RISK_MANAGEMENT_1": (15_000, 250, 1_000),
        "AUTOMATION_BASIC": (20_000, 300, None),
        "COMPLIANCE_TOOLS_1": (10_000, 150, None),
    }
    assert {name: (cost[name], seconds[name], effect.get(name)) for name in expected} == expected
    assert TREE["MINING_EFFICIENCY_2"].needs == ("MINING_EFFICIENCY_1",)


def test_the_tree_is_whole_every_node_can_be_reached_and_has_its_numbers() -> None:
    assert len(TREE) >= 22
    assert {node.category for node in TREE.values()} == set(CATEGORIES)
    reached: set[str] = set()
    for node in TREE.values():  # a node stands behind what it needs
        assert set(node.needs) <= reached, node
        reached.add(node.name)
    assert set(SHEET.values()["research_cost_usd"]) == set(SHEET.values()["research_seconds"]) == set(TREE)


def test_research_is_paid_for_when_it_begins() -> None:
    home = Home(usd=6_000)
    told = home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    assert only(told, ResearchStarted) == [ResearchStarted("c0", "MINING_EFFICIENCY_1", 5_000 * MICRO, 0, 120)]
    assert only(told, FundsChanged)[0].usd_micro == home.usd_micro() == 1_000 * MICRO
    assert home.region.flows.usd_micro["research"] == -5_000 * MICRO
    assert home.conserves()


@pytest.mark.parametrize("compression", [1, 7, 60, 144, 720])
@pytest.mark.parametrize("node", ["MINING_EFFICIENCY_1", "RISK_MANAGEMENT_1", "AUTOMATION_BASIC"])
def test_research_takes_its_seconds_of_game_time_at_every_speed(node: str, compression: int) -> None:
    home = Home(time_compression=compression)
    home.do(StartResearch("c0", node))
    ticks = ticks_of(SHEET.values()["research_seconds"][node], compression)
    assert not only(home.tick(ticks - 1), ResearchFinished)
    assert [event.node for event in only(home.tick(), ResearchFinished)] == [node]
    assert home.progress().done == [node]


def test_two_minutes_of_game_time_are_24_ticks_at_real_time() -> None:
    home = Home(time_compression=1)
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    assert not only(home.tick(23), ResearchFinished)
    assert only(home.tick(), ResearchFinished)


def test_a_breakthrough_speeds_up_what_is_under_way() -> None:
    home = Home(time_compression=1)
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))  # 24 ticks
    home.tick(12)
    assert not only(home.tick(5, research_bp=20_000), ResearchFinished)
    assert only(home.tick(1, research_bp=20_000), ResearchFinished)


def test_research_methods_take_time_off_what_begins_later() -> None:
    home = Home(time_compression=1)
    home.done("RESEARCH_METHODS_1")
    told = home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    assert only(told, ResearchStarted)[0].seconds == 108
    assert not only(home.tick(21), ResearchFinished)
    assert only(home.tick(), ResearchFinished)


def test_a_node_needs_what_stands_before_it() -> None:
    home = Home()
    assert home.refused(StartResearch("c0", "MINING_EFFICIENCY_2")) == RESEARCH_LOCKED
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    home.tick()
    assert home.do(StartResearch("c0", "MINING_EFFICIENCY_2"))


def test_one_node_at_a_time_and_two_with_a_second_laboratory() -> None:
    home = Home()
    home.do(StartResearch("c0", "RISK_MANAGEMENT_1"))
    assert home.refused(StartResearch("c0", "FIRMWARE_TUNING_1")) == RESEARCH_BUSY
    home.done("RESEARCH_LAB_1")
    assert home.refused(StartResearch("c0", "RISK_MANAGEMENT_1")) == RESEARCH_BUSY
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    assert home.refused(StartResearch("c0", "FIRMWARE_TUNING_1")) == RESEARCH_BUSY
    told = only(home.tick(), ResearchFinished)
    assert [event.node for event in told] == ["MINING_EFFICIENCY_1", "RISK_MANAGEMENT_1"]  # 120 s, then 250 s


def test_what_is_done_is_done() -> None:
    home = Home()
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    assert len(only(home.tick(3), ResearchFinished)) == 1
    assert home.refused(StartResearch("c0", "MINING_EFFICIENCY_1")) == RESEARCH_DONE


def test_who_cannot_pay_begins_nothing() -> None:
    home = Home(usd=4_999)
    assert home.refused(StartResearch("c0", "MINING_EFFICIENCY_1")) == INSUFFICIENT_FUNDS


def test_unknown_nodes_and_companies_are_refused() -> None:
    home = Home()
    assert home.refused(StartResearch("c0", "FUSION")) == NODE_NOT_FOUND
    assert home.refused(StartResearch("c9", "MINING_EFFICIENCY_1")) == COMPANY_NOT_FOUND


def test_research_points_lower_the_price() -> None:
    home = Home(usd=4_000)
    home.progress().points = 12
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1", points=10))
    assert home.usd_micro() == 0
    assert home.progress().points == 2


@pytest.mark.parametrize("points", [-1, 13, 51, 1 << 60])
def test_points_that_nobody_has_or_that_exceed_the_price_are_refused(points: int) -> None:
    home = Home()
    home.progress().points = 12 if points < 50 else 1_000
    assert home.refused(StartResearch("c0", "MINING_EFFICIENCY_1", points=points)) == POINTS_INVALID


def test_compliance_moves_the_regulators_once() -> None:
    home = Home()
    home.do(StartResearch("c0", "COMPLIANCE_TOOLS_1"))
    told = home.tick()
    assert [(event.reputation, event.points) for event in only(told, ReputationChanged)] == [("regulators", 5)]
    assert int(home.region.standings["regulators"][0]) == 55
    assert not only(home.tick(5), ReputationChanged)


def test_the_first_research_completes_a_quest() -> None:
    home = Home()
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    assert QuestCompleted("c0", "FIRST_RESEARCH") in home.tick()


def test_a_tick_in_which_nothing_finishes_touches_no_company(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(20)
    home.done("COOLING_OPTIMIZATION_1", row=7)
    home.do(StartResearch("c7", "COOLING_OPTIMIZATION_2"))
    touched: list[int] = []
    monkeypatch.setattr(Region, "touched", lambda _region, row: touched.append(row))
    assert not home.tick()
    assert touched == []
    home.tick()
    assert set(touched) == {7}
    touched.clear()
    assert not home.tick(10)
    assert touched == []
