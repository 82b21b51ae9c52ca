"""Minions: each walks toward the nearest enemy and strikes it, in the order of their summoning."""

from gamefold.games.spellcasters.rules.board import Entity, king_step, manhattan
from gamefold.games.spellcasters.rules.collision import collide
from gamefold.games.spellcasters.rules.turn import Turn, is_gone, name_of
from gamefold.games.spellcasters.state import Match, Minion, Position


def act_minions(turn: Turn) -> None:
    """Let every living minion act once; one that was summoned this turn only gets ready."""
    moved: dict[Position, Minion] = {}
    for minion in list(turn.match.minions):
        if is_gone(minion):
            continue  # killed by one that acted before it
        if not minion.ready:
            minion.ready = True
            continue
        target = _nearest_enemy(turn.match, minion)
        if manhattan(minion.position, target.position) > 1:
            _walk(turn, minion, target, moved)
        # The walk may have been a collision that killed either of them.
        if is_gone(minion) or is_gone(target) or manhattan(minion.position, target.position) > 1:
            continue
        turn.tell(f"{minion.id} strikes {name_of(target)} for {turn.numbers.minion_damage}")
        turn.hurt(target, turn.numbers.minion_damage, by=minion.seat)


def _nearest_enemy(match: Match, minion: Minion) -> Entity:
    wizard = match.enemy(minion.seat)
    enemies: list[Entity] = [wizard, *(other for other in match.minions if other.seat != minion.seat)]
    return min(enemies, key=lambda enemy: manhattan(minion.position, enemy.position))  # the first one wins ties


def _walk(turn: Turn, minion: Minion, target: Entity, moved: dict[Position, Minion]) -> None:
    tile = king_step(minion.position, target.position)
    in_the_way = _in_the_way(turn.match, tile, moved)
    if in_the_way is not None:
        collide(turn, minion, in_the_way, tile)
        return
    minion.position = tile
    moved[tile] = minion


def _in_the_way(match: Match, tile: Position, moved: dict[Position, Minion]) -> Entity | None:
    """Give who makes a step onto `tile` a collision: one that walked there this turn, or a wizard of either side."""
    if tile in moved:
        return moved[tile]
    return next((wizard for wizard in match.wizards if wizard.position == tile), None)
