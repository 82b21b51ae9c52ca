"""Spells: what casting takes, and what each spell does.

A spell that may not be cast costs nothing. One that may be cast is charged first, even if it then fizzles;
only melee looks whether its tile is in reach before it is charged.
"""

from collections.abc import Callable, Mapping
from typing import Final

from gamefold.games.spellcasters.intents import TARGETED_SPELLS
from gamefold.games.spellcasters.rules.artifacts import pick_up
from gamefold.games.spellcasters.rules.board import (
    Entity,
    chebyshev,
    entities,
    free_tiles_around,
    manhattan,
    neighbours,
    on_board,
)
from gamefold.games.spellcasters.rules.turn import Turn, name_of
from gamefold.games.spellcasters.state import SEATS, Minion, Position, SeatNumber, SpellCast, Wizard


def cast_spells(turn: Turn) -> None:
    """Let player 1 cast, then player 2 on the board player 1 left. After a wizard collision nobody casts."""
    for seat in SEATS:
        action = turn.actions[seat - 1]
        if action is None or action.spell is None:
            continue
        if turn.wizards_collided:
            turn.tell(f"{turn.match.wizard(seat).name} loses {action.spell.name} to the collision")
        else:
            cast(turn, seat, action.spell)


def cast(turn: Turn, seat: SeatNumber, spell: SpellCast) -> None:
    """Cast one spell: ask whether it may be cast, charge it, let it work."""
    wizard = turn.match.wizard(seat)
    if reason := _refusal(turn, wizard, spell):
        turn.tell(f"{wizard.name} cannot cast {spell.name}: {reason}")
        return

    wizard.mana -= turn.numbers.spell_cost[spell.name]
    wizard.cooldowns[spell.name] = turn.numbers.spell_cooldown[spell.name]
    if spell.target is not None and spell.name in TARGETED_SPELLS:
        TARGETED_EFFECTS[spell.name](turn, seat, spell.target)
    else:
        EFFECTS[spell.name](turn, seat)


def _refusal(turn: Turn, wizard: Wizard, spell: SpellCast) -> str | None:
    if spell.name not in turn.numbers.spell_cost:
        return "unknown spell"
    if spell.name in TARGETED_SPELLS and spell.target is None:
        return "no target"
    if wizard.cooldowns[spell.name] > 0:
        return f"ready in {wizard.cooldowns[spell.name]}"
    if wizard.mana < turn.numbers.spell_cost[spell.name]:
        return "too little mana"
    if spell.name == "melee_attack" and spell.target is not None:
        reach = manhattan(wizard.position, spell.target)
        if not 1 <= reach <= turn.numbers.melee_range:
            return "out of reach"
    return None


def _fireball(turn: Turn, seat: SeatNumber, target: Position) -> None:
    wizard = turn.match.wizard(seat)
    if chebyshev(wizard.position, target) > turn.numbers.fireball_range:
        turn.tell(f"{wizard.name}'s fireball falls short")
        return
    victim = _entity_at(turn, target)
    if victim is None:
        _splash(turn, seat, target)
        return
    damage = turn.numbers.fireball_damage
    if isinstance(victim, Wizard) and victim.shield_active:
        victim.shield_active = False
        damage = max(0, damage - turn.numbers.shield_block)
    turn.tell(f"{wizard.name}'s fireball hits {name_of(victim)} for {damage}")
    turn.hurt(victim, damage, by=seat)


def _splash(turn: Turn, seat: SeatNumber, target: Position) -> None:
    damage = turn.numbers.fireball_splash_damage
    for tile in neighbours(target):
        # One entity on each tile, as with a direct hit: a wizard covers the minion that shares its tile.
        enemy = _entity_at(turn, tile)
        if enemy is None or turn.seat_of(enemy) == seat or (isinstance(enemy, Wizard) and enemy.shield_active):
            continue
        turn.tell(f"{turn.match.wizard(seat).name}'s fireball singes {name_of(enemy)} for {damage}")
        turn.hurt(enemy, damage, by=seat)


def _melee_attack(turn: Turn, seat: SeatNumber, target: Position) -> None:
    victim = _entity_at(turn, target)
    if victim is not None:
        turn.tell(f"{turn.match.wizard(seat).name} strikes {name_of(victim)} for {turn.numbers.melee_damage}")
        turn.hurt(victim, turn.numbers.melee_damage, by=seat)


def _teleport(turn: Turn, seat: SeatNumber, target: Position) -> None:
    wizard = turn.match.wizard(seat)
    if not on_board(target, turn.match.board_size):
        turn.tell(f"{wizard.name} finds no such place to go")
        return
    wizard.position = target
    turn.tell(f"{wizard.name} appears at [{target[0]}, {target[1]}]")
    pick_up(turn, seat)


def _blink(turn: Turn, seat: SeatNumber, target: Position) -> None:
    wizard = turn.match.wizard(seat)
    if chebyshev(wizard.position, target) > turn.numbers.blink_distance:
        turn.tell(f"{wizard.name}'s blink does not reach")
        return
    _teleport(turn, seat, target)


def _shield(turn: Turn, seat: SeatNumber) -> None:
    wizard = turn.match.wizard(seat)
    wizard.shield_active = True
    turn.tell(f"{wizard.name} raises a shield")


def _heal(turn: Turn, seat: SeatNumber) -> None:
    wizard = turn.match.wizard(seat)
    wizard.hp = min(wizard.hp + turn.numbers.heal_hp, turn.numbers.hp_max)
    turn.tell(f"{wizard.name} heals to {wizard.hp} HP")


def _summon(turn: Turn, seat: SeatNumber) -> None:
    wizard, minions = turn.match.wizard(seat), turn.match.minions
    room = free_tiles_around(turn.match, wizard.position)
    if any(minion.seat == seat for minion in minions) or not room:
        turn.tell(f"{wizard.name}'s summons goes unheard")
        return
    wizard.minions_summoned += 1
    minion = Minion(f"{wizard.name}-{wizard.minions_summoned}", seat, turn.numbers.minion_hp, room[0])
    minions.append(minion)
    turn.tell(f"{wizard.name} summons {minion.id}")


def _entity_at(turn: Turn, tile: Position) -> Entity | None:
    """Give the one that a hit on `tile` finds: a wizard before a minion, an older minion before a younger one."""
    return next((entity for entity in entities(turn.match) if entity.position == tile), None)


TARGETED_EFFECTS: Final[Mapping[str, Callable[[Turn, SeatNumber, Position], None]]] = {
    "fireball": _fireball,
    "teleport": _teleport,
    "blink": _blink,
    "melee_attack": _melee_attack,
}
EFFECTS: Final[Mapping[str, Callable[[Turn, SeatNumber], None]]] = {
    "shield": _shield,
    "heal": _heal,
    "summon": _summon,
}
