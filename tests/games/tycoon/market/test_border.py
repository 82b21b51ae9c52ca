"""What comes from home and what goes back, by number and to the satoshi."""

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.border import Crossed, MarketTicked
from gamefold.games.tycoon.events.market import AccountOpened
from gamefold.games.tycoon.intents.border import ALREADY_RECEIVED, NOT_THE_NEXT_TICK, HearRegion, Receive
from gamefold.games.tycoon.intents.market import GROUP_INVALID, NOTHING_TO_SEND, AmendOrder, LinkAccounts, SendHome
from gamefold.games.tycoon.rules.market import quote
from gamefold.games.tycoon.state.border import Ballot, Money, Perks, RegionNews, TradeReport
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.market_views import orders_of
from gamefold.games.tycoon.state.units import MICRO, SAT

from .builders import HOME, INDEX, a_market, a_perp, an_order, fund, of, pass_ticks, play


@pytest.fixture
def market() -> Market:
    return a_market()


def refused(market: Market, intent: object) -> str:
    with pytest.raises(Rejected) as refusal:
        play(market, intent)
    return refusal.value.code


def news(tick: int, region: str = HOME, hashrate: int = 5) -> RegionNews:
    return RegionNews(tick, region, hashrate, 1, 150_000, 0, 1, 1, 1, b"0123456789abcdef")


def sent_home(told: list[object]) -> list[Money]:
    return [cargo for event in told if isinstance(event, Crossed) for cargo in event.cargo if isinstance(cargo, Money)]


def test_the_first_money_opens_the_account_of_a_company(market: Market) -> None:
    told = play(market, Receive(HOME, 1, (Money("c1", 5, 7),)), Receive(HOME, 2, (Money("c1", 1),)))
    assert told == [AccountOpened("c1", HOME)]
    account = market.account_of("c1")
    assert account is not None
    assert (account.usd_free, account.sat_free, account.usd_received, account.sat_received) == (6, 7, 6, 7)


def test_a_crossing_is_received_once_and_in_any_order(market: Market) -> None:
    play(market, Receive(HOME, 2, (Money("c1", 2),)), Receive(HOME, 1, (Money("c1", 1),)))
    for no in (1, 2):
        assert refused(market, Receive(HOME, no, (Money("c1", 2),))) == ALREADY_RECEIVED
    play(market, Receive("ASIA", 1, (Money("c2", 1),)))


def test_perks_change_what_orders_cost(market: Market) -> None:
    fund(market, "c1")
    play(market, a_perp("c1", leverage=10), Receive(HOME, 2, (Perks("c1", 500, 1_000),)))
    first = orders_of(market, "c1")[0].held_micro
    play(market, a_perp("c1", leverage=10))
    assert orders_of(market, "c1")[1].held_micro < first * 92 // 100


def test_a_ballot_for_no_proposal_is_counted_as_too_late(market: Market) -> None:
    play(market, Receive(HOME, 1, (Ballot("c1", "none", "FOR", 3),)))
    assert market.world.ballots_ignored == 1


def test_idle_money_goes_home_with_the_tick_and_what_is_held_stays(market: Market) -> None:
    fund(market, "c1", usd=1_000, btc=2)
    fund(market, "far", usd=10, home="ASIA")
    play(market, an_order("c1", lots=100, price=INDEX - 40_000))
    told = pass_ticks(market)
    held = orders_of(market, "c1")[0].held_micro
    assert sent_home(told) == [Money("far", 10 * MICRO), Money("c1", 1_000 * MICRO - held, 2 * SAT)]
    account = market.account_of("c1")
    assert account is not None
    assert (account.usd_free, account.usd_held, account.usd_sent, account.sat_sent) == (
        0,
        held,
        1_000 * MICRO - held,
        2 * SAT,
    )
    assert sent_home(pass_ticks(market)) == []


def test_a_region_hears_of_a_tick_before_it_gets_what_left_in_it(market: Market) -> None:
    fund(market, "acme", usd=1_000)
    told = [event for event in pass_ticks(market, 1) if isinstance(event, Crossed | MarketTicked)]
    assert [type(event) for event in told] == [MarketTicked, Crossed]
    assert told[1].tick == told[0].news.tick == market.tick
    fund(market, "acme", usd=1_000)
    [at_once] = of(play(market, SendHome("acme")), Crossed)
    assert at_once.tick == market.tick


def test_one_crossing_for_each_region_holds_everything_sorted(market: Market) -> None:
    for company in ("b", "a", "c"):
        fund(market, company, btc=1)
    play(market, an_order("b", "SELL"), an_order("a", "BUY"))
    (crossed,) = of(pass_ticks(market), Crossed)
    assert [(type(cargo).__name__, cargo.company) for cargo in crossed.cargo] == [
        ("Money", "a"),
        ("TradeReport", "a"),
        ("Money", "b"),
        ("TradeReport", "b"),
        ("Money", "c"),
    ]


def test_the_report_says_what_was_traded_and_won_in_the_tick(market: Market) -> None:
    fund(market, "a")
    fund(market, "b")
    play(market, a_perp("b", "SELL", 100), a_perp("a", "BUY", 100))
    pass_ticks(market)
    fund(market, "a")
    fund(market, "b")
    price = market.listings["BTC-PERP"].mark
    play(market, a_perp("a", "SELL", 100, price), a_perp("b", "BUY", 100, price))
    (crossed,) = of(pass_ticks(market), Crossed)
    reports = {cargo.company: cargo for cargo in crossed.cargo if isinstance(cargo, TradeReport)}
    gain = (price - INDEX) * 100 * 10
    assert (reports["a"].realised_micro, reports["b"].realised_micro) == (gain, -gain)
    assert {one.trades for one in reports.values()} == {1}
    assert {one.volume_micro for one in reports.values()} == {100 * price * 10}
    assert reports["a"].profitable_trades + reports["b"].profitable_trades == (gain != 0)


def test_money_can_be_sent_home_at_once(market: Market) -> None:
    fund(market, "c1", usd=5)
    assert sent_home(list(play(market, SendHome("c1")))) == [Money("c1", 5 * MICRO)]
    for company in ("c1", "nobody", "maker-1"):
        assert refused(market, SendHome(company)) == NOTHING_TO_SEND


def test_a_regions_news_are_heard_once(market: Market) -> None:
    play(market, HearRegion(news(1)), HearRegion(news(1, "ASIA")), HearRegion(news(2, hashrate=9)))
    for tick in (0, 1, 2):
        assert refused(market, HearRegion(news(tick))) == NOT_THE_NEXT_TICK
    pass_ticks(market)
    assert market.world.chain.players_ghs == 14
    assert market.regions[HOME].tick == 2


@pytest.mark.parametrize(
    "link",
    [
        LinkAccounts((), "g", "why"),
        LinkAccounts(("",), "g", "why"),
        LinkAccounts(("c1",), "g" * 65, "why"),
        LinkAccounts(("c1",), "g", " "),
        LinkAccounts(tuple(f"c{number}" for number in range(101)), "g", "why"),
    ],
)
def test_a_link_needs_companies_and_a_reason(market: Market, link: LinkAccounts) -> None:
    assert refused(market, link) == GROUP_INVALID


# -- quotes -----


@pytest.mark.parametrize(
    "order",
    [
        an_order("new", lots=77),
        an_order("new", lots=77, price=None),
        an_order("new", "SELL", lots=77),
        a_perp("new", lots=77, leverage=7),
        a_perp("new", "SELL", lots=77, price=INDEX - 999, leverage=20),
        a_perp("new", lots=77, price=None),
        an_order("new", lots=500, price=None, instrument="option"),
        an_order("new", "SELL", lots=500, price=None, instrument="option"),
    ],
)
def test_what_a_quote_asks_for_is_just_enough(order: object) -> None:
    for missing in (0, 1):
        market = a_market(makers=True)
        if order.instrument == "option":  # type: ignore[attr-defined]
            order = type(order)(  # the calendar names them
                **{
                    **{name: getattr(order, name) for name in order.__struct_fields__},  # type: ignore[attr-defined]
                    "instrument": market.world.options[-8].name,
                }
            )
        usd, sat = quote(market, order)  # type: ignore[arg-type]
        assert usd + sat > missing
        play(market, Receive(HOME, 1, (Money("new", max(0, usd - missing), sat - missing * (usd == 0)),)))
        if missing:
            assert refused(market, order) == "INSUFFICIENT_FUNDS"
        else:
            assert quote(market, order) == (0, 0)  # type: ignore[arg-type]
            play(market, order)


def test_a_quote_counts_what_is_free_already(market: Market) -> None:
    whole = quote(market, an_order("c1", lots=1_000))[0]
    fund(market, "c1", usd=100)
    assert quote(market, an_order("c1", lots=1_000)) == (whole - 100 * MICRO, 0)


def test_closing_needs_nothing_from_home_and_wrong_orders_neither(market: Market) -> None:
    fund(market, "a")
    fund(market, "b")
    play(market, a_perp("b", "SELL", 100), a_perp("a", "BUY", 100))
    pass_ticks(market)
    price = market.listings["BTC-PERP"].mark
    assert quote(market, a_perp("a", "SELL", 100, price + 1)) == (0, 0)
    assert quote(market, a_perp("a", "SELL", 101, price + 1))[0] > 0
    for wrong in (
        an_order("a", lots=0),
        an_order("a", lots=10**40),
        an_order("a", price=10**40),
        an_order("a", instrument="X"),
        a_perp("a", leverage=99),
    ):
        assert quote(market, wrong) == (0, 0)


def test_an_amended_order_needs_what_it_does_not_hold_yet(market: Market) -> None:
    fund(market, "c1", usd=1_000)
    play(market, an_order("c1", lots=100, price=INDEX - 40_000))
    pass_ticks(market)
    order = orders_of(market, "c1")[0]
    assert quote(market, AmendOrder("c1", order.id, lots=50)) == (0, 0)
    assert quote(market, AmendOrder("c1", "9-9", lots=50)) == (0, 0)
    usd, sat = quote(market, AmendOrder("c1", order.id, lots=200))
    assert sat == 0
    assert refused(market, AmendOrder("c1", order.id, lots=200)) == "INSUFFICIENT_FUNDS"
    play(market, AmendOrder("c1", order.id, lots=200, arrived=Receive(HOME, 2, (Money("c1", usd),))))
    assert orders_of(market, "c1")[0].lots == 200
