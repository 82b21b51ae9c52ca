"""The numbers of trading of one tick, taken from the balance sheet once, so that an order looks nothing up."""

from itertools import pairwise

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.market import Terms
from gamefold.games.tycoon.state.units import MICRO

CENT_MICRO = 10_000  # maintenance margins are counted on notionals rounded up to this: bp of a cent are micro-USD


def terms_of(balance: Values, leverage_max: int) -> Terms:
    """Read the terms; `leverage_max` is what votes and events leave of the leverage."""
    tiers = sorted(balance["margin_maintenance_from_usd"])
    starts = [balance["margin_maintenance_from_usd"][tier] * MICRO for tier in tiers]
    rates = [balance["margin_maintenance_bp"][tier] for tier in tiers]
    # A designer's tiers may be in any order; margins only make sense where both grow.
    ladder = sorted(zip(starts, rates, strict=True))
    starts, rates = [0, *(start for start, _ in ladder[1:])], [rate for _, rate in ladder]
    off = [0]
    for (_, before), (start, rate) in pairwise(zip(starts, rates, strict=True)):
        off.append(off[-1] + start // CENT_MICRO * (rate - before))
    return Terms(
        fee_maker_bp=balance["fee_maker_bp"],
        fee_taker_bp=balance["fee_taker_bp"],
        band_bp=balance["order_band_bp"],
        market_band_bp=balance["order_market_band_bp"],
        option_band_bp=balance["order_option_band_bp"],
        stale_bp=balance["order_stale_bp"],
        seen_ticks_max=balance["order_seen_ticks_max"],
        lots_max=balance["order_lots_max"],
        position_lots_max=balance["order_position_lots_max"],
        orders_max=balance["order_open_max"],
        leverage_max=leverage_max,
        maintenance_from=tuple(starts),
        maintenance_bp=tuple(rates),
        maintenance_off=tuple(off),
        initial_over_maintenance_bp=balance["margin_initial_over_maintenance_bp"],
        option_initial_bp=balance["margin_option_initial_bp"],
        option_initial_least_bp=balance["margin_option_initial_least_bp"],
        option_maintenance_bp=balance["margin_option_maintenance_bp"],
    )
