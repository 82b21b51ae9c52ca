"""Section 4.1: a session is started, may be activated, and ends in exactly one of three ways."""

import pytest

from gamefold.engine.world import INTENT_INVALID
from gamefold.games.focus.events import (
    SessionActivated,
    SessionCancelled,
    SessionCompleted,
    SessionStarted,
    SessionTimedOut,
)
from gamefold.games.focus.intents import (
    CANCEL_REASONS,
    CONCURRENT_SESSION_LIMIT,
    DURATION_NOT_ALLOWED,
    SESSION_ALREADY_COMPLETED,
    SESSION_ID_TAKEN,
    SESSION_NOT_FOUND,
    TOO_EARLY,
    ActivateSession,
    CancelSession,
    CompleteSession,
    StartSession,
    TimeOutSessions,
)
from gamefold.games.focus.rules import RULESET, ruleset_with
from gamefold.games.focus.state import MINUTE_MS, Hero
from gamefold.testkit.play import play, play_refused

from .builders import NOON_MS, UNLUCKY, Player, a_save, a_session, an_id

# -- start ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [25, 50, 90])
def test_a_session_starts_pending_and_now(minutes: int) -> None:
    player = Player()
    (started,) = player.ask(StartSession(an_id(1), an_id(7), minutes, "build_room"))
    times_out_ms = NOON_MS + (minutes + 15) * MINUTE_MS
    assert started == SessionStarted(an_id(1), an_id(7), minutes, "build_room", times_out_ms)
    session = player.state.sessions[an_id(1)]
    assert (session.status, session.started_ms) == ("pending", NOON_MS)


@pytest.mark.parametrize("minutes", [0, -25, 1, 24, 26, 51, 2_500, 2**63])
def test_a_duration_outside_25_50_90_is_refused(minutes: int) -> None:
    assert Player().ask_refused(StartSession(an_id(1), None, minutes, "study_room")) == DURATION_NOT_ALLOWED


def test_no_more_than_two_sessions_are_open_at_once() -> None:
    player = Player()
    first = player.start()
    player.ask(ActivateSession(first))
    player.start()
    assert player.ask_refused(StartSession(an_id(9), None, 25, "study_room")) == CONCURRENT_SESSION_LIMIT
    player.ask(CancelSession(first))
    player.start()


def test_a_session_that_ran_out_of_time_makes_room_for_another() -> None:
    player = Player()
    player.start()
    player.start()
    player.now_ms += 41 * MINUTE_MS  # nobody noticed yet
    player.start()
    assert len(player.state.sessions) == 1


def test_an_id_is_used_once() -> None:
    player = Player()
    session_id = player.start()
    assert player.ask_refused(StartSession(session_id, None, 25, "study_room")) == SESSION_ID_TAKEN
    player.ask(CancelSession(session_id))
    assert player.ask_refused(StartSession(session_id, None, 25, "study_room")) == SESSION_ID_TAKEN


@pytest.mark.parametrize(
    "intent",
    [
        StartSession("s1", None, 25, "study_room"),
        StartSession(an_id(0xABC).upper(), None, 25, "study_room"),
        StartSession(an_id(1) + "\n", None, 25, "study_room"),
        StartSession(an_id(1), "t1", 25, "study_room"),
        StartSession(an_id(1), None, 25, "plaza"),  # type: ignore[arg-type]
        StartSession(an_id(1), None, 25.0, "study_room"),  # type: ignore[arg-type]
        CancelSession(an_id(1), "bored"),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_of_its_type_is_refused(intent: StartSession) -> None:
    assert Player().ask_refused(intent) == INTENT_INVALID


# -- activate ---------------------------------------------------------------------------------------------------


def test_the_first_heartbeat_activates_and_later_ones_change_nothing() -> None:
    player = Player()
    session_id = player.start()
    assert player.ask(ActivateSession(session_id)) == (SessionActivated(session_id),)
    assert player.state.sessions[session_id].status == "active"
    assert player.ask(ActivateSession(session_id)) == ()


# -- complete ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "needed"), [(25, 20), (50, 40), (90, 72)])
def test_completing_before_80_percent_of_the_time_is_refused(minutes: int, needed: int) -> None:
    player = Player()
    session_id = player.start(minutes)
    player.wait(needed * MINUTE_MS - 1)
    refusal = player.refused("player", CompleteSession(session_id))
    assert (refusal.code, refusal.details) == (TOO_EARLY, {"availableAt": NOON_MS + needed * MINUTE_MS})
    player.wait(1)
    (completed, *_) = player.ask(CompleteSession(session_id))
    assert isinstance(completed, SessionCompleted)


@pytest.mark.parametrize("activated", [False, True])
def test_pending_and_active_sessions_complete(activated: bool) -> None:
    player = Player(UNLUCKY)
    session_id = player.start(50)
    if activated:
        player.ask(ActivateSession(session_id))
    player.wait(50 * MINUTE_MS)
    (completed,) = player.ask(CompleteSession(session_id))
    assert isinstance(completed, SessionCompleted)
    assert (completed.reward.exp, completed.reward.gold) == (100, 50)
    assert player.state.sessions == {}
    assert player.state.ended_as(session_id) == "success"


@pytest.mark.parametrize(("ratio_bp", "needed_ms"), [(0, 0), (5_000, 750_000), (3_333, 499_950), (10_000, 1_500_000)])
def test_the_server_sets_how_much_of_the_time_is_needed(ratio_bp: int, needed_ms: int) -> None:
    player = Player(ruleset_with({"session_min_ratio_bp": ratio_bp}))
    session_id = player.start(25)
    if needed_ms:
        player.wait(needed_ms - 1)
        assert player.ask_refused(CompleteSession(session_id)) == TOO_EARLY
        player.wait(1)
    player.ask(CompleteSession(session_id))


def test_an_unknown_session_is_not_found() -> None:
    player = Player()
    player.focus()
    for intent in (CompleteSession(an_id(99)), CancelSession(an_id(99)), ActivateSession(an_id(99))):
        assert player.ask_refused(intent) == SESSION_NOT_FOUND


# -- cancel -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", CANCEL_REASONS)
def test_a_cancelled_session_earns_nothing(reason: str) -> None:
    player = Player()
    session_id = player.start()
    player.wait(25 * MINUTE_MS)
    before = (player.state.hero, player.state.progress)
    told = player.ask(CancelSession(session_id, reason))  # type: ignore[arg-type]
    assert told == (SessionCancelled(session_id, "study_room", 25, reason),)  # type: ignore[arg-type]
    assert (player.state.hero, player.state.progress) == before
    assert player.state.ended_as(session_id) == "cancel"


def test_without_a_reason_it_is_the_user_s() -> None:
    assert CancelSession(an_id(1)).reason == "user_cancelled"


# -- time out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [25, 50, 90])
def test_a_session_times_out_15_minutes_after_its_duration(minutes: int) -> None:
    player = Player()
    session_id = player.start(minutes)
    assert player.wait((minutes + 15) * MINUTE_MS - 1) == ()
    ended_ms = NOON_MS + (minutes + 15) * MINUTE_MS
    assert player.wait(1) == (SessionTimedOut(session_id, "study_room", minutes, ended_ms),)
    assert player.state.hero == Hero()
    assert player.state.ended_as(session_id) == "timeout"


def test_a_time_out_that_is_noticed_late_still_happened_in_time() -> None:
    player = Player()
    session_id = player.start()
    player.now_ms += 100 * MINUTE_MS
    assert player.ask_refused(CompleteSession(session_id)) == SESSION_ALREADY_COMPLETED
    timed_out = player.events[-1]
    assert isinstance(timed_out, SessionTimedOut)
    assert player.played[-1].entry.time_ms == timed_out.ended_ms == NOON_MS + 40 * MINUTE_MS


def test_the_job_times_out_what_is_due_and_nothing_else() -> None:
    save = a_save(s1=a_session(25), s2=a_session(50))
    told = play(RULESET, save, TimeOutSessions(), now_ms=NOON_MS + 45 * MINUTE_MS)
    assert [type(event) for event in told] == [SessionTimedOut]
    assert list(save.sessions) == [an_id(2)]
    assert play(RULESET, save, TimeOutSessions(), now_ms=NOON_MS + 45 * MINUTE_MS) == []


def test_sessions_time_out_in_the_order_of_their_times() -> None:
    save = a_save(s1=a_session(90), s2=a_session(25), s3=a_session(50))
    told = play(RULESET, save, TimeOutSessions(), now_ms=NOON_MS + 1_000 * MINUTE_MS)
    assert [event.session_id for event in told] == [an_id(2), an_id(3), an_id(1)]  # type: ignore[attr-defined]


# -- one end only -----------------------------------------------------------------------------------------------

ENDINGS = {"success": CompleteSession, "cancel": CancelSession, "timeout": None}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("again", [CompleteSession, CancelSession, ActivateSession])
def test_whatever_ended_a_session_nothing_ends_it_again(ending: str, again: type) -> None:
    player = Player()
    session_id = player.start()
    player.wait(30 * MINUTE_MS)
    intent = ENDINGS[ending]
    if intent is None:
        player.wait(10 * MINUTE_MS)
    else:
        player.ask(intent(session_id))
    refusal = player.refused("player", again(session_id))
    assert (refusal.code, refusal.details) == (SESSION_ALREADY_COMPLETED, {"status": ending})
    assert play_refused(RULESET, player.state, again(session_id)).code == SESSION_ALREADY_COMPLETED


def test_a_session_that_ended_long_ago_is_still_told_from_one_that_never_was() -> None:
    player = Player(UNLUCKY)
    ids = []
    for number in range(1_000):
        ids.append(player.start())
        player.ask(CancelSession(ids[-1]) if number % 2 else CancelSession(ids[-1], "other"))
    assert len(player.state.ended) == 17 * 1_000
    assert {player.ask_refused(CompleteSession(session_id)) for session_id in ids} == {SESSION_ALREADY_COMPLETED}
    assert player.ask_refused(CompleteSession(an_id(5_000))) == SESSION_NOT_FOUND


def test_an_id_found_across_two_records_was_never_here() -> None:
    save = a_save()
    save.ended = bytes([0, *range(1, 17), 0, *range(101, 117)])
    shifted = bytes(save.ended[5:21]).hex()
    between = f"{shifted[:8]}-{shifted[8:12]}-{shifted[12:16]}-{shifted[16:20]}-{shifted[20:]}"
    assert save.ended_as(between) is None
    assert save.ended_as("01020304-0506-0708-090a-0b0c0d0e0f10") == "success"


def test_what_a_save_remembers_is_bounded() -> None:
    player = Player(ruleset_with({"sessions_remembered_max": 100}))
    ids = []
    for _ in range(101):
        ids.append(player.start())
        player.ask(CancelSession(ids[-1]))
    assert len(player.state.ended) == 17 * 100
    assert player.ask_refused(CompleteSession(ids[0])) == SESSION_NOT_FOUND
    assert player.ask_refused(CompleteSession(ids[1])) == SESSION_ALREADY_COMPLETED
