"""Rules with every fault their author can make."""

from collections.abc import Iterator
from typing import Any

import msgspec

from gamefold.engine.ruleset import Context, Due, Event, Intent, Rejected, Ruleset, Spec


class FaultySpec(Spec, frozen=True):
    crash: bool = False


class Faulty(msgspec.Struct):
    count: int = 0
    fuse_ms: int | None = None
    anything: Any = None
    due_fails: bool = False
    over_fails: bool = False


class Count(Intent, frozen=True):
    """Count to the next number."""

    note: str = ""


class CrashNow(Intent, frozen=True):
    """Change the state and then fail."""


class RefuseLate(Intent, frozen=True):
    """Refuse after something was told."""


class LightFuse(Intent, frozen=True):
    """Let the clock crash."""

    after_ms: int


class Explode(Intent, frozen=True):
    """From the clock."""


class Poison(Intent, frozen=True):
    """Put something into the state that cannot be written down."""


class Babble(Intent, frozen=True):
    """Tell something that cannot be written down."""


class BreakDue(Intent, frozen=True):
    """Let `due` fail from now on."""


class BreakOver(Intent, frozen=True):
    """Let `over` fail from now on."""


class Unheard(Intent, frozen=True):
    """No rule handles this."""


class Counted(Event, frozen=True):
    count: int
    anything: Any = None


def new_world(spec: FaultySpec, ctx: Context) -> tuple[Faulty, list[Event]]:
    if spec.crash:
        raise ZeroDivisionError
    return Faulty(), []


def count(faulty: Faulty, intent: Count, ctx: Context) -> Iterator[Event]:
    faulty.count += 1
    yield Counted(faulty.count)


def crash_now(faulty: Faulty, intent: CrashNow, ctx: Context) -> Iterator[Event]:
    faulty.count += 1_000
    yield Counted(faulty.count)
    raise ZeroDivisionError("by design")


def refuse_late(faulty: Faulty, intent: RefuseLate, ctx: Context) -> Iterator[Event]:
    yield Counted(faulty.count)
    raise Rejected("TOO_LATE")


def light_fuse(faulty: Faulty, intent: LightFuse, ctx: Context) -> list[Event]:
    faulty.fuse_ms = ctx.now_ms + intent.after_ms
    return []


def explode(faulty: Faulty, intent: Explode, ctx: Context) -> list[Event]:
    raise ZeroDivisionError("boom")


def poison(faulty: Faulty, intent: Poison, ctx: Context) -> Iterator[Event]:
    faulty.anything = 1 << 100
    yield Counted(faulty.count)


def babble(faulty: Faulty, intent: Babble, ctx: Context) -> Iterator[Event]:
    yield Counted(faulty.count)
    yield Counted(faulty.count, "\ud800")


def break_due(faulty: Faulty, intent: BreakDue, ctx: Context) -> list[Event]:
    faulty.due_fails = True
    return []


def break_over(faulty: Faulty, intent: BreakOver, ctx: Context) -> list[Event]:
    faulty.over_fails = True
    return []


def due(faulty: Faulty) -> Due | None:
    assert not faulty.due_fails, "due fails"
    return Due(faulty.fuse_ms, Explode()) if faulty.fuse_ms is not None else None


def over(faulty: Faulty) -> bool:
    assert not faulty.over_fails, "over fails"
    return False


FAULTY = Ruleset(
    name="faulty",
    version=1,
    state=Faulty,
    spec=FaultySpec,
    new_world=new_world,
    handlers={
        Count: count,
        CrashNow: crash_now,
        RefuseLate: refuse_late,
        LightFuse: light_fuse,
        Explode: explode,
        Poison: poison,
        Babble: babble,
        BreakDue: break_due,
        BreakOver: break_over,
    },
    events=(Counted,),
    due=due,
    over=over,
)
