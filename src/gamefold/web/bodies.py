"""What routes declare: strict bodies, and strict numbers in paths and queries."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gamefold.web.strict_json import INTEGER_MAX
from gamefold.web.validation import Unfit


class Body(BaseModel):
    """A request body. `"5"` and `true` are no integers here, and an unknown field is refused.

    JSON has no UUIDs, dates or enums: declare such a field as a `str` with a pattern or a `Literal`, or loosen it
    alone with `Field(strict=False)`.
    """

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True, hide_input_in_errors=True)


class TolerantBody(Body):
    """A request body that ignores fields it does not know, where a spec's clients send more than it names."""

    model_config = ConfigDict(extra="ignore")


_DIGITS: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)


def _whole_number(value: Any) -> Any:
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            raise Unfit("must be a whole number in plain digits")
        return int(value)
    return value


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise Unfit("must not hold the character NUL")
    return value


Whole = Annotated[int, BeforeValidator(_whole_number), Field(ge=-INTEGER_MAX, le=INTEGER_MAX)]
"""A whole number in a path or query: plain ASCII digits without sign, spaces, underscores or leading zeros
(a minus is taken), within 64 bits. Bound it further: `Annotated[Whole, Query(ge=1, le=50)]`."""

Text = Annotated[str, AfterValidator(_without_nul)]
"""A string a database can hold. PostgreSQL cannot hold NUL, and only passwords have a reason to."""
