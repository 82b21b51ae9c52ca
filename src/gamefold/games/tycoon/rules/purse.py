"""Moving a company's money in its region: asked for first, counted always."""

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.region import FundsChanged
from gamefold.games.tycoon.intents.region import AMOUNT_INVALID, COMPANY_NOT_FOUND, INSUFFICIENT_FUNDS, NOT_AT_HOME
from gamefold.games.tycoon.state.region import Region


def company_row(region: Region, company: str) -> int:
    """Give the row of a company or its branch. Refuses COMPANY_NOT_FOUND."""
    row = region.row_of(company)
    if row is None:
        raise Rejected(COMPANY_NOT_FOUND, "There is no such company in this region.")
    return row


def home_row(region: Region, company: str) -> int:
    """Give the row of a company that is at home here. Refuses COMPANY_NOT_FOUND, and NOT_AT_HOME to a branch."""
    row = company_row(region, company)
    if home := region.companies[row].home:
        raise Rejected(NOT_AT_HOME, f"This company is at home in {home}: ask there.")
    return row


def check_amounts(usd_micro: int, sat: int) -> None:
    """Refuse AMOUNT_INVALID where this cannot be sent anywhere."""
    if min(usd_micro, sat) < 0 or usd_micro + sat == 0:
        raise Rejected(AMOUNT_INVALID, "Amounts are 0 or more, and not both 0.")


def check_funds(region: Region, row: int, usd_micro: int = 0, sat: int = 0) -> None:
    """Refuse INSUFFICIENT_FUNDS where a company does not have this much here, with what is missing. Changes nothing."""
    missing = usd_micro - int(region.ledger["usd"][row])
    if missing > 0:
        raise Rejected(INSUFFICIENT_FUNDS, "The company does not have enough USD.", missing_micro=missing)
    if int(region.ledger["sat"][row]) < sat:
        raise Rejected(INSUFFICIENT_FUNDS, "The company does not have enough BTC.")


def move(region: Region, row: int, reason: str, usd_micro: int = 0, sat: int = 0) -> FundsChanged:
    """Give a company money (above 0), or take it (below 0). What goes to another company here counts to 0.

    Whoever takes has called `check_funds`. The reason is what `Flows` count it under.
    """
    region.flows.count(reason, usd_micro, sat)
    ledger = region.ledger
    usd_now, sat_now = int(ledger["usd"][row]) + usd_micro, int(ledger["sat"][row]) + sat
    assert min(usd_now, sat_now) >= 0, (reason, usd_now, sat_now)
    ledger["usd"][row], ledger["sat"][row] = usd_now, sat_now
    return FundsChanged(region.companies[row].id, reason, usd_micro, sat, usd_now, sat_now)
