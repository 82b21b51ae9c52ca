"""Section 4.5: rooms grow with completed sessions, and days in a row make a streak."""

import msgspec
import pytest

from gamefold.games.focus.balance import NUMBERS
from gamefold.games.focus.events import StreakReset
from gamefold.games.focus.intents import (
    SESSION_ALREADY_COMPLETED,
    STREAK_NOT_MISSED,
    TOO_EARLY,
    CancelSession,
    CompleteSession,
    ResetStreak,
)
from gamefold.games.focus.rules.progress import upgraded
from gamefold.games.focus.state import DAY_MS, MINUTE_MS, Progress, day_of, milestones

from .builders import DAY, MIDNIGHT_MS, NOON_MS, UNLUCKY, Player


def levels(progress: Progress) -> tuple[int, int, int, int]:
    return (
        progress.study_room_level,
        progress.build_room_level,
        progress.training_room_level,
        progress.plaza_level,
    )


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, (1, 1, 1, 1)),
        (4, (1, 1, 1, 1)),
        (5, (2, 1, 1, 1)),
        (14, (2, 1, 1, 1)),
        (15, (2, 2, 1, 1)),
        (29, (2, 2, 1, 1)),
        (30, (2, 2, 1, 2)),
        (1_000, (2, 2, 1, 2)),
    ],
)
def test_rooms_reach_level_2_at_5_15_and_30_sessions(total: int, expected: tuple[int, int, int, int]) -> None:
    once = upgraded(Progress(total_sessions_success=total), NUMBERS)
    assert levels(once) == expected
    assert upgraded(once, NUMBERS) == once


def test_a_room_never_falls_back() -> None:
    progress = Progress(plaza_level=3, study_room_level=2, total_sessions_success=40)
    assert levels(upgraded(progress, NUMBERS)) == (2, 2, 1, 3)


def test_every_completed_session_counts_and_no_other() -> None:
    player = Player(UNLUCKY)
    for _ in range(5):
        player.ask(CancelSession(player.start()))
        player.focus()
    assert player.state.progress.total_sessions_success == 5
    assert levels(player.state.progress) == (2, 1, 1, 1)


def test_milestones_are_what_is_still_ahead() -> None:
    ahead = msgspec.to_builtins(milestones(9))
    assert ahead == [
        {"room": "build_room", "level": 2, "atSessions": 15, "current": 9, "remaining": 6},
        {"room": "plaza", "level": 2, "atSessions": 30, "current": 9, "remaining": 21},
    ]
    assert [one.room for one in milestones(0)] == ["study_room", "build_room", "plaza"]
    assert milestones(30) == []


# -- the streak -------------------------------------------------------------------------------------------------


def completing_at(*times_ms: int) -> Player:
    """Complete one session at each of these times."""
    player = Player(UNLUCKY, now_ms=times_ms[0] - 30 * MINUTE_MS)
    for at_ms in times_ms:
        player.wait_until(max(at_ms - 25 * MINUTE_MS, player.now_ms))
        session_id = player.start()
        player.wait_until(at_ms)
        player.ask(CompleteSession(session_id))
    return player


def streak(player: Player) -> tuple[int, int | None]:
    return player.state.progress.day_streak, player.state.progress.last_session_day


def test_the_first_success_begins_a_streak() -> None:
    assert streak(Player()) == (0, None)
    assert streak(completing_at(NOON_MS)) == (1, DAY)


def test_a_second_success_on_the_same_day_does_not_count_twice() -> None:
    assert streak(completing_at(NOON_MS, NOON_MS + 60 * MINUTE_MS)) == (1, DAY)


def test_a_success_on_the_next_day_counts() -> None:
    assert streak(completing_at(NOON_MS, NOON_MS + DAY_MS, NOON_MS + 2 * DAY_MS)) == (3, DAY + 2)


def test_days_are_utc_days_from_2359_to_0001() -> None:
    before, after = MIDNIGHT_MS - MINUTE_MS, MIDNIGHT_MS + 25 * MINUTE_MS
    assert (day_of(before), day_of(after)) == (DAY - 1, DAY)
    assert streak(completing_at(before, after)) == (2, DAY)
    # Started at 23:59 and completed at 00:24: the day of completion counts.
    assert streak(completing_at(MIDNIGHT_MS + 24 * MINUTE_MS)) == (1, DAY)
    player = Player(UNLUCKY, now_ms=MIDNIGHT_MS - 30 * MINUTE_MS)
    first, second = player.start(), player.start()
    player.wait_until(MIDNIGHT_MS - 1)
    player.ask(CompleteSession(first))
    player.wait_until(MIDNIGHT_MS)
    player.ask(CompleteSession(second))
    assert streak(player) == (2, DAY)


@pytest.mark.parametrize("days", [2, 3, 400])
def test_after_a_missed_day_a_success_begins_at_1(days: int) -> None:
    assert streak(completing_at(NOON_MS, NOON_MS + DAY_MS, NOON_MS + (1 + days) * DAY_MS)) == (1, DAY + 1 + days)


def test_a_clock_that_is_turned_back_takes_nothing_away() -> None:
    player = completing_at(NOON_MS, NOON_MS + DAY_MS)
    session_id = player.start()
    player.now_ms -= 3 * DAY_MS  # the host's clock; the world's stands still until it is caught up with
    assert player.ask_refused(CompleteSession(session_id)) == TOO_EARLY
    player.wait(3 * DAY_MS + 25 * MINUTE_MS)
    player.ask(CompleteSession(session_id))
    assert streak(player) == (2, DAY + 1)


def test_a_clock_that_jumps_ahead_times_out_what_is_open_and_breaks_the_streak() -> None:
    player = completing_at(NOON_MS)
    session_id = player.start()
    player.now_ms += 30 * DAY_MS
    assert player.ask_refused(CompleteSession(session_id)) == SESSION_ALREADY_COMPLETED
    player.focus()
    assert streak(player) == (1, DAY + 30)


# -- reset ------------------------------------------------------------------------------------------------------


def test_a_missed_day_resets_the_streak_to_0() -> None:
    player = completing_at(NOON_MS, NOON_MS + DAY_MS)
    player.wait_until(MIDNIGHT_MS + 3 * DAY_MS + 4 * 60 * MINUTE_MS)  # 04:00 after a day without
    (reset,) = player.ask(ResetStreak(DAY + 3))
    assert reset == StreakReset(2, player.state.progress)
    assert streak(player) == (0, DAY + 1)
    assert player.state.progress.last_reset_ms == player.now_ms
    assert player.ask_refused(ResetStreak(DAY + 3)) == STREAK_NOT_MISSED
    player.focus()
    assert streak(player) == (1, DAY + 3)


@pytest.mark.parametrize("today", [DAY - 1, DAY, DAY + 1])
def test_a_streak_stands_until_a_whole_day_is_missed(today: int) -> None:
    player = completing_at(NOON_MS)
    player.wait(10 * DAY_MS)
    assert player.ask_refused(ResetStreak(today)) == STREAK_NOT_MISSED


def test_a_job_cannot_reset_by_a_day_that_has_not_come() -> None:
    player = completing_at(NOON_MS)
    assert player.ask_refused(ResetStreak(DAY + 2)) == STREAK_NOT_MISSED


def test_who_has_no_streak_has_none_to_lose() -> None:
    player = Player()
    player.wait(10 * DAY_MS)
    assert player.ask_refused(ResetStreak(DAY + 10)) == STREAK_NOT_MISSED
