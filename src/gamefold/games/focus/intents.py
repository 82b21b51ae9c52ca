"""What may be asked of a save, and how it may be refused. Anything that is not of its type is INTENT_INVALID."""

from typing import Annotated, Final, get_args

import msgspec

from gamefold.engine.ruleset import Intent, Spec
from gamefold.games.focus.balance import Room, Slot
from gamefold.games.focus.state import CancelReason, Id

SESSION_NOT_FOUND: Final = "SESSION_NOT_FOUND"
SESSION_ALREADY_COMPLETED: Final = "SESSION_ALREADY_COMPLETED"  # or cancelled, or timed out
SESSION_ID_TAKEN: Final = "SESSION_ID_TAKEN"
TOO_EARLY: Final = "TOO_EARLY"
DURATION_NOT_ALLOWED: Final = "DURATION_NOT_ALLOWED"
CONCURRENT_SESSION_LIMIT: Final = "CONCURRENT_SESSION_LIMIT"
ITEM_NOT_OWNED: Final = "ITEM_NOT_OWNED"
STREAK_NOT_MISSED: Final = "STREAK_NOT_MISSED"

# Refusals of the plain services around the worlds.
TEMPLATE_MISMATCH: Final = "TEMPLATE_MISMATCH"
TASK_NOT_FOUND: Final = "TASK_NOT_FOUND"

CANCEL_REASONS: Final[tuple[CancelReason, ...]] = get_args(CancelReason)


class SaveSpec(Spec, frozen=True):
    """Whose save it is. Its world is `state.world_of(tenant_id, user_id)`."""

    tenant_id: Id
    user_id: Id


class StartSession(Intent, frozen=True):
    """Begin to focus. The server makes `session_id`, and has read `room` from the template.

    Refused: DURATION_NOT_ALLOWED, CONCURRENT_SESSION_LIMIT, SESSION_ID_TAKEN.
    """

    session_id: Id
    task_template_id: Id | None
    duration_minutes: int
    room: Room


class ActivateSession(Intent, frozen=True):
    """The client's timer runs. Asked again, it changes nothing.

    Refused: SESSION_NOT_FOUND, SESSION_ALREADY_COMPLETED.
    """

    session_id: Id


class CompleteSession(Intent, frozen=True):
    """Claim the reward of a finished session.

    Refused: SESSION_NOT_FOUND, SESSION_ALREADY_COMPLETED, TOO_EARLY (details: availableAt, in ms).
    """

    session_id: Id


class CancelSession(Intent, frozen=True):
    """Give a session up; it earns nothing. Refused: SESSION_NOT_FOUND, SESSION_ALREADY_COMPLETED."""

    session_id: Id
    reason: CancelReason = "user_cancelled"


class TimeOutSessions(Intent, frozen=True):
    """End the sessions whose time is over. Never refused: where there is none, nothing changes.

    The clock asks by itself, before any other intent; a job asks so that saves nobody opens are told too.
    """


class EquipItem(Intent, frozen=True):
    """Wear an item in the slot of its type. Asked again, it changes nothing.

    Refused: ITEM_NOT_OWNED (also where there is no such item).
    """

    item_id: Id


class UnequipSlot(Intent, frozen=True):
    """Take off what a slot holds. Never refused: an empty slot stays empty."""

    slot: Slot


class SetAutoEquip(Intent, frozen=True):
    """Say whether a dropped item goes into its slot by itself where that is empty. Never refused."""

    enabled: bool


class ResetStreak(Intent, frozen=True):
    """A whole day before `today` (counted from 1970-01-01, UTC) went by without a completed session.

    Refused: STREAK_NOT_MISSED (the streak still stands, is 0 already, or `today` has not come).
    """

    today: Annotated[int, msgspec.Meta(ge=0)]
