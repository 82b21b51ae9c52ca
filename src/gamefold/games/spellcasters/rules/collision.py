"""Collisions: two on one tile hurt each other and are thrown apart."""

from gamefold.games.spellcasters.events import Collision
from gamefold.games.spellcasters.rules.board import Entity, free_tiles_around
from gamefold.games.spellcasters.rules.turn import Turn, name_of
from gamefold.games.spellcasters.state import Minion, Position, Wizard


def collide(turn: Turn, first: Entity, second: Entity, tile: Position) -> None:
    """Let two meet on `tile`: each takes its own roll, then both are scattered around the tile if there is room."""
    number = len(turn.collisions)
    rolls = turn.chance.rolls(turn.number, number, turn.numbers.collision_damage_max)
    turn.tell(f"{name_of(first)} and {name_of(second)} collide at [{tile[0]}, {tile[1]}]")
    # Both leave where they stood, so that is room for the other. A minion that this kills is thrown all the same:
    # otherwise the survivor's tile would depend on the other's roll.
    free = free_tiles_around(turn.match, tile, first, second)
    scatter = turn.chance.scatter(turn.number, number, free)
    if scatter is not None:
        first.position, second.position = scatter
    turn.collisions.append(Collision(_label(turn, first), _label(turn, second), tile, rolls, scatter))
    _bump(turn, first, rolls[0])
    _bump(turn, second, rolls[1])


def _bump(turn: Turn, entity: Entity, damage: int) -> None:
    if isinstance(entity, Wizard) and entity.shield_active:
        entity.shield_active = False
        turn.tell(f"{entity.name}'s shield takes the blow")
    else:
        turn.hurt(entity, damage)


def _label(turn: Turn, entity: Entity) -> str:
    seat = f"p{turn.seat_of(entity)}"
    return f"minion:{seat}" if isinstance(entity, Minion) else seat
