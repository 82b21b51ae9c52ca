"""What happened in a save. Events carry what the tables need, so that the tables can be made again from them."""

import msgspec

from gamefold.engine.ruleset import Event
from gamefold.games.focus.balance import Rarity, Room, Slot
from gamefold.games.focus.state import CancelReason, Hero, Id, Progress


class Reward(msgspec.Struct, frozen=True):
    """What a session earned."""

    exp: int
    gold: int


class Drop(msgspec.Struct, frozen=True):
    """What chance decided for a session, so that it can be checked against the world's seed once that is revealed.

    `roll` (0 .. 9999) drops something where it is below `chance_bp`. Then `rarity` was drawn among those of the
    `eligible` items, and the item among those of this rarity. Both are None where nothing dropped.
    """

    roll: int
    chance_bp: int
    eligible: int
    rarity: Rarity | None = None
    item_id: Id | None = None


class HeroCreated(Event, frozen=True):
    """A save began."""

    tenant_id: Id
    user_id: Id
    hero: Hero
    progress: Progress


class SessionStarted(Event, frozen=True):
    """A session is pending, from the time of this entry on."""

    session_id: Id
    task_template_id: Id | None
    duration_minutes: int
    room: Room
    times_out_ms: int


class SessionActivated(Event, frozen=True):
    """A pending session is active."""

    session_id: Id


class SessionCompleted(Event, frozen=True):
    """A session succeeded. `hero` and `progress` are what came of it, the dropped item already worn if it is."""

    session_id: Id
    room: Room
    duration_minutes: int
    started_ms: int
    reward: Reward
    hero: Hero
    progress: Progress
    drop: Drop


class SessionCancelled(Event, frozen=True):
    """A session was given up."""

    session_id: Id
    room: Room
    duration_minutes: int
    reason: CancelReason


class SessionTimedOut(Event, frozen=True):
    """Nobody ended a session in time. It ended at `ended_ms`, whenever that was noticed."""

    session_id: Id
    room: Room
    duration_minutes: int
    ended_ms: int


class ItemAwarded(Event, frozen=True):
    """An item came into the inventory."""

    item_id: Id
    session_id: Id
    rarity: Rarity


class ItemEquipped(Event, frozen=True):
    """A slot holds an item; `automatic` where it was empty when the item dropped."""

    slot: Slot
    item_id: Id
    automatic: bool = False


class ItemUnequipped(Event, frozen=True):
    """A slot is empty."""

    slot: Slot
    item_id: Id


class AutoEquipSet(Event, frozen=True):
    """Whether drops go into empty slots by themselves."""

    enabled: bool


class StreakReset(Event, frozen=True):
    """A day was missed: the streak is 0. It had been `day_streak`."""

    day_streak: int
    progress: Progress
