"""Units of money, quantity and time, and the conversions between them that are exact."""

from typing import Final

MICRO: Final = 1_000_000  # micro-USD in a USD
SAT: Final = 100_000_000  # satoshi in a BTC
LOT_SAT: Final = 10_000  # satoshi in a lot: quantities are multiples of 0.0001 BTC
TICK_MICRO: Final = 100_000  # micro-USD in a price tick: prices are multiples of 0.10 USD
LOT_TICK_MICRO: Final = 10  # micro-USD that one lot at one price tick is worth: 0.0001 BTC * 0.10 USD
BP: Final = 10_000  # basis points in a whole
Q12: Final = 4_096  # the unit of Q12 factors

TICK_S: Final = 5  # seconds of the world's clock in a tick
DAY_S: Final = 86_400
EPOCH_S: Final = 1_704_067_200  # 2024-01-01T00:00:00Z: the game's calendar at tick 0, in Unix seconds

REGIONS: Final = ("ASIA", "EUROPE", "SOUTH_AMERICA", "US_EAST", "US_WEST")  # sorted


def notional_micro(lots: int, price: int) -> int:
    """Give what `lots` cost at `price` ticks, in micro-USD."""
    return lots * price * LOT_TICK_MICRO


def in_usd(micro: int) -> str:
    """Write micro-USD for people: `409.921963 USD`, `12 USD`."""
    return _decimal(micro, MICRO, "USD")


def in_btc(sat: int) -> str:
    """Write satoshi for people: `0.0125 BTC`."""
    return _decimal(sat, SAT, "BTC")


def _decimal(units: int, unit: int, name: str) -> str:
    whole, part = divmod(abs(units), unit)
    digits = f".{part:0{len(str(unit)) - 1}d}".rstrip("0").rstrip(".")
    return f"{'-' if units < 0 else ''}{whole}{digits} {name}"


def game_seconds(ticks: int, time_compression: int) -> int:
    """Turn a number of ticks into seconds of game time."""
    return ticks * TICK_S * time_compression


def ticks_of(seconds: int, time_compression: int) -> int:
    """Turn seconds of game time into ticks, rounded up; at least 1."""
    return max(1, -(-seconds // (TICK_S * time_compression)))


def share_up(amount: int, bp: int) -> int:
    """Give `bp` basis points of `amount`, rounded up: fees and margins."""
    return -(-amount * bp // BP)


def share_down(amount: int, bp: int) -> int:
    """Give `bp` basis points of `amount`, rounded down: payouts."""
    return amount * bp // BP
