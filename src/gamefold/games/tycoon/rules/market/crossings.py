"""The market's border: money and ballots come in from home, idle money and reports go back."""

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.market import AccountOpened, AccountsLinked
from gamefold.games.tycoon.intents.border import NOT_THE_NEXT_TICK, HearRegion, Receive
from gamefold.games.tycoon.intents.market import (
    COMPANIES_MAX,
    GROUP_INVALID,
    GROUP_MAX,
    NOTHING_TO_SEND,
    REASON_MAX,
    LinkAccounts,
    SendHome,
)
from gamefold.games.tycoon.rules.border import check_new, send, take_in
from gamefold.games.tycoon.rules.market.governance import count_ballot, hear_weights
from gamefold.games.tycoon.rules.market.patents import hear_claim, hear_license
from gamefold.games.tycoon.state.border import (
    Ballot,
    LicenseFee,
    LicenseSold,
    Money,
    PatentClaim,
    Perks,
    TradeReport,
)
from gamefold.games.tycoon.state.market import Account, Market


def receive(market: Market, crossing: Receive, _ctx: Context) -> list[Event]:
    """Handle `Receive`: credit money (the first opens the account), count ballots, note what research is worth."""
    check_new(market.border, crossing)
    return _take(market, crossing)


def arriving(market: Market, crossing: Receive, company: str) -> tuple[int, int]:
    """Give the micro-USD and satoshi that `arrive` would bring a company."""
    if _is_in(market, crossing):
        return 0, 0
    money = [cargo for cargo in crossing.cargo if isinstance(cargo, Money) and cargo.company == company]
    return sum(one.usd_micro for one in money), sum(one.sat for one in money)


def arrive(market: Market, crossing: Receive) -> list[Event]:
    """Receive a crossing that came with an intent, unless it was received before."""
    return [] if _is_in(market, crossing) else _take(market, crossing)


def hear_region(market: Market, heard: HearRegion, _ctx: Context) -> list[Event]:
    """Handle `HearRegion`: remember a region's news. Refuses NOT_THE_NEXT_TICK where newer ones are known."""
    news = heard.news
    known = market.regions.get(news.region)
    if known is not None and news.tick <= known.tick:
        raise Rejected(NOT_THE_NEXT_TICK, f"{news.region} is known up to tick {known.tick}.")
    market.regions[news.region] = news
    hear_weights(market.world, news)
    return []


def send_home(market: Market, intent: SendHome, _ctx: Context) -> list[Event]:
    """Handle `SendHome`."""
    account = market.account_of(intent.company)
    if account is None or not account.home or not (account.usd_free or account.sat_free):
        raise Rejected(NOTHING_TO_SEND, "Nothing of this company's is idle at the market.")
    return [send(market.border, account.home, [_idle(market, account)], market.tick)]


def send_all_home(market: Market) -> list[Event]:
    """At the end of a tick: send home what is idle, and what each company traded. One crossing for each region."""
    cargo: dict[str, list[Money | TradeReport]] = {}
    for number in sorted(market.active, key=lambda one: market.accounts[one].company):
        account = market.accounts[number]
        if account.home:
            parcel = cargo.setdefault(account.home, [])
            if account.usd_free or account.sat_free:
                parcel.append(_idle(market, account))
            if account.trades or account.realised_micro or account.liquidations:
                parcel.append(_report(account))
        _begin_tick(account)
    market.stale += market.active
    market.active = []
    return [send(market.border, home, parcel, market.tick) for home, parcel in sorted(cargo.items()) if parcel]


def link_accounts(market: Market, intent: LinkAccounts, _ctx: Context) -> list[Event]:
    """Handle `LinkAccounts`."""
    companies, group = tuple(sorted(set(intent.companies))), intent.group.strip()
    if not 1 <= len(companies) <= COMPANIES_MAX or not all(0 < len(company) <= GROUP_MAX for company in companies):
        raise Rejected(GROUP_INVALID, f"A link is of 1 to {COMPANIES_MAX} companies.")
    if len(group) > GROUP_MAX or not 0 < len(intent.reason.strip()) <= REASON_MAX:
        raise Rejected(GROUP_INVALID, "A link has a short name and a reason.")
    for company in companies:
        if group:
            market.groups[company] = group
        else:
            market.groups.pop(company, None)
        if company in market.numbers:
            number = market.numbers[company]
            market.accounts[number].group = _group_of(market, company)
            market.touch(number)
    return [AccountsLinked(companies, group, intent.reason.strip())]


def blank(market: Market, company: str, home: str) -> Account:
    """Give the account a company would open."""
    return Account(company, home, _group_of(market, company))


def _group_of(market: Market, company: str) -> str:
    # A group's name can be a company's id only by intent, so linked companies get a space of names of their own.
    group = market.groups.get(company)
    return company if group is None else f"group {group}"


def _is_in(market: Market, crossing: Receive) -> bool:
    try:
        check_new(market.border, crossing)
    except Rejected:
        return True
    return False


def _take(market: Market, crossing: Receive) -> list[Event]:
    take_in(market.border, crossing)
    told: list[Event] = []
    for cargo in crossing.cargo:
        match cargo:
            case Money():
                _credit(market, crossing.sender, cargo, told)
            case Perks():
                account = _account(market, crossing.sender, cargo.company, told)
                account.fee_discount_bp = cargo.fee_discount_bp
                account.margin_discount_bp = cargo.margin_discount_bp
            case Ballot():
                told += count_ballot(market.world, cargo)
            case PatentClaim():
                hear_claim(market.world, crossing.sender, cargo)
            case LicenseFee() | LicenseSold():
                hear_license(market.world, cargo)
            case _:
                raise AssertionError(f"{crossing.sender} sends what only the market does")
    return told


def _credit(market: Market, home: str, money: Money, told: list[Event]) -> None:
    assert money.usd_micro >= 0 <= money.sat, money
    account = _account(market, home, money.company, told)
    account.usd_free += money.usd_micro
    account.sat_free += money.sat
    account.usd_received += money.usd_micro
    account.sat_received += money.sat
    market.flows.count("from_home", money.usd_micro, money.sat)


def _account(market: Market, home: str, company: str, told: list[Event]) -> Account:
    if company not in market.numbers:
        market.open_account(blank(market, company, home))
        told.append(AccountOpened(company, home))
    number = market.numbers[company]
    market.touch(number)
    return market.accounts[number]


def _idle(market: Market, account: Account) -> Money:
    money = Money(account.company, account.usd_free, account.sat_free)
    account.usd_sent += money.usd_micro
    account.sat_sent += money.sat
    account.usd_free = account.sat_free = 0
    market.flows.count("to_home", -money.usd_micro, -money.sat)
    market.touch(market.numbers[account.company])
    return money


def _report(account: Account) -> TradeReport:
    return TradeReport(
        company=account.company,
        trades=account.trades,
        profitable_trades=account.profitable_trades,
        volume_micro=account.volume_micro,
        realised_micro=account.realised_micro,
        liquidations=account.liquidations,
    )


def _begin_tick(account: Account) -> None:
    account.trades = account.profitable_trades = account.volume_micro = 0
    account.realised_micro = account.liquidations = 0
    account.active = False
