"""Quests: ACTIVE, COMPLETED, CLAIMED, and new again with the day or the week."""

import pytest

from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.progress import QuestClaimed, QuestCompleted, QuestLost, ReputationChanged
from gamefold.games.tycoon.intents.progress import (
    QUEST_ALREADY_CLAIMED,
    QUEST_NOT_COMPLETED,
    QUEST_NOT_FOUND,
    ClaimQuest,
)
from gamefold.games.tycoon.rules.progress import (
    on_prize,
    on_rigs_added,
    on_site_created,
    on_trade_report,
)
from gamefold.games.tycoon.state.border import Prize, TradeReport
from gamefold.games.tycoon.state.progress_views import QuestView, quests
from gamefold.games.tycoon.state.quest_list import QUESTS
from gamefold.games.tycoon.state.units import MICRO

from .homes import DAY_TICKS, Home, only


def seen(home: Home, name: str, row: int = 0) -> QuestView:
    return next(view for view in quests(home.region, row, home.balance) if view.quest == name)


def traded(trades: int = 1, profitable: int = 0) -> TradeReport:
    return TradeReport("c0", trades, profitable, 1_000 * MICRO, 0)


def test_every_quest_begins_active_and_has_a_reward() -> None:
    home = Home()
    assert {view.status for view in quests(home.region, 0, home.balance)} == {"ACTIVE"}
    for view in quests(home.region, 0, home.balance):
        assert view.reward_usd or view.reward_sat or view.reward_points
        assert 0 <= view.progress < view.goal
    for kind in ("usd", "sat", "points", "reputation"):
        assert set(SHEET.values()[f"quest_reward_{kind}"]) == set(QUESTS)


def test_the_first_site_rig_and_100_terahashes_complete_quests_once() -> None:
    home = Home()
    assert QuestCompleted("c0", "FIRST_SITE") in home.tell(on_site_created, 0)
    assert not only(home.tell(on_site_created, 0), QuestCompleted)
    told = home.tell(on_rigs_added, 0, 95_000)
    assert only(told, QuestCompleted) == [QuestCompleted("c0", "FIRST_RIG")]
    assert (seen(home, "HASHRATE_100").progress, seen(home, "HASHRATE_100").goal) == (95_000, 100_000)
    assert only(home.tell(on_rigs_added, 0, 99_999), QuestCompleted) == []
    assert only(home.tell(on_rigs_added, 0, 100_000), QuestCompleted) == [QuestCompleted("c0", "HASHRATE_100")]
    assert only(home.tell(on_rigs_added, 0, 200_000), QuestCompleted) == []


def test_trades_complete_quests() -> None:
    home = Home()
    assert only(home.tell(on_trade_report, 0, traded(0)), QuestCompleted) == []
    assert only(home.tell(on_trade_report, 0, traded()), QuestCompleted) == [QuestCompleted("c0", "FIRST_TRADE")]
    told = home.tell(on_trade_report, 0, traded(profitable=1))
    assert only(told, QuestCompleted) == [QuestCompleted("c0", "FIRST_PROFIT")]


def test_a_reputation_of_75_completes_a_quest() -> None:
    home = Home()
    assert not only(home.tell(on_prize, 0, Prize("c0", "traders", 24)), QuestCompleted)
    assert QuestCompleted("c0", "RENOWN") in home.tell(on_prize, 0, Prize("c0", "traders", 1))


def test_a_reward_is_paid_once_and_counted() -> None:
    home = Home(usd=0)
    assert home.refused(ClaimQuest("c0", "HASHRATE_100")) == QUEST_NOT_COMPLETED
    home.tell(on_rigs_added, 0, 100_000)
    told = home.do(ClaimQuest("c0", "HASHRATE_100"))
    assert only(told, QuestClaimed) == [QuestClaimed("c0", "HASHRATE_100", 2_000 * MICRO, 50_000, 10)]
    assert [(event.reputation, event.points) for event in only(told, ReputationChanged)] == [("miners", 2)]
    assert (home.usd_micro(), int(home.region.ledger["sat"][0])) == (2_000 * MICRO, 50_000)
    assert home.progress().points == 10
    assert home.region.flows.usd_micro["quest"] == 2_000 * MICRO
    assert home.conserves()
    assert home.refused(ClaimQuest("c0", "HASHRATE_100")) == QUEST_ALREADY_CLAIMED
    assert seen(home, "HASHRATE_100").status == "CLAIMED"


def test_unknown_quests_are_refused() -> None:
    assert Home().refused(ClaimQuest("c0", "first_site")) == QUEST_NOT_FOUND


def test_mining_enough_in_a_day_completes_the_daily_quest_of_those_who_did() -> None:
    home = Home(3)
    assert not only(home.tick(9, mined=(100_000, 0, 111_111)), QuestCompleted)
    told = home.tick(mined=(99_999, 0, 111_111))
    assert only(told, QuestCompleted) == [QuestCompleted("c2", "DAILY_MINING")]
    assert only(home.tick(mined=(1, 0, 111_111)), QuestCompleted) == [QuestCompleted("c0", "DAILY_MINING")]
    assert [seen(home, "DAILY_MINING", row).status for row in range(3)] == ["COMPLETED", "ACTIVE", "COMPLETED"]


def test_a_claimed_daily_quest_comes_back_the_next_day() -> None:
    home = Home()
    home.tick(mined=(1_000_000,))
    home.do(ClaimQuest("c0", "DAILY_MINING"))
    assert home.refused(ClaimQuest("c0", "DAILY_MINING")) == QUEST_ALREADY_CLAIMED
    assert not only(home.midnight(), QuestLost)
    assert (seen(home, "DAILY_MINING").status, seen(home, "DAILY_MINING").progress) == ("ACTIVE", 0)
    assert only(home.tick(mined=(1_000_000,)), QuestCompleted) == [QuestCompleted("c0", "DAILY_MINING")]


def test_an_unclaimed_daily_quest_is_lost_with_its_day_and_told_once() -> None:
    home = Home(2)
    home.tick(mined=(1_000_000, 10))
    assert only(home.midnight(), QuestLost) == [QuestLost("c0", "DAILY_MINING")]
    assert home.refused(ClaimQuest("c0", "DAILY_MINING")) == QUEST_NOT_COMPLETED
    assert not only(home.midnight(), QuestLost)


def test_a_day_is_288_ticks_at_the_usual_speed_and_its_last_tick_counts() -> None:
    home = Home()
    home.tick(DAY_TICKS - 2, mined=(1,))
    assert seen(home, "DAILY_MINING").progress == DAY_TICKS - 2
    assert QuestCompleted("c0", "DAILY_MINING") in home.tick(mined=(1_000_000,))
    home.do(ClaimQuest("c0", "DAILY_MINING"))
    home.tick(mined=(7,))  # the first of the new day
    assert seen(home, "DAILY_MINING").progress == 7


def test_what_is_mined_in_the_first_tick_of_a_day_does_not_complete_a_quest_that_is_lost_at_once() -> None:
    home = Home()
    home.tick(DAY_TICKS - 1)
    told = home.tick(mined=(1_000_000,))
    assert only(told, QuestCompleted)
    assert not only(told, QuestLost)
    assert seen(home, "DAILY_MINING").status == "COMPLETED"


def test_ten_trades_in_a_week_complete_the_weekly_quest_until_the_week_is_over() -> None:
    home = Home()
    home.tell(on_trade_report, 0, traded(9))
    home.midnight()
    assert seen(home, "WEEKLY_TRADING").progress == 9
    told = home.tell(on_trade_report, 0, traded(1))
    assert only(told, QuestCompleted) == [QuestCompleted("c0", "WEEKLY_TRADING")]
    told = [event for _ in range(6) for event in home.midnight()]  # the calendar begins on a Monday
    assert only(told, QuestLost) == [QuestLost("c0", "WEEKLY_TRADING")]
    assert (seen(home, "WEEKLY_TRADING").status, seen(home, "WEEKLY_TRADING").progress) == ("ACTIVE", 0)


@pytest.mark.parametrize(("quest", "days"), [("DAILY_MINING", 1), ("WEEKLY_TRADING", 7)])
def test_the_view_says_when_a_quest_is_new_again(quest: str, days: int) -> None:
    home = Home()
    home.tick(5)
    assert seen(home, quest).resets_s == 1_704_067_200 + days * 86_400
    assert seen(home, "FIRST_SITE").resets_s is None
