"""Nothing was made and nothing was lost: a world where this does not hold stops rather than pay."""

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.state.market import Market


def prove(market: Market, _ctx: Context) -> list[Event]:
    """Hold what the market has against what came and went, and the longs of every instrument against its shorts."""
    held, expected = market.holdings(), market.flows.balance()
    assert held == expected, f"the market holds {held} micro-USD and satoshi instead of {expected}"
    for name, listing in sorted(market.listings.items()):
        if listing.positions is not None:
            longs, shorts = listing.positions.open_interest()
            assert longs == shorts, f"{name} has {longs} lots long and {shorts} short"
    return []
