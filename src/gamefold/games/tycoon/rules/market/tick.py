"""The market's tick, stage by stage."""

from collections.abc import Callable, Iterator
from typing import Final

from gamefold.engine.ruleset import Context, Event, Tick
from gamefold.games.tycoon.events.border import Crossed, MarketTicked
from gamefold.games.tycoon.events.market import PricesMoved
from gamefold.games.tycoon.rules.market.crossings import send_all_home
from gamefold.games.tycoon.rules.market.expiry import turn_options
from gamefold.games.tycoon.rules.market.funding import pay_funding, sample_premium
from gamefold.games.tycoon.rules.market.liquidation import liquidate
from gamefold.games.tycoon.rules.market.makers import quote_makers
from gamefold.games.tycoon.rules.market.marks import set_marks, withdraw_stale
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.rules.market.terms import terms_of
from gamefold.games.tycoon.rules.market.world import leverage_cap, tell_news, world_tick
from gamefold.games.tycoon.state.market import OPTION_KIND, PERP, SPOT, Market
from gamefold.games.tycoon.state.market_codec import digest_market
from gamefold.games.tycoon.state.tape import INTERVALS, OPTION_INTERVALS

Stage = Callable[[Market, Context], list[Event]]


def move_world(market: Market, ctx: Context) -> list[Event]:
    """Let the world around the books go on: events, votes, index, difficulty."""
    market.tick, market.serial = ctx.tick, 0
    players_ghs = sum(news.hashrate_ghs for news in market.regions.values())
    told = world_tick(market.world, market.border, players_ghs, ctx)
    market.terms = terms_of(ctx.balance, leverage_cap(market.world, ctx))
    return told


def draw_charts(market: Market, _ctx: Context) -> list[Event]:
    """Fold the tick's trades into candles, and tell its prices."""
    for listing in market.listings.values():
        intervals = OPTION_INTERVALS if listing.kind == OPTION_KIND else INTERVALS
        listing.tape.fold(market.world.game_s, listing.mark, intervals)
    spot, perp = market.listings[SPOT], market.listings[PERP]
    return [
        PricesMoved(
            index_micro=market.world.price.index_micro,
            spot_bid=spot.book.bid(),
            spot_ask=spot.book.ask(),
            spot_last=spot.tape.last,
            perp_mark=perp.mark,
            perp_bid=perp.book.bid(),
            perp_ask=perp.book.ask(),
            perp_last=perp.tape.last,
            funding_ppb=market.funding.rate_ppb,
            fund_micro=market.fund_micro,
        )
    ]


def go_home(market: Market, _ctx: Context) -> list[Event]:
    """Send home what is idle with what was traded, and let the tick's fees leave the world."""
    market.flows.count("fees", -market.fees_micro)
    market.fees_micro = 0
    return [*send_all_home(market)]


# Makers quote around the new mark before positions are judged by it. Stale quotes are gone by then: after a jump,
# whoever is liquidated would meet an empty book, and somebody with a gain would be deleveraged for want of a buyer.
STAGES: Final[tuple[Stage, ...]] = (
    move_world,
    turn_options,
    set_marks,
    pay_funding,
    withdraw_stale,
    quote_makers,
    liquidate,
    sample_premium,
    draw_charts,
    go_home,
    prove,
)


def tick(market: Market, _tick: Tick, ctx: Context) -> Iterator[Event]:
    """Handle `Tick`."""
    told = [event for stage in STAGES for event in stage(market, ctx)]
    market.news = tell_news(market.world, ctx)
    yield from (event for event in told if not isinstance(event, Crossed))
    yield MarketTicked(
        news=market.news,
        digest=digest_market(market),
        region_prices={region: news.energy_micro_per_kwh for region, news in sorted(market.regions.items())},
        region_digests={region: (news.tick, news.digest) for region, news in sorted(market.regions.items())},
    )
    # A region has to have this tick before it gets what left in it: a rollback to the tick before must undo both.
    yield from (event for event in told if isinstance(event, Crossed))
