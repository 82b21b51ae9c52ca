"""The rules of Tycoon: the market's, the regions', and what crosses the border between them.

Only the market has a clock. A region ticks when it hears that the market has (docs/decisions/0015).
"""

from typing import Final

from gamefold.engine.ruleset import Lag, Ruleset
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.border import Crossed, MarketTicked
from gamefold.games.tycoon.events.market import MARKET_EVENTS
from gamefold.games.tycoon.events.world import WORLD_EVENTS, WorldEventBegan, WorldEventEnded, WorldEventPlanned
from gamefold.games.tycoon.intents.border import HearMarket
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.intents.region import RegionSpec
from gamefold.games.tycoon.rules import happenings, market, progress, region
from gamefold.games.tycoon.rules.market import quote
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.market_codec import decode_market, digest_market, encode_market
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region
from gamefold.games.tycoon.state.units import TICK_S
from gamefold.games.tycoon.state.worlds import MARKET_RULES, REGION_RULES

# What a start has to fold again at most: 720 ticks of a million rigs, or 20,000 orders, take seconds.
SNAPSHOT_EVERY: Final = 20_000  # entries
SNAPSHOT_EVERY_TICKS: Final = 720

MARKET_RULESET: Final = Ruleset(
    name=MARKET_RULES,
    version=1,
    state=Market,
    spec=MarketSpec,
    new_world=market.new_market,
    handlers=market.HANDLERS,
    events=(*MARKET_EVENTS, *WORLD_EVENTS, Crossed, MarketTicked),
    balance=SHEET,
    tick_ms=TICK_S * 1_000,
    # While no server runs nobody can act, so nobody's time passes.
    lag=Lag.FREEZE,
    snapshot_every=SNAPSHOT_EVERY,
    snapshot_every_ticks=SNAPSHOT_EVERY_TICKS,
    digest_ticks_only=True,
    digest=digest_market,
    encode=encode_market,
    decode=decode_market,
)

REGION_RULESET: Final = Ruleset(
    name=REGION_RULES,
    version=1,
    state=Region,
    spec=RegionSpec,
    new_world=region.new_region,
    handlers={**region.HANDLERS, **progress.HANDLERS, **happenings.HANDLERS},
    events=(*region.EVENTS, *progress.EVENTS, WorldEventPlanned, WorldEventBegan, WorldEventEnded),
    balance=SHEET,
    ticks_by=(HearMarket,),
    snapshot_every=SNAPSHOT_EVERY,
    snapshot_every_ticks=SNAPSHOT_EVERY_TICKS,
    digest_ticks_only=True,
    digest=digest_region,
    encode=encode_region,
    decode=decode_region,
)

__all__ = ["MARKET_RULESET", "REGION_RULESET", "quote"]
