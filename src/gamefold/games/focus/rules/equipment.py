"""What a hero owns and wears."""

from bisect import insort
from collections.abc import Iterator

from msgspec.structs import replace

from gamefold.engine.ruleset import Context, Event, Rejected
from gamefold.games.focus.balance import ITEMS, Item, Slot
from gamefold.games.focus.events import AutoEquipSet, ItemAwarded, ItemEquipped, ItemUnequipped
from gamefold.games.focus.intents import ITEM_NOT_OWNED, EquipItem, SetAutoEquip, UnequipSlot
from gamefold.games.focus.state import Id, Save


def award_item(save: Save, item: Item, session_id: Id) -> Iterator[Event]:
    """Put a dropped item into the inventory, and on if its slot is empty."""
    insort(save.owned, item.id)
    yield ItemAwarded(item.id, session_id, item.rarity)
    if save.auto_equip and save.hero.equipped.item_in(item.type) is None:
        _wear(save, item.type, item.id)
        yield ItemEquipped(item.type, item.id, automatic=True)


def equip_item(save: Save, intent: EquipItem, _ctx: Context) -> Iterator[Event]:
    """Wear an item instead of what its slot held."""
    if intent.item_id not in save.owned:
        raise Rejected(ITEM_NOT_OWNED, "This item is not in the inventory.")
    slot = ITEMS[intent.item_id].type
    if save.hero.equipped.item_in(slot) == intent.item_id:
        return

    _wear(save, slot, intent.item_id)
    yield ItemEquipped(slot, intent.item_id)


def unequip_slot(save: Save, intent: UnequipSlot, _ctx: Context) -> Iterator[Event]:
    """Take off what a slot holds."""
    worn = save.hero.equipped.item_in(intent.slot)
    if worn is None:
        return

    _wear(save, intent.slot, None)
    yield ItemUnequipped(intent.slot, worn)


def set_auto_equip(save: Save, intent: SetAutoEquip, _ctx: Context) -> Iterator[Event]:
    """Remember what the player wants."""
    if save.auto_equip == intent.enabled:
        return

    save.auto_equip = intent.enabled
    yield AutoEquipSet(intent.enabled)


def _wear(save: Save, slot: Slot, item_id: Id | None) -> None:
    save.hero = replace(save.hero, equipped=replace(save.hero.equipped, **{slot: item_id}))
