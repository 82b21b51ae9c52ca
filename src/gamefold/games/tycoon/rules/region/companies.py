"""Founding companies, and what concerns a company as a whole."""

from collections.abc import Iterator

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import CompanyOpened, CompanyUpgraded, FundsGranted, PayoutChosen
from gamefold.games.tycoon.intents.region import (
    AMOUNT_INVALID,
    COMPANY_EXISTS,
    COMPANY_INVALID,
    COMPANY_NOT_GUEST,
    INSUFFICIENT_FUNDS,
    NAME_INVALID,
    PAYOUT_INVALID,
    ChoosePayout,
    GrantFunds,
    OpenCompany,
    SendToMarket,
    UpgradeCompany,
)
from gamefold.games.tycoon.rules.border import send
from gamefold.games.tycoon.rules.branches import tell_branches, terms_at
from gamefold.games.tycoon.rules.progress import on_company_opened, on_company_upgraded
from gamefold.games.tycoon.rules.purse import check_amounts, check_funds, company_row, home_row, move
from gamefold.games.tycoon.state.border import MARKET, Money
from gamefold.games.tycoon.state.region import FPPS, PAYOUTS, PERKS, Company, Region
from gamefold.games.tycoon.state.units import BP, MICRO, SAT

NAME_LENGTH_MOST = 40
ID_LENGTH_MOST = 64


def open_company(region: Region, intent: OpenCompany, ctx: Context) -> Iterator[Event]:
    """Found a company with the start capital, and whatever came for it before it was known."""
    check_new_company(region, intent.company, intent.owner)
    name = checked_name(intent.name)

    company = Company(intent.company, intent.owner, name, intent.guest, region.tick)
    row = enter_company(region, company)
    capital = move(region, row, "capital", usd_micro=ctx.balance["company_capital_usd"] * MICRO)
    yield CompanyOpened(company.id, company.owner, name, company.guest, region.region, region.tick, capital.usd_micro)
    if company.id in region.unclaimed:
        yield claim(region, row)


def check_new_company(region: Region, company: str, owner: str) -> None:
    """Refuse COMPANY_INVALID, and COMPANY_EXISTS where the owner has a company or a branch here."""
    if not all(_is_id(part) for part in (company, owner)):
        raise Rejected(COMPANY_INVALID, f"Ids have 1 to {ID_LENGTH_MOST} printable characters.")
    if region.row_of(company) is not None or region.row_of_owner(owner) is not None:
        raise Rejected(COMPANY_EXISTS, "There is a company of that id or owner.")


def enter_company(region: Region, company: Company) -> int:
    """Give a new company or branch its row, without any money."""
    row = len(region.companies)
    region.companies.append(company)
    region.enter(row)
    region.ledger.append(payout=FPPS, **{f"perk_{perk}_bp": BP for perk in PERKS})
    on_company_opened(region, row)
    return row


def claim(region: Region, row: int) -> Event:
    """Hand a company what waited for it. It was counted when it came."""
    usd_micro, sat = region.unclaimed.pop(region.companies[row].id)
    region.flows.count("unclaimed", -usd_micro, -sat)
    region.ledger["received_usd"][row] += usd_micro
    region.ledger["received_sat"][row] += sat
    return move(region, row, "received", usd_micro, sat)


def upgrade_company(region: Region, intent: UpgradeCompany, _ctx: Context) -> Iterator[Event]:
    """Turn a guest's company into an account's."""
    row = home_row(region, intent.company)
    company = region.companies[row]
    if not company.guest:
        raise Rejected(COMPANY_NOT_GUEST, "This company has been upgraded.")
    name = company.name if intent.name is None else checked_name(intent.name)

    company.guest, company.name = False, name
    on_company_upgraded(region, row)
    region.touched(row)
    yield CompanyUpgraded(company.id, name)
    yield from tell_branches(region, row, terms_at(region, row))


def send_to_market(region: Region, intent: SendToMarket, _ctx: Context) -> Iterator[Event]:
    """Let funds leave for the market."""
    row = home_row(region, intent.company)
    check_amounts(intent.usd_micro, intent.sat)
    check_funds(region, row, intent.usd_micro, intent.sat)

    region.ledger["sent_usd"][row] += intent.usd_micro
    region.ledger["sent_sat"][row] += intent.sat
    yield move(region, row, "sent", -intent.usd_micro, -intent.sat)
    yield send(region.border, MARKET, [Money(intent.company, intent.usd_micro, intent.sat)])


def choose_payout(region: Region, intent: ChoosePayout, _ctx: Context) -> Iterator[Event]:
    """Mine by another scheme. Who leaves the PPLNS pool leaves its shares there."""
    row = company_row(region, intent.company)
    if intent.payout not in PAYOUTS:
        raise Rejected(PAYOUT_INVALID, f"A payout is one of {', '.join(PAYOUTS)}.")
    chosen = PAYOUTS.index(intent.payout)
    if int(region.ledger["payout"][row]) == chosen:
        return

    region.ledger["payout"][row] = chosen
    region.ledger["shares"][row] = 0
    yield PayoutChosen(intent.company, intent.payout)


def grant_funds(region: Region, intent: GrantFunds, ctx: Context) -> Iterator[Event]:
    """Give or take what live operations say. Nobody is left with less than nothing."""
    row = company_row(region, intent.company)
    usd_most, sat_most = ctx.balance["grant_usd_max"] * MICRO, ctx.balance["grant_btc_max"] * SAT
    if abs(intent.usd_micro) > usd_most or abs(intent.sat) > sat_most or not (intent.usd_micro or intent.sat):
        raise Rejected(AMOUNT_INVALID, f"A grant moves up to {usd_most // MICRO} USD and {sat_most // SAT} BTC.")
    usd_micro, sat = int(region.ledger["usd"][row]), int(region.ledger["sat"][row])
    if usd_micro + intent.usd_micro < 0 or sat + intent.sat < 0:
        raise Rejected(INSUFFICIENT_FUNDS, "The company does not have that much here.")

    yield move(region, row, "granted", intent.usd_micro, intent.sat)
    yield FundsGranted(intent.company, intent.usd_micro, intent.sat, intent.reason)


def checked_name(name: str) -> str:
    """Give a name without the space around it. Refuses NAME_INVALID."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= NAME_LENGTH_MOST or not trimmed.isprintable():
        raise Rejected(NAME_INVALID, f"A name has 1 to {NAME_LENGTH_MOST} printable characters.")
    return trimmed


def _is_id(part: str) -> bool:
    return 1 <= len(part) <= ID_LENGTH_MOST and part.isprintable()
