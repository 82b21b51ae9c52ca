"""What instruments are worth: margins and liquidations go by the mark, never by the last trade alone.

Spot is marked at the index. The perpetual's mark is the median of three: the index with the funding still to come, the
index with the moving average of the book's distance from it, and the last trade (tycoon-simulation.md section 4.5).
Options are marked by their model (`options_math`).
"""

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.rules.market.options_math import option_marks
from gamefold.games.tycoon.rules.market.resting import MARK_MOVED, withdraw
from gamefold.games.tycoon.state.market import PERP, SPOT, Listing, Market
from gamefold.games.tycoon.state.units import BP, TICK_MICRO

BASIS_UNIT = 1_024  # parts of a tick that `Funding.basis` counts
PPB = 1_000_000_000


def set_marks(market: Market, ctx: Context) -> list[Event]:
    """Mark every instrument at this tick's index, and set the bands of prices around the marks."""
    index = market.index()
    market.listings[SPOT].mark = max(1, index)
    perp = market.listings[PERP]
    perp.mark = perp_mark(market, perp, index, ctx.balance["funding_interval_s"])
    _mark_options(market, ctx)
    for listing in market.listings.values():
        listing.fence(market.terms, index)
    return []


def perp_mark(market: Market, perp: Listing, index: int, interval_s: int) -> int:
    """Give the perpetual's mark in ticks, 1 or more."""
    funding = market.funding
    left_s = max(0, interval_s - (market.world.game_s - funding.began_s))
    with_funding = index + index * funding.rate_ppb * left_s // (interval_s * PPB)
    with_basis = index + funding.basis // BASIS_UNIT
    return max(1, sorted((with_funding, with_basis, perp.tape.last or index))[1])


def withdraw_stale(market: Market, _ctx: Context) -> list[Event]:
    """Cancel resting orders for perpetuals that the mark has passed by far.

    Whoever meets such an order loses or wins more than margins were asked for: it would be a way to move money to a
    friend at the insurance fund's cost.
    """
    told: list[Event] = []
    perp = market.listings[PERP]
    reach = perp.mark * market.terms.stale_bp // BP
    for side, bound in ((perp.book.bids, -(perp.mark + reach)), (perp.book.asks, perp.mark - reach)):
        while (rank := side.best()) is not None and rank < bound:
            withdraw(market, perp, MARK_MOVED, told, side.heap[0][2])
    return told


def _mark_options(market: Market, ctx: Context) -> None:
    options = market.world.options
    if not options:
        return
    marks = option_marks(options, market.world.price, market.world.game_s, ctx.balance)
    ticks = (marks.price_micro + TICK_MICRO // 2) // TICK_MICRO
    rows = zip(
        ticks.tolist(), marks.delta_ppm.tolist(), marks.gamma_ppb.tolist(), marks.vega_micro.tolist(), strict=True
    )
    for option, (mark, delta, gamma, vega) in zip(options, rows, strict=True):
        listing = market.listings[option.name]
        listing.mark, listing.greeks = mark, (delta, gamma, vega)
