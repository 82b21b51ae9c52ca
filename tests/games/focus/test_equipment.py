"""Section 4.4: what may be worn."""

import pytest

from gamefold.engine.world import INTENT_INVALID
from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.events import AutoEquipSet, ItemEquipped, ItemUnequipped
from gamefold.games.focus.intents import ITEM_NOT_OWNED, EquipItem, SetAutoEquip, UnequipSlot
from gamefold.games.focus.rules import RULESET
from gamefold.testkit.play import play, play_refused

from .builders import a_hero, a_save, an_id, item_called

BERET, CAP = item_called("Reading Beret").id, item_called("Study Cap").id


def test_an_item_that_is_not_owned_cannot_be_worn() -> None:
    assert play_refused(RULESET, a_save(owned=[BERET]), EquipItem(CAP)).code == ITEM_NOT_OWNED


def test_an_item_that_does_not_exist_looks_the_same() -> None:
    assert play_refused(RULESET, a_save(owned=[BERET]), EquipItem(an_id(1))).code == ITEM_NOT_OWNED


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.sprite_key)
def test_an_item_goes_into_the_slot_of_its_type(item: object) -> None:
    save = a_save(owned=ITEMS)
    assert play(RULESET, save, EquipItem(item.id)) == [ItemEquipped(item.type, item.id)]  # type: ignore[attr-defined]
    worn = save.hero.equipped
    assert worn.item_in(item.type) == item.id  # type: ignore[attr-defined]
    assert [worn.hat, worn.outfit, worn.accessory].count(None) == 2


def test_another_item_replaces_the_one_worn_and_the_same_one_changes_nothing() -> None:
    save = a_save(owned=[BERET, CAP])
    play(RULESET, save, EquipItem(BERET))
    assert play(RULESET, save, EquipItem(CAP)) == [ItemEquipped("hat", CAP)]
    assert play(RULESET, save, EquipItem(CAP)) == []
    assert save.owned == sorted([BERET, CAP])


def test_a_slot_is_emptied_once() -> None:
    save = a_save(hero=a_hero(hat=CAP), owned=[CAP])
    assert play(RULESET, save, UnequipSlot("hat")) == [ItemUnequipped("hat", CAP)]
    assert play(RULESET, save, UnequipSlot("hat")) == []
    assert save.hero.equipped.hat is None


def test_there_are_three_slots() -> None:
    assert play_refused(RULESET, a_save(), UnequipSlot("pet")).code == INTENT_INVALID  # type: ignore[arg-type]


def test_auto_equip_is_the_player_s_choice() -> None:
    save = a_save()
    assert save.auto_equip
    assert play(RULESET, save, SetAutoEquip(enabled=False)) == [AutoEquipSet(enabled=False)]
    assert play(RULESET, save, SetAutoEquip(enabled=False)) == []
