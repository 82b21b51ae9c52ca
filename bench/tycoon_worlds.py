"""Worlds of Tycoon that are measured: made of arrays, because a million rigs are not bought one by one."""

from functools import lru_cache
from typing import Any

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Context
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.rules.market import new_market
from gamefold.games.tycoon.rules.market.orders import place
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.state.border import MarketNews
from gamefold.games.tycoon.state.market import PERP, SPOT, Account, Market
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import LOT_TICK_MICRO, MICRO, REGIONS
from gamefold.testkit.clock import START_MS
from gamefold.testkit.play import SEED
from tests.games.tycoon.region.builders import news_of as news_for
from tests.games.tycoon.region.builders import seeded_region

LOTS_MOST = 100  # of a position
BACKED = 3  # a position's margin is this part of its value


@lru_cache(maxsize=1)
def balance() -> Values:
    """Give the numbers every world here plays by."""
    return SHEET.values()


def a_context(tick: int) -> Context:
    """Give what rules know at a tick."""
    return Context("tycoon/bench", 1 + tick, tick, START_MS, "bench", balance(), SEED, ("tick", tick))


def news_of(tick: int) -> MarketNews:
    """Give what a calm market tells a region."""
    return news_for(tick)


def a_region(rigs: int) -> Region:
    """Give a region with so many rigs, a fifth as many sites and a tenth as many companies."""
    return seeded_region(rigs, rigs // 5, rigs // 10)


def a_market() -> Market:
    """Give the market of a new season, with its makers' quotes."""
    market, _ = new_market(MarketSpec(1), a_context(0))
    return market


def a_shard_market(accounts: int) -> Market:
    """Give a market with so many perpetual positions, half of them short; every tenth account bids for spot too."""
    market = a_market()
    perp = market.listings[PERP]
    assert perp.positions is not None
    for number in range(accounts):
        funds = 2_000 * MICRO if number % 10 == 0 else 0
        account = Account(f"c{number}", REGIONS[number % len(REGIONS)], f"c{number}", usd_free=funds)
        row = perp.positions.open(market.new_serial(), at := market.open_account(account), 3)
        # Neighbours hold the two sides of one trade.
        lots = (number // 2 * 7919 % LOTS_MOST + 1) * (1 if number % 2 else -1)
        value = lots * perp.mark * LOT_TICK_MICRO
        perp.positions.lots[row], perp.positions.cost[row] = lots, value
        perp.positions.margin[row] = margin = abs(value) // BACKED
        market.flows.count("from_home", usd_micro=margin + funds)
        if funds:
            told: list[Any] = []
            price = market.listings[SPOT].low + number % 1_000
            place(market, market.listings[SPOT], at, account, 1, 1, price, told)
    prove(market, a_context(0))
    return market
