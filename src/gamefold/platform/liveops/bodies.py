"""What operators send, and the types that all live operations share."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from gamefold.engine.refusal import Rejected
from gamefold.platform.liveops.anomalies import Verdict
from gamefold.platform.liveops.refusals import AMOUNT_INVALID
from gamefold.web.bodies import Body, Text, Whole
from gamefold.web.validation import Unfit

TICK_MAX: Final = 1 << 53
UNITS_MAX: Final = 10**18  # of anything that is granted at once

_UUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

Uuid = Annotated[str, StringConstraints(pattern=_UUID, to_lower=True)]
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,49}$")]
SeasonName = Annotated[Text, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
Digits = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,20}([.][0-9]{1,20})?$")]
WorldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$")]
ParameterName = Annotated[Text, StringConstraints(min_length=1, max_length=100)]
Tick = Annotated[int, Field(ge=0, le=TICK_MAX)]
Seq = Annotated[int, Field(ge=1, le=TICK_MAX)]

AskedTick = Annotated[Whole | None, Query(ge=0, le=TICK_MAX)]
AskedSeq = Annotated[Whole | None, Query(ge=1, le=TICK_MAX)]
AskedWord = Annotated[Text | None, Query(max_length=200)]
UuidInPath = Annotated[str, Path(pattern=_UUID)]


class Asked(Body):
    """Whatever changes something has a reason, which is kept for good."""

    model_config = ConfigDict(alias_generator=to_camel)

    reason: Reason


class Shown(BaseModel):
    """Something an answer shows: camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class RollbackBody(Asked):
    """Back to the end of a tick, or to an entry. Without `dryRun: false` nothing happens.

    With the token of a dry run in `confirm`, only what that one told is undone, and `alsoUndo` entries more.
    """

    to_tick: Tick | None = None
    to_seq: Seq | None = None
    dry_run: bool = True
    confirm: Annotated[str | None, Field(max_length=16_384)] = None
    also_undo: Annotated[int, Field(ge=0, le=1_000_000)] = 0

    @model_validator(mode="after")
    def _one_target(self) -> "RollbackBody":
        if (self.to_tick is None) == (self.to_seq is None):
            raise Unfit("needs either toTick or toSeq")
        return self


class ForkBody(Asked):
    """Another world that goes on from a tick, an entry, or the end of this one."""

    new_id: WorldName
    to_tick: Tick | None = None
    to_seq: Seq | None = None
    same_chance: bool = False

    @model_validator(mode="after")
    def _one_target(self) -> "ForkBody":
        if self.to_tick is not None and self.to_seq is not None:
            raise Unfit("takes toTick or toSeq, not both")
        return self


class ParametersBody(Asked):
    """Numbers by name. One that has parts is given with all of them."""

    changes: Annotated[
        dict[ParameterName, int | Annotated[dict[ParameterName, int], Field(max_length=1_000)]],
        Field(min_length=1, max_length=200),
    ]


class EventBody(Asked):
    """Something that shall happen. Times are in ticks."""

    type: Code
    severity: Code | None = None
    region: Code | None = None
    duration_ticks: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    starts_in_ticks: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class GrantBody(Asked):
    """What an account gets, by the names of the game's things, such as `"usd": 100.5`. Negative amounts are taken."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int | float | Digits] = Field(init=False)

    account_id: Uuid

    def amounts(self, digits_of: dict[str, int]) -> dict[str, int]:
        """Give what is granted in smallest units, exactly. Rejected AMOUNT_INVALID."""
        granted = {name: _units(name, value, digits_of) for name, value in sorted(self.__pydantic_extra__.items())}
        if not any(granted.values()):
            raise Rejected(AMOUNT_INVALID, f"A grant names at least one of {', '.join(sorted(digits_of))}.")
        return granted


def _units(name: str, value: float | str, digits_of: dict[str, int]) -> int:
    if name not in digits_of:
        # The name is the sender's own, so it is not repeated.
        raise Rejected(AMOUNT_INVALID, f"What can be granted is {', '.join(sorted(digits_of))}.")
    # The shortest text of a float is what was sent: 0.1 stays 0.1.
    units = Decimal(str(value)).scaleb(digits_of[name])
    if abs(units) > UNITS_MAX or units != units.to_integral_value():
        raise Rejected(AMOUNT_INVALID, f"{name} is an amount with at most {digits_of[name]} digits behind the point.")
    return int(units)


class RestoreBody(Asked):
    """Give an account back what it had at the end of a tick."""

    account_id: Uuid
    to_tick: Tick
    dry_run: bool = True


class SeasonBody(Asked):
    """Which season begins or ends."""

    name: SeasonName | None = None


class LeaderboardBody(Asked):
    """Who is left out of the leaderboards, or let in again."""

    account_id: Uuid


class LinkBody(Asked):
    """Accounts that are one owner's. Without a `group` they are strangers again."""

    account_ids: Annotated[list[Uuid], Field(min_length=1, max_length=100)]
    group: Annotated[Text, StringConstraints(min_length=1, max_length=64, pattern=r"\S")] | None = None


class BanBody(Asked):
    """A ban, for good or until a time in milliseconds since 1970."""

    until_ms: Annotated[int | None, Field(ge=1, le=253_402_300_799_000)] = None


class ReasonBody(Asked):
    """Nothing but the reason."""


class ReviewBody(Body):
    """What somebody thinks of an anomaly."""

    verdict: Verdict
    note: Reason


class OperatorLoginBody(Body):
    """Who comes in."""

    email: Annotated[Text, Field(max_length=320)]
    password: Annotated[str, Field(max_length=4_096)]


class OperatorRefreshBody(Body):
    """The newest refresh token of a session."""

    model_config = ConfigDict(alias_generator=to_camel)

    refresh_token: Annotated[str, Field(max_length=512)]


Status = Literal["running", "over", "archived", "stopped", "quarantined"]
AnomalyStatus = Literal["OPEN", "DISMISSED", "CONFIRMED"]

Json = dict[str, Any]
Milliseconds = Annotated[int, Field(description="Milliseconds since 1970.")]
