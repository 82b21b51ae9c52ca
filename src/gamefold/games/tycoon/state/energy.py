"""What energy contracts cost: asked by the rule that signs one and by the routes that show quotes."""

from typing import Final

import msgspec

from gamefold.engine.balance import Values
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import BP, share_up

PROVIDERS: Final = {"FIXED": "Continental Baseload", "INDEX": "Open Grid Exchange", "INTERRUPTIBLE": "Flexload Pool"}
WEEK_DAYS: Final = 7
DISCOUNT_MOST_BP: Final = 1_000  # for a long time


class Quote(msgspec.Struct, frozen=True):
    """What a provider offers at this tick."""

    kind: str
    provider: str
    price: int  # micro-USD per kWh; of an INDEX contract: basis points of the spot price
    price_now_micro: int  # what a kWh would cost by it at this tick


def energy_quotes(region: Region, duration_days: int, balance: Values) -> list[Quote]:
    """Give what every kind of contract costs now, if signed for so many game days.

    A fixed price looks back and ahead: two thirds of it are the region's average and one third is today's spot, so
    that nobody sits out a crisis at the price of quiet days. A week takes a little off; the prices are rounded up.
    """
    spot, average = region.weather.price_micro, balance["energy_base_micro"][region.region]
    expected = -(-(2 * average + spot) // 3)
    weeks = duration_days // WEEK_DAYS
    share_bp = BP - min(DISCOUNT_MOST_BP, weeks * balance["energy_long_discount_bp"])
    index_bp = share_up(balance["energy_index_bp"], share_bp)
    prices = {
        "FIXED": share_up(share_up(expected, balance["energy_fixed_bp"]), share_bp),
        "INTERRUPTIBLE": share_up(share_up(expected, balance["energy_interruptible_bp"]), share_bp),
    }
    return [
        Quote("FIXED", PROVIDERS["FIXED"], prices["FIXED"], prices["FIXED"]),
        Quote("INDEX", PROVIDERS["INDEX"], index_bp, share_up(spot, index_bp)),
        Quote("INTERRUPTIBLE", PROVIDERS["INTERRUPTIBLE"], prices["INTERRUPTIBLE"], prices["INTERRUPTIBLE"]),
    ]


def interrupted(region: Region, balance: Values) -> bool:
    """Say whether energy is so dear now that INTERRUPTIBLE sites stand still."""
    average = balance["energy_base_micro"][region.region]
    return bool(region.weather.price_micro * BP > average * balance["energy_interrupt_above_bp"])
