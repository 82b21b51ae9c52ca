"""What may be seen of progress."""

from gamefold.games.tycoon.intents.progress import LicensePatent, SetStandingOrders, StartResearch
from gamefold.games.tycoon.state.progress_views import (
    NodeView,
    StandingOrdersView,
    patents,
    research_tree,
    standing_orders,
)
from gamefold.games.tycoon.state.units import MICRO

from .homes import Home


def node(home: Home, name: str, row: int = 0) -> NodeView:
    return next(view for view in research_tree(home.region, row, home.balance) if view.node == name)


def test_the_tree_tells_what_can_be_begun_and_how_far_it_is() -> None:
    home = Home(time_compression=1)
    assert (node(home, "MINING_EFFICIENCY_1").status, node(home, "MINING_EFFICIENCY_2").status) == (
        "AVAILABLE",
        "LOCKED",
    )
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    home.tick(6)
    running = node(home, "MINING_EFFICIENCY_1")
    assert (running.status, running.remaining_s, running.progress_bp) == ("RUNNING", 90, 2_500)
    home.tick(18)
    done = node(home, "MINING_EFFICIENCY_1")
    assert (done.status, done.in_effect, done.remaining_s, done.progress_bp) == ("DONE", True, 0, 10_000)
    assert (done.cost_micro, done.seconds, done.effect, done.effect_bp) == (5_000 * MICRO, 120, "EFFICIENCY", 500)
    assert node(home, "MINING_EFFICIENCY_2").status == "AVAILABLE"


def test_what_remains_is_less_while_a_breakthrough_lasts() -> None:
    home = Home(time_compression=1)
    home.do(StartResearch("c0", "MINING_EFFICIENCY_1"))
    home.tick(4, research_bp=20_000)
    assert node(home, "MINING_EFFICIENCY_1").remaining_s == 40


def test_prototypes_and_patents_are_seen_by_all_as_they_are_theirs() -> None:
    home = Home(2, prototype_works_from_bp=20_000)
    home.done("MINING_EFFICIENCY_1", "MINING_EFFICIENCY_2")
    home.do(StartResearch("c0", "CHIP_DESIGN_1"))
    home.tick(7)
    mine, theirs = node(home, "CHIP_DESIGN_1"), node(home, "CHIP_DESIGN_1", 1)
    assert mine.prototype
    assert theirs.prototype
    assert theirs.patent
    assert (mine.prototype.attempts, mine.prototype.works, mine.in_effect) == (1, False, False)
    assert (theirs.prototype.attempts, theirs.prototype.price_micro) == (0, 24_000 * MICRO)
    assert (theirs.patent.holder, theirs.patent.fee_micro, theirs.patent.licensed) == ("c0", 20_000 * MICRO, False)
    home.do(LicensePatent("c1", "CHIP_DESIGN_1"))
    home.tick()
    assert [(view.node, view.licensed, view.licenses) for view in patents(home.region, 1)] == [
        ("CHIP_DESIGN_1", True, 1)
    ]


def test_standing_orders_are_seen() -> None:
    home = Home()
    home.done("AUTOMATION_BASIC")
    home.do(SetStandingOrders("c0", auto_repair=True, auto_sell=False, keep_sat=5))
    assert standing_orders(home.region, 0) == StandingOrdersView(True, False, 5)
