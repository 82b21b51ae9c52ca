"""Gains of spot trading: what BTC was sold for, less what it was bought for here, at the average price.

BTC that was mined or given has no price it was bought at, so selling it is income, and neither a gain nor a loss.
Where a company has both, what it bought is sold first.
"""

from gamefold.games.tycoon.state.market import Account


def count_spot(buyer: Account, seller: Account, lots: int, paid_micro: int, got_micro: int) -> None:
    """Note a fill of `lots` on both sides. What was paid and got is with fees."""
    buyer.spot_lots += lots
    buyer.spot_cost += paid_micro
    known = min(lots, seller.spot_lots)
    if known:
        spent = seller.spot_cost * known // seller.spot_lots
        gain = got_micro * known // lots - spent
        seller.spot_lots -= known
        seller.spot_cost -= spent
        seller.realised_micro += gain
        seller.profitable_trades += gain > 0
