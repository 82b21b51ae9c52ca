"""What things cost in a region: asked by the rules that charge for them and by the routes that show them."""

from typing import Final

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.border import MarketNews
from gamefold.games.tycoon.state.units import BP, MICRO, share_up

TIERS: Final = range(1, 6)  # of the grid


def site_price_micro(balance: Values, grid_tier: int, cooling: str) -> int:
    """Give the price of a site."""
    usd = balance["site_price_usd"] + balance["site_price_tier_usd"][f"TIER_{grid_tier}"]
    return int(usd + balance["site_price_cooling_usd"][cooling]) * MICRO


def slots_of(balance: Values, grid_tier: int) -> int:
    """Give how many rigs a site of a grid tier holds."""
    return int(balance["site_slots"][f"TIER_{grid_tier}"])


def rig_price_bp(news: MarketNews | None) -> int:
    """Give what a rig costs now compared with the usual price: hardware can be short."""
    return BP if news is None else news.effects.rig_price_bp


def rig_price_micro(balance: Values, model: str, news: MarketNews | None) -> int:
    """Give the price of one rig now, rounded up."""
    return share_up(balance["rig_price_usd"][model] * MICRO, rig_price_bp(news))
