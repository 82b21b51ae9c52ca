"""Simulated players in a running server: with every tick of the market, those whose turn it is look and act.

They are in the server and not clients of it: forty sockets and tokens would cost two cores more than the game does, and
nobody could tell the difference, because behind the routes stand the same intents. They keep nothing: who they are
follows from their number, what they have is in the worlds. So they stop with the server and are back with it.
"""

from collections.abc import Callable
from typing import Final

from gamefold.engine.balance import Values
from gamefold.engine.feed import Record
from gamefold.engine.reactors import WorldRef
from gamefold.games.tycoon.events.border import MarketTicked
from gamefold.games.tycoon.reactors.simulated.broker import ServedWorlds
from gamefold.games.tycoon.reactors.simulated.crowd import Crowd
from gamefold.games.tycoon.reactors.simulated.people import people
from gamefold.games.tycoon.state.units import TICK_S
from gamefold.games.tycoon.state.worlds import season_of

LATE_MS: Final = 2 * TICK_S * 1_000  # of the host's clock


class SimulatedPlayers:
    """Lets simulated players of a season act when its market has ticked."""

    name: Final = "tycoon.simulated"

    def __init__(self, count: int, now_ms: Callable[[], int], numbers: Values, seed: bytes) -> None:
        """`seed` (32 bytes) is a secret: whoever knows it knows what they will do."""
        self._count = count
        self._now_ms = now_ms
        self._numbers = numbers
        self._seed = seed
        self._crowds: dict[str, Crowd] = {}  # by market

    async def react(self, record: Record, world: WorldRef) -> None:
        """Act at a tick, unless it is long over: what was slept through is not made up for."""
        if not isinstance(record.event, MarketTicked) or record.time_ms < self._now_ms() - LATE_MS:
            return
        crowd = self._crowds.get(world.id)
        if crowd is None:
            players = people(self._count, season_of(world.id))
            crowd = self._crowds[world.id] = Crowd(players, self._numbers, self._seed)
        await crowd.act(ServedWorlds(world), record.event.news.tick)

    async def forget(self, world_id: str) -> None:
        """The season is over or leaves this process."""
        self._crowds.pop(world_id, None)
