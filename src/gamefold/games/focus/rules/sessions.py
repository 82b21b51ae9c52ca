"""The life of a session: started, active, and ended in exactly one of three ways."""

from collections.abc import Iterator

import msgspec

from gamefold.engine.ruleset import Context, Event, Rejected
from gamefold.games.focus.balance import DURATIONS_MINUTES, FULL_BP, ITEMS, Numbers, numbers_of
from gamefold.games.focus.events import (
    SessionActivated,
    SessionCancelled,
    SessionCompleted,
    SessionStarted,
    SessionTimedOut,
)
from gamefold.games.focus.intents import (
    CONCURRENT_SESSION_LIMIT,
    DURATION_NOT_ALLOWED,
    SESSION_ALREADY_COMPLETED,
    SESSION_ID_TAKEN,
    SESSION_NOT_FOUND,
    TOO_EARLY,
    ActivateSession,
    CancelSession,
    CompleteSession,
    StartSession,
    TimeOutSessions,
)
from gamefold.games.focus.rules.drops import draw_drop
from gamefold.games.focus.rules.equipment import award_item
from gamefold.games.focus.rules.progress import count_success
from gamefold.games.focus.rules.rewards import compute_rewards, rewarded
from gamefold.games.focus.state import MINUTE_MS, Id, Save, Session


def start_session(save: Save, intent: StartSession, ctx: Context) -> Iterator[Event]:
    """Open a session that begins now."""
    numbers = numbers_of(ctx.balance)
    if intent.duration_minutes not in DURATIONS_MINUTES:
        raise Rejected(DURATION_NOT_ALLOWED, f"A session lasts {_listed(DURATIONS_MINUTES)} minutes.")
    if len(save.sessions) >= numbers.open_sessions_max:
        raise Rejected(CONCURRENT_SESSION_LIMIT, f"{len(save.sessions)} sessions are open, and no more may be.")
    if intent.session_id in save.sessions or save.ended_as(intent.session_id) is not None:
        raise Rejected(SESSION_ID_TAKEN, "There was a session of this id before.")

    minutes = intent.duration_minutes + numbers.timeout_grace_minutes
    session = Session(
        task_template_id=intent.task_template_id,
        duration_minutes=intent.duration_minutes,
        room=intent.room,
        started_ms=ctx.now_ms,
        times_out_ms=ctx.now_ms + minutes * MINUTE_MS,
    )
    save.sessions[intent.session_id] = session
    yield SessionStarted(
        intent.session_id, session.task_template_id, session.duration_minutes, session.room, session.times_out_ms
    )


def activate_session(save: Save, intent: ActivateSession, _ctx: Context) -> Iterator[Event]:
    """Mark a session active, once."""
    session = _open_session(save, intent.session_id)
    if session.status == "active":
        return

    save.sessions[intent.session_id] = msgspec.structs.replace(session, status="active")
    yield SessionActivated(intent.session_id)


def complete_session(save: Save, intent: CompleteSession, ctx: Context) -> Iterator[Event]:
    """Pay for a session that ran long enough, and let it drop something."""
    numbers = numbers_of(ctx.balance)
    session = _open_session(save, intent.session_id)
    _refuse_too_early(session, numbers, ctx.now_ms)

    save.end(intent.session_id, "success", numbers.sessions_remembered_max)
    reward = compute_rewards(session.duration_minutes, save.hero.level, numbers)
    save.hero = rewarded(save.hero, reward, numbers)
    save.progress = count_success(save.progress, ctx.now_ms, numbers)
    # After the level-up: a hero who has just reached an item's level may find it at once.
    drop = draw_drop(save, session.room, ctx.world_rng("drop", intent.session_id), numbers)
    awarded = [] if drop.item_id is None else list(award_item(save, ITEMS[drop.item_id], intent.session_id))
    yield SessionCompleted(
        session_id=intent.session_id,
        room=session.room,
        duration_minutes=session.duration_minutes,
        started_ms=session.started_ms,
        reward=reward,
        hero=save.hero,
        progress=save.progress,
        drop=drop,
    )
    yield from awarded


def cancel_session(save: Save, intent: CancelSession, ctx: Context) -> Iterator[Event]:
    """Give a session up."""
    session = _open_session(save, intent.session_id)

    save.end(intent.session_id, "cancel", numbers_of(ctx.balance).sessions_remembered_max)
    yield SessionCancelled(intent.session_id, session.room, session.duration_minutes, intent.reason)


def time_out_sessions(save: Save, _intent: TimeOutSessions, ctx: Context) -> Iterator[Event]:
    """End every session whose time is over, the longest overdue first."""
    over = sorted((one.times_out_ms, key) for key, one in save.sessions.items() if one.times_out_ms <= ctx.now_ms)
    for ended_ms, session_id in over:
        session = save.end(session_id, "timeout", numbers_of(ctx.balance).sessions_remembered_max)
        yield SessionTimedOut(session_id, session.room, session.duration_minutes, ended_ms)


def _open_session(save: Save, session_id: Id) -> Session:
    session = save.sessions.get(session_id)
    if session is not None:
        return session
    ended = save.ended_as(session_id)
    if ended is None:
        raise Rejected(SESSION_NOT_FOUND, "There is no such session.")
    raise Rejected(SESSION_ALREADY_COMPLETED, f"This session has ended before ({ended}).", status=ended)


def _refuse_too_early(session: Session, numbers: Numbers, now_ms: int) -> None:
    needed_ms = session.duration_minutes * MINUTE_MS * numbers.session_min_ratio_bp // FULL_BP
    available_ms = session.started_ms + needed_ms
    if now_ms < available_ms:
        raise Rejected(TOO_EARLY, "This session cannot be completed yet.", availableAt=available_ms)


def _listed(numbers: tuple[int, ...]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} or {last}"
