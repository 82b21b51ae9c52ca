"""Standing orders: repairs and sales that happen by themselves."""

import pytest

from gamefold.games.tycoon.events.progress import AutoSellWanted, StandingOrdersSet
from gamefold.games.tycoon.events.region import RigsMaintained
from gamefold.games.tycoon.intents.progress import AUTOMATION_LOCKED, KEEP_INVALID, SetStandingOrders, StartResearch
from gamefold.games.tycoon.state.region import FAILED, Q30, Site
from gamefold.games.tycoon.state.region import NEVER as LOAD_NEVER

from .homes import Home, only


def an_automatic_home(sat: int = 0) -> Home:
    home = Home()
    home.do(StartResearch("c0", "AUTOMATION_BASIC"))
    home.tick()
    home.region.ledger["sat"][0] = sat
    home.region.flows.count("given", sat=sat)
    return home


def test_standing_orders_need_research() -> None:
    home = Home()
    assert home.refused(SetStandingOrders("c0", auto_repair=True, auto_sell=False)) == AUTOMATION_LOCKED
    assert home.refused(SetStandingOrders("c0", auto_repair=False, auto_sell=True)) == AUTOMATION_LOCKED
    assert home.do(SetStandingOrders("c0", auto_repair=False, auto_sell=False))


def test_btc_above_what_is_kept_is_to_be_sold_in_whole_lots() -> None:
    home = an_automatic_home(sat=1_234_567)
    told = home.do(SetStandingOrders("c0", auto_repair=False, auto_sell=True, keep_sat=1_000_000))
    assert told == [StandingOrdersSet("c0", False, True, 1_000_000)]
    assert only(home.tick(), AutoSellWanted) == [AutoSellWanted("c0", 230_000)]


def test_less_than_a_lot_is_not_sold() -> None:
    home = an_automatic_home(sat=1_009_999)
    home.do(SetStandingOrders("c0", auto_repair=False, auto_sell=True, keep_sat=1_000_000))
    assert not only(home.tick(3), AutoSellWanted)


def test_switching_off_ends_it() -> None:
    home = an_automatic_home(sat=1_000_000)
    home.do(SetStandingOrders("c0", auto_repair=False, auto_sell=True))
    home.do(SetStandingOrders("c0", auto_repair=False, auto_sell=False))
    assert not only(home.tick(), AutoSellWanted)


@pytest.mark.parametrize("keep", [-1, 1 << 62])
def test_absurd_amounts_to_keep_are_refused(keep: int) -> None:
    home = an_automatic_home()
    assert home.refused(SetStandingOrders("c0", auto_repair=True, auto_sell=True, keep_sat=keep)) == KEEP_INVALID


def a_failed_rig(home: Home) -> None:
    """Give c0 a site with one rig, which has failed."""
    region = home.region
    region.sites.append(company=0, tier=1, next_failure=LOAD_NEVER, rigs=1)
    region.companies[0].sites.append(Site(0, "europe-1", "Barn", 0))
    region.rigs.append(rid=1, site=0, status=FAILED, quality_bp=10_000, fails=Q30)
    region.ledger["rigs"][0] = region.ledger["failed"][0] = 1
    region.touched(0)


def test_failed_rigs_are_repaired_by_themselves() -> None:
    home = an_automatic_home()
    a_failed_rig(home)
    assert not home.tick()
    home.do(SetStandingOrders("c0", auto_repair=True, auto_sell=False))
    before = home.usd_micro()
    (maintained,) = only(home.tick(), RigsMaintained)
    assert (maintained.company, maintained.repairing) == ("c0", (1,))
    assert before - home.usd_micro() == maintained.cost_micro > 0
    assert not home.tick()  # it is being repaired


def test_repairs_wait_for_money_and_say_nothing_meanwhile() -> None:
    home = an_automatic_home()
    a_failed_rig(home)
    home.do(SetStandingOrders("c0", auto_repair=True, auto_sell=False))
    usd_micro = home.usd_micro()
    home.region.ledger["usd"][0] = 0
    assert not home.tick(3)
    home.region.ledger["usd"][0] = usd_micro
    assert only(home.tick(), RigsMaintained)
