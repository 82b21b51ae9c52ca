"""Every type of order, on spot, in a market without makers."""

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import OrderAmended, OrderClosed, OrderPlaced, Traded
from gamefold.games.tycoon.intents.border import Receive
from gamefold.games.tycoon.intents.market import (
    CLIENT_ORDER_ID_INVALID,
    DUPLICATE_CLIENT_ORDER_ID,
    FOK_NOT_FILLABLE,
    INSTRUMENT_UNKNOWN,
    INSUFFICIENT_FUNDS,
    LEVERAGE_INVALID,
    ORDER_NOT_FOUND,
    ORDER_TYPE_INVALID,
    POST_ONLY_WOULD_CROSS,
    PRICE_INVALID,
    PRICE_OUT_OF_BAND,
    PRICE_REQUIRED,
    QUANTITY_INVALID,
    REDUCE_ONLY_INVALID,
    SIDE_INVALID,
    STALE_PRICE,
    TOO_MANY_ORDERS,
    AmendOrder,
    CancelAll,
    CancelOrder,
    LinkAccounts,
    PlaceOrder,
)
from gamefold.games.tycoon.state.border import Money
from gamefold.games.tycoon.state.market import SPOT, Market
from gamefold.games.tycoon.state.market_codec import encode_market
from gamefold.games.tycoon.state.market_views import depth, orders_of
from gamefold.games.tycoon.state.units import LOT_SAT, MICRO, SAT, notional_micro

from .builders import HOME, INDEX, a_market, an_order, fund, of, pass_ticks, play

LOT_MICRO = INDEX * 10  # what a lot costs at the index


@pytest.fixture
def market() -> Market:
    """Two companies with money and BTC, and empty books."""
    market = a_market()
    fund(market, "c1", usd=1_000_000, btc=10)
    fund(market, "c2", usd=1_000_000, btc=10)
    return market


def refused(market: Market, intent: object, **changes: int) -> str:
    """Play what must be refused; give the code, and hold that nothing changed."""
    before = encode_market(market)
    with pytest.raises(Rejected) as refusal:
        play(market, intent, **changes)
    assert encode_market(market) == before
    assert refusal.value.message.endswith(".")
    return refusal.value.code


def placed(told: list[Event]) -> str:
    """Give the id of the one order that was placed."""
    (order,) = of(told, OrderPlaced)
    return str(order.order)


def reasons(told: list[Event]) -> list[tuple[str, str]]:
    return [(closed.company, closed.reason) for closed in of(told, OrderClosed)]


# -- what rests and what is filled -----


def test_a_limit_order_rests_and_holds_what_it_costs_with_its_fee(market: Market) -> None:
    told = play(market, an_order("c1", lots=100))
    account = market.account_of("c1")
    assert account is not None
    assert of(told, Traded) == of(told, OrderClosed) == []
    value = 100 * LOT_MICRO
    assert account.usd_held == value + value * 10 // 10_000
    assert account.usd_free == 1_000_000 * MICRO - account.usd_held
    assert depth(market.listings[SPOT], 5).bids == ((INDEX, 100),)


def test_a_sale_holds_its_btc_and_nothing_else(market: Market) -> None:
    play(market, an_order("c1", "SELL", lots=100))
    account = market.account_of("c1")
    assert account is not None
    assert (account.sat_held, account.sat_free, account.usd_held) == (100 * LOT_SAT, 10 * SAT - 100 * LOT_SAT, 0)


def test_two_orders_meet_at_the_price_of_the_one_that_rested(market: Market) -> None:
    play(market, an_order("c2", "SELL", lots=100))
    told = play(market, an_order("c1", "BUY", lots=60, price=INDEX + 50))
    (trade,) = of(told, Traded)
    value = notional_micro(60, INDEX)
    assert (trade.price, trade.lots, trade.side, trade.maker, trade.taker) == (INDEX, 60, "BUY", "c2", "c1")
    assert (trade.maker_fee_micro, trade.taker_fee_micro) == (-(-value * 10 // 10_000), -(-value * 15 // 10_000))
    buyer, seller = market.accounts[market.numbers["c1"]], market.accounts[market.numbers["c2"]]
    assert buyer.usd_free == 1_000_000 * MICRO - value - trade.taker_fee_micro
    assert buyer.sat_free == 10 * SAT + 60 * LOT_SAT
    assert seller.usd_free == 1_000_000 * MICRO + value - trade.maker_fee_micro
    assert market.fees_micro == trade.maker_fee_micro + trade.taker_fee_micro
    assert reasons(told) == [("c1", "FILLED")]
    assert depth(market.listings[SPOT], 5).asks == ((INDEX, 40),)


def test_the_best_price_comes_first_and_then_who_was_there_first(market: Market) -> None:
    fund(market, "c3", btc=10)
    first = placed(play(market, an_order("c2", "SELL", lots=10, price=INDEX + 1)))
    second = placed(play(market, an_order("c3", "SELL", lots=10, price=INDEX + 1)))
    best = placed(play(market, an_order("c3", "SELL", lots=10, price=INDEX)))
    told = play(market, an_order("c1", "BUY", lots=25, price=INDEX + 1))
    assert [(trade.maker_order, trade.lots) for trade in of(told, Traded)] == [(best, 10), (first, 10), (second, 5)]


def test_what_a_limit_order_does_not_find_rests(market: Market) -> None:
    play(market, an_order("c2", "SELL", lots=40))
    told = play(market, an_order("c1", "BUY", lots=100))
    assert of(told, OrderClosed)[0].company == "c2"
    (order,) = orders_of(market, "c1")
    assert (order.lots, order.placed_lots, order.id) == (60, 100, placed(told))


def test_a_market_order_reaches_only_as_far_as_the_band(market: Market) -> None:
    far = INDEX + INDEX * 300 // 10_000 + 1
    play(market, an_order("c2", "SELL", lots=10), an_order("c2", "SELL", lots=10, price=far))
    told = play(market, an_order("c1", lots=30, price=None))
    assert [trade.price for trade in of(told, Traded)] == [INDEX]
    assert reasons(told)[-1] == ("c1", "NOTHING_LEFT")
    assert orders_of(market, "c1") == []


def test_an_ioc_order_that_finds_nothing_is_accepted_without_a_fill(market: Market) -> None:
    told = play(market, an_order("c1", tif="IOC"))
    assert [type(event) for event in told] == [OrderPlaced, OrderClosed]
    assert market.accounts[market.numbers["c1"]].usd_held == 0


def test_a_fok_order_is_filled_whole_or_refused(market: Market) -> None:
    play(market, an_order("c2", "SELL", lots=40))
    assert refused(market, an_order("c1", lots=41, tif="FOK")) == FOK_NOT_FILLABLE
    assert refused(market, an_order("c1", lots=40, price=INDEX - 1, tif="FOK")) == FOK_NOT_FILLABLE
    told = play(market, an_order("c1", lots=40, tif="FOK"))
    assert reasons(told) == [("c2", "FILLED"), ("c1", "FILLED")]


def test_a_fok_order_does_not_count_its_own_groups_orders(market: Market) -> None:
    play(market, LinkAccounts(("c1", "c2"), "family", "one household"), an_order("c2", "SELL", lots=40))
    assert refused(market, an_order("c1", lots=40, tif="FOK")) == FOK_NOT_FILLABLE


def test_a_post_only_order_never_takes(market: Market) -> None:
    play(market, an_order("c2", "SELL", lots=40))
    assert refused(market, an_order("c1", post_only=True)) == POST_ONLY_WOULD_CROSS
    play(market, an_order("c1", price=INDEX - 1, post_only=True))
    assert orders_of(market, "c1")[0].post_only


def test_how_far_behind_the_best_price_an_order_came_is_told(market: Market) -> None:
    play(market, an_order("c2", price=INDEX))
    assert of(play(market, an_order("c1", price=INDEX - 7)), OrderPlaced)[0].away == 7
    assert of(play(market, an_order("c1", price=INDEX + 3)), OrderPlaced)[0].away == 0


# -- fees -----


def test_a_resting_purchase_pays_its_fee_rounded_up_once_over_all_its_fills(market: Market) -> None:
    play(market, an_order("c1", lots=3, price=INDEX + 7))
    fees = [
        of(play(market, an_order("c2", "SELL", lots=1, price=INDEX + 7)), Traded)[0].maker_fee_micro for _ in range(3)
    ]
    assert sum(fees) == -(-3 * (INDEX + 7) * 10 * 10 // 10_000)
    assert market.accounts[market.numbers["c1"]].usd_held == 0


def test_a_taker_pays_its_fee_rounded_up_once_over_all_its_fills(market: Market) -> None:
    for _ in range(3):
        play(market, an_order("c2", "SELL", lots=1, price=INDEX + 7))
    told = play(market, an_order("c1", lots=3, price=INDEX + 7))
    fees = [trade.taker_fee_micro for trade in of(told, Traded)]
    assert sum(fees) == -(-3 * (INDEX + 7) * 10 * 15 // 10_000)


def test_research_lowers_fees(market: Market) -> None:
    market.accounts[market.numbers["c1"]].fee_discount_bp = 500
    play(market, an_order("c2", "SELL", lots=100))
    (trade,) = of(play(market, an_order("c1", lots=100)), Traded)
    assert trade.taker_fee_micro == -(-100 * LOT_MICRO * 15 * 9_500 // 100_000_000)


def test_a_resting_order_keeps_the_fee_it_was_placed_with(market: Market) -> None:
    play(market, an_order("c1", lots=100))
    market.accounts[market.numbers["c1"]].fee_discount_bp = 5_000
    told = play(market, an_order("c2", "SELL", lots=50), an_order("c2", "SELL", lots=50))
    assert sum(trade.maker_fee_micro for trade in of(told, Traded)) == 100 * LOT_MICRO * 10 // 10_000
    assert market.accounts[market.numbers["c1"]].usd_held == 0


def test_fees_leave_the_world_with_the_tick(market: Market) -> None:
    play(market, an_order("c2", "SELL", lots=100), an_order("c1", lots=100))
    fees = market.fees_micro
    assert fees > 0
    pass_ticks(market)
    assert (market.fees_micro, market.flows.usd_micro["fees"]) == (0, -fees)


# -- self-trade prevention -----


def test_an_order_that_meets_its_own_cancels_the_resting_one_and_releases_what_it_held(market: Market) -> None:
    play(market, an_order("c1", "SELL", lots=100))
    told = play(market, an_order("c1", "BUY", lots=100))
    assert of(told, Traded) == []
    assert reasons(told) == [("c1", "SELF_TRADE")]
    account = market.accounts[market.numbers["c1"]]
    assert (account.sat_held, account.sat_free) == (0, 10 * SAT)
    assert depth(market.listings[SPOT], 5).bids == ((INDEX, 100),)


def test_linked_companies_do_not_trade_with_each_other_until_they_are_unlinked(market: Market) -> None:
    fund(market, "c3", btc=1)
    play(market, LinkAccounts(("c2", "c1"), "family", "one household"))
    play(market, an_order("c2", "SELL", lots=100), an_order("c3", "SELL", lots=30, price=INDEX + 1))
    told = play(market, an_order("c1", "BUY", lots=100, price=INDEX + 1))
    assert [trade.maker for trade in of(told, Traded)] == ["c3"]
    assert ("c2", "SELF_TRADE") in reasons(told)
    play(market, LinkAccounts(("c1", "c2"), "", "a mistake"), CancelAll("c1"))
    assert of(play(market, an_order("c2", "SELL"), an_order("c1")), Traded) != []


def test_a_link_holds_for_companies_that_come_later(market: Market) -> None:
    play(market, LinkAccounts(("c1", "late"), "family", "one household"), an_order("c1", "SELL"))
    fund(market, "late")
    assert of(play(market, an_order("late")), Traded) == []


# -- cancel and amend -----


def test_a_cancelled_order_gives_everything_back(market: Market) -> None:
    order = placed(play(market, an_order("c1", lots=100)))
    told = play(market, CancelOrder("c1", order))
    assert reasons(told) == [("c1", "CANCELLED")]
    assert market.accounts[market.numbers["c1"]].usd_free == 1_000_000 * MICRO
    assert refused(market, CancelOrder("c1", order)) == ORDER_NOT_FOUND


def test_a_foreign_order_looks_like_an_unknown_one(market: Market) -> None:
    order = placed(play(market, an_order("c1")))
    for company in ("c2", "nobody"):
        assert refused(market, CancelOrder(company, order)) == ORDER_NOT_FOUND
        assert refused(market, AmendOrder(company, order, lots=1)) == ORDER_NOT_FOUND
    assert refused(market, CancelOrder("c1", "0-0")) == ORDER_NOT_FOUND


def test_all_orders_can_be_cancelled_at_once(market: Market) -> None:
    play(market, an_order("c1"), an_order("c1", price=INDEX - 1), an_order("c2", price=INDEX - 2))
    play(market, CancelAll("c1", "BTC-PERP"))
    assert len(orders_of(market, "c1")) == 2
    play(market, CancelAll("c1"))
    assert (orders_of(market, "c1"), len(orders_of(market, "c2"))) == ([], 1)
    assert play(market, CancelAll("nobody")) == []
    assert refused(market, CancelAll("c1", "BTC-NONE")) == INSTRUMENT_UNKNOWN


def test_a_smaller_order_keeps_its_place(market: Market) -> None:
    first = placed(play(market, an_order("c1", lots=100)))
    play(market, an_order("c2", lots=100))
    told = play(market, AmendOrder("c1", first, lots=30))
    assert of(told, OrderAmended)[0].lots == 30
    value = 30 * LOT_MICRO
    assert market.accounts[market.numbers["c1"]].usd_held == value + value * 10 // 10_000
    fund(market, "c3", btc=1)
    (trade,) = of(play(market, an_order("c3", "SELL", lots=10)), Traded)
    assert trade.maker_order == first


@pytest.mark.parametrize("change", [{"lots": 101}, {"price": INDEX - 1}, {"lots": 50, "price": INDEX + 1}])
def test_any_other_change_is_a_new_order_behind_the_others(market: Market, change: dict[str, int]) -> None:
    first = placed(play(market, an_order("c1", lots=100, client_order_id="mine")))
    told = play(market, AmendOrder("c1", first, **change))
    assert reasons(told) == [("c1", "AMENDED")]
    (order,) = orders_of(market, "c1")
    assert order.id == placed(told) != first
    assert (order.lots, order.price) == (change.get("lots", 100), change.get("price", INDEX))
    assert order.client_order_id == "mine"


def test_an_order_may_grow_into_what_it_holds_already(market: Market) -> None:
    first = placed(play(market, an_order("c1", lots=200_000)))
    play(market, AmendOrder("c1", first, lots=230_000))  # would not fit beside the order it replaces
    assert refused(market, AmendOrder("c1", orders_of(market, "c1")[0].id, lots=240_000)) == INSUFFICIENT_FUNDS


def test_an_amended_order_may_trade_at_once(market: Market) -> None:
    play(market, an_order("c2", "SELL", lots=10, price=INDEX + 5))
    first = placed(play(market, an_order("c1", lots=10)))
    assert of(play(market, AmendOrder("c1", first, price=INDEX + 5)), Traded)[0].lots == 10


def test_an_amend_to_nothing_is_refused(market: Market) -> None:
    first = placed(play(market, an_order("c1")))
    for lots in (0, -1):
        assert refused(market, AmendOrder("c1", first, lots=lots)) == QUANTITY_INVALID
    assert refused(market, AmendOrder("c1", first, lots=10**30)) == QUANTITY_INVALID
    assert refused(market, AmendOrder("c1", first, price=0)) == PRICE_INVALID
    assert refused(market, AmendOrder("c1", first, seen_tick=5)) == STALE_PRICE


# -- refusals -----


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (an_order(instrument="BTC-NONE"), INSTRUMENT_UNKNOWN),
        (an_order(instrument=""), INSTRUMENT_UNKNOWN),
        (an_order(side="LONG"), SIDE_INVALID),
        (an_order(kind="STOP"), ORDER_TYPE_INVALID),
        (an_order(tif="DAY"), ORDER_TYPE_INVALID),
        (an_order(kind="MARKET"), ORDER_TYPE_INVALID),
        (an_order(tif="IOC", post_only=True), ORDER_TYPE_INVALID),
        (an_order(price=None, post_only=True), ORDER_TYPE_INVALID),
        (an_order(lots=0), QUANTITY_INVALID),
        (an_order(lots=-100), QUANTITY_INVALID),
        (an_order(lots=-(10**40)), QUANTITY_INVALID),
        (an_order(lots=5_000_001), QUANTITY_INVALID),
        (an_order(lots=10**40), QUANTITY_INVALID),
        (an_order(price=None, kind="LIMIT"), PRICE_REQUIRED),
        (an_order(price=0), PRICE_INVALID),
        (an_order(price=-INDEX), PRICE_INVALID),
        (an_order(price=10**40), PRICE_OUT_OF_BAND),
        (an_order(price=INDEX * 12 // 10 + 1), PRICE_OUT_OF_BAND),
        (an_order(price=INDEX * 8 // 10 - 1), PRICE_OUT_OF_BAND),
        (an_order(leverage=2), LEVERAGE_INVALID),
        (an_order(leverage=0), LEVERAGE_INVALID),
        (an_order(client_order_id="x" * 65), CLIENT_ORDER_ID_INVALID),
        (an_order(client_order_id="a\nb"), CLIENT_ORDER_ID_INVALID),
        (an_order(client_order_id="auto-sell:1"), CLIENT_ORDER_ID_INVALID),  # looks like a standing order
        (an_order(seen_tick=1), STALE_PRICE),
        (an_order(seen_tick=-1), STALE_PRICE),
        (an_order(reduce_only=True), REDUCE_ONLY_INVALID),
        (an_order("c1", "SELL", reduce_only=True), REDUCE_ONLY_INVALID),
        (an_order(lots=240_000), INSUFFICIENT_FUNDS),
        (an_order("c1", "SELL", lots=100_001), INSUFFICIENT_FUNDS),
        (an_order("nobody"), INSUFFICIENT_FUNDS),
        (an_order("nobody", reduce_only=True), REDUCE_ONLY_INVALID),
        (an_order(tif="FOK"), FOK_NOT_FILLABLE),
    ],
)
def test_a_wrong_order_is_refused_and_changes_nothing(market: Market, order: PlaceOrder, code: str) -> None:
    assert refused(market, order) == code


def test_prices_may_be_a_little_old(market: Market) -> None:
    pass_ticks(market, 3)
    fund(market, "c1")
    play(market, an_order("c1", price=market.index(), seen_tick=1))
    assert refused(market, an_order("c1", price=market.index(), seen_tick=0)) == STALE_PRICE


def test_an_open_client_order_id_is_taken_and_a_closed_one_free(market: Market) -> None:
    order = placed(play(market, an_order("c1", client_order_id="mine")))
    assert refused(market, an_order("c1", client_order_id="mine")) == DUPLICATE_CLIENT_ORDER_ID
    assert refused(market, an_order("c1", client_order_id="mine", tif="IOC")) == DUPLICATE_CLIENT_ORDER_ID
    play(market, an_order("c2", client_order_id="mine"), CancelOrder("c1", order))
    play(market, an_order("c1", client_order_id="mine"))


def test_an_account_has_a_limit_of_open_orders(market: Market) -> None:
    for _ in range(200):
        play(market, an_order("c1", lots=1))
    assert refused(market, an_order("c1", lots=1)) == TOO_MANY_ORDERS
    play(market, an_order("c1", lots=1, tif="IOC"))  # does not stay open
    play(market, AmendOrder("c1", orders_of(market, "c1")[0].id, lots=2))  # takes the place of one


# -- money that comes with the order -----


def arriving(no: int, usd: int, company: str = "new") -> Receive:
    return Receive(HOME, no, (Money(company, usd * MICRO),))


def test_an_order_may_bring_the_money_that_pays_for_it_and_opens_the_account(market: Market) -> None:
    told = play(market, an_order("new", lots=100, arrived=arriving(3, 500)))
    assert placed(told)
    account = market.account_of("new")
    assert account is not None
    assert (account.home, account.usd_received, account.usd_free + account.usd_held) == (HOME, 500 * MICRO, 500 * MICRO)


def test_a_refused_order_does_not_receive_what_came_with_it(market: Market) -> None:
    assert refused(market, an_order("new", lots=120, arrived=arriving(3, 500))) == INSUFFICIENT_FUNDS
    assert market.border.through[HOME] == 2
    play(market, arriving(3, 500))
    account = market.account_of("new")
    assert account is not None
    assert account.usd_free == 500 * MICRO


def test_money_that_was_received_before_is_not_received_again_with_the_order(market: Market) -> None:
    play(market, arriving(3, 500))
    play(market, an_order("new", lots=100, arrived=arriving(3, 500)))
    assert market.accounts[market.numbers["new"]].usd_received == 500 * MICRO
    assert refused(market, an_order("new", lots=20, arrived=arriving(3, 500))) == INSUFFICIENT_FUNDS
