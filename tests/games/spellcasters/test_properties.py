"""What holds in every match, whatever is played."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import CLOCK, Intent
from gamefold.games.spellcasters.balance import SPELLS
from gamefold.games.spellcasters.events import TurnResolved
from gamefold.games.spellcasters.intents import Action, SpellCast, SubmitAction, TurnDue
from gamefold.games.spellcasters.rules import RULESET
from gamefold.games.spellcasters.state import Match, Position

from .builders import Game, a_match, a_spec, after, encoded

steps = st.none() | st.tuples(st.integers(-1, 1), st.integers(-1, 1))
# Near the middle, so that fireballs hit and wizards meet; now and then off the board.
targets = st.tuples(st.integers(3, 6), st.integers(3, 6)) | st.tuples(st.integers(-2, 11), st.integers(-2, 11))
spells = st.none() | st.builds(SpellCast, st.sampled_from([*SPELLS]), st.none() | targets)
actions = st.none() | st.builds(Action, steps, spells)
seeds = st.binary(min_size=32, max_size=32)


class Asked(msgspec.Struct, frozen=True):
    intent: Intent
    actor: str
    later_ms: int


asked = st.one_of(
    st.builds(
        lambda seat, turn, action, later: Asked(SubmitAction(seat, turn, action), f"p-{seat}", later),
        st.sampled_from([1, 2]),
        st.integers(1, 12),
        actions,
        st.integers(0, 400),
    ),
    st.builds(lambda turn, later: Asked(TurnDue(turn), CLOCK, later), st.integers(1, 12), st.integers(0, 400)),
)


def in_the_middle(game: Game) -> None:
    game.match.wizard(1).position, game.match.wizard(2).position = (4, 4), (5, 5)


def hold_invariants(match: Match) -> None:
    for wizard in match.wizards:
        assert wizard.hp <= 100
        assert 0 <= wizard.mana <= 100
        assert min(wizard.cooldowns.values()) >= 0
        assert set(wizard.cooldowns) == set(SPELLS)
    everything = [*match.wizards, *match.minions, *match.artifacts]
    assert all(0 <= x <= 9 and 0 <= y <= 9 for x, y in (one.position for one in everything))
    assert all(0 < minion.hp <= 30 for minion in match.minions)
    assert len({minion.seat for minion in match.minions}) == len(match.minions)
    assert len({minion.id for minion in match.minions}) == len(match.minions)
    assert (match.status == "running") == (RULESET.due(match) is not None)
    again = msgspec.msgpack.decode(encoded(match), type=Match)
    assert again == match
    assert encoded(again) == encoded(match)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(actions, actions), min_size=1, max_size=40), seeds)
def test_every_turn_keeps_the_invariants_and_the_same_luck_gives_the_same_match(
    played: list[tuple[Action | None, Action | None]], seed: bytes
) -> None:
    one, two = Game(seed=seed), Game(seed=seed)
    in_the_middle(one)
    in_the_middle(two)
    for pair in played:
        if one.match.status != "running":
            break
        told = [*one.act(1, pair[0]), *one.act(2, pair[1])]
        assert told == [*two.act(1, pair[0]), *two.act(2, pair[1])]
        assert one.digest() == two.digest()
        hold_invariants(one.match)
        (turn,) = (event for event in told if isinstance(event, TurnResolved))
        assert msgspec.json.decode(msgspec.json.encode(turn), type=TurnResolved) == turn


@settings(max_examples=60, deadline=None)
@given(st.lists(asked, max_size=60))
def test_intents_in_any_order_are_refused_without_a_change_or_accepted(asking: list[Asked]) -> None:
    game = Game(a_spec(tick_delay_ms=100, turn_timeout_ms=300, turns_max=8))
    for one in asking:
        before, turn = game.digest(), game.match.turn
        try:
            told = game.play(one.intent, one.actor, game.now_ms + one.later_ms)
        except Rejected:
            assert game.digest() == before
        else:
            assert (game.match.turn > turn) == any(isinstance(event, TurnResolved) for event in told)
            hold_invariants(game.match)


def turned(tile: Position | None) -> Position | None:
    """Give the tile at the other end of the board."""
    return None if tile is None else (9 - tile[0], 9 - tile[1])


def mirrored(match: Match) -> Any:
    """Show a match as the other seat would, with the board turned around."""
    sides = [
        (wizard.hp, wizard.mana, turned(wizard.position), wizard.cooldowns, wizard.shield_active, wizard.damage_dealt)
        for wizard in reversed(match.wizards)
    ]
    return [*sides, match.winner and 3 - match.winner]


def straight(match: Match) -> Any:
    sides = [
        (wizard.hp, wizard.mana, wizard.position, wizard.cooldowns, wizard.shield_active, wizard.damage_dealt)
        for wizard in match.wizards
    ]
    return [*sides, match.winner]


class Mirror:
    """Luck that falls on both alike: no artifacts, and everybody who collides is thrown to a mirrored tile."""

    def artifact(self, turn: int, room: Any) -> None:
        return None

    def rolls(self, turn: int, number: int, most: int) -> tuple[int, int]:
        return (2, 2)

    def scatter(self, turn: int, number: int, free: Any) -> None:
        return None


# Casting goes in the order of the seats, and only that may favour one of them. So these are the spells whose effect
# does not depend on who was first.
even_spells = st.sampled_from([None, "melee_attack", "fireball"])
even_turn = st.tuples(steps, even_spells)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(even_turn, even_turn), min_size=1, max_size=25))
def test_neither_seat_is_favoured(played: list[tuple[Any, Any]]) -> None:
    match, mirror = a_match((2, 2), (5, 6)), a_match((4, 3), (7, 7))
    assert straight(mirror) == mirrored(match)
    for one, two in played:
        if match.status != "running":
            break
        actions_of = aimed(match, one, two)
        turned_around = tuple(around(action) for action in reversed(actions_of))
        after(match, *actions_of, chance=Mirror())
        after(mirror, *turned_around, chance=Mirror())
        if match.wizard(1).position == match.wizard(2).position:
            break  # on a shared tile a hit finds player 1, whoever aimed
        assert straight(mirror) == mirrored(match)


def aimed(match: Match, one: Any, two: Any) -> tuple[Action, Action]:
    def action(chosen: Any, target: Position) -> Action:
        step, spell = chosen
        needs_target = spell in ("melee_attack", "fireball")
        return Action(step, SpellCast(spell, target if needs_target else None) if spell else None)

    return action(one, match.wizard(2).position), action(two, match.wizard(1).position)


def around(action: Action) -> Action:
    step = action.move and (-action.move[0], -action.move[1])
    spell = action.spell and SpellCast(action.spell.name, turned(action.spell.target))
    return Action(step, spell)
