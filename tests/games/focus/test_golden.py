"""A recorded journal of every released version is folded to the same digests, entry by entry, for ever."""

import os

import msgspec

from gamefold.engine.world import World
from gamefold.games.focus.events import ItemAwarded, ItemUnequipped, SessionCompleted, SessionTimedOut, StreakReset
from gamefold.games.focus.intents import (
    ActivateSession,
    CancelSession,
    EquipItem,
    ResetStreak,
    SetAutoEquip,
    UnequipSlot,
)
from gamefold.games.focus.rules import RULESET
from gamefold.games.focus.state import DAY_MS, day_of
from gamefold.testkit.play import run_of

from .builders import WORLD, Player
from .golden_lives import as_golden, entry_of, read_life, write_life


def the_life() -> Player:
    """Play a hundred days: sessions of all kinds in all rooms, missed days, and a wardrobe that is used."""
    player = Player()
    rooms = ("study_room", "build_room", "training_room")
    for number in range(100):
        player.focus((25, 50, 90)[number % 3], rooms[number % 3])
        if number % 4 == 0:
            player.ask(ActivateSession(player.start(50)))
        if number % 5 == 0:
            player.ask(CancelSession(player.start(25), "distracted"))
        player.wait_until((day_of(player.now_ms) + 1 + (number % 7 == 6)) * DAY_MS + 4 * 3_600_000)
        if number % 7 == 6:
            player.ask(ResetStreak(day_of(player.now_ms)))
        for item_id in player.state.owned[number % 3 :: 3]:
            player.ask(EquipItem(item_id))
        if number == 60:
            player.ask(SetAutoEquip(enabled=False))
            player.ask(UnequipSlot("hat"))
            player.ask(UnequipSlot("outfit"))
            player.ask(UnequipSlot("accessory"))
    return player


def test_version_1_folds_as_it_was_recorded() -> None:
    world = World(WORLD, RULESET, run_of(WORLD))
    for golden in read_life(1):
        _, records = world.fold(entry_of(golden))
        assert [msgspec.to_builtins(record.event) for record in records] == golden.events
        assert world.digest().hex() == golden.digest


def test_the_same_intents_give_the_same_journal_today() -> None:
    played = the_life().played
    if os.environ.get("GAMEFOLD_WRITE_GOLDEN"):
        write_life(RULESET.version, played)
    assert [as_golden(one) for one in played] == read_life(RULESET.version)


def test_the_recorded_life_meets_everything() -> None:
    player = the_life()
    for kind in (SessionCompleted, SessionTimedOut, ItemAwarded, ItemUnequipped, StreakReset):
        assert any(isinstance(event, kind) for event in player.events), kind
    assert player.state.hero.level > 10
    assert len(player.state.owned) > 3
