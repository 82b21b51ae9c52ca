"""What the built-in bots do, a sentence each."""

import copy
from typing import Any

import pytest

from gamefold.games.spellcasters.balance import SPELLS
from gamefold.games.spellcasters.intents import read_action
from gamefold.games.spellcasters.reactors.bots import BUILTIN_BOTS, BotInterface
from gamefold.games.spellcasters.reactors.bots.sample_bot_1 import SampleBot1
from gamefold.games.spellcasters.reactors.bots.tactical_bot import Mood, TacticalBot, mood_of
from gamefold.games.spellcasters.rules import KeyedChance, view_for
from gamefold.games.spellcasters.state import Position

from .builders import a_match, after, keyed

Answer = dict[str, Any]


def a_state(
    me: Position = (0, 0),
    opponent: Position = (9, 9),
    *,
    own_minion: Position | None = None,
    enemy_minion: tuple[Position, int] | None = None,
    artifacts: tuple[Position, ...] = (),
    busy: tuple[str, ...] = (),
    **changes: Any,
) -> dict[str, Any]:
    """Give what the bot sees; `busy` names spells that are cooling down, `changes` are its own hp, mana and so on."""
    minions: list[tuple[Any, Position, int]] = []
    if own_minion:
        minions.append((1, own_minion, 30))
    if enemy_minion:
        minions.append((2, *enemy_minion))
    state = view_for(a_match((me, {**changes, "cooldowns": dict.fromkeys(busy, 1)}), opponent, minions=minions), 1)
    state["artifacts"] = [{"type": "mana", "position": [*tile], "spawn_turn": 3} for tile in artifacts]
    return state


def cast(name: str, *target: int) -> Answer:
    return {"move": [0, 0], "spell": {"name": name, "target": [*target]} if target else {"name": name}}


def walk(*step: int) -> Answer:
    return {"move": [*step], "spell": None}


# -- sample_bot_1 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (a_state((4, 4), (9, 4)), cast("fireball", 9, 4)),
        (a_state((3, 4), (9, 4)), cast("summon")),
        (a_state((4, 4), (9, 4), mana=29), walk(1, 0)),
        (a_state((4, 4), (9, 4), busy=("fireball",)), cast("summon")),
        (a_state((4, 4), (9, 4), hp=10), cast("fireball", 9, 4)),
        (a_state(hp=40), cast("shield")),
        (a_state(hp=41), cast("heal")),
        (a_state(hp=40, shield_active=True), cast("heal")),
        (a_state(hp=40, busy=("shield",)), cast("heal")),
        (a_state(hp=80), cast("heal")),
        (a_state(hp=81), cast("summon")),
        (a_state(own_minion=(5, 5)), walk(1, 1)),
        (a_state((4, 4), (4, 5), busy=("fireball", "summon")), cast("melee_attack", 4, 5)),
        (a_state((4, 4), (5, 5), busy=("fireball", "summon")), walk(1, 1)),
        (
            a_state((4, 4), (4, 5), enemy_minion=((3, 4), 10), busy=("fireball", "summon")),
            cast("melee_attack", 3, 4),
        ),
        (a_state(artifacts=((9, 0), (4, 0)), mana=40), cast("teleport", 4, 0)),
        (a_state(artifacts=((4, 0),), mana=39), walk(1, 0)),
        (a_state(artifacts=((4, 0),), mana=41), walk(1, 0)),
        (a_state(artifacts=((4, 0),), hp=60, busy=("heal",), own_minion=(5, 5)), cast("teleport", 4, 0)),
        (a_state(artifacts=((4, 0),), hp=61, busy=("heal",), own_minion=(5, 5)), walk(1, 1)),
        (a_state(artifacts=((4, 0), (0, 3)), mana=60, own_minion=(5, 5)), walk(0, 1)),
        (a_state(artifacts=((4, 0),), mana=61, own_minion=(5, 5)), walk(1, 1)),
        (a_state(mana=40), walk(1, 1)),
    ],
)
def test_sample_bot_1_takes_the_first_of_its_list(state: dict[str, Any], answer: Answer) -> None:
    assert SampleBot1().decide(state) == answer


# -- tactical_bot -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "mood"),
    [
        (a_state(hp=25), Mood.DEFENSIVE),
        (a_state(hp=26), Mood.AGGRESSIVE),
        (a_state((4, 4), (6, 6), hp=40), Mood.DEFENSIVE),
        (a_state((4, 4), (6, 6), hp=41), Mood.AGGRESSIVE),
        (a_state((4, 4), (7, 6), hp=40), Mood.AGGRESSIVE),
        (a_state((4, 4), enemy_minion=((5, 5), 30), hp=40), Mood.DEFENSIVE),
        (a_state((4, 4), enemy_minion=((6, 5), 30), hp=40), Mood.AGGRESSIVE),
        (a_state((4, 4), own_minion=(5, 5), hp=40), Mood.CONTROLLING),
        (a_state(mana=30), Mood.GATHERING),
        (a_state(mana=31), Mood.AGGRESSIVE),
        (a_state(hp=40, artifacts=((5, 5),)), Mood.GATHERING),
        (a_state(hp=41, artifacts=((5, 5),)), Mood.AGGRESSIVE),
        (a_state(own_minion=(5, 5)), Mood.CONTROLLING),
        (a_state(own_minion=(5, 5), mana=30), Mood.GATHERING),
        (a_state(own_minion=(5, 5), hp=25, mana=30), Mood.DEFENSIVE),
    ],
)
def test_the_mood_of_tactical_bot(state: dict[str, Any], mood: Mood) -> None:
    assert mood_of(state) is mood


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (a_state((4, 4), (8, 4)), cast("fireball", 8, 4)),
        (a_state((4, 4), (9, 4)), cast("summon")),
        (a_state((4, 4), (4, 5), busy=("fireball",)), cast("melee_attack", 4, 5)),
        (a_state((4, 4), (6, 6), busy=("fireball",)), cast("summon")),
        (a_state((4, 4), (9, 4), busy=("summon",)), walk(1, 0)),
        (a_state((4, 4), (7, 4), busy=("fireball", "summon")), walk(0, 0)),
        (a_state((4, 4), (6, 4), busy=("fireball", "summon")), walk(-1, -1)),
    ],
)
def test_tactical_bot_attacks(state: dict[str, Any], answer: Answer) -> None:
    assert mood_of(state) is Mood.AGGRESSIVE
    assert TacticalBot().decide(state) == answer


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (a_state((4, 4), (5, 5), hp=20), cast("shield")),
        (a_state((4, 4), (5, 5), hp=20, shield_active=True), cast("heal")),
        (a_state((4, 4), (5, 5), hp=20, busy=("shield", "heal")), cast("teleport", 0, 0)),
        (a_state((4, 4), (2, 2), hp=20, busy=("shield", "heal")), cast("teleport", 0, 9)),
        (a_state((4, 4), (5, 5), hp=20, busy=("shield", "heal", "teleport")), walk(-1, -1)),
        (a_state((0, 4), (1, 4), hp=20, mana=10), walk(0, -1)),
    ],
)
def test_tactical_bot_defends_itself(state: dict[str, Any], answer: Answer) -> None:
    assert mood_of(state) is Mood.DEFENSIVE
    assert TacticalBot().decide(state) == answer


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (a_state(hp=40, artifacts=((4, 0), (9, 0))), cast("teleport", 4, 0)),
        (a_state(hp=40, artifacts=((4, 0),), mana=39), walk(1, 0)),
        (a_state(hp=40, artifacts=((3, 0),)), walk(1, 0)),
        (a_state(hp=40, artifacts=((4, 0),), busy=("teleport",)), walk(1, 0)),
        (a_state((4, 4), (9, 9), mana=0), walk(1, 1)),
    ],
)
def test_tactical_bot_gathers(state: dict[str, Any], answer: Answer) -> None:
    assert mood_of(state) is Mood.GATHERING
    assert TacticalBot().decide(state) == answer


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (a_state((4, 4), (8, 4), own_minion=(6, 4)), cast("fireball", 8, 4)),
        (a_state((4, 4), (8, 4), own_minion=(5, 4)), walk(0, 0)),
        (a_state((4, 4), (7, 4), own_minion=(5, 4), busy=("fireball",)), walk(0, 0)),
        (a_state((4, 4), (9, 4), own_minion=(8, 4)), walk(1, 0)),
        (a_state((4, 4), (6, 4), own_minion=(5, 4), busy=("fireball",)), walk(-1, -1)),
    ],
)
def test_tactical_bot_controls(state: dict[str, Any], answer: Answer) -> None:
    assert mood_of(state) is Mood.CONTROLLING
    assert TacticalBot().decide(state) == answer


# -- both -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(BUILTIN_BOTS))
def test_a_built_in_bot_is_a_bot_with_its_own_name(name: str) -> None:
    bot = BUILTIN_BOTS[name]()
    assert isinstance(bot, BotInterface)
    assert (bot.name, bot.sprite_path, bot.minion_sprite_path) == (name, None, None)
    bot.game_over(won=False)


@pytest.mark.parametrize("one", list(BUILTIN_BOTS))
@pytest.mark.parametrize("two", list(BUILTIN_BOTS))
def test_bots_only_ask_for_what_may_be_done_and_leave_their_view_alone(one: str, two: str) -> None:
    for seed in range(6):
        match, luck = a_match(), KeyedChance(keyed(seed.to_bytes(32, "big")))
        bots = (BUILTIN_BOTS[one](), BUILTIN_BOTS[two]())
        while match.status == "running":
            views = (view_for(match, 1), view_for(match, 2))
            before = copy.deepcopy(views)
            first, second = (read_action(bot.decide(view)) for bot, view in zip(bots, views, strict=True))
            assert views == before
            assert first[1] == second[1] == ()
            for action, view in ((first[0], views[0]), (second[0], views[1])):
                assert action is not None
                if action.spell:
                    assert view["self"]["cooldowns"][action.spell.name] == 0
                    assert view["self"]["mana"] >= SPELLS[action.spell.name]["cost"]
            after(match, first[0], second[0], luck)
