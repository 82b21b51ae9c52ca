"""A world that lives in this process, and one round of its work."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gamefold.engine.asked import Asked, Repeated, WorldUnavailable, ack
from gamefold.engine.clock import Clock, stopwatch_s
from gamefold.engine.feed import Feed
from gamefold.engine.history import batch_of
from gamefold.engine.journal import Batch, Bulk, WorldRow
from gamefold.engine.lifecycle import ENGINE_INTENTS, Tune
from gamefold.engine.observe import Observer
from gamefold.engine.ruleset import CLOCK, Due, Intent, Rejected, Tick
from gamefold.engine.world import INTENT_INVALID, Played, RuleCrash, World

# Time and the engine submit these themselves; from anybody else they would break the world.
ONLY_ENGINE: Final[tuple[type[Intent], ...]] = (Tick, *(intent for intent in ENGINE_INTENTS if intent is not Tune))
ENTRIES_A_ROUND: Final = 512  # a busy world must not keep the others waiting


@dataclass(slots=True)
class Resident:
    """A world in memory with everything that hangs on it here."""

    world: World
    row: WorldRow
    feed: Feed
    inbox: deque[Asked] = field(default_factory=deque)
    snapshot_seq: int = 0
    snapshot_tick: int = 0
    archived_seq: int = 0
    clock_crashes: int = 0  # of what the clock wants, in a row
    losses: int = 0  # commits that failed, in a row
    over_stored: bool = False  # the store knows that it is over
    ending: bool = False  # its reactors are hearing the end
    reactors: list[asyncio.Task[None]] = field(default_factory=list)
    keeping: asyncio.Task[None] | None = None  # the last snapshot that was taken
    cursors: dict[str, int] = field(default_factory=dict)  # by reactor: the last position dealt with

    @property
    def snapshot_due(self) -> bool:
        """Whether enough entries or ticks have come since the last snapshot."""
        head, ruleset = self.world.head, self.world.ruleset
        if head.seq - self.snapshot_seq >= ruleset.snapshot_every:
            return True
        ticks = ruleset.snapshot_every_ticks
        return ticks is not None and head.tick - self.snapshot_tick >= ticks


@dataclass(slots=True)
class Lost:
    """A world whose memory cannot be trusted any more, and why: it is being folded again."""

    resident: Resident
    error: BaseException
    tries: int = 0  # how often the store was asked for it since


@dataclass(slots=True)
class Round:
    """What one world did in a round. Nobody hears of it before it is durable."""

    resident: Resident
    played: list[Played] = field(default_factory=list)
    answers: list[tuple[Asked, Any]] = field(default_factory=list)  # an Ack, a value, a Repeated or an exception
    crash: RuleCrash | None = None
    clock_played: bool = False  # something of the clock's own was played
    clock_crashed: bool = False  # the crash will come again by itself
    unfinished: bool = False
    over: bool = False
    due: Due | None = None

    def batch(self) -> Batch:
        """Make the row to append. Only call it where something was played."""
        resident, world = self.resident, self.resident.world
        over = self.over and not resident.reactors
        batch = batch_of(world, self.played, resident.row.epoch, projected=resident.row.projected, over=over)
        # A crash leaves the state half changed.
        if self.crash is None and (resident.snapshot_due or self.over):
            return replace(batch, bulk=Bulk(world.head.seq, world.state))
        return batch


def play_round(resident: Resident, clock: Clock, observer: Observer) -> Round:
    """Let one world decide on what waits. Time comes first: what the clock owes is played before any intent."""
    round_, world = Round(resident), resident.world
    try:
        while round_.crash is None and len(round_.played) < ENTRIES_A_ROUND:
            now_ms = world.clock_ms(clock.now_ms())
            if (owed := world.overdue(now_ms)) is not None:
                _play_clock(round_, *owed, now_ms, observer)
            elif resident.inbox:
                # Taken out afterwards: where the engine itself fails, whoever asked is still found there.
                _answer(round_, resident.inbox[0], now_ms, observer)
                resident.inbox.popleft()
            else:
                round_.over, round_.due = world.over, world.due()
                return round_
        round_.unfinished = True
    except RuleCrash as crash:
        round_.crash, round_.clock_crashed = crash, True
    return round_


def _play_clock(round_: Round, intent: Intent, at_ms: int, now_ms: int, observer: Observer) -> None:
    world = round_.resident.world
    started_s = stopwatch_s()
    round_.played.append(play_clock(world, intent, at_ms))
    round_.clock_played = True
    if isinstance(intent, Tick):
        observer.ticked(world.id, world.head.tick, now_ms - at_ms, stopwatch_s() - started_s)


def play_clock(world: World, intent: Intent, at_ms: int) -> Played:
    """Play what time itself wants. RuleCrash, also where the rules refuse it: it would come again for ever."""
    try:
        return world.play(intent, CLOCK, at_ms)
    except Rejected as refusal:
        raise RuleCrash(f"the rules refuse their own clock: {refusal.code}") from refusal


def _answer(round_: Round, asked: Asked, now_ms: int, observer: Observer) -> None:
    world = round_.resident.world
    if asked.view is not None:
        round_.answers.append((asked, _viewed(asked.view, world.state)))
        return
    try:
        round_.answers.append((asked, play_asked(world, asked, now_ms, round_.played, observer)))
    except RuleCrash as crash:
        round_.answers.append((asked, crash))
        round_.crash = crash


def play_asked(world: World, asked: Asked, now_ms: int, played: list[Played], observer: Observer) -> Any:
    """Decide on one intent: an Ack (added to `played`), a Repeated or a Rejected. Raises RuleCrash."""
    assert asked.intent is not None
    if isinstance(asked.intent, ONLY_ENGINE):
        return Rejected(INTENT_INVALID, f"{type(asked.intent).__name__} is not for anybody to ask.")
    if asked.run not in (None, world.run.run):
        return WorldUnavailable(world.id, f"run {asked.run} is over: the world was rolled back")
    if asked.request is not None and (seq := world.entry_of(asked.actor, asked.request)) is not None:
        return Repeated(world.run.run, seq)
    ticks = world.ruleset.ticks_in(asked.intent)
    started_s = stopwatch_s() if ticks else 0.0
    try:
        one = world.play(asked.intent, asked.actor, now_ms, asked.request)
    except Rejected as refusal:
        observer.refused(world.ruleset.name, refusal.code)
        return refusal
    if ticks:
        observer.ticked(world.id, world.head.tick, None, stopwatch_s() - started_s)
    played.append(one)
    return ack(world, one)


def _viewed(view: Callable[[Any], Any], state: Any) -> Any:
    try:
        return view(state)
    except Exception as error:  # noqa: BLE001 - the asker's own function failed, in whatever way; the asker is told
        return error
