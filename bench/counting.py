"""The smallest game that does everything a game does, so that what is measured around it is the engine."""

from collections.abc import Iterator
from typing import Final

import msgspec

from gamefold.engine.ruleset import Context, Event, Intent, Rejected, Ruleset, Spec


class CountSpec(Spec, frozen=True):
    """What a new world is made from."""

    step_max: int = 1_000


class Count(msgspec.Struct):
    """The state: a total, and the last steps."""

    step_max: int
    total: int = 0
    steps: int = 0


class Step(Intent, frozen=True):
    """Add to the total. Refused: STEP_TOO_BIG."""

    by: int
    note: str = ""


class Stepped(Event, frozen=True):
    """The total rose."""

    by: int
    total: int


def new_count(spec: CountSpec, _ctx: Context) -> tuple[Count, list[Event]]:
    """Begin at zero."""
    return Count(step_max=spec.step_max), []


def step(count: Count, intent: Step, _ctx: Context) -> Iterator[Event]:
    """Ask, change, tell."""
    if intent.by > count.step_max:
        raise Rejected("STEP_TOO_BIG", f"A step is at most {count.step_max}.")

    count.total += intent.by
    count.steps += 1
    yield Stepped(intent.by, count.total)


COUNTING: Final = Ruleset(
    name="counting",
    version=1,
    state=Count,
    spec=CountSpec,
    new_world=new_count,
    handlers={Step: step},
    events=(Stepped,),
)
