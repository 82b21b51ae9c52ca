"""Prototypes: their quality is the world's, not the asker's, and a failed one may be tried again."""

from gamefold.games.tycoon.events.progress import PrototypeBuilt, ResearchFinished
from gamefold.games.tycoon.intents.progress import (
    NODE_NOT_FOUND,
    PROTOTYPE_NONE,
    PROTOTYPE_WORKS,
    RESEARCH_NOT_DONE,
    BuildPrototype,
    StartResearch,
)
from gamefold.games.tycoon.intents.region import INSUFFICIENT_FUNDS
from gamefold.games.tycoon.state.units import MICRO

from .homes import Home, only

NODE = "CHIP_DESIGN_1"
ALWAYS = {"prototype_works_from_bp": 0}
NEVER_WORKS = {"prototype_works_from_bp": 20_000}


def a_home_that_finished(node: str = NODE, **changes: int) -> tuple[Home, list[PrototypeBuilt]]:
    home = Home(**changes)
    home.done("MINING_EFFICIENCY_1", "MINING_EFFICIENCY_2")
    home.do(StartResearch("c0", node))
    return home, only(home.tick(6), PrototypeBuilt)


def test_finishing_the_research_builds_the_first_prototype() -> None:
    _, built = a_home_that_finished()
    assert [(event.node, event.attempt, event.cost_micro) for event in built] == [(NODE, 1, 0)]


def test_quality_is_the_same_in_every_replay_and_another_for_each_attempt_company_and_node() -> None:
    def attempts() -> list[int]:
        home, built = a_home_that_finished(**NEVER_WORKS)
        for _ in range(5):
            built += only(home.do(BuildPrototype("c0", NODE)), PrototypeBuilt)
        assert [event.attempt for event in built] == [1, 2, 3, 4, 5, 6]
        return [event.quality_bp for event in built]

    first = attempts()
    assert first == attempts()
    assert len(set(first)) == 6
    assert all(5_000 <= quality <= 12_500 for quality in first)


def test_waiting_before_the_next_attempt_does_not_change_it() -> None:
    homes = [a_home_that_finished(**NEVER_WORKS)[0] for _ in range(2)]
    homes[1].tick(7)
    homes[1].do(StartResearch("c0", "FIRMWARE_TUNING_1"))
    rolls = [only(home.do(BuildPrototype("c0", NODE)), PrototypeBuilt)[0].quality_bp for home in homes]
    assert rolls[0] == rolls[1]


def test_companies_have_their_own_luck() -> None:
    home = Home(12, **NEVER_WORKS)
    for row in range(12):
        home.done("MINING_EFFICIENCY_1", "MINING_EFFICIENCY_2", row=row)
        home.do(StartResearch(f"c{row}", NODE))
    assert len({event.quality_bp for event in only(home.tick(6), PrototypeBuilt)}) > 6


def test_a_failed_prototype_has_no_effect_until_another_works() -> None:
    home, _ = a_home_that_finished(**NEVER_WORKS)
    before = int(home.region.ledger["perk_power_bp"][0])
    home.balance["prototype_works_from_bp"] = 0
    built = only(home.do(BuildPrototype("c0", NODE)), PrototypeBuilt)[0]
    assert built.works
    # 5 % and 10 % of efficiency were there; 8 % times the quality came with the prototype.
    more = 500 + 1_000 + 800 * built.quality_bp // 10_000
    assert int(home.region.ledger["perk_power_bp"][0]) == -(-100_000_000 // (10_000 + more)) < before


def test_research_tells_that_it_has_no_effect_when_the_prototype_failed() -> None:
    for changes, in_effect in ((ALWAYS, True), (NEVER_WORKS, False)):
        home = Home(**changes)
        home.done("MINING_EFFICIENCY_1", "MINING_EFFICIENCY_2")
        home.do(StartResearch("c0", NODE))
        assert only(home.tick(6), ResearchFinished) == [ResearchFinished("c0", NODE, in_effect)]


def test_another_attempt_costs_a_part_of_the_price() -> None:
    home, _ = a_home_that_finished(**NEVER_WORKS)
    before = home.usd_micro()
    home.do(BuildPrototype("c0", NODE))
    assert before - home.usd_micro() == 24_000 * MICRO  # 30 % of 80,000
    assert home.conserves()


def test_who_cannot_pay_does_not_learn_what_the_attempt_would_be() -> None:
    home, _ = a_home_that_finished(**NEVER_WORKS)
    home.region.flows.count("spent", usd_micro=-home.usd_micro())
    home.region.ledger["usd"][0] = 0
    assert home.refused(BuildPrototype("c0", NODE)) == INSUFFICIENT_FUNDS
    assert home.progress().prototypes[NODE].attempts == 1


def test_what_cannot_be_built_is_refused() -> None:
    home, _ = a_home_that_finished(**ALWAYS)
    assert home.refused(BuildPrototype("c0", "FUSION")) == NODE_NOT_FOUND
    assert home.refused(BuildPrototype("c0", "MINING_EFFICIENCY_1")) == PROTOTYPE_NONE
    assert home.refused(BuildPrototype("c0", "CHIP_DESIGN_2")) == RESEARCH_NOT_DONE
    assert home.refused(BuildPrototype("c0", NODE)) == PROTOTYPE_WORKS
