"""Reputation: moved by deeds, bounded, and taken back to 50 by time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.progress import ReputationChanged
from gamefold.games.tycoon.rules.progress import (
    on_bill_unpaid,
    on_prize,
    on_rigs_added,
    on_site_created,
    on_trade_report,
)
from gamefold.games.tycoon.rules.progress import reputation as deeds
from gamefold.games.tycoon.state.border import Prize, TradeReport
from gamefold.games.tycoon.state.progress import REPUTATIONS
from gamefold.games.tycoon.state.progress_views import reputation
from gamefold.games.tycoon.state.quest_list import QUESTS

from .homes import Home, only


def test_a_company_begins_with_50_everywhere() -> None:
    assert reputation(Home().region, 0) == dict.fromkeys(REPUTATIONS, 50)


def test_every_number_of_the_table_of_deeds_belongs_to_a_deed_and_a_score() -> None:
    names = {value for name, value in vars(deeds).items() if name.isupper() and value == name} - set(QUESTS)
    for key in SHEET.values()["reputation_deed_points"]:
        deed, _, score = key.rpartition("_")
        assert deed in names, key
        assert score in REPUTATIONS, key
    assert names == {key.rpartition("_")[0] for key in SHEET.values()["reputation_deed_points"]}


def test_deeds_move_scores_and_say_why() -> None:
    home = Home()
    assert only(home.tell(on_site_created, 0), ReputationChanged) == [
        ReputationChanged("c0", "miners", 2, 52, "SITE_BUILT")
    ]
    told = only(home.tell(on_bill_unpaid, 0), ReputationChanged)
    assert [(event.reputation, event.score) for event in told] == [("miners", 51), ("regulators", 48)]
    told = only(home.tell(on_trade_report, 0, TradeReport("c0", 3, 2, 1, 1, liquidations=1)), ReputationChanged)
    assert [(event.reputation, event.points) for event in told] == [("traders", 1), ("regulators", -1), ("traders", -3)]


def test_deeds_raise_a_score_only_so_far_in_a_day() -> None:
    home = Home()
    for _ in range(50):
        home.tell(on_rigs_added, 0, 1)
    assert reputation(home.region, 0)["miners"] == 55
    home.midnight()
    home.tell(on_rigs_added, 0, 1)
    assert reputation(home.region, 0)["miners"] == 55  # one point had decayed


def test_time_takes_scores_back_to_the_middle_and_not_beyond() -> None:
    home = Home()
    home.tell(on_prize, 0, Prize("c0", "miners", 2))
    home.tell(on_prize, 0, Prize("c0", "traders", -3))
    scores = []
    for _ in range(4):
        home.midnight()
        scores.append((reputation(home.region, 0)["miners"], reputation(home.region, 0)["traders"]))
    assert scores == [(51, 48), (50, 49), (50, 50), (50, 50)]


def test_fast_decay_stops_at_the_middle() -> None:
    home = Home(reputation_decay_points=50)
    home.tell(on_prize, 0, Prize("c0", "miners", 50))
    home.tell(on_prize, 0, Prize("c0", "traders", -50))
    home.midnight()
    assert set(reputation(home.region, 0).values()) == {50}


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(REPUTATIONS), st.integers(-300, 300)), max_size=12))
def test_scores_never_leave_their_bounds(prizes: list[tuple[str, int]]) -> None:
    home = Home()
    for name, points in prizes:
        before = reputation(home.region, 0)[name]
        told = only(home.tell(on_prize, 0, Prize("c0", name, points)), ReputationChanged)
        now = reputation(home.region, 0)[name]
        assert now == max(0, min(100, before + points))
        assert [(event.points, event.score) for event in told] == ([(now - before, now)] if now != before else [])


def test_a_prize_for_a_score_that_does_not_exist_is_ignored() -> None:
    assert Home().tell(on_prize, 0, Prize("c0", "bankers", 10)) == []
