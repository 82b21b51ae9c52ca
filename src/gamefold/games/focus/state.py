"""The state of one save: a hero, its rooms and streak, what it owns, and its sessions.

A save must tell a session that has ended from one that never was, for as long as it lives. Session ids are random,
so there is no shorter way than to keep them: 17 bytes for each ended session (how it ended, and the id's 16 bytes),
beside the thousand or so that the journal keeps of it. `sessions_remembered_max` bounds it, by default to 27 years of
ten sessions a day; whoever goes beyond finds the oldest ones unknown to the rules, and still in the tables.
"""

from typing import Annotated, Final, Literal

import msgspec

from gamefold.games.focus.balance import NUMBERS, Room, Slot

UUID_PATTERN: Final = r"\A[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"
Id = Annotated[str, msgspec.Meta(pattern=UUID_PATTERN)]  # a UUID in its one canonical spelling

OpenStatus = Literal["pending", "active"]
EndedStatus = Literal["success", "cancel", "timeout"]
CancelReason = Literal["user_cancelled", "distracted", "emergency", "other"]
UpgradedRoom = Literal["study_room", "build_room", "plaza"]

UPGRADED_ROOMS: Final[tuple[UpgradedRoom, ...]] = ("study_room", "build_room", "plaza")
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
GOLD_MAX: Final = 2_147_483_647  # what the tables can hold

_ENDED: Final[tuple[EndedStatus, ...]] = ("success", "cancel", "timeout")
_RECORD_BYTES: Final = 17


class Equipped(msgspec.Struct, frozen=True):
    """The item in each slot."""

    hat: Id | None = None
    outfit: Id | None = None
    accessory: Id | None = None

    def item_in(self, slot: Slot) -> Id | None:
        """Give what a slot holds."""
        item: Id | None = getattr(self, slot)
        return item


class Hero(msgspec.Struct, frozen=True):
    """How far the hero has come. `exp` counts from the last level-up."""

    level: int = 1
    exp: int = 0
    gold: int = 0
    equipped: Equipped = Equipped()


class Progress(msgspec.Struct, frozen=True):
    """Rooms and streak. Days are counted from 1970-01-01 in UTC."""

    study_room_level: int = 1
    build_room_level: int = 1
    training_room_level: int = 1
    plaza_level: int = 1
    total_sessions_success: int = 0
    day_streak: int = 0
    last_session_day: int | None = None
    last_reset_ms: int | None = None


class Session(msgspec.Struct, frozen=True):
    """A session that is under way. At `times_out_ms` it ends by itself."""

    task_template_id: Id | None
    duration_minutes: int
    room: Room
    started_ms: int
    times_out_ms: int
    status: OpenStatus = "pending"


class Save(msgspec.Struct):
    """Everything of one hero. Parts are frozen, so that events can carry them as they were."""

    tenant_id: Id
    user_id: Id
    hero: Hero = Hero()
    progress: Progress = Progress()
    owned: list[Id] = []  # item ids, sorted
    sessions: dict[Id, Session] = {}  # the open ones
    ended: bytes = b""  # 17 bytes a session, oldest first
    auto_equip: bool = True

    def ended_as(self, session_id: Id) -> EndedStatus | None:
        """Say how a session ended; None where it is open or was never here."""
        raw = _raw(session_id)
        at = self.ended.find(raw)
        while at != -1 and at % _RECORD_BYTES != 1:  # found across two records
            at = self.ended.find(raw, at + 1)
        return None if at == -1 else _ENDED[self.ended[at - 1]]

    def end(self, session_id: Id, status: EndedStatus, remembered_max: int) -> Session:
        """Take a session out of the open ones and remember how it ended."""
        kept = self.ended[-(remembered_max - 1) * _RECORD_BYTES :]
        self.ended = kept + bytes((_ENDED.index(status),)) + _raw(session_id)
        return self.sessions.pop(session_id)


class Milestone(msgspec.Struct, frozen=True, rename="camel"):
    """The next level of a room: reached at `at_sessions` completed sessions, of which `current` are done."""

    room: UpgradedRoom
    level: int
    at_sessions: int
    current: int
    remaining: int


def milestones(total_sessions_success: int) -> list[Milestone]:
    """Give what is still ahead, nearest first, by the numbers new worlds begin with."""
    thresholds = NUMBERS.room_upgrade_sessions
    return [
        Milestone(
            room=room,
            level=2,
            at_sessions=thresholds[room],
            current=total_sessions_success,
            remaining=thresholds[room] - total_sessions_success,
        )
        for room in sorted(UPGRADED_ROOMS, key=lambda room: thresholds[room])
        if total_sessions_success < thresholds[room]
    ]


def exp_to_next(level: int) -> int:
    """Give the experience with which a hero leaves `level`, by the numbers new worlds begin with."""
    return level * NUMBERS.exp_per_level


def day_of(time_ms: int) -> int:
    """Give the UTC day of a time, counted from 1970-01-01."""
    return time_ms // DAY_MS


def world_of(tenant_id: str, user_id: str) -> str:
    """Give the world in which a user of a tenant plays."""
    return f"focus/{tenant_id}/{user_id}"


def _raw(session_id: Id) -> bytes:
    return bytes.fromhex(session_id.replace("-", ""))
