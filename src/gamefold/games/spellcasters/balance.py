"""The numbers of Spellcasters: the sheet, its typed view for rules, and the constants that bots are written to.

Rules read `Numbers` of the values their world began with. The constants are the sheet's values under the names
participants import; a bot that was written to them keeps working whatever a live change does to one world.
"""

from pathlib import Path
from typing import Final

import msgspec

from gamefold.engine.balance import BalanceSheet, Values


class Numbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sheet's values as rules read them, one field for each number."""

    board_size: int
    hp_max: int
    mana_max: int
    mana_regen: int
    collision_damage_max: int
    artifact_spawn_rate: int
    artifact_occupied_tiles_max: int
    artifact_health: int
    artifact_mana: int
    artifact_cooldown: int
    spell_cost: dict[str, int]
    spell_cooldown: dict[str, int]
    fireball_damage: int
    fireball_range: int
    fireball_splash_damage: int
    shield_block: int
    heal_hp: int
    blink_distance: int
    melee_damage: int
    melee_range: int
    minion_hp: int
    minion_damage: int


def numbers_of(values: Values) -> Numbers:
    """Give the typed view of a world's balance values."""
    return msgspec.convert(values, Numbers)


SHEET: Final = BalanceSheet.read(Path(__file__).with_name("balance.json"))
NUMBERS: Final = numbers_of(SHEET.values())

BOARD_SIZE: Final = NUMBERS.board_size
MAX_HP: Final = NUMBERS.hp_max
MAX_MANA: Final = NUMBERS.mana_max
MANA_REGEN: Final = NUMBERS.mana_regen
MELEE_DAMAGE: Final = NUMBERS.collision_damage_max  # participants know the collision roll's upper bound by this name
ARTIFACT_SPAWN_RATE: Final = NUMBERS.artifact_spawn_rate
FIREBALL_SPLASH_DAMAGE: Final = NUMBERS.fireball_splash_damage

# (dx, dy) with dx outermost, the tile itself included: the order in which a summoned minion looks for room.
DIRECTIONS: Final[list[tuple[int, int]]] = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]

_EXTRAS: Final[dict[str, dict[str, int]]] = {
    "fireball": {"damage": NUMBERS.fireball_damage, "range": NUMBERS.fireball_range},
    "shield": {"block": NUMBERS.shield_block},
    "heal": {"heal": NUMBERS.heal_hp},
    "blink": {"distance": NUMBERS.blink_distance},
    "melee_attack": {"damage": NUMBERS.melee_damage, "range": NUMBERS.melee_range},
}

SPELLS: Final[dict[str, dict[str, int]]] = {
    name: {"cost": cost, "cooldown": NUMBERS.spell_cooldown[name], **_EXTRAS.get(name, {})}
    for name, cost in NUMBERS.spell_cost.items()
}
