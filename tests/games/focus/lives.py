"""A long life to record: sessions of all kinds in all rooms, missed days, and a wardrobe that is used."""

from gamefold.games.focus.balance import ROOMS, SLOTS
from gamefold.games.focus.intents import (
    ActivateSession,
    CancelSession,
    CompleteSession,
    EquipItem,
    ResetStreak,
    SetAutoEquip,
    StartSession,
    UnequipSlot,
)
from gamefold.games.focus.state import DAY_MS, MINUTE_MS, day_of
from gamefold.testkit.play import Rehearsal

from .builders import USER, an_id

HOUR_MS = 60 * MINUTE_MS


def a_hundred_days(rehearsal: Rehearsal) -> None:
    for day in range(100):
        minutes, room = (25, 50, 90)[day % 3], ROOMS[day % 3]
        first, second, third = (an_id(3 * day + number) for number in range(3))
        rehearsal.submit(USER, StartSession(first, None, minutes, room), request=f"start {day}")
        rehearsal.wait(minutes * MINUTE_MS)
        rehearsal.submit(USER, CompleteSession(first), request=f"complete {day}")
        if day % 4 == 0:  # left alone: times out
            rehearsal.submit(USER, StartSession(second, an_id(9_999), 50, room))
            rehearsal.submit(USER, ActivateSession(second))
        if day % 5 == 0:
            rehearsal.submit(USER, StartSession(third, None, 25, room))
            rehearsal.submit(USER, CancelSession(third, "distracted"))

        misses_a_day = day % 7 == 6
        next_day = day_of(rehearsal.now_ms) + 1 + misses_a_day
        rehearsal.wait(next_day * DAY_MS + 4 * HOUR_MS - rehearsal.now_ms)
        if misses_a_day:
            rehearsal.submit("job", ResetStreak(next_day))
        for item_id in rehearsal.state.owned[day % 12 :: 12]:
            rehearsal.submit(USER, EquipItem(item_id))
        if day == 60:
            rehearsal.submit(USER, SetAutoEquip(enabled=False))
            for slot in SLOTS:
                rehearsal.submit(USER, UnequipSlot(slot))
