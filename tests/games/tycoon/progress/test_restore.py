"""Progress as a document: what live-ops can give back."""

import msgspec
import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.progress import ResearchFinished
from gamefold.games.tycoon.intents.progress import ALREADY_VOTED, CastVote, StartResearch
from gamefold.games.tycoon.intents.region import DOCUMENT_INVALID
from gamefold.games.tycoon.rules.progress import check_progress, on_prize, restore_progress
from gamefold.games.tycoon.state.border import Prize
from gamefold.games.tycoon.state.progress import Progress
from gamefold.games.tycoon.state.progress_document import ProgressDocument, progress_document

from .homes import Home, only


def a_busy_home() -> Home:
    home = Home(prototype_works_from_bp=0)
    home.done("MINING_EFFICIENCY_2", "MINING_EFFICIENCY_1")
    home.do(StartResearch("c0", "CHIP_DESIGN_1"))
    home.tick(6)
    home.do(StartResearch("c0", "FIRMWARE_TUNING_1"))
    home.tell(on_prize, 0, Prize("c0", "traders", 20))
    return home


def test_a_company_gets_back_what_it_had_and_its_research_goes_on() -> None:
    home = a_busy_home()
    document = progress_document(home.region, 0)
    perks = int(home.region.ledger["perk_power_bp"][0])
    home.tick(40)
    home.progress().done, home.progress().prototypes = [], {}
    home.tell(on_prize, 0, Prize("c0", "traders", -60))
    home.region.ledger["perk_power_bp"][0] = 10_000

    written = msgspec.msgpack.decode(msgspec.msgpack.encode(document), type=ProgressDocument)
    check_progress(written)
    home.tell(restore_progress, 0, written)
    assert progress_document(home.region, 0) == document
    assert int(home.region.ledger["perk_power_bp"][0]) == perks
    assert [event.node for event in only(home.tick(), ResearchFinished)] == ["FIRMWARE_TUNING_1"]


def test_restoring_does_not_bring_back_a_vote() -> None:
    home = Home()
    document = progress_document(home.region, 0)
    home.tick(begun=("p",))
    home.do(CastVote("c0", "p", "FOR"))
    home.tell(restore_progress, 0, document)
    assert home.refused(CastVote("c0", "p", "FOR")) == ALREADY_VOTED


@pytest.mark.parametrize(
    "changes",
    [
        {"done": ("FUSION",)},
        {"done": ("MINING_EFFICIENCY_1", "MINING_EFFICIENCY_1")},
        {"done": ("CHIP_DESIGN_1",)},
        {"running": (("MINING_EFFICIENCY_1", 0, 5),)},
        {"prototypes": {"CHIP_DESIGN_1": (1, 9_000, True)}},
        {"points": -1},
        {"reputation": {"miners": 50}},
        {"reputation": dict.fromkeys(("anarchists", "miners", "regulators", "traders"), 101)},
        {"quests": {"DAILY_MINING": 1}},
        {"quests": {"FIRST_SITE": 0}},
        {"keep_sat": -5},
    ],
)
def test_a_document_these_rules_cannot_live_with_is_refused(changes: dict[str, object]) -> None:
    document = msgspec.structs.replace(progress_document(Home().region, 0), **changes)
    with pytest.raises(Rejected) as refusal:
        check_progress(document)
    assert refusal.value.code == DOCUMENT_INVALID


def test_the_document_covers_what_a_company_owns_of_its_progress() -> None:
    belongs_to_now = {"gained_day", "gained", "votes", "fee_discount_bp", "margin_discount_bp"}
    assert set(Progress.__struct_fields__) - belongs_to_now <= set(ProgressDocument.__struct_fields__)
