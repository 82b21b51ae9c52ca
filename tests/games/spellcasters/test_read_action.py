"""Whatever a bot answers is read as an action, with a reason for everything that was wrong, and never raises."""

import math
from collections import OrderedDict
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.games.spellcasters.balance import SPELLS
from gamefold.games.spellcasters.intents import COORDINATE_MOST, TARGETED_SPELLS, Action, SpellCast, read_action

FIREBALL = SpellCast("fireball", (6, 5))


class Step(IntEnum):
    LEFT = -1
    RIGHT = 1


class Spell(StrEnum):
    HEAL = "heal"


class Pair(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        ({"move": [1, -1], "spell": None}, Action((1, -1))),
        ({"move": (1, 0)}, Action((1, 0))),
        ({"move": [1.0, -0.0]}, Action((1, 0))),
        ({"move": Pair(1, 0)}, Action((1, 0))),
        ({"move": [Step.LEFT, Step.RIGHT]}, Action((-1, 1))),
        ({"move": None}, Action(None)),
        ({"move": []}, Action(None)),
        ({"move": ()}, Action(None)),
        ({}, Action(None)),
        ({"spell": {"name": "fireball", "target": [6, 5]}}, Action(None, FIREBALL)),
        ({"spell": "fireball", "target": (6, 5.0)}, Action(None, FIREBALL)),
        ({"spell": {"name": "heal", "target": "me"}}, Action(None, SpellCast("heal"))),
        ({"spell": Spell.HEAL}, Action(None, SpellCast("heal"))),
        (OrderedDict(move=[0, 1], why="because"), Action((0, 1))),
        ({"spell": {"name": "blink", "target": [-3, 99]}}, Action(None, SpellCast("blink", (-3, 99)))),
        ({"spell": "teleport", "target": [10**400, -1e300]}, Action(None, SpellCast("teleport", (10**6, -(10**6))))),
    ],
)
def test_a_good_answer_is_read_without_a_word(answer: Any, action: Action) -> None:
    assert read_action(answer) == (action, ())


@pytest.mark.parametrize(
    "move",
    [
        [2, 0],
        [0, -2],
        [1],
        [0, 0, 0],
        [True, 0],
        [0.5, 0],
        [math.nan, 0],
        [math.inf, 0],
        ["1", 0],
        [None, 0],
        [10**5000, 0],
        "up",
        5,
        {"x": 1},
        {1, 0},
        b"\x00\x01",
    ],
)
def test_a_wrong_move_counts_as_staying_with_a_reason(move: Any) -> None:
    action, reasons = read_action({"move": move, "spell": "heal"})
    assert action == Action((0, 0), SpellCast("heal"))
    assert len(reasons) == 1
    assert "counts as [0, 0]" in reasons[0]


@pytest.mark.parametrize(
    "spell",
    [{}, "", "polymorph", 7, ["heal"], {"name": None}, {"name": ["heal"]}, {"name": "fireball"}, "fireball", True]
    + [{"name": "fireball", "target": target} for target in (None, [], [1], [1, 2, 3], ["1", 2], [True, 1], "6,5")]
    + [{"name": "blink", "target": [math.nan, 0]}, {"name": "HEAL"}],
)
def test_a_wrong_spell_is_none_with_a_reason(spell: Any) -> None:
    action, reasons = read_action({"move": [1, 1], "spell": spell})
    assert action == Action((1, 1), None)
    assert len(reasons) == 1
    assert "is not cast" in reasons[0]


@pytest.mark.parametrize("answer", [None, "move", 3, [], ([1, 0], None), object(), Action(), dict])
def test_anything_but_a_dict_skips_the_turn(answer: Any) -> None:
    action, reasons = read_action(answer)
    assert action is None
    assert "skips the turn" in reasons[0]


def test_a_reason_echoes_a_short_escaped_piece_at_most() -> None:
    _, reasons = read_action({"spell": "\x1b[2J\u202e" + "x" * 10_000})
    assert reasons == ("spell '\\x1b[2J\\u202exxxxxxxxxxxxxxx' is not known and is not cast",)


class Angry(type):
    """A type that answers every question about itself by raising."""

    def __hash__(cls) -> int:
        raise ValueError

    def __eq__(cls, other: object) -> bool:
        raise ValueError

    def __instancecheck__(cls, instance: object) -> bool:
        raise ValueError

    def __getattribute__(cls, name: str) -> Any:
        raise ValueError


def hostile(base: type) -> Any:
    """Make a subclass of `base` whose every method raises, the ones for construction left out."""
    spared = {
        "__new__",
        "__init__",
        "__class__",
        "__init_subclass__",
        "__subclasshook__",
        "__class_getitem__",
        "__del__",
    }

    def refuse(*args: object, **named: object) -> Any:
        raise SystemExit

    methods = {name: refuse for name in dir(base) if name not in spared and callable(getattr(base, name, None))}
    methods["__getattribute__"] = refuse
    body = {**methods, "__class__": property(refuse)}
    return type(base)("Hostile", (base,), body)


@pytest.mark.parametrize("base", [dict, list, tuple, int, float, str, object])
def test_no_code_that_comes_with_an_answer_is_run(base: type) -> None:
    thing = hostile(base)()
    for answer in (thing, {"move": thing}, {"move": [thing, thing]}, {"spell": thing}, {"spell": {"name": thing}}):
        read_action(answer)
    read_action({"spell": "blink", "target": thing})
    read_action({"spell": {"name": "blink", "target": [thing, 1]}})


def test_an_angry_type_is_not_asked_either() -> None:
    thing = object.__new__(Angry("Thing", (), {}))
    assert read_action(thing) == (None, ("answered something else instead of a dict and skips the turn",))
    read_action({"move": thing, "spell": thing})


def test_a_key_that_pretends_to_be_another_is_not_asked() -> None:
    class Key:
        def __hash__(self) -> int:
            return hash("move")

        def __eq__(self, other: object) -> bool:
            raise ValueError

    assert read_action({Key(): 1}) == (Action(None), ())


def test_cyclic_and_deep_answers_are_read() -> None:
    cyclic: dict[str, Any] = {}
    cyclic["move"] = cyclic["spell"] = cyclic["target"] = cyclic
    assert read_action(cyclic)[0] == Action((0, 0), None)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert read_action({"move": deep, "spell": {"name": "blink", "target": deep}})[0] == Action((0, 0), None)
    while deep:  # taken apart by hand: deallocation of so deep a list would recurse
        deep = deep.pop()


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5)
near = st.integers(-3, 12) | st.sampled_from([1.0, -1.0, 0.5, True, None, 10**30])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
pairs = st.lists(near, max_size=3) | st.tuples(near, near) | anything
names = st.sampled_from([*SPELLS, "polymorph", ""]) | anything
spells = names | st.fixed_dictionaries({}, optional={"name": names, "target": pairs, "extra": anything})
answers = anything | st.fixed_dictionaries(
    {}, optional={"move": pairs, "spell": spells, "target": pairs, "name": names}
)


@settings(max_examples=400, deadline=None)
@given(answers)
def test_every_answer_becomes_a_canonical_action(answer: Any) -> None:
    action, reasons = read_action(answer)
    assert all(len(reason) < 100 and reason.isascii() and reason.isprintable() for reason in reasons)
    if action is None:
        assert not isinstance(answer, dict)
        return
    if action.move is not None:
        assert all(type(step) is int and -1 <= step <= 1 for step in action.move)
    if action.spell is not None:
        assert action.spell.name in SPELLS
        assert (action.spell.target is not None) == (action.spell.name in TARGETED_SPELLS)
        assert all(type(part) is int and abs(part) <= COORDINATE_MOST for part in action.spell.target or ())
    # What was read survives being written down, and reads as itself.
    raw = msgspec.json.encode(action)
    assert msgspec.json.decode(raw, type=Action) == action
    assert read_action(msgspec.json.decode(raw)) == (action, ())
