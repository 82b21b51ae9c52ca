"""The market's tick: makers, charts, news, and a state that can be written down."""

import pytest

from gamefold.engine.ruleset import Tick
from gamefold.games.tycoon.events.border import MarketTicked
from gamefold.games.tycoon.events.market import OrderClosed, OrderPlaced, PositionChanged, PricesMoved, Traded
from gamefold.games.tycoon.intents.market import ClosePosition, MarketSpec
from gamefold.games.tycoon.rules.market.proof import prove
from gamefold.games.tycoon.state.book import Order
from gamefold.games.tycoon.state.market import MAKERS, PERP, SPOT, Market
from gamefold.games.tycoon.state.market_codec import decode_market, digest_market, encode_market
from gamefold.games.tycoon.state.market_views import (
    account_view,
    candles,
    depth,
    instruments,
    orders_of,
    position_equity,
    positions_of,
    trades,
)
from gamefold.games.tycoon.state.units import MICRO
from gamefold.testkit.play import Rehearsal

from .builders import INDEX, RULES, a_context, a_market, a_perp, an_order, fund, of, pass_ticks, play, position


@pytest.fixture
def market() -> Market:
    return a_market(makers=True)


# -- makers -----


def test_who_is_alone_finds_both_sides_of_every_book(market: Market) -> None:
    for _ in range(5):
        pass_ticks(market)
        for one in instruments(market):
            assert one.ask is not None, one.name
            if one.mark > 220:  # bids for options that are nearly worthless would be below one tick
                assert one.bid is not None, one.name
                assert one.bid < one.mark < one.ask


def test_a_lone_player_buys_and_sells_everything(market: Market) -> None:
    pass_ticks(market)
    fund(market, "c1", usd=10_000_000, btc=10)
    for name in (SPOT, PERP, market.world.options[-2].name):
        for side in ("BUY", "SELL"):
            told = play(market, an_order("c1", side, 200, None, instrument=name))
            assert sum(trade.lots for trade in of(told, Traded)) == 200, (name, side)
    assert position(market, "c1") is None


def test_makers_tell_only_of_their_trades(market: Market) -> None:
    told = pass_ticks(market)
    assert of(told, OrderPlaced) == of(told, OrderClosed) == []
    fund(market, "c1")
    told = play(market, a_perp("c1", lots=200, price=None))
    assert {change.company for change in of(told, PositionChanged)} == {"c1"}
    assert of(told, Traded)[0].maker in MAKERS


def test_makers_never_trade_with_each_other_and_never_cross(market: Market) -> None:
    fund(market, "c1", usd=100_000_000, btc=1_000)
    for side in ("BUY", "SELL", "SELL"):
        for instrument in (SPOT, PERP):
            play(market, an_order("c1", side, 100_000, None, instrument=instrument))
        told = pass_ticks(market)
        assert of(told, Traded) == []
        fund(market, "c1", usd=50_000_000, btc=500)


def test_makers_quote_lower_when_they_have_much_and_recover(market: Market) -> None:
    pass_ticks(market)

    def middle() -> int:
        book = market.listings[SPOT].book
        bid, ask = book.bid(), book.ask()
        assert bid is not None
        assert ask is not None
        return (bid + ask) // 2 - market.listings[SPOT].mark

    before = middle()
    for _ in range(4):
        fund(market, "c1", btc=100)
        play(market, an_order("c1", "SELL", 1_000_000, None))
    maker = market.accounts[market.numbers["maker-1"]]
    much = maker.sat_free + maker.sat_held
    pass_ticks(market)
    assert middle() < before
    pass_ticks(market, 60)
    assert maker.sat_free + maker.sat_held < much


def option_quotes(market: Market) -> dict[tuple[str, int], Order]:
    """Give the makers' quotes for options, by option and sign."""
    orders = [order for maker in MAKERS for order in market.open_orders[market.numbers[maker]].values()]
    return {(one.instrument, one.sign): one for one in orders if market.listings[one.instrument].option is not None}


def test_option_quotes_stay_while_the_mark_has_hardly_moved(market: Market) -> None:
    pass_ticks(market)
    before = {key: order.id for key, order in option_quotes(market).items()}
    pass_ticks(market)
    now = option_quotes(market)
    stayed = [order for key, order in now.items() if before.get(key) == order.id]
    assert len(now) // 4 < len(stayed) < len(now)
    for (name, sign), order in now.items():
        listing = market.listings[name]
        half = max(market.index() * 5 // 10_000, listing.mark * 300 // 10_000)
        assert abs(order.price - (listing.mark - sign * half)) <= half // 4, order


def test_no_option_quote_stays_where_the_sheet_says_so(market: Market) -> None:
    pass_ticks(market)
    before = {key: (order.id, order.price) for key, order in option_quotes(market).items()}
    pass_ticks(market, maker_option_stay_bp=0)
    for key, order in option_quotes(market).items():
        assert before.get(key, (0, 0))[0] != order.id or before[key][1] == order.price


def test_an_option_quote_that_somebody_took_from_is_made_whole(market: Market) -> None:
    pass_ticks(market)
    fund(market, "c1", usd=10_000_000)
    name = market.world.options[-2].name
    asked = option_quotes(market)[name, -1]
    play(market, an_order("c1", "BUY", 10, None, instrument=name))
    assert asked.lots == asked.placed - 10
    pass_ticks(market)
    again = option_quotes(market)[name, -1]
    assert again.id != asked.id
    assert again.lots == again.placed


def test_makers_work_with_no_more_than_the_sheet_says(market: Market) -> None:
    pass_ticks(market, 60)
    for maker in MAKERS:
        account = market.accounts[market.numbers[maker]]
        assert account.usd_free + account.usd_held <= 20_100_000 * MICRO


def test_a_large_order_leaves_the_rest_of_the_band_empty_until_the_next_tick(market: Market) -> None:
    fund(market, "c1", usd=100_000_000)
    play(market, an_order("c1", lots=2_000_000, price=None))
    assert depth(market.listings[SPOT], 5).asks == ()
    pass_ticks(market)
    assert len(depth(market.listings[SPOT], 5).asks) == 5


def test_makers_keep_their_positions_backed_when_the_price_runs(market: Market) -> None:
    fund(market, "c1", usd=50_000_000)
    for _ in range(3):
        play(market, a_perp("c1", lots=150_000, price=None, leverage=2))
        pass_ticks(market, 3)
        fund(market, "c1", usd=50_000_000)
    table = market.listings[PERP].positions
    assert table is not None
    for maker in MAKERS:
        row = table.rows.get(market.numbers[maker])
        if row is not None:
            value = abs(table.lots[row]) * market.listings[PERP].mark * 10
            assert table.equity(row, market.listings[PERP].mark) >= value * 4 // 10


# -- charts and news -----


def test_candles_follow_trades_and_marks(market: Market) -> None:
    fund(market, "c1", usd=100_000_000, btc=100)
    play(market, an_order("c1", lots=300_000, price=None))
    high = max(trade.price for trade in trades(market.listings[SPOT], 200))
    assert len(trades(market.listings[SPOT], 3)) == 3
    pass_ticks(market, 14)
    hours = candles(market.listings[SPOT], "1h", 500)
    assert hours is not None
    assert len(hours) == 2
    assert (hours[0].high, hours[0].lots) == (high, sum(trade.lots for trade in trades(market.listings[SPOT], 200)))
    assert hours[-1].close == market.listings[SPOT].mark
    assert all(one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high for one in hours)
    fives = candles(market.listings[SPOT], "5m", 4)
    assert fives is not None
    assert [one.begins_s % 300 for one in fives] == [0] * 4
    assert candles(market.listings[SPOT], "2m", 4) is None
    assert candles(market.listings[market.world.options[0].name], "5m", 4) is None
    assert candles(market.listings[SPOT], "1h", 0) == trades(market.listings[SPOT], 0) == []


def test_every_tick_tells_prices_and_news_and_the_digest_of_the_state(market: Market) -> None:
    told = pass_ticks(market)
    (ticked,) = of(told, MarketTicked)
    (prices,) = of(told, PricesMoved)
    assert told[-1] is ticked
    assert ticked.news.tick == market.tick == 1
    assert ticked.news == market.news
    assert ticked.digest == digest_market(market)
    assert prices.index_micro == market.world.price.index_micro


# -- the state written down -----


def busy(makers: bool) -> Market:
    """A market with orders of every sort, positions, and a trade since the last tick."""
    market = a_market(makers=makers)
    for company in ("a", "b", "c"):
        fund(market, company, usd=1_000_000, btc=10)
    option = market.world.options[-1].name
    mark = market.listings[option].mark
    play(
        market,
        a_perp("a", "SELL", 500, leverage=3),
        a_perp("b", "BUY", 700, leverage=20, client_order_id="x"),
        a_perp("b", "SELL", 300, INDEX + 500),
        an_order("c", "SELL", 90, INDEX + 500, post_only=True),
        an_order("a", lots=20, price=mark, instrument=option),
        an_order("b", "SELL", 10, mark, instrument=option),
    )
    return market


@pytest.mark.parametrize("makers", [False, True])
def test_a_market_read_back_is_the_same_and_goes_on_the_same(makers: bool) -> None:
    market = busy(makers)
    copy = decode_market(encode_market(market))
    for tick in range(3):
        assert encode_market(copy) == encode_market(market)
        assert digest_market(copy) == digest_market(market)
        assert (copy.numbers, copy.client_ids) == (market.numbers, market.client_ids)
        assert [listing.reducing for _, listing in sorted(copy.listings.items())] == [
            listing.reducing for _, listing in sorted(market.listings.items())
        ]
        intents = [an_order("c", lots=7 + tick), *[ClosePosition("b", one.id) for one in positions_of(market, "b")]]
        assert play(copy, *intents) == play(market, *intents)
        assert pass_ticks(copy) == pass_ticks(market)
        for one in (copy, market):
            fund(one, "c", usd=100_000)


def test_the_digest_sees_every_account_and_order() -> None:
    seen = {digest_market(busy(makers=False))}
    for change in range(4):
        market = busy(makers=False)
        if change == 0:
            market.accounts[-1].usd_sent += 1
        elif change == 1:
            next(iter(market.open_orders[market.numbers["b"]].values())).lots += 1
        elif change == 2:
            market.listings[PERP].positions.margin[0] += 1  # type: ignore[union-attr]
        else:
            market.fund_micro += 1
        seen.add(digest_market(market))
    assert len(seen) == 5


def test_a_world_of_these_rules_replays_to_the_same_digests() -> None:
    worlds = [Rehearsal(RULES, MarketSpec(1)) for _ in range(2)]
    first, second = worlds
    for world in worlds:
        world.wait(25_000)
    assert first.world.head.hash == second.world.head.hash
    assert first.world.state.tick == 5


def test_a_market_that_does_not_add_up_stops() -> None:
    market = a_market()
    market.accounts[0].usd_free += 1
    with pytest.raises(AssertionError, match="the market holds"):
        prove(market, a_context())
    with pytest.raises(AssertionError):
        pass_ticks(market)
    assert Tick in RULES.handlers


# -- views -----


def test_a_company_sees_its_orders_positions_and_money() -> None:
    market = busy(makers=False)
    (resting, closing) = orders_of(market, "b")
    assert (resting.lots, resting.client_order_id, resting.reduce_only) == (200, "x", False)
    assert (closing.reduce_only, closing.held_micro, closing.placed_tick) == (True, 0, 0)
    perp, option = positions_of(market, "b")[::-1]
    assert (perp.side, perp.lots, option.side, option.lots) == ("LONG", 500, "SHORT", 10)
    assert perp.liquidation_price is not None
    view = account_view(market, "b")
    assert view is not None
    assert view.margin_micro == perp.margin_micro + option.margin_micro
    assert view.equity_micro == perp.equity_micro + option.equity_micro == position_equity(market)["b"]
    assert (account_view(market, "nobody"), orders_of(market, "nobody"), positions_of(market, "nobody")) == (
        None,
        [],
        [],
    )


def test_what_everybody_owns_is_what_came_in_less_fees() -> None:
    market = busy(makers=False)
    worth = position_equity(market)
    total = sum(worth.values())
    for account in market.accounts:
        total += account.usd_free + account.usd_held
    assert total + market.fees_micro + market.fund_micro == market.flows.balance()[0]


def test_instruments_show_volume_and_open_interest() -> None:
    market = busy(makers=False)
    pass_ticks(market)
    spot, perp, *options = instruments(market)
    assert (spot.name, perp.name) == (SPOT, PERP)
    assert (spot.volume_lots, perp.volume_lots, perp.open_interest_lots) == (0, 500, 500)
    assert sum(one.open_interest_lots for one in options) == 10
    assert perp.last == INDEX
    assert perp.funding_at_s == market.funding.began_s
    assert options == sorted(options, key=lambda one: (one.expiry_s or 0, one.strike_micro or 0, one.name))
    assert all(one.delta_ppm is not None for one in options)
    assert market.flows.usd_micro["insurance"] == 1_000_000 * MICRO


def test_charts_are_in_the_digest_as_candles_end_and_others_begin(market: Market) -> None:
    for _ in range(26):  # two hours of game time
        fund(market, "c1", usd=100_000)
        play(market, an_order("c1", "BUY", 5, None))
        pass_ticks(market)
        copy = decode_market(encode_market(market))
        assert digest_market(copy) == digest_market(market)
    for interval, some in copy.listings[SPOT].tape.candles.items():
        for at in {0, len(some) - 1}:
            copy = decode_market(encode_market(market))
            copy.listings[SPOT].tape.candles[interval][at].low -= 1
            assert digest_market(copy) != digest_market(market), (interval, at)
