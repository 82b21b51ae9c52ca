"""The proof of the market's money can fail: at once, and in a large market soon, for what nobody said has changed."""

import pytest

from gamefold.games.tycoon.rules.market import proof
from gamefold.games.tycoon.rules.market.proof import WALKED_IN, prove
from gamefold.games.tycoon.state.market import PERP, Market
from gamefold.games.tycoon.state.market_codec import digest_market
from gamefold.games.tycoon.state.units import LOT_TICK_MICRO, MICRO

from .builders import INDEX, a_context, a_market, a_perp, an_order, fund, pass_ticks, play


@pytest.fixture
def market() -> Market:
    market = a_market()
    for number in range(100):
        fund(market, f"c{number}")
    play(market, a_perp("c1"), a_perp("c2", "SELL"), an_order("c3", price=INDEX - 10))
    pass_ticks(market)
    return market


def prove_for(market: Market, ticks: int) -> None:
    for _ in range(ticks):
        prove(market, a_context(market.tick))
        market.tick += 1


@pytest.mark.parametrize("name", ["usd_free", "usd_held", "sat_free", "sat_held"])
def test_money_made_in_an_account_that_changed_is_found_at_once(market: Market, name: str) -> None:
    account = market.accounts[market.numbers["c4"]]
    setattr(account, name, getattr(account, name) + 1)
    market.touch(market.numbers["c4"])
    with pytest.raises(AssertionError, match="instead of"):
        prove(market, a_context(market.tick))


@pytest.mark.parametrize("company", [0, 4, 99])
def test_money_made_where_nobody_said_so_is_found_at_once(market: Market, company: int) -> None:
    market.accounts[market.numbers[f"c{company}"]].usd_free += 1
    with pytest.raises(AssertionError, match=f"the account of c{company} changed"):
        prove(market, a_context(market.tick))


def test_in_a_large_market_it_is_found_within_some_ticks(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "WALKED_LEAST", 1)
    market.accounts[market.numbers["c4"]].usd_free += 1
    with pytest.raises(AssertionError, match="the account of c4 changed"):
        prove_for(market, WALKED_IN)


def test_what_is_in_no_account_is_proven_too(market: Market) -> None:
    for change in ("fund_micro", "fees_micro"):
        setattr(market, change, getattr(market, change) + MICRO)
        with pytest.raises(AssertionError, match="instead of"):
            prove(market, a_context(market.tick))
        setattr(market, change, getattr(market, change) - MICRO)
    prove(market, a_context(market.tick))
    market.flows.count("nothing", 1)
    with pytest.raises(AssertionError, match="instead of"):
        prove(market, a_context(market.tick))


@pytest.mark.parametrize("column", ["margin", "cost"])
def test_positions_hold_what_was_put_into_them(market: Market, column: str) -> None:
    positions = market.listings[PERP].positions
    assert positions is not None
    getattr(positions, column)[0] += 1
    with pytest.raises(AssertionError, match="instead of"):
        prove(market, a_context(market.tick))


def test_longs_without_shorts_are_found(market: Market) -> None:
    positions = market.listings[PERP].positions
    assert positions is not None
    positions.lots[0] += 1
    with pytest.raises(AssertionError, match="101 lots long and 100 short"):
        prove(market, a_context(market.tick))


def test_every_part_of_an_order_and_a_position_is_in_the_digest(market: Market) -> None:
    seen = {digest_market(market)}
    number = market.numbers["c3"]
    [order] = market.open_orders[number].values()
    for name in ("rank", "lots", "placed", "hold", "fee_rate", "leverage"):
        setattr(order, name, getattr(order, name) + 1)
        market.touch(number)
        seen.add(digest_market(market))
    positions = market.listings[PERP].positions
    assert positions is not None
    for name in ("ids", "lots", "cost", "margin", "leverage"):
        getattr(positions, name)[0] += LOT_TICK_MICRO
        seen.add(digest_market(market))
    assert len(seen) == 12
