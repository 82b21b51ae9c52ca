"""What arrives from the market: once, for whom it is, and nothing lost where nobody is known."""

import pytest

from gamefold.games.tycoon.events.progress import QuestCompleted, ReputationChanged
from gamefold.games.tycoon.events.region import FundsChanged, FundsUnclaimed
from gamefold.games.tycoon.intents.border import ALREADY_RECEIVED, Receive
from gamefold.games.tycoon.intents.region import OpenCompany
from gamefold.games.tycoon.state.border import Money, Prize, TradeReport
from gamefold.games.tycoon.state.units import MICRO

from .builders import Home, only

CAPITAL = 50_000 * MICRO


def test_money_comes_home_once() -> None:
    home = Home()
    home.open()
    crossing = Receive("MARKET", 1, (Money("c1", 10, 20),))
    assert home.do(crossing) == [FundsChanged("c1", "received", 10, 20, CAPITAL + 10, 20)]
    assert home.refused(crossing) == ALREADY_RECEIVED
    assert int(home.region.ledger["received_usd"][0]) == 10
    assert int(home.region.ledger["received_sat"][0]) == 20
    home.tick()


def test_crossings_may_come_in_any_order() -> None:
    home = Home()
    home.open()
    for number in (3, 1, 2):
        home.do(Receive("MARKET", number, (Money("c1", 10**number),)))
    assert home.usd_micro() == CAPITAL + 1_110
    assert home.region.border.through == {"MARKET": 3}
    for number in (1, 2, 3):
        assert home.refused(Receive("MARKET", number, (Money("c1", 1),))) == ALREADY_RECEIVED


def test_money_for_nobody_waits_and_is_counted() -> None:
    home = Home()
    assert home.do(Receive("MARKET", 1, (Money("c1", 10, 20), Money("c1", 1)))) == [
        FundsUnclaimed("c1", 10, 20),
        FundsUnclaimed("c1", 1, 0),
    ]
    home.tick()
    assert home.region.flows.balance() == (11, 20)
    told = home.do(OpenCompany("c1", "ann", "Mines"))
    assert only(told, FundsChanged) == [FundsChanged("c1", "received", 11, 20, CAPITAL + 11, 20)]
    assert home.region.unclaimed == {}
    home.tick()
    assert home.region.flows.balance() == (CAPITAL + 11, 20)


def test_a_crossing_may_hold_much_for_many() -> None:
    home = Home()
    home.open("c1")
    home.open("c2")
    cargo = (
        Money("c2", 5),
        TradeReport("c1", trades=1, profitable_trades=1, volume_micro=100, realised_micro=10),
        Prize("c2", "regulators", 5),
        TradeReport("nobody", 1, 1, 1, 1),
        Prize("nobody", "miners", 5),
    )
    told = home.do(Receive("MARKET", 1, cargo))
    assert {event.quest for event in only(told, QuestCompleted)} == {"FIRST_TRADE", "FIRST_PROFIT"}
    assert ("c2", "regulators", 5) in [(e.company, e.reputation, e.points) for e in only(told, ReputationChanged)]
    assert home.usd_micro("c2") == CAPITAL + 5


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_begin_with_1(number: int) -> None:
    home = Home()
    home.open()
    assert home.refused(Receive("MARKET", number, (Money("c1", 1),))) == ALREADY_RECEIVED
