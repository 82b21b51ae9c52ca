"""Funding: what the side of the perpetual that pushes its price away from the index pays the other.

The premium is sampled each tick, after the makers have quoted: how far beyond the index a trade of a stated size would
be filled. The rate is the average premium (late samples count more: weights i / sum(i)) plus an interest that a clamp
keeps close to it. At the end of the interval payers pay rounded up, receivers get rounded down, the insurance fund gets
what is between (tycoon-simulation.md section 4.5).
"""

from array import array

import numpy as np

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.market import FundingPaid, FundingSettled
from gamefold.games.tycoon.rules.market.holdings import table_of
from gamefold.games.tycoon.rules.market.marks import BASIS_UNIT, PPB
from gamefold.games.tycoon.state.book import Side, id_name
from gamefold.games.tycoon.state.market import PERP, Funding, Listing, Market
from gamefold.games.tycoon.state.units import LOT_TICK_MICRO, MICRO

BASIS_TICKS = 16  # how many ticks the moving average of the basis remembers, about
_MILLI = 1_000  # parts of a micro-USD that a lot's share is counted in


def pay_funding(market: Market, ctx: Context) -> list[Event]:
    """Let longs and shorts pay each other where the interval is over."""
    funding = market.funding
    if market.world.game_s - funding.began_s < ctx.balance["funding_interval_s"]:
        return []
    rate, perp = funding.rate_ppb, market.listings[PERP]
    market.funding = Funding(market.world.game_s, paid_ppb=rate, basis=funding.basis)
    return pay(market, perp, rate)


def pay(market: Market, perp: Listing, rate_ppb: int) -> list[Event]:
    """Move `rate_ppb` of every position's value at the mark from longs to shorts (or back, where it is below 0)."""
    table = table_of(perp)
    lots = table.column("lots")
    milli_per_lot = perp.mark * LOT_TICK_MICRO * abs(rate_ppb) // (PPB // _MILLI)
    owed = np.abs(lots) * np.int64(milli_per_lot)
    pays = (lots > 0) == (rate_ppb > 0)
    paid = np.where(pays, -(-owed // _MILLI), -(owed // _MILLI))
    margins = table.column("margin") - paid
    table.margin = array("q", margins.tolist())
    to_fund = int(paid.sum())
    market.fund_micro += to_fund
    told: list[Event] = []
    for row, (amount, margin) in enumerate(zip(paid.tolist(), margins.tolist(), strict=True)):
        account = market.accounts[table.accounts[row]]
        if amount and account.home:
            told.append(FundingPaid(account.company, id_name(table.ids[row]), perp.name, amount, margin))
    longs, shorts = int(paid[lots > 0].sum()), int(paid[lots < 0].sum())
    told.append(FundingSettled(perp.name, rate_ppb, perp.mark, longs, shorts, to_fund))
    return told


def sample_premium(market: Market, ctx: Context) -> list[Event]:
    """Sample how far the perpetual's book is from the index, and forecast the rate."""
    funding, index, perp = market.funding, market.index(), market.listings[PERP]
    size = ctx.balance["funding_impact_usd"] * MICRO // (index * LOT_TICK_MICRO) + 1
    bid = impact_price(perp.book.bids, size)
    ask = impact_price(perp.book.asks, size)
    over = max(0, -bid - index) if bid is not None else 0
    under = max(0, index - ask) if ask is not None else 0
    premium = (over - under) * PPB // index
    funding.samples += 1
    funding.weights += funding.samples
    funding.weighted += funding.samples * premium
    funding.rate_ppb = rate_of(
        funding,
        interest=ctx.balance["funding_interest_ppb"],
        clamp=ctx.balance["funding_clamp_ppb"],
        cap=ctx.balance["funding_cap_ppb"],
    )
    best_bid, best_ask = perp.book.bid(), perp.book.ask()
    basis = 0 if best_bid is None or best_ask is None else (best_bid + best_ask) * BASIS_UNIT // 2 - index * BASIS_UNIT
    funding.basis += (basis - funding.basis) // BASIS_TICKS
    return []


def rate_of(funding: Funding, *, interest: int, clamp: int, cap: int) -> int:
    """Give the rate that the samples so far lead to, in billionths of a position's value."""
    average = funding.weighted // funding.weights if funding.weights else 0
    rate = average + max(-clamp, min(clamp, interest - average))
    return max(-cap, min(cap, rate))


def impact_price(side: Side, lots: int) -> int | None:
    """Give the average rank at which `lots` would be filled (rounded away from the middle), none where too few rest."""
    left, total = lots, 0
    for order in side.best_first():
        taken = min(left, order.lots)
        total += taken * order.rank
        left -= taken
        if not left:
            return -(-total // lots)
    return None
