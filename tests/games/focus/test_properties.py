"""What holds in every save, whatever is asked of it and whenever."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.engine import codec
from gamefold.engine.journal import Snapshot
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event, Intent
from gamefold.engine.world import World
from gamefold.games.focus.balance import ITEMS, ROOMS, SLOTS
from gamefold.games.focus.events import (
    ItemAwarded,
    SessionCancelled,
    SessionCompleted,
    SessionStarted,
    SessionTimedOut,
    StreakReset,
)
from gamefold.games.focus.intents import (
    CANCEL_REASONS,
    ActivateSession,
    CancelSession,
    CompleteSession,
    EquipItem,
    ResetStreak,
    SetAutoEquip,
    StartSession,
    TimeOutSessions,
    UnequipSlot,
)
from gamefold.games.focus.rules import ruleset_with
from gamefold.games.focus.state import DAY_MS, MINUTE_MS, Save, day_of
from gamefold.testkit.play import run_of

from .builders import DAY, WORLD, Player, an_id

HALF_LUCKY = ruleset_with({"drop_chance_bp": 5_000})

ids = st.integers(1, 8).map(an_id)  # few, so that intents meet
minutes = st.sampled_from([25, 25, 50, 90, 26])
intents = st.one_of(
    st.builds(StartSession, ids, st.none(), minutes, st.sampled_from(ROOMS)),
    st.builds(CompleteSession, ids),
    st.builds(CompleteSession, ids),
    st.builds(CancelSession, ids, st.sampled_from(CANCEL_REASONS)),
    st.builds(ActivateSession, ids),
    st.just(TimeOutSessions()),
    st.builds(EquipItem, st.sampled_from(sorted(ITEMS))),
    st.builds(UnequipSlot, st.sampled_from(SLOTS)),
    st.builds(SetAutoEquip, st.booleans()),
    st.builds(ResetStreak, st.integers(DAY - 1, DAY + 6)),
)
waits_ms = st.one_of(st.integers(0, 30 * MINUTE_MS), st.integers(0, 3 * DAY_MS))
lives = st.lists(st.tuples(waits_ms, intents), min_size=1, max_size=60)
seeds = st.binary(min_size=32, max_size=32)


def live(life: list[tuple[int, Intent]], seed: bytes) -> Player:
    player = Player(HALF_LUCKY, seed=seed)
    for wait_ms, intent in life:
        player.now_ms += wait_ms  # late, as where no job runs: time is owed until somebody asks
        before = player.world.digest()
        seq = player.world.head.seq
        try:
            player.ask(intent)
        except Rejected:
            # What time owed may have been played; the refused intent itself changed nothing.
            assert player.world.head.seq > seq or player.world.digest() == before
        hold_invariants(player.state, player.events)
    return player


def hold_invariants(save: Save, events: list[Event]) -> None:
    hero, progress = save.hero, save.progress
    completed = [event for event in events if isinstance(event, SessionCompleted)]
    assert hero.level >= 1
    assert 0 <= hero.exp < hero.level * 100
    assert hero.gold == sum(event.reward.gold for event in completed)
    # All experience ever earned is in the levels and in what is carried.
    assert hero.exp + sum(100 * level for level in range(1, hero.level)) == sum(e.reward.exp for e in completed)

    assert save.owned == sorted(set(save.owned))
    assert set(save.owned) == {event.item_id for event in events if isinstance(event, ItemAwarded)}
    for slot in SLOTS:
        worn = hero.equipped.item_in(slot)
        assert worn is None or (worn in save.owned and ITEMS[worn].type == slot)

    assert len(save.sessions) <= 2
    started = [event.session_id for event in events if isinstance(event, SessionStarted)]
    ended = [
        event.session_id for event in events if isinstance(event, SessionCompleted | SessionCancelled | SessionTimedOut)
    ]
    assert len(set(started)) == len(started)
    assert len(set(ended)) == len(ended)
    assert set(ended).isdisjoint(save.sessions)
    assert {*ended, *save.sessions} == set(started)
    assert {one for one in map(an_id, range(1, 9)) if save.ended_as(one)} == set(ended)
    assert len(save.ended) == 17 * len(ended)

    assert progress.total_sessions_success == len(completed)
    assert progress.study_room_level == 1 + (len(completed) >= 5)
    assert 0 <= progress.day_streak <= len(completed)
    assert (progress.last_session_day is None) == (not completed)
    assert (progress.last_reset_ms is None) == (not any(isinstance(event, StreakReset) for event in events))


@settings(max_examples=120, deadline=None)
@given(lives, seeds)
def test_every_life_keeps_the_invariants(life: list[tuple[int, Intent]], seed: bytes) -> None:
    player = live(life, seed)
    times = [played.entry.time_ms for played in player.played]
    assert times == sorted(times)
    for record in (record for played in player.played for record in played.records):
        if isinstance(record.event, SessionCompleted):
            ran_ms = record.time_ms - record.event.started_ms
            minutes = record.event.duration_minutes
            assert minutes * MINUTE_MS * 8 // 10 <= ran_ms < (minutes + 15) * MINUTE_MS
            assert record.event.progress.last_session_day == day_of(record.time_ms)


@settings(max_examples=60, deadline=None)
@given(lives, seeds)
def test_the_same_journal_gives_the_same_save_from_any_snapshot(life: list[tuple[int, Intent]], seed: bytes) -> None:
    player = live(life, seed)
    folded = World(WORLD, HALF_LUCKY, run_of(WORLD, seed))
    reopened = None
    for played in player.played:
        assert folded.fold(played.entry)[0] == played.stored
        if reopened is not None:
            assert reopened.fold(played.entry)[0] == played.stored
        reopened = reopen(folded)
        assert reopened.digest() == played.entry.digest
    assert folded.digest() == player.world.digest()


def reopen(world: World) -> World:
    """Write a world down as a snapshot and read it back."""
    head, payload = world.head, codec.compress(world.payload())
    snapshot = Snapshot(world.id, world.run.run, head.seq, head.version, world.digest(), payload)
    return World.from_snapshot(world.id, HALF_LUCKY, world.run, snapshot)


@settings(max_examples=60, deadline=None)
@given(lives, seeds)
def test_a_state_is_written_and_read_back_the_same(life: list[tuple[int, Intent]], seed: bytes) -> None:
    state: Any = live(life, seed).state
    raw = codec.encode(state)
    again = msgspec.msgpack.decode(raw, type=Save)
    assert again == state
    assert codec.encode(again) == raw
