"""A season with simulated players and without a server, as fast as the machine goes."""

from collections.abc import Callable, Coroutine, Sequence
from hashlib import blake2b
from typing import Any, Final, TypeVar

from gamefold.engine.rng import SEED_BYTES
from gamefold.engine.ruleset import Event, Intent
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.reactors.simulated.crowd import Crowd
from gamefold.games.tycoon.reactors.simulated.people import people
from gamefold.games.tycoon.reactors.simulated.record import Record
from gamefold.games.tycoon.reactors.simulated.season import Season
from gamefold.games.tycoon.state.units import DAY_S, TICK_S, ticks_of

T = TypeVar("T")

HOUR_S: Final = 3_600  # of game time: nobody needs a finer grain
SAMPLES_MOST: Final = 500


class Simulation:
    """One season with a crowd in it. The same arguments give the same course of everything."""

    def __init__(self, *, days: int, players: int, seed: int, time_compression: int | None = None) -> None:
        """Raises Rejected where `time_compression` is out of bounds."""
        changes = {} if time_compression is None else {"time_compression": time_compression}
        SHEET.check(changes)
        self.days, self.seed = days, seed
        self.numbers: Final = {**SHEET.values(), **changes}
        self.ticks: Final = ticks_of(days * DAY_S, self.numbers["time_compression"])
        self.record: Final = Record(self.numbers)
        self.season: Final = Season(_seed(seed, "worlds"), changes, heard=self.record.hear)
        self.crowd: Final = Crowd(people(players), self.numbers, _seed(seed, "people"))
        self._worlds = _InMemory(self.season)
        self._every = max(self.ticks // SAMPLES_MOST, HOUR_S // (TICK_S * self.numbers["time_compression"]), 1)
        self.record.sample(self.season)

    def tick(self) -> None:
        """Let people act and the worlds tick, once."""
        _at_once(self.crowd.act(self._worlds, self.season.ticks))
        self.season.tick()
        if self.season.ticks % self._every == 0 or self.season.ticks == self.ticks:
            self.record.sample(self.season)


class _InMemory:
    """The worlds of a season in memory, for those who could also be asking a server."""

    def __init__(self, season: Season) -> None:
        self._season = season

    async def look(self, place: str, view: Callable[[Any], T]) -> T:
        return view(self._season.state(place))

    async def submit(self, place: str, actor: str, intent: Intent) -> Sequence[Event]:
        return self._season.submit(place, actor, intent)


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run what never has to wait, without an event loop."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise AssertionError("nothing in memory has to be waited for")


def _seed(number: int, purpose: str) -> bytes:
    return blake2b(f"{purpose} {number}".encode(), digest_size=SEED_BYTES).digest()
