"""The numbers of Focus and its catalogue of items.

The sheet's values enter a world with its first entry. The catalogue is a part of the rules: another catalogue is
another version of them, because what can drop decides what does.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from gamefold.engine.balance import BalanceSheet, Values

Room = Literal["study_room", "build_room", "training_room"]
Slot = Literal["hat", "outfit", "accessory"]  # a slot holds items of the type of the same name
Rarity = Literal["common", "rare", "epic"]

ROOMS: Final[tuple[Room, ...]] = ("study_room", "build_room", "training_room")
SLOTS: Final[tuple[Slot, ...]] = ("hat", "outfit", "accessory")
RARITIES: Final[tuple[Rarity, ...]] = ("common", "rare", "epic")
# Not in the sheet: the tables check for exactly these three.
DURATIONS_MINUTES: Final = (25, 50, 90)
FULL_BP: Final = 10_000  # basis points in a whole


class Numbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sheet's values as rules read them, one field for each number."""

    session_min_ratio_bp: int
    timeout_grace_minutes: int
    open_sessions_max: int
    exp_per_minute: int
    gold_per_minute: int
    exp_per_level: int
    drop_chance_bp: int
    rarity_weight: dict[str, int]
    room_upgrade_sessions: dict[str, int]
    sessions_remembered_max: int


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One cosmetic. `room_affinity` is the only room it drops in; None drops in any."""

    id: str
    name: str
    type: Slot
    rarity: Rarity
    sprite_key: str
    unlock_level: int
    room_affinity: Room | None


def numbers_of(values: Values) -> Numbers:
    """Give the typed view of a world's balance values."""
    return msgspec.convert(values, Numbers)


def sheet_with(changes: Mapping[str, int]) -> BalanceSheet:
    """Give the sheet with other values, as a server's settings want them for new worlds.

    Raises Rejected BALANCE_UNKNOWN or BALANCE_OUT_OF_BOUNDS.
    """
    SHEET.check(changes)
    changed = {name: msgspec.structs.replace(SHEET.numbers[name], value=value) for name, value in changes.items()}
    return BalanceSheet(SHEET.numbers | changed)


def _read_items() -> dict[str, Item]:
    path = Path(__file__).with_name("items.json")
    items = msgspec.json.decode(path.read_bytes(), type=list[Item])
    return {item.id: item for item in sorted(items, key=lambda item: item.id)}


SHEET: Final = BalanceSheet.read(Path(__file__).with_name("balance.json"))
NUMBERS: Final = numbers_of(SHEET.values())
ITEMS: Final[Mapping[str, Item]] = _read_items()  # by id, sorted
