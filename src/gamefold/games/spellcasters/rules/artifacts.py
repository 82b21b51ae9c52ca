"""Artifacts: how they appear, and what they give."""

from gamefold.games.spellcasters.balance import Numbers
from gamefold.games.spellcasters.rules.board import entities
from gamefold.games.spellcasters.rules.chance import Chance
from gamefold.games.spellcasters.rules.turn import Turn
from gamefold.games.spellcasters.state import SEATS, Artifact, Match, SeatNumber


def spawn_artifact(match: Match, chance: Chance, numbers: Numbers) -> Artifact | None:
    """Lay down the artifact of the turn that opens, if it is a turn for one and the board is not crowded."""
    turn = match.turn + 1
    if turn % numbers.artifact_spawn_rate:
        return None
    occupied = {entity.position for entity in entities(match)} | {artifact.position for artifact in match.artifacts}
    crowded = len(occupied) > numbers.artifact_occupied_tiles_max
    tiles = ((x, y) for x in range(match.board_size) for y in range(match.board_size))
    drawn = chance.artifact(turn, [] if crowded else [tile for tile in tiles if tile not in occupied])
    if drawn is None:
        return None
    artifact = Artifact(*drawn, spawn_turn=turn)
    match.artifacts.append(artifact)
    return artifact


def pick_up_artifacts(turn: Turn) -> None:
    """Let both wizards take what lies where they stand, player 1 first."""
    for seat in SEATS:
        pick_up(turn, seat)


def pick_up(turn: Turn, seat: SeatNumber) -> None:
    """Let a wizard take one artifact from its tile: the one that lies there longest."""
    wizard = turn.match.wizard(seat)
    artifact = next((one for one in turn.match.artifacts if one.position == wizard.position), None)
    if artifact is None:
        return
    turn.match.artifacts.remove(artifact)
    numbers = turn.numbers
    match artifact.type:
        case "health":
            wizard.hp = min(wizard.hp + numbers.artifact_health, numbers.hp_max)
        case "mana":
            wizard.mana = min(wizard.mana + numbers.artifact_mana, numbers.mana_max)
        case "cooldown":
            cool_down(wizard.cooldowns, numbers.artifact_cooldown)
    turn.tell(f"{wizard.name} picks up {artifact.type}")


def cool_down(cooldowns: dict[str, int], turns: int) -> None:
    """Take `turns` off every cooldown, down to 0."""
    for spell, remaining in cooldowns.items():
        if remaining:
            cooldowns[spell] = max(0, remaining - turns)
