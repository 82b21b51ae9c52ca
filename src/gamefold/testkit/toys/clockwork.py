"""A clockwork: it ticks, rolls a die at each tick, and rings alarms between the ticks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec

from gamefold.engine.balance import BalanceSheet, Number
from gamefold.engine.ruleset import Context, Due, Event, Intent, Lag, Rejected, Ruleset, Spec, Tick

ALARM_INVALID: Final = "ALARM_INVALID"
CLOCK_STOPPED: Final = "CLOCK_STOPPED"
TICK_MS: Final = 1_000


class ClockworkSpec(Spec, frozen=True):
    """A clockwork needs nothing to be made from."""


class Alarm(msgspec.Struct, frozen=True, order=True):
    """Something to ring at a time."""

    at_ms: int
    name: str


class Clockwork(msgspec.Struct):
    """What has been ticked, rung and rolled."""

    ticks: int = 0
    missed: int = 0
    pips: int = 0
    alarms: list[Alarm] = []
    stopped: bool = False


class SetAlarm(Intent, frozen=True):
    """Ring `name` in `after_ms`. Refused: CLOCK_STOPPED, ALARM_INVALID."""

    name: str
    after_ms: int


class Ring(Intent, frozen=True):
    """From the clock: ring the next alarm. Refused: ALARM_INVALID (none is due)."""


class StopClock(Intent, frozen=True):
    """End it. Refused: CLOCK_STOPPED."""


class Ticked(Event, frozen=True):
    """A period has passed."""

    at_ms: int
    missed: int
    pips: int


class Rang(Event, frozen=True):
    """An alarm went off."""

    name: str
    at_ms: int
    wanted_ms: int


class AlarmSet(Event, frozen=True):
    """An alarm waits."""

    name: str
    at_ms: int


class ClockStopped(Event, frozen=True):
    """It ticks no more."""

    ticks: int


def new_clockwork(_spec: ClockworkSpec, _ctx: Context) -> tuple[Clockwork, list[Event]]:
    """Wind it up."""
    return Clockwork(), []


def tick(clockwork: Clockwork, intent: Tick, ctx: Context) -> Iterator[Event]:
    """Count and roll."""
    pips = ctx.rng("die").between(1, ctx.balance["sides"])
    clockwork.ticks += 1
    clockwork.missed += intent.missed
    clockwork.pips += pips
    yield Ticked(ctx.now_ms, intent.missed, pips)


def set_alarm(clockwork: Clockwork, intent: SetAlarm, ctx: Context) -> Iterator[Event]:
    """Keep an alarm in the order of times."""
    _refuse_if_stopped(clockwork)
    if intent.after_ms < 0:
        raise Rejected(ALARM_INVALID, "An alarm rings later, not earlier.")

    alarm = Alarm(ctx.now_ms + intent.after_ms, intent.name)
    clockwork.alarms = sorted([*clockwork.alarms, alarm])
    yield AlarmSet(alarm.name, alarm.at_ms)


def ring(clockwork: Clockwork, _intent: Ring, ctx: Context) -> Iterator[Event]:
    """Ring what is due."""
    if not clockwork.alarms or clockwork.alarms[0].at_ms > ctx.now_ms:
        raise Rejected(ALARM_INVALID, "No alarm is due.")

    alarm, *clockwork.alarms = clockwork.alarms
    yield Rang(alarm.name, ctx.now_ms, alarm.at_ms)


def stop_clock(clockwork: Clockwork, _intent: StopClock, _ctx: Context) -> Iterator[Event]:
    """Stop it; alarms are forgotten."""
    _refuse_if_stopped(clockwork)

    clockwork.stopped, clockwork.alarms = True, []
    yield ClockStopped(clockwork.ticks)


def next_alarm(clockwork: Clockwork) -> Due | None:
    """Ask for the next alarm to be rung."""
    return Due(clockwork.alarms[0].at_ms, Ring()) if clockwork.alarms else None


def stopped(clockwork: Clockwork) -> bool:
    """Say whether nothing more will happen."""
    return clockwork.stopped


def _refuse_if_stopped(clockwork: Clockwork) -> None:
    if clockwork.stopped:
        raise Rejected(CLOCK_STOPPED, "It does not run any more.")


CLOCKWORK: Final = Ruleset(
    name="clockwork",
    version=1,
    state=Clockwork,
    spec=ClockworkSpec,
    new_world=new_clockwork,
    handlers={Tick: tick, SetAlarm: set_alarm, Ring: ring, StopClock: stop_clock},
    events=(Ticked, Rang, AlarmSet, ClockStopped),
    balance=BalanceSheet({"sides": Number(6, "sides of the die", "sides", 2, 100)}),
    due=next_alarm,
    over=stopped,
    tick_ms=TICK_MS,
)


def clockwork_with(lag: Lag, tick_ms: int = TICK_MS) -> Ruleset:
    """Give the clockwork with another way to deal with lag."""
    return replace(CLOCKWORK, lag=lag, tick_ms=tick_ms)
