"""The rules of Focus.

Time comes first: before any intent the engine asks `due`, so a session that ran out of time has ended by the time
somebody wants to complete it. Therefore completing, cancelling and timing out cannot both happen to one session.

Chance is keyed by the session (`drops`), not by the entry: what a session drops does not depend on when or how often
somebody asked for it. It does depend on what the hero owns and which level it has when the session ends.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gamefold.engine.ruleset import Ruleset
from gamefold.games.focus.balance import SHEET, sheet_with
from gamefold.games.focus.events import (
    AutoEquipSet,
    HeroCreated,
    ItemAwarded,
    ItemEquipped,
    ItemUnequipped,
    SessionActivated,
    SessionCancelled,
    SessionCompleted,
    SessionStarted,
    SessionTimedOut,
    StreakReset,
)
from gamefold.games.focus.intents import (
    ActivateSession,
    CancelSession,
    CompleteSession,
    EquipItem,
    ResetStreak,
    SaveSpec,
    SetAutoEquip,
    StartSession,
    TimeOutSessions,
    UnequipSlot,
)
from gamefold.games.focus.rules.equipment import equip_item, set_auto_equip, unequip_slot
from gamefold.games.focus.rules.progress import reset_streak
from gamefold.games.focus.rules.save import due, new_world
from gamefold.games.focus.rules.sessions import (
    activate_session,
    cancel_session,
    complete_session,
    start_session,
    time_out_sessions,
)
from gamefold.games.focus.state import Save

RULESET: Final = Ruleset(
    name="focus",
    version=1,
    state=Save,
    spec=SaveSpec,
    new_world=new_world,
    handlers={
        StartSession: start_session,
        ActivateSession: activate_session,
        CompleteSession: complete_session,
        CancelSession: cancel_session,
        TimeOutSessions: time_out_sessions,
        EquipItem: equip_item,
        UnequipSlot: unequip_slot,
        SetAutoEquip: set_auto_equip,
        ResetStreak: reset_streak,
    },
    events=(
        HeroCreated,
        SessionStarted,
        SessionActivated,
        SessionCompleted,
        SessionCancelled,
        SessionTimedOut,
        ItemAwarded,
        ItemEquipped,
        ItemUnequipped,
        AutoEquipSet,
        StreakReset,
    ),
    balance=SHEET,
    on_demand=True,
    due=due,
)


def ruleset_with(changes: Mapping[str, int]) -> Ruleset:
    """Give the ruleset whose new worlds begin with other numbers, such as `{"session_min_ratio_bp": 5000}`.

    Worlds that exist keep theirs until they are tuned. Raises Rejected BALANCE_UNKNOWN or BALANCE_OUT_OF_BOUNDS.
    """
    return replace(RULESET, balance=sheet_with(changes))


__all__ = ["RULESET", "ruleset_with"]
