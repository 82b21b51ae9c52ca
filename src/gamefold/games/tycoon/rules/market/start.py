"""A market as its season begins."""

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.rules.market.expiry import turn_options
from gamefold.games.tycoon.rules.market.makers import open_makers, quote_makers
from gamefold.games.tycoon.rules.market.marks import set_marks
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.rules.market.terms import terms_of
from gamefold.games.tycoon.rules.market.world import leverage_cap, start_world
from gamefold.games.tycoon.state.market import PERP, PERP_KIND, SPOT, SPOT_KIND, Funding, Listing, Market
from gamefold.games.tycoon.state.positions import Positions
from gamefold.games.tycoon.state.units import MICRO


def new_market(spec: MarketSpec, ctx: Context) -> tuple[Market, list[Event]]:
    """Open a market: instruments listed, the insurance fund filled, the makers' quotes on the books."""
    world = start_world(ctx.balance)
    market = Market(
        season=spec.season,
        world=world,
        terms=terms_of(ctx.balance, leverage_cap(world, ctx)),
        funding=Funding(began_s=world.game_s),
    )
    market.listings[SPOT] = Listing(SPOT, SPOT_KIND, mark=1)
    market.listings[PERP] = Listing(PERP, PERP_KIND, mark=1, positions=Positions(paid_up=False))
    market.fund_micro = ctx.balance["insurance_start_usd"] * MICRO
    market.flows.count("insurance", market.fund_micro)
    open_makers(market, ctx)
    told: list[Event] = []
    for stage in (turn_options, set_marks, quote_makers, prove):
        told += stage(market, ctx)
    return market, told
