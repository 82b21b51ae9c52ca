"""Section 4.3: one session in ten drops something; what, is weighted by rarity among what is eligible."""

from collections import Counter
from math import sqrt

import msgspec
import pytest

from gamefold.engine.rng import Rng
from gamefold.games.focus.balance import ITEMS, NUMBERS, RARITIES, ROOMS, SLOTS, Item
from gamefold.games.focus.events import Drop, ItemAwarded, ItemEquipped, SessionCompleted
from gamefold.games.focus.intents import CompleteSession
from gamefold.games.focus.rules import RULESET
from gamefold.games.focus.rules.drops import draw_drop, eligible_items
from gamefold.games.focus.state import DAY_MS
from gamefold.testkit.play import SEED, play

from .builders import LUCKY, NOON_MS, UNLUCKY, Player, a_hero, a_save, a_session, an_id, item_called

SESSIONS = 100_000


def within_4_sigma(count: int, of: int, share: float) -> bool:
    return abs(count - of * share) <= 4 * sqrt(of * share * (1 - share))


# -- the catalogue ----------------------------------------------------------------------------------------------


def test_the_catalogue_covers_types_rarities_rooms_and_levels() -> None:
    assert len(ITEMS) >= 36
    assert {(item.type, item.rarity, item.room_affinity) for item in ITEMS.values()} == {
        (slot, rarity, room) for slot in SLOTS for rarity in RARITIES for room in (*ROOMS, None)
    }
    assert {item.unlock_level for item in ITEMS.values()} == set(range(1, 11))
    assert (
        len({item.sprite_key for item in ITEMS.values()}) == len({item.name for item in ITEMS.values()}) == len(ITEMS)
    )
    cap = item_called("Study Cap")
    assert (cap.type, cap.rarity, cap.sprite_key) == ("hat", "rare", "hat_study_cap")


@pytest.mark.parametrize("room", ROOMS)
def test_a_new_hero_can_find_something_in_every_room(room: str) -> None:
    assert eligible_items(a_save(), room)  # type: ignore[arg-type]


# -- eligibility ------------------------------------------------------------------------------------------------


def test_eligible_is_what_is_not_owned_unlocked_and_of_the_room_or_of_any() -> None:
    owned = item_called("Reading Beret").id
    found = eligible_items(a_save(hero=a_hero(3), owned=[owned]), "study_room")

    def may_drop(item: Item) -> bool:
        return item.id != owned and item.unlock_level <= 3 and item.room_affinity in {None, "study_room"}

    assert found == [item for item in ITEMS.values() if may_drop(item)]
    assert [item.id for item in found] == sorted(item.id for item in found)


def test_the_level_after_the_level_up_decides() -> None:
    found = set()
    for number in range(200):
        save = a_save(hero=a_hero(9, 850), s1=a_session(25))
        seed = number.to_bytes(32, "big")
        (completed, *_) = play(LUCKY, save, CompleteSession(an_id(1)), now_ms=NOON_MS + 1_500_000, seed=seed)
        assert isinstance(completed, SessionCompleted)
        assert completed.hero.level == 10
        found.add(completed.drop.item_id)
    assert any(ITEMS[item].unlock_level == 10 for item in found if item)


def test_who_owns_everything_finds_nothing() -> None:
    save = a_save(hero=a_hero(10), owned=ITEMS, s1=a_session(25))
    (completed,) = play(LUCKY, save, CompleteSession(an_id(1)), now_ms=NOON_MS + 1_500_000)
    assert isinstance(completed, SessionCompleted)
    assert (completed.drop.item_id, completed.drop.rarity, completed.drop.eligible) == (None, None, 0)


def test_a_wardrobe_fills_until_nothing_is_left_and_never_twice() -> None:
    player = Player(LUCKY)
    for number in range(60):
        player.focus(90, ROOMS[number % 3])
        player.wait(DAY_MS // 24)
    awarded = [event.item_id for event in player.events if isinstance(event, ItemAwarded)]
    assert sorted(awarded) == sorted(ITEMS) == player.state.owned
    assert player.focus(90).drop.item_id is None


# -- chance -----------------------------------------------------------------------------------------------------


def test_what_a_session_drops_is_keyed_by_the_world_s_seed_and_the_session() -> None:
    save = a_save(hero=a_hero(10), s7=a_session(50))
    expected = draw_drop(save, "study_room", Rng(SEED, "world", "drop", an_id(7)), NUMBERS)
    early = a_save(hero=a_hero(10), s7=a_session(50))
    (first, *_) = play(RULESET, save, CompleteSession(an_id(7)), now_ms=NOON_MS + 2_400_000)
    (second, *_) = play(RULESET, early, CompleteSession(an_id(7)), now_ms=NOON_MS + 3_600_000)
    assert first.drop == second.drop == expected  # type: ignore[attr-defined]


def test_the_event_shows_what_was_drawn() -> None:
    save = a_save(hero=a_hero(10))
    drop = draw_drop(save, "build_room", Rng(SEED, "world", "drop", "x"), LUCKY_NUMBERS)
    rng = Rng(SEED, "world", "drop", "x")
    roll = rng.below(10_000)
    eligible = eligible_items(save, "build_room")
    rarity = rng.weighted(["common", "rare", "epic"], [75, 20, 5])
    item = rng.choice([item for item in eligible if item.rarity == rarity])
    assert drop == Drop(roll, 10_000, len(eligible), rarity, item.id)  # type: ignore[arg-type]


LUCKY_NUMBERS = msgspec.structs.replace(NUMBERS, drop_chance_bp=10_000)


def test_one_session_in_ten_drops_and_rarities_come_75_20_5() -> None:
    save = a_save(hero=a_hero(10))
    drops = [draw_drop(save, "study_room", Rng(SEED, "world", "drop", an_id(n)), NUMBERS) for n in range(SESSIONS)]
    dropped = [drop for drop in drops if drop.item_id is not None]
    assert within_4_sigma(len(dropped), SESSIONS, 0.10)
    assert all((drop.roll < 1_000) == (drop.item_id is not None) for drop in drops)
    rarities = Counter(drop.rarity for drop in dropped)
    for rarity, share in {"common": 0.75, "rare": 0.20, "epic": 0.05}.items():
        assert within_4_sigma(rarities[rarity], len(dropped), share), (rarity, rarities)  # type: ignore[index]
    # Within a rarity every item is as likely as any other.
    items = Counter(drop.item_id for drop in dropped)
    for rarity in RARITIES:
        alike = [item.id for item in eligible_items(save, "study_room") if item.rarity == rarity]
        assert all(within_4_sigma(items[one], rarities[rarity], 1 / len(alike)) for one in alike)


def test_rarities_that_have_nothing_left_leave_their_share_to_the_others() -> None:
    commons = [item.id for item in ITEMS.values() if item.rarity == "common"]
    save = a_save(hero=a_hero(10), owned=commons)
    drops = [draw_drop(save, "study_room", Rng(SEED, "d", n), LUCKY_NUMBERS) for n in range(20_000)]
    rarities = Counter(drop.rarity for drop in drops)
    assert rarities["common"] == 0
    assert within_4_sigma(rarities["rare"], 20_000, 20 / 25)
    assert within_4_sigma(rarities["epic"], 20_000, 5 / 25)


# -- where a drop goes ------------------------------------------------------------------------------------------


def drop_of(**options: object) -> tuple[list, str]:
    """Complete a session that can only drop the Aurora Cloak."""
    cloak = item_called("Aurora Cloak").id
    save = a_save(hero=options.pop("hero", a_hero(10)), owned=ITEMS.keys() - {cloak}, s1=a_session(25))  # type: ignore[arg-type]
    save.auto_equip = bool(options.pop("auto_equip", True))
    return play(LUCKY, save, CompleteSession(an_id(1)), now_ms=NOON_MS + 1_500_000), cloak


def test_a_drop_is_awarded_and_put_on_where_its_slot_is_empty() -> None:
    (completed, awarded, equipped), cloak = drop_of()
    assert completed.drop.item_id == cloak
    assert completed.hero.equipped.outfit == cloak
    assert awarded == ItemAwarded(cloak, an_id(1), "epic")
    assert equipped == ItemEquipped("outfit", cloak, automatic=True)


def test_a_drop_does_not_replace_what_is_worn() -> None:
    hoodie = item_called("Plain Hoodie").id
    (completed, awarded), cloak = drop_of(hero=a_hero(10, outfit=hoodie))
    assert awarded.item_id == cloak
    assert completed.hero.equipped.outfit == hoodie


def test_who_opted_out_dresses_by_hand() -> None:
    (completed, _awarded), _ = drop_of(auto_equip=False)
    assert completed.hero.equipped.outfit is None


def test_without_luck_nothing_drops() -> None:
    player = Player(UNLUCKY)
    assert all(player.focus().drop.item_id is None for _ in range(50))
    assert player.state.owned == []
