"""Rooms that grow with completed sessions, and the streak of days."""

from collections.abc import Iterator

from msgspec.structs import replace

from gamefold.engine.ruleset import Context, Event, Rejected
from gamefold.games.focus.balance import Numbers
from gamefold.games.focus.events import StreakReset
from gamefold.games.focus.intents import STREAK_NOT_MISSED, ResetStreak
from gamefold.games.focus.state import Progress, Save, day_of


def count_success(progress: Progress, now_ms: int, numbers: Numbers) -> Progress:
    """Count one completed session: the total, the rooms it opens, the streak."""
    counted = replace(progress, total_sessions_success=progress.total_sessions_success + 1)
    return _on_day(upgraded(counted, numbers), day_of(now_ms))


def upgraded(progress: Progress, numbers: Numbers) -> Progress:
    """Raise every room whose threshold is reached, from the highest down. Doing it again changes nothing."""
    thresholds = sorted(((at, room) for room, at in numbers.room_upgrade_sessions.items()), reverse=True)
    for at, room in thresholds:
        name = f"{room}_level"
        if progress.total_sessions_success >= at and getattr(progress, name) < 2:
            progress = replace(progress, **{name: 2})
    return progress


def _on_day(progress: Progress, day: int) -> Progress:
    last = progress.last_session_day
    # A world's clock never runs backwards, so no day comes before the last one.
    if last is not None and day <= last:
        return progress
    streak = progress.day_streak + 1 if last == day - 1 else 1
    return replace(progress, day_streak=streak, last_session_day=day)


def reset_streak(save: Save, intent: ResetStreak, ctx: Context) -> Iterator[Event]:
    """Put the streak of a hero who missed a day back to 0."""
    progress = save.progress
    last = progress.last_session_day
    if intent.today > day_of(ctx.now_ms):
        raise Rejected(STREAK_NOT_MISSED, "This day has not come.")
    if progress.day_streak == 0 or last is None or last >= intent.today - 1:
        raise Rejected(STREAK_NOT_MISSED, "No day was missed.")

    save.progress = replace(progress, day_streak=0, last_reset_ms=ctx.now_ms)
    yield StreakReset(progress.day_streak, save.progress)
