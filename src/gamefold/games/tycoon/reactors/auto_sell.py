"""Standing orders that sell: what a company has above what it keeps goes to the market, at the market's price.

The way of any order: BTC is sent from home, and arrives together with the order, in one entry.
"""

from collections.abc import Callable
from typing import Final

import structlog

from gamefold.engine.feed import Record
from gamefold.engine.reactors import WorldRef
from gamefold.engine.ruleset import Rejected
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.events.progress import AutoSellWanted
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import MARKET as AT_MARKET
from gamefold.games.tycoon.intents.market import SELL, STANDING, PlaceOrder
from gamefold.games.tycoon.intents.region import SendToMarket
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.market import SPOT, Market
from gamefold.games.tycoon.state.units import LOT_SAT, TICK_S
from gamefold.games.tycoon.state.worlds import place_of, season_of, world_of

ACTOR: Final = STANDING  # nobody else's client order ids may begin with it
LATE_MS: Final = 3 * TICK_S * 1_000

log = structlog.get_logger("gamefold.tycoon")


class AutoSell:
    """Sells for the companies of a region that have said so."""

    name: Final = "tycoon.auto_sell"

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms

    async def react(self, record: Record, world: WorldRef) -> None:
        """Sell once. A wish that is old is left out: the company wishes it again with each tick."""
        event = record.event
        if not isinstance(event, AutoSellWanted) or record.time_ms < self._now_ms() - LATE_MS:
            return
        lots = event.sat // LOT_SAT
        if not lots:
            return
        try:
            sent = await world.submit(STANDING, SendToMarket(event.company, 0, lots * LOT_SAT))
            crossed = next(one for one in sent.events if isinstance(one, Crossed))
            arrived = Receive(place_of(world.id), crossed.no, crossed.cargo)
            market = world_of(season_of(world.id), MARKET)
            if sent.repeated and await world.query_of(market, lambda state: _has(state, arrived)):
                return  # delivered again: it was sold, or the market sends it home
            order = PlaceOrder(
                company=event.company,
                instrument=SPOT,
                side=SELL,
                lots=lots,
                kind=AT_MARKET,
                client_order_id=f"{STANDING}-{record.position}",
                arrived=arrived,
            )
            await world.submit_to(market, STANDING, order)
        except Rejected as refusal:
            # Spent meanwhile, or nobody buys; what was sent comes home by itself.
            log.debug("a standing order was refused", company=event.company, code=refusal.code)

    async def forget(self, world_id: str) -> None:
        """Nothing is kept."""


def _has(market: Market, arrived: Receive) -> bool:
    border, sender, no = market.border, arrived.sender, arrived.no
    return no <= border.through.get(sender, 0) or no in border.ahead.get(sender, ())
