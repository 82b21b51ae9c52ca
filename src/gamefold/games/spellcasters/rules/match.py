"""A match as a sequence of turns, without clock or journal: begin, then open and resolve one turn after the other.

Opening a turn comes before its actions, because both players see the artifact that appears with it:

    match = begin_match(spec, numbers)
    while match.status == "running":
        open_turn(match, chance, numbers)
        report = resolve_turn(match, (action_1, action_2), chance, numbers)
"""

from typing import Final

from gamefold.games.spellcasters.balance import Numbers
from gamefold.games.spellcasters.intents import MatchSpec
from gamefold.games.spellcasters.rules.artifacts import cool_down, pick_up_artifacts, spawn_artifact
from gamefold.games.spellcasters.rules.chance import Chance
from gamefold.games.spellcasters.rules.minions import act_minions
from gamefold.games.spellcasters.rules.movement import move_wizards
from gamefold.games.spellcasters.rules.spells import cast_spells
from gamefold.games.spellcasters.rules.turn import Actions, Turn, TurnReport
from gamefold.games.spellcasters.state import Artifact, Match, Position, Wizard


def begin_match(spec: MatchSpec, numbers: Numbers) -> Match:
    """Set up the board of turn 0: the wizards in opposite corners, at full strength."""
    far = numbers.board_size - 1
    # Minions tell their owner by the wizard's name, so two of one name must be told apart.
    second_name = spec.p2.name if spec.p2.name != spec.p1.name else f"{spec.p2.name}_2"
    return Match(
        seats=(spec.p1, spec.p2),
        wizards=(_wizard(spec.p1.name, (0, 0), numbers), _wizard(second_name, (far, far), numbers)),
        board_size=numbers.board_size,
        tick_delay_ms=spec.tick_delay_ms,
        turn_timeout_ms=spec.turn_timeout_ms,
        turns_max=spec.turns_max,
    )


def open_turn(match: Match, chance: Chance, numbers: Numbers) -> Artifact | None:
    """Open the next turn: its artifact, if it brings one, lies there before anybody decides."""
    return spawn_artifact(match, chance, numbers)


def resolve_turn(match: Match, actions: Actions, chance: Chance, numbers: Numbers) -> TurnReport:
    """Play the open turn with these actions (None: no action) and judge it."""
    match.turn += 1
    artifact = next((one for one in match.artifacts if one.spawn_turn == match.turn), None)
    turn = Turn(match, match.turn, actions, chance, numbers)
    for stage in STAGES:
        stage(turn)
    return TurnReport(turn.lines, turn.collisions, artifact)


def regenerate(turn: Turn) -> None:
    """Give both wizards mana and cool their spells down."""
    for wizard in turn.match.wizards:
        wizard.mana = min(wizard.mana + turn.numbers.mana_regen, turn.numbers.mana_max)
        cool_down(wizard.cooldowns, 1)


def judge(turn: Turn) -> None:
    """End the match when a wizard has fallen or the last turn is played. Two that fall together draw."""
    match = turn.match
    one_fell, two_fell = (wizard.hp <= 0 for wizard in match.wizards)
    if one_fell or two_fell or match.turn >= match.turns_max:
        match.status = "completed"
    if one_fell != two_fell:
        match.winner = 2 if one_fell else 1


STAGES: Final = (move_wizards, pick_up_artifacts, cast_spells, act_minions, regenerate, judge)


def _wizard(name: str, position: Position, numbers: Numbers) -> Wizard:
    return Wizard(
        name=name,
        hp=numbers.hp_max,
        mana=numbers.mana_max,
        position=position,
        cooldowns=dict.fromkeys(numbers.spell_cost, 0),
    )
