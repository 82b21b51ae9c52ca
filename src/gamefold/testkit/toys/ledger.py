"""A ledger: accounts that are filled, shared out and gambled with, until the book is closed."""

from collections.abc import Iterator
from typing import Final

import msgspec

from gamefold.engine.balance import BalanceSheet, Number
from gamefold.engine.ruleset import Context, Event, Intent, Rejected, Ruleset, Spec

AMOUNT_INVALID: Final = "AMOUNT_INVALID"
TOO_POOR: Final = "TOO_POOR"
LEDGER_CLOSED: Final = "LEDGER_CLOSED"


class LedgerSpec(Spec, frozen=True):
    """What a new ledger is made from."""

    title: str = "ledger"


class Ledger(msgspec.Struct):
    """Who owns how much."""

    title: str
    accounts: dict[str, int]
    lines: int = 0
    closed: bool = False


class Deposit(Intent, frozen=True):
    """Put `amount` on the asker's account. Refused: LEDGER_CLOSED, AMOUNT_INVALID."""

    amount: int


class Transfer(Intent, frozen=True):
    """Give `amount` of the asker's to another account. Refused: LEDGER_CLOSED, AMOUNT_INVALID, TOO_POOR."""

    to: str
    amount: int


class Gamble(Intent, frozen=True):
    """Double or lose `stake`. Refused: LEDGER_CLOSED, AMOUNT_INVALID, TOO_POOR."""

    stake: int


class CloseLedger(Intent, frozen=True):
    """End it. Refused: LEDGER_CLOSED."""


class LedgerOpened(Event, frozen=True):
    """A ledger was opened."""

    title: str


class Booked(Event, frozen=True):
    """An account now holds `amount`."""

    account: str
    amount: int
    why: str


class LedgerClosed(Event, frozen=True):
    """Nothing will be booked any more."""

    lines: int


def new_ledger(spec: LedgerSpec, _ctx: Context) -> tuple[Ledger, list[Event]]:
    """Open an empty book."""
    return Ledger(title=spec.title, accounts={}), [LedgerOpened(spec.title)]


def deposit(ledger: Ledger, intent: Deposit, ctx: Context) -> Iterator[Event]:
    """Fill the asker's account."""
    _refuse_if_closed(ledger)
    _refuse_bad_amount(intent.amount, ctx)

    yield _book(ledger, ctx.actor, intent.amount, "deposit")


def transfer(ledger: Ledger, intent: Transfer, ctx: Context) -> Iterator[Event]:
    """Take from one, give to another."""
    _refuse_if_closed(ledger)
    _refuse_bad_amount(intent.amount, ctx)
    _refuse_if_poor(ledger, ctx.actor, intent.amount)

    yield _book(ledger, ctx.actor, -intent.amount, "transfer")
    yield _book(ledger, intent.to, intent.amount, "transfer")


def gamble(ledger: Ledger, intent: Gamble, ctx: Context) -> Iterator[Event]:
    """Toss a coin for the stake."""
    _refuse_if_closed(ledger)
    _refuse_bad_amount(intent.stake, ctx)
    _refuse_if_poor(ledger, ctx.actor, intent.stake)

    won = ctx.rng("coin", ctx.actor).below(2) == 1
    yield _book(ledger, ctx.actor, intent.stake if won else -intent.stake, "won" if won else "lost")


def close_ledger(ledger: Ledger, _intent: CloseLedger, _ctx: Context) -> Iterator[Event]:
    """Close the book."""
    _refuse_if_closed(ledger)

    ledger.closed = True
    yield LedgerClosed(ledger.lines)


def closed(ledger: Ledger) -> bool:
    """Say whether nothing more will happen."""
    return ledger.closed


def _book(ledger: Ledger, account: str, amount: int, why: str) -> Booked:
    ledger.accounts[account] = ledger.accounts.get(account, 0) + amount
    ledger.lines += 1
    return Booked(account, ledger.accounts[account], why)


def _refuse_if_closed(ledger: Ledger) -> None:
    if ledger.closed:
        raise Rejected(LEDGER_CLOSED, "The ledger is closed.")


def _refuse_bad_amount(amount: int, ctx: Context) -> None:
    most = ctx.balance["amount_max"]
    if not 0 < amount <= most:
        raise Rejected(AMOUNT_INVALID, f"An amount is 1 to {most}.")


def _refuse_if_poor(ledger: Ledger, account: str, amount: int) -> None:
    if ledger.accounts.get(account, 0) < amount:
        raise Rejected(TOO_POOR, f"{account} does not have {amount}.")


LEDGER: Final = Ruleset(
    name="ledger",
    version=1,
    state=Ledger,
    spec=LedgerSpec,
    new_world=new_ledger,
    handlers={Deposit: deposit, Transfer: transfer, Gamble: gamble, CloseLedger: close_ledger},
    events=(LedgerOpened, Booked, LedgerClosed),
    balance=BalanceSheet({"amount_max": Number(1_000, "the most one line may move", "coins", 1, 1_000_000)}),
    over=closed,
)
