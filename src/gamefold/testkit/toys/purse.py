"""A purse: it lives in no process, any of them may open it, and an allowance comes in every hour."""

from collections.abc import Iterator
from typing import Final

import msgspec

from gamefold.engine.balance import BalanceSheet, Number
from gamefold.engine.ruleset import Context, Due, Event, Intent, Rejected, Ruleset, Spec

AMOUNT_INVALID: Final = "AMOUNT_INVALID"
TOO_POOR: Final = "TOO_POOR"
NOT_YET: Final = "NOT_YET"
HOUR_MS: Final = 3_600_000


class PurseSpec(Spec, frozen=True):
    """What a new purse holds."""

    coins: int = 0


class Purse(msgspec.Struct):
    """Coins, and when the next allowance comes."""

    coins: int
    allowance_ms: int


class Earn(Intent, frozen=True):
    """Put coins in. Refused: AMOUNT_INVALID."""

    coins: int


class Spend(Intent, frozen=True):
    """Take coins out. Refused: AMOUNT_INVALID, TOO_POOR."""

    coins: int


class PayAllowance(Intent, frozen=True):
    """From the clock: an hour has passed. Refused: NOT_YET."""


class PurseOpened(Event, frozen=True):
    """There is a new purse."""

    coins: int


class CoinsMoved(Event, frozen=True):
    """The purse now holds `coins`."""

    coins: int
    moved: int


def new_purse(spec: PurseSpec, ctx: Context) -> tuple[Purse, list[Event]]:
    """Open a purse."""
    return Purse(spec.coins, ctx.now_ms + HOUR_MS), [PurseOpened(spec.coins)]


def earn(purse: Purse, intent: Earn, _ctx: Context) -> Iterator[Event]:
    """Put coins in."""
    _refuse_bad_amount(intent.coins)

    yield _move(purse, intent.coins)


def spend(purse: Purse, intent: Spend, _ctx: Context) -> Iterator[Event]:
    """Take coins out."""
    _refuse_bad_amount(intent.coins)
    if purse.coins < intent.coins:
        raise Rejected(TOO_POOR, f"There are only {purse.coins} coins.")

    yield _move(purse, -intent.coins)


def pay_allowance(purse: Purse, _intent: PayAllowance, ctx: Context) -> Iterator[Event]:
    """Pay for one hour."""
    if ctx.now_ms < purse.allowance_ms:
        raise Rejected(NOT_YET, "The hour is not over.")

    purse.allowance_ms += HOUR_MS
    yield _move(purse, ctx.balance["allowance"])


def next_allowance(purse: Purse) -> Due:
    """Ask for the next allowance."""
    return Due(purse.allowance_ms, PayAllowance())


def _move(purse: Purse, coins: int) -> CoinsMoved:
    purse.coins += coins
    return CoinsMoved(purse.coins, coins)


def _refuse_bad_amount(coins: int) -> None:
    if not 0 < coins <= 1_000_000:
        raise Rejected(AMOUNT_INVALID, "An amount is 1 to 1000000.")


PURSE: Final = Ruleset(
    name="purse",
    version=1,
    state=Purse,
    spec=PurseSpec,
    new_world=new_purse,
    handlers={Earn: earn, Spend: spend, PayAllowance: pay_allowance},
    events=(PurseOpened, CoinsMoved),
    balance=BalanceSheet({"allowance": Number(5, "coins that come in every hour", "coins", 0, 100)}),
    on_demand=True,
    due=next_allowance,
)
