"""What waits in a world's inbox, and how it is answered."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from gamefold.engine.ruleset import Event, Intent
from gamefold.engine.world import Played, World


class WorldUnavailable(Exception):
    """The world cannot be asked now. Whether the intent was applied is unknown only where `unknown` says so."""

    def __init__(self, world: str, reason: str, *, unknown: bool = False) -> None:
        super().__init__(f"{world}: {reason}")
        self.world = world
        self.reason = reason
        self.unknown = unknown


class WorldQuarantined(WorldUnavailable):
    """The world's rules crashed; an operator has to look at it."""


class HostStopped(Exception):
    """The host takes no work any more."""


class Ack(msgspec.Struct, frozen=True):
    """A durable, accepted intent."""

    world: str
    run: int
    seq: int
    time_ms: int
    events: tuple[Event, ...]
    tick: int
    repeated: bool = False  # it had been applied before, under the same request id


@dataclass(frozen=True, slots=True)
class Repeated:
    """An intent that had become entry `seq` before, and is not applied again."""

    run: int
    seq: int


@dataclass(slots=True)
class Asked:
    """One waiting intent or query."""

    answer: asyncio.Future[Any]
    actor: str = ""
    intent: Intent | None = None
    request: str | None = None
    view: Callable[[Any], Any] | None = None
    run: int | None = None  # the only run in which the intent makes sense
    trail: Any = None  # the observer's own: see Observer.asking

    def settle(self, outcome: Any) -> None:
        """Answer with a value or an exception. A caller who has left is no fault."""
        if self.answer.done():
            return
        if isinstance(outcome, BaseException):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


def ack(world: World, played: Played) -> Ack:
    """Make the answer to an intent that was played."""
    events = tuple([record.event for record in played.records])
    return Ack(world.id, world.run.run, played.entry.seq, played.entry.time_ms, events, played.entry.tick)


def turn_away(waiting: Iterable[Asked], why: BaseException) -> None:
    """Tell those who wait that they will not be heard."""
    for asked in waiting:
        asked.settle(why)
