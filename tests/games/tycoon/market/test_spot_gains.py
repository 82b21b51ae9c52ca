"""What was bought on spot and sold for more is a gain, and counts for the quest of the first one."""

import pytest

from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.rules.market.crossings import send_all_home
from gamefold.games.tycoon.state.border import TradeReport
from gamefold.games.tycoon.state.market import Market

from .builders import INDEX, a_market, an_order, fund, play

FREE = {"SPOT": 0, "PERP": 0, "OPTION": 0}
FEE = {"SPOT": 10, "PERP": 0, "OPTION": 0}


@pytest.fixture
def market() -> Market:
    market = a_market(fee_maker_bp=FREE, fee_taker_bp=FREE)
    for company in ("c1", "c2"):
        fund(market, company, usd=100_000, btc=1)
    return market


def deal(market: Market, seller: str, buyer: str, price: int, lots: int = 100, *, taker: str = "") -> None:
    sell, buy = an_order(seller, "SELL", lots, price), an_order(buyer, "BUY", lots, price)
    play(market, *((buy, sell) if taker == seller else (sell, buy)))


def report(market: Market, company: str) -> TradeReport:
    """Give what home hears at the end of the tick, and bring all money back."""
    told = send_all_home(market)
    for name in ("c1", "c2"):
        fund(market, name, usd=100_000, btc=1)
    cargo = [one for crossing in told if isinstance(crossing, Crossed) for one in crossing.cargo]
    return next(one for one in cargo if isinstance(one, TradeReport) and one.company == company)


@pytest.mark.parametrize("taker", ["c1", "c2"])
def test_selling_for_more_than_was_paid_is_a_profitable_trade(market: Market, taker: str) -> None:
    deal(market, "c2", "c1", INDEX, taker=taker)
    assert report(market, "c1").profitable_trades == 0
    deal(market, "c1", "c2", INDEX + 500, taker=taker)
    told = report(market, "c1")
    assert (told.profitable_trades, told.realised_micro) == (1, 100 * 500 * 10)


def test_selling_for_less_is_a_loss(market: Market) -> None:
    deal(market, "c2", "c1", INDEX)
    deal(market, "c1", "c2", INDEX - 500)
    told = report(market, "c1")
    assert (told.profitable_trades, told.realised_micro) == (0, -100 * 500 * 10)


def test_what_was_mined_is_sold_without_gain_or_loss(market: Market) -> None:
    deal(market, "c1", "c2", INDEX)
    told = report(market, "c1")
    assert (told.profitable_trades, told.realised_micro, told.trades) == (0, 0, 1)


def test_the_price_of_several_purchases_is_their_average_and_is_used_up(market: Market) -> None:
    deal(market, "c2", "c1", INDEX)
    deal(market, "c2", "c1", INDEX + 1_000)
    assert report(market, "c1").realised_micro == 0
    deal(market, "c1", "c2", INDEX + 600, lots=50)
    assert report(market, "c1").realised_micro == 50 * 100 * 10
    deal(market, "c1", "c2", INDEX + 600, lots=250)  # 150 of them were bought, the rest was mined
    assert report(market, "c1").realised_micro == 150 * 100 * 10
    deal(market, "c1", "c2", INDEX + 1_500)
    assert report(market, "c1").realised_micro == 0


def test_fees_are_a_part_of_the_price() -> None:
    market = a_market(fee_maker_bp=FEE, fee_taker_bp=FEE)
    for company in ("c1", "c2"):
        fund(market, company, usd=100_000, btc=1)
    deal(market, "c2", "c1", INDEX)
    deal(market, "c1", "c2", INDEX + 800)  # 0.185 % more, and two fees of 0.1 %
    told = report(market, "c1")
    assert (told.profitable_trades, told.realised_micro < 0) == (0, True)
