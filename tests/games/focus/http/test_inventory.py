"""What a hero owns and wears."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gamefold.games.focus.balance import ITEMS
from tests.serving import eventually

from .office import MINUTE_MS, NOBODY, Office, Person, an_office, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOTS = ("hat", "outfit", "accessory")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rich(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Person, list[Any]]]:
    """Somebody who found a few things, and what they were told of each."""
    path = tmp_path_factory.mktemp("rich")
    shutil.copy(sqlite_template, path / "playground.db")
    # With fixed seeds and ids chance is the same every time; the first person finds enough.
    async with an_office(path, GAMEFOLD_SEED=7, SESSION_MIN_RATIO=0) as office:
        person, found = await office.person(), []
        task = await person.task(room="study_room")
        while len(found) < 6 or len({item["type"] for item in found}) < 3:
            told = await person.completes(await person.starts(90, task))
            found += [told["session"]["dropItem"]] if told["session"]["dropItem"] else []
        yield person, found


async def test_items_go_into_empty_slots_by_themselves(rich: tuple[Person, list[Any]]) -> None:
    me, found = rich
    first = {}
    for item in found:
        first.setdefault(item["type"], item["id"])
    told = await me.gets("/api/inventory")
    assert set(told) == {"items", "equipped", "availableDrops"}
    assert told["equipped"] == {f"{slot}Id": first[slot] for slot in SLOTS}
    assert (await me.gets("/api/profile"))["hero"]["equipped"] == told["equipped"]


async def test_the_inventory_shows_what_is_owned_and_what_could_drop(rich: tuple[Person, list[Any]]) -> None:
    me, found = rich
    told = await me.gets("/api/inventory")
    assert {item["id"] for item in told["items"]} == {item["id"] for item in found}
    for item in told["items"]:
        assert set(item) == {"id", "name", "type", "rarity", "spriteKey", "obtainedAt"}
    level = (await me.gets("/api/profile"))["hero"]["level"]
    could = {item["id"] for item in told["availableDrops"]}
    owned = {item["id"] for item in found}
    assert could == {item.id for item in ITEMS.values() if item.id not in owned and item.unlock_level <= level}
    for item in told["availableDrops"]:
        assert set(item) == {"id", "name", "type", "rarity", "spriteKey", "unlockLevel", "roomAffinity", "featured"}
        assert isinstance(item["featured"], bool)
    featured = [item["featured"] for item in told["availableDrops"]]
    assert featured == sorted(featured, reverse=True)


async def test_an_item_goes_into_the_slot_of_its_type(rich: tuple[Person, list[Any]]) -> None:
    me, found = rich
    for item in found:
        told = await me.posts("/api/inventory/equip", {"itemId": item["id"]})
        assert set(told) == {"level", "exp", "expToNext", "gold", "equipped"}
        assert told["equipped"][f"{item['type']}Id"] == item["id"]
        assert await me.posts("/api/inventory/equip", {"itemId": item["id"].upper()}) == told


async def test_a_slot_can_be_emptied_and_filled_again(rich: tuple[Person, list[Any]]) -> None:
    me, found = rich
    item = found[0]
    for _ in range(2):
        told = await me.posts("/api/inventory/unequip", {"slot": item["type"]})
        assert told["equipped"][f"{item['type']}Id"] is None
    told = await me.posts("/api/inventory/equip", {"itemId": item["id"]})
    assert (await me.gets("/api/inventory"))["equipped"] == told["equipped"]


async def test_an_item_that_is_not_owned_and_none_get_the_same_409(rich: tuple[Person, list[Any]]) -> None:
    me, found = rich
    other = await me.office.person()
    before = await me.gets("/api/inventory")
    foreign = next(item for item in ITEMS if item not in {one["id"] for one in found})
    answers = [await me.asks("POST", "/api/inventory/equip", {"itemId": item}) for item in (foreign, NOBODY)]
    refused(answers[0], 409, "ITEM_NOT_OWNED")
    assert answers[0].json() == answers[1].json()
    theirs = await other.asks("POST", "/api/inventory/equip", {"itemId": found[0]["id"]})
    refused(theirs, 409, "ITEM_NOT_OWNED")
    assert await me.gets("/api/inventory") == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("equip", {}),
        *(("equip", {"itemId": value}) for value in ("x", "", None, 5, [NOBODY], NOBODY[:-1])),
        ("equip", {"itemId": NOBODY, "slot": "hat"}),
        *(("unequip", {"slot": value}) for value in ("x", "", "Hat", None, 5, ["hat"])),
        ("unequip", {}),
        ("unequip", {"slot": "hat", "itemId": NOBODY}),
    ],
)
async def test_what_is_not_of_the_asked_form_is_422(office: Office, me: Person, path: str, body: Any) -> None:
    refused(await me.asks("POST", f"/api/inventory/{path}", body), 422, "INVALID_REQUEST")


async def test_a_new_hero_owns_and_wears_nothing(me: Person) -> None:
    told = await me.gets("/api/inventory")
    assert told["items"] == []
    assert set(told["equipped"].values()) == {None}
    assert good(await me.asks("POST", "/api/inventory/unequip", {"slot": "hat"}))["equipped"] == told["equipped"]


async def test_the_window_of_featured_items_changes_with_the_day(office: Office, me: Person) -> None:
    windows = set()

    async def another() -> bool:
        drops = (await me.gets("/api/inventory"))["availableDrops"]
        windows.add(tuple(item["id"] for item in drops if item["featured"]))
        return len(windows - {()}) >= 2

    # A new hero sees only what is of level 1, so two days can look the same.
    for _ in range(5):
        office.clock.advance(24 * 60 * MINUTE_MS)
        with contextlib.suppress(TimeoutError):
            await eventually(another, seconds=2)
    assert len(windows - {()}) >= 2
