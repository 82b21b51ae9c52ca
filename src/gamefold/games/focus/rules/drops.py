"""Chance: whether a session drops something, and what.

One stream per session, drawn from in this order: the roll, the rarity, the item.
"""

from gamefold.engine.rng import Rng
from gamefold.games.focus.balance import FULL_BP, ITEMS, RARITIES, Item, Numbers, Room
from gamefold.games.focus.events import Drop
from gamefold.games.focus.state import Save


def eligible_items(save: Save, room: Room) -> list[Item]:
    """Give what this hero can still find in a room, by id."""
    owned = set(save.owned)
    return [
        item
        for item in ITEMS.values()
        if item.id not in owned and item.unlock_level <= save.hero.level and item.room_affinity in (None, room)
    ]


def draw_drop(save: Save, room: Room, rng: Rng, numbers: Numbers) -> Drop:
    """Draw what a session drops: nothing, by chance or because nothing is left, or one item."""
    eligible = eligible_items(save, room)
    roll = rng.below(FULL_BP)
    if roll >= numbers.drop_chance_bp or not eligible:
        return Drop(roll, numbers.drop_chance_bp, len(eligible))

    present = [rarity for rarity in RARITIES if any(item.rarity == rarity for item in eligible)]
    rarity = rng.weighted(present, [numbers.rarity_weight[rarity] for rarity in present])
    item = rng.choice([item for item in eligible if item.rarity == rarity])
    return Drop(roll, numbers.drop_chance_bp, len(eligible), rarity, item.id)
