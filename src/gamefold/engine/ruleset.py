"""What a game hands to the engine: state, intents, events and the pure rules between them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec

from gamefold.engine.balance import BalanceSheet, Values
from gamefold.engine.refusal import Rejected
from gamefold.engine.rng import Rng

__all__ = [
    "CLOCK",
    "Context",
    "Due",
    "Event",
    "Intent",
    "Lag",
    "Rejected",
    "Retention",
    "Ruleset",
    "Spec",
    "Tick",
    "Written",
]

Written = bytes | memoryview  # a state as bytes

CLOCK: Final = "clock"  # the actor of intents that time itself submits


# `gc=False`: both are values, so nothing in them refers back to them, and the collector need not look.
class Intent(msgspec.Struct, frozen=True, tag=True, gc=False):
    """What somebody wants. Journaled under its class name once the rules accept it."""


class Event(msgspec.Struct, frozen=True, tag=True, gc=False):
    """What happened. Stored with the entry that caused it, under its class name."""


class Spec(msgspec.Struct, frozen=True):
    """What a new world is made from; a part of its first entry."""


class Tick(Intent, frozen=True):
    """From the clock: one period of a ticking world has passed.

    `missed` counts the periods that were shed in front of this one (0 unless the ruleset sheds).
    """

    missed: int = 0


@dataclass(slots=True)
class Context:
    """Everything a rule may know besides the state: who, when, which numbers, and chance."""

    world: str
    seq: int
    tick: int
    now_ms: int
    actor: str
    balance: Values
    _seed: bytes
    _coordinate: tuple[str, int]
    _ids: int = 0

    def rng(self, purpose: str, *entity: str | int) -> Rng:
        """Open the stream of chance for `purpose` (and one entity) at this entry.

        Ticks are keyed by their number and other entries by their seq, so an intent that arrives between two
        ticks does not change what the later tick rolls.
        """
        return Rng(self._seed, *self._coordinate, purpose, *entity)

    def world_rng(self, purpose: str, *entity: str | int) -> Rng:
        """Open the stream of chance for something that happens once in a world, such as the luck of turn 7.

        The same whichever entry leads to it: how often and in which order people asked changes nothing.
        """
        return Rng(self._seed, "world", purpose, *entity)

    def new_id(self, kind: str) -> str:
        """Give an id that is unique in this world and the same in every replay, such as `rig-41-0`."""
        self._ids += 1
        return f"{kind}-{self.seq}-{self._ids - 1}"


@dataclass(frozen=True, slots=True)
class Due:
    """The next thing time itself wants from a world: submit `intent` at `at_ms` of the world's clock."""

    at_ms: int
    intent: Intent


class Lag(StrEnum):
    """What a ticking world does about ticks it could not run in time."""

    CATCH_UP = "catch_up"  # every missed tick runs, at its intended time, one right after the other
    DILATE = "dilate"  # the schedule moves back by the lag: no tick is lost, the world just runs late
    SHED = "shed"  # missed ticks are dropped; the next one says how many
    FREEZE = "freeze"  # the world's clock stood still meanwhile: the lag never happened


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of a world's past stays in the hot tables. What is archived can still be replayed."""

    snapshots_kept: int = 3
    archive_after_entries: int = 10_000  # older entries are packed into compressed segments
    drop_after_days: int | None = None  # segments this old are deleted; None keeps them all


Handler = Callable[[Any, Any, Context], Iterable[Event]]


def _no_balance() -> BalanceSheet:
    return BalanceSheet({})


def _never_due(_state: Any) -> Due | None:
    return None


def _never_over(_state: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """One version of a game's rules. Pure: the same entries give the same state on every machine.

    `state` is a type msgspec can encode and decode (a Struct or a dataclass of such).
    `new_world(spec, ctx)` gives the first state and the first events.
    A handler asks first (raising `Rejected`), then changes the state, then yields what happened.
    """

    name: str
    version: int
    state: type
    spec: type[Spec]
    new_world: Callable[[Any, Context], tuple[Any, Iterable[Event]]]
    handlers: Mapping[type[Intent], Handler]
    events: tuple[type[Event], ...]
    balance: BalanceSheet = field(default_factory=_no_balance)
    on_demand: bool = False  # loaded for each intent by any process, instead of living in one
    due: Callable[[Any], Due | None] = _never_due
    over: Callable[[Any], bool] = _never_over  # ended: nothing more will happen, the seed may be shown
    tick_ms: int | None = None  # the period of `Tick`, in milliseconds of the world's clock
    ticks_by: tuple[type[Intent], ...] = ()  # what counts as a tick besides `Tick`: another world's beat, say
    lag: Lag = Lag.CATCH_UP
    snapshot_every: int = 1_000  # entries between two snapshots
    snapshot_every_ticks: int | None = None  # and ticks, where ticks take longer to fold again than other entries
    digest_ticks_only: bool = False  # for worlds too big to hash after every intent
    digest: Callable[[Any], bytes] | None = None  # 16 bytes; None hashes the encoded state
    encode: Callable[[Any], Written] | None = None  # for states msgspec cannot carry (arrays)
    decode: Callable[[Written], Any] | None = None
    retention: Retention = Retention()
    previous: "Ruleset | None" = None  # the version before this one; old entries are folded by it
    migrate: Callable[[Any], Any] | None = None  # turns a state of `previous` into one of this version
    adopt_running: bool = True  # whether worlds begun under `previous` move to this version when opened

    @property
    def ticks(self) -> bool:
        """Whether worlds of these rules have ticks, of their own clock or of somebody else's."""
        return self.tick_ms is not None or bool(self.ticks_by)

    def ticks_in(self, intent: Intent) -> int:
        """Give how many ticks an intent is: 0 for all but ticks."""
        return 1 + intent.missed if isinstance(intent, Tick) else int(isinstance(intent, self.ticks_by))

    def at(self, version: int) -> "Ruleset":
        """Give the ruleset of an older (or this) version. LookupError where it was never released."""
        found: Ruleset | None = self
        while found is not None and found.version != version:
            found = found.previous
        if found is None:
            raise LookupError(f"{self.name} has no rules of version {version}")
        return found
