"""Single situations with a known outcome. Where they used luck, the luck is worked out from the outcome."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import Any

import pytest

from gamefold.games.spellcasters.balance import NUMBERS
from gamefold.games.spellcasters.intents import SeatSpec, read_action
from gamefold.games.spellcasters.rules import begin_match, open_turn, resolve_turn
from gamefold.games.spellcasters.state import Artifact, Match, Minion, Position, SeatNumber

from .builders import a_spec, a_wizard
from .golden_files import recorded, tile

VECTORS = [(f"{stem}-{vector['name']}", vector) for stem, vectors in recorded("vectors") for vector in vectors]
SEAT_OF: dict[str, SeatNumber] = {"A": 1, "B": 2}

Rolls = tuple[int, int]
Scatter = tuple[Position, Position] | None


@pytest.mark.parametrize("vector", [vector for _, vector in VECTORS], ids=[name for name, _ in VECTORS])
def test_a_situation_has_its_known_outcome(vector: dict[str, Any]) -> None:
    expected = outcome(vector)
    for luck in all_luck(vector):
        match = played(vector, luck)
        if seen(match) == expected:
            return
    assert seen(played(vector, Luck(vector))) == expected


def outcome(vector: dict[str, Any]) -> dict[str, Any]:
    """Give what a situation ends in. The dead stay in its list of minions; they leave ours."""
    end = vector["after"]
    sides = {
        side: [end[side]["hp"], end[side]["mana"], end[side]["pos"], end[side]["cd"], end[side]["shield"]]
        for side in SEAT_OF
    }
    living = [[one["owner"], one["hp"], one["pos"], one["ready"]] for one in end["minions"] if one["hp"] > 0]
    return {"turn": end["turn"], **sides, "m": living, "a": end["artifacts"], "winner": vector["winner"]}


def seen(match: Match) -> dict[str, Any]:
    """Show a match in the same form."""
    sides = {
        side: [
            match.wizard(seat).hp,
            match.wizard(seat).mana,
            [*match.wizard(seat).position],
            {spell: turns for spell, turns in match.wizard(seat).cooldowns.items() if turns},
            match.wizard(seat).shield_active,
        ]
        for side, seat in SEAT_OF.items()
    }
    return {
        "turn": match.turn,
        **sides,
        "m": [["AB"[one.seat - 1], one.hp, [*one.position], one.ready] for one in match.minions],
        "a": [{"type": one.type, "position": [*one.position], "spawn_turn": one.spawn_turn} for one in match.artifacts],
        "winner": winner(match),
    }


def winner(match: Match) -> str | None:
    if match.status == "running":
        return None
    return "AB"[match.winner - 1] if match.winner else "Draw"


def set_up(vector: dict[str, Any]) -> Match:
    match = begin_match(a_spec(SeatSpec("a", "A", "bot"), SeatSpec("b", "B", "bot")), NUMBERS)
    setup = vector["setup"]
    match.turn = setup["turn"]
    one, two = (
        a_wizard(
            side,
            tile(setup[side]["pos"]),
            hp=setup[side]["hp"],
            mana=setup[side]["mana"],
            cooldowns=setup[side]["cd"],
            shield_active=setup[side]["shield"],
        )
        for side in SEAT_OF
    )
    match.wizards = (one, two)
    for number, minion in enumerate(setup["minions"]):
        owner = SEAT_OF[minion["owner"]]
        match.wizard(owner).minions_summoned += 1
        if minion["hp"] > 0:
            name = f"{minion['owner']}-{number}"
            match.minions.append(Minion(name, owner, minion["hp"], tile(minion["pos"]), minion["ready"]))
    match.artifacts = [Artifact(one["type"], tile(one["position"]), one["spawn_turn"]) for one in setup["artifacts"]]
    return match


def played(vector: dict[str, Any], luck: "Luck") -> Match:
    match = set_up(vector)
    answers = [vector["actions"][side] for side in SEAT_OF]
    by_turn = zip(*(each if isinstance(each, list) else [each] for each in answers), strict=True)
    for one, two in by_turn:
        open_turn(match, luck, NUMBERS)
        resolve_turn(match, (read_action(one)[0], read_action(two)[0]), luck, NUMBERS)
    assert match.turn - vector["setup"]["turn"] == vector["turns"]
    return match


class Luck:
    """A guess: rolls and scatter for each collision in turn. Artifacts are those that the outcome shows."""

    def __init__(self, vector: dict[str, Any], rolls: Sequence[Rolls] = (), scatters: Sequence[Scatter] = ()) -> None:
        self._spawned = {one["spawn_turn"]: one for one in vector["after"]["artifacts"]}
        self._rolls, self._scatters = rolls, scatters
        self.rolled = 0
        self.offered: list[tuple[Position, ...]] = []

    def artifact(self, turn: int, room: Sequence[Position]) -> Any:
        spawned = self._spawned.get(turn)
        return (spawned["type"], tile(spawned["position"])) if spawned else None

    def rolls(self, turn: int, number: int, most: int) -> Rolls:
        self.rolled += 1
        return self._rolls[self.rolled - 1] if self.rolled <= len(self._rolls) else (0, 0)

    def scatter(self, turn: int, number: int, free: Sequence[Position]) -> Scatter:
        self.offered.append(tuple(free))
        index = len(self.offered) - 1
        return self._scatters[index] if index < len(self._scatters) else None


def all_luck(vector: dict[str, Any]) -> Iterator[Luck]:
    """Give every luck that could explain the outcome: first where everybody was thrown, then what they rolled."""
    for scatters in all_scatters(vector, ()):
        aimed = Luck(vector, scatters=scatters)
        if explains(seen(played(vector, aimed)), outcome(vector)):
            pairs = list(product(range(NUMBERS.collision_damage_max + 1), repeat=2))
            for rolls in product(pairs, repeat=aimed.rolled):
                yield Luck(vector, rolls, scatters)


def all_scatters(vector: dict[str, Any], begun: tuple[Scatter, ...]) -> Iterator[tuple[Scatter, ...]]:
    luck = Luck(vector, scatters=begun)
    played(vector, luck)
    if len(luck.offered) <= len(begun):
        yield begun
        return
    for pair in permutations(luck.offered[len(begun)], 2):
        yield from all_scatters(vector, (*begun, (pair[0], pair[1])))


def explains(view: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Say whether all that is left at the end stands where it should. Who dies of a roll is not known yet."""
    standing = [(owner, position) for owner, _, position, _ in view["m"]]
    return all(view[side][2] == expected[side][2] for side in SEAT_OF) and all(
        (owner, position) in standing for owner, _, position, _ in expected["m"]
    )
