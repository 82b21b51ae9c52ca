"""How a wish is carried out: what is asked at home goes home, what is asked of the market goes there, paid for first.

The same steps as behind the routes. `Worlds` is all that is needed for them, so a season in memory and a running server
are served by the same lines.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

from msgspec.structs import replace

from gamefold.engine.reactors import WorldRef
from gamefold.engine.ruleset import Event, Intent
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import AmendOrder, CancelAll, CancelOrder, ClosePosition, PlaceOrder, SendHome
from gamefold.games.tycoon.intents.region import SendToMarket
from gamefold.games.tycoon.intents.world import Propose
from gamefold.games.tycoon.rules.market import quote
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.worlds import season_of, world_of

T = TypeVar("T")

_AT_MARKET: Final = (AmendOrder, CancelAll, CancelOrder, ClosePosition, SendHome, Propose)


class Worlds(Protocol):
    """The worlds of one season, by place: `MARKET` or a region."""

    async def look(self, place: str, view: Callable[[Any], T]) -> T:
        """Look at a world's state."""
        ...

    async def submit(self, place: str, actor: str, intent: Intent) -> Sequence[Event]:
        """Ask a world. Raises Rejected."""
        ...


class ServedWorlds:
    """The worlds of a season in a running server."""

    def __init__(self, world: WorldRef) -> None:
        self._world = world
        self._season = season_of(world.id)

    async def look(self, place: str, view: Callable[[Any], T]) -> T:
        """See Worlds."""
        return await self._world.query_of(world_of(self._season, place), view)

    async def submit(self, place: str, actor: str, intent: Intent) -> Sequence[Event]:
        """See Worlds."""
        return (await self._world.submit_to(world_of(self._season, place), actor, intent)).events


async def carry_out(worlds: Worlds, home: str, actor: str, intent: Intent) -> Sequence[Event]:
    """Do what a company wants, and give what happened where it was asked. Raises Rejected."""
    if isinstance(intent, PlaceOrder):
        return await _trade(worlds, home, actor, intent)
    return await worlds.submit(MARKET if isinstance(intent, _AT_MARKET) else home, actor, intent)


async def _trade(worlds: Worlds, home: str, actor: str, order: PlaceOrder) -> Sequence[Event]:
    """Send the funds an order needs, then place it. If it is refused, they come home by themselves."""
    usd_micro, sat = await worlds.look(MARKET, lambda market: quote(market, order))
    if usd_micro or sat:
        sent = await worlds.submit(home, actor, SendToMarket(order.company, usd_micro, sat))
        crossed = next(event for event in sent if isinstance(event, Crossed))
        order = replace(order, arrived=Receive(home, crossed.no, crossed.cargo))
    return await worlds.submit(MARKET, actor, order)
