"""Options come and go: what the calendar lists can be traded, what expires is settled in cash, by itself."""

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.market import OptionExpired, OptionListed
from gamefold.games.tycoon.rules.market.calendar import Settlement, expire_options, list_options
from gamefold.games.tycoon.rules.market.holdings import EXPIRED, close_part, pay_for, settle_row, table_of
from gamefold.games.tycoon.rules.market.resting import EXPIRED as ORDER_EXPIRED
from gamefold.games.tycoon.rules.market.resting import withdraw
from gamefold.games.tycoon.state.market import OPTION_KIND, Listing, Market
from gamefold.games.tycoon.state.positions import Positions
from gamefold.games.tycoon.state.units import LOT_SAT, SAT

EXPIRED_KEPT = 500  # names of expired options that are still known as such


def turn_options(market: Market, ctx: Context) -> list[Event]:
    """Settle what has expired, and list what the calendar asks for."""
    told: list[Event] = []
    for settlement in expire_options(market.world):
        settle_option(market, settlement, told)
    for option in list_options(market.world, ctx.balance):
        market.listings[option.name] = Listing(
            option.name, OPTION_KIND, mark=0, option=option, positions=Positions(paid_up=True)
        )
        told.append(OptionListed(option.name, option.expiry_s, option.strike_micro, option.call))
    return told


def settle_option(market: Market, settlement: Settlement, told: list[Event]) -> None:
    """Pay every holder of an expired option from those who are short in it, and take it off the market."""
    listing = market.listings[settlement.option.name]
    for order in listing.book.orders():
        withdraw(market, listing, ORDER_EXPIRED, told, order)
    # Both sides count in whole micro-USD a lot, so what longs get is what shorts pay.
    payoff = settlement.payoff_micro * LOT_SAT // SAT
    told.append(OptionExpired(listing.name, settlement.index_micro, payoff))
    table = table_of(listing)
    for row in range(len(table) - 1, -1, -1):
        before = table.read(row)
        account = market.accounts[before.account]
        payout, realised = close_part(table, row, abs(before.lots), payoff * abs(before.lots))
        if payout < 0:
            pay_for(market, listing, account, -payout, told)
        account.usd_free += max(0, payout)
        account.realised_micro += realised
        account.profitable_trades += realised > 0
        settle_row(market, listing, row, before.side, realised, EXPIRED, told)
    del market.listings[listing.name]
    market.expired = [*market.expired, listing.name][-EXPIRED_KEPT:]
