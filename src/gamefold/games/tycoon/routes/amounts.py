"""Money and quantities on their way in and out: exact decimals, never a float that somebody rounded.

In: a JSON number or a decimal string. JSON numbers are read as 64-bit floats by every parser, ours too, and taken at
their shortest decimal form, which is what was written wherever that had up to 15 digits. Whoever has more sends text.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Final

from msgspec import Raw
from pydantic import BeforeValidator, Field

from gamefold.games.tycoon.routes.bounds import bounds
from gamefold.games.tycoon.state.units import LOT_SAT, MICRO, SAT, TICK_MICRO
from gamefold.games.tycoon.tables import efficiency_mj
from gamefold.web.errors import Refused
from gamefold.web.strict_json import INTEGER_MAX
from gamefold.web.validation import Unfit

AMOUNT_INVALID: Final = "AMOUNT_INVALID"

_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_MOST: Final = Decimal(10) ** 12


def _number_or_text(value: Any) -> Any:
    """Say of all three kinds at once what is wrong; by itself, a union speaks of its first only."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unfit("must be a number, or a decimal number as text")
    return value


Amount = Annotated[
    Annotated[int, bounds(minimum=0, maximum=int(_MOST))]
    | Annotated[float, bounds(minimum=0, maximum=int(_MOST))]
    | Annotated[str, Field(max_length=40), bounds(pattern=r"^[0-9]{1,13}(\.[0-9]{1,18})?$")],
    BeforeValidator(_number_or_text),
    Field(description="A number, or a decimal number as text.", examples=["0.0125"]),
]
"""For bodies: what `read` takes."""


def read(amount: Amount, unit: int, code: str, name: str) -> int:
    """Give an amount in units of `1 / unit`; exact and above 0. Refused 422 with `code`."""
    number = _decimal(amount)
    if number is None:
        raise Refused(422, code, f"The {name} must be a decimal number.")
    if number <= 0:
        raise Refused(422, code, f"The {name} must be more than 0.")
    units = number * unit
    if number > _MOST or units > INTEGER_MAX:
        raise Refused(422, code, f"The {name} is too large.")
    if units != units.to_integral_value():
        raise Refused(422, code, f"The {name} must be a multiple of {Decimal(1) / unit}.")
    return int(units)


def read_lots(amount: Amount, code: str) -> int:
    """Give a quantity of BTC in lots of 0.0001. Refused 422 with `code`."""
    return read(amount, SAT // LOT_SAT, code, "quantity")


def read_price(amount: Amount, code: str) -> int:
    """Give a price in ticks of 0.10 USD. Refused 422 with `code`."""
    return read(amount, MICRO // TICK_MICRO, code, "price")


def read_sat(amount: Amount) -> int:
    """Give an amount of BTC in satoshi. Refused 422 AMOUNT_INVALID."""
    return read(amount, SAT, AMOUNT_INVALID, "amount")


def read_usd(amount: Amount) -> int:
    """Give an amount of USD in micro-USD. Refused 422 AMOUNT_INVALID."""
    return read(amount, MICRO, AMOUNT_INVALID, "amount")


def usd(micro: int) -> Raw:
    """Show micro-USD as USD."""
    return _fixed(micro, 6)


def btc(sat: int) -> Raw:
    """Show satoshi as BTC."""
    return _fixed(sat, 8)


def quantity(lots: int) -> Raw:
    """Show lots as BTC."""
    return _fixed(lots, 4)


def price(ticks: int) -> Raw:
    """Show price ticks as USD."""
    return _fixed(ticks, 1)


def terahash(ghs: int) -> Raw:
    """Show GH/s as TH/s."""
    return _fixed(ghs, 3)


def efficiency(power_w: int, hash_ghs: int) -> Raw:
    """Show W by GH/s as J/TH; 0 where nothing is mined."""
    return _fixed(efficiency_mj(power_w, hash_ghs), 3)


def _fixed(units: int, digits: int) -> Raw:
    """Write a JSON number with all its digits: a float could not hold them, and text would be no number."""
    whole, part = divmod(abs(units), 10**digits)
    return Raw(f"{'-' * (units < 0)}{whole}.{part:0{digits}}".encode())


def _decimal(amount: Amount) -> Decimal | None:
    if isinstance(amount, str):
        return Decimal(amount) if _DECIMAL.fullmatch(amount) else None
    return Decimal(repr(amount))
