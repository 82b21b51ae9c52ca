"""Companies: founding, upgrading, and money that crosses to the market."""

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.events.region import CompanyOpened, CompanyUpgraded, FundsChanged, FundsGranted, PayoutChosen
from gamefold.games.tycoon.intents.region import (
    AMOUNT_INVALID,
    COMPANY_EXISTS,
    COMPANY_INVALID,
    COMPANY_NOT_FOUND,
    COMPANY_NOT_GUEST,
    INSUFFICIENT_FUNDS,
    NAME_INVALID,
    PAYOUT_INVALID,
    REGION_UNKNOWN,
    AddRigs,
    ChoosePayout,
    CreateSite,
    GrantFunds,
    MaintainRigs,
    OpenCompany,
    RegionSpec,
    RemoveRigs,
    RestoreCompany,
    SendToMarket,
    SetCurtailment,
    SetFirmware,
    SignContract,
    UpgradeCompany,
)
from gamefold.games.tycoon.rules.region import new_region
from gamefold.games.tycoon.state.border import Money
from gamefold.games.tycoon.state.units import MICRO, SAT

from .builders import SHEET, Home, a_context

CAPITAL = 50_000 * MICRO


def test_a_new_company_has_50_000_usd_and_no_bitcoin() -> None:
    home = Home()
    assert home.do(OpenCompany("c1", "ann", "  Ann's Mines ")) == [
        CompanyOpened("c1", "ann", "Ann's Mines", guest=False, region="EUROPE", tick=0, usd_micro=CAPITAL)
    ]
    assert (home.usd_micro(), home.sat()) == (CAPITAL, 0)
    assert home.region.flows.balance() == (CAPITAL, 0)
    assert int(home.region.standings["voter"][0]) == 1


@pytest.mark.parametrize("intent", [OpenCompany("c1", "bob", "Other"), OpenCompany("c2", "owner of c1", "Other")])
def test_a_company_is_one_by_its_id_and_by_its_owner(intent: OpenCompany) -> None:
    home = Home()
    home.open("c1")
    assert home.refused(intent) == COMPANY_EXISTS


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\nb", "a\x00", "\u202eabc", "\u200b"])
def test_a_name_has_1_to_40_printable_characters(name: str) -> None:
    home = Home()
    assert home.refused(OpenCompany("c9", "zoe", name)) == NAME_INVALID
    home.open("c1", guest=True)
    assert home.refused(UpgradeCompany("c1", name)) == NAME_INVALID
    assert home.refused(CreateSite("c1", name)) == NAME_INVALID


@pytest.mark.parametrize(("company", "owner"), [("", "zoe"), ("c9", ""), ("x" * 65, "zoe"), ("c\n", "zoe")])
def test_ids_are_ids(company: str, owner: str) -> None:
    assert Home().refused(OpenCompany(company, owner, "Mines")) == COMPANY_INVALID


def test_a_guests_company_becomes_an_accounts_once() -> None:
    home = Home()
    row = home.open(guest=True)
    assert int(home.region.standings["voter"][row]) == 0
    assert home.do(UpgradeCompany("c1", "Mines")) == [CompanyUpgraded("c1", "Mines")]
    assert not home.region.companies[row].guest
    assert int(home.region.standings["voter"][row]) == 1
    assert home.refused(UpgradeCompany("c1")) == COMPANY_NOT_GUEST


def test_who_upgrades_may_keep_the_name() -> None:
    home = Home()
    home.open(guest=True)
    assert home.do(UpgradeCompany("c1")) == [CompanyUpgraded("c1", "Company c1")]


@pytest.mark.parametrize(
    "intent",
    [
        UpgradeCompany("nobody"),
        SendToMarket("nobody", 1),
        CreateSite("nobody", "Site"),
        AddRigs("nobody", "europe-1", "ANTMINER_S19"),
        RemoveRigs("nobody", "europe-1", (1,)),
        MaintainRigs("nobody", "europe-1", (1,)),
        SetFirmware("nobody", "europe-1", (1,), "ECO"),
        SignContract("nobody", "europe-1", "FIXED", 1, 1),
        ChoosePayout("nobody", "SOLO"),
        SetCurtailment("nobody", "europe-1", 0),
        GrantFunds("nobody", 1),
        RestoreCompany("nobody", b""),
    ],
)
def test_a_company_that_is_not_at_home_here_is_not_found(intent: object) -> None:
    home = Home()
    home.open()
    assert home.refused(intent) == COMPANY_NOT_FOUND  # type: ignore[arg-type]


def test_funds_leave_for_the_market_under_a_number() -> None:
    home = Home()
    home.open()
    home.do(GrantFunds("c1", sat=SAT))
    assert home.do(SendToMarket("c1", 7, 5)) == [
        FundsChanged("c1", "sent", -7, -5, CAPITAL - 7, SAT - 5),
        Crossed("MARKET", 1, (Money("c1", 7, 5),)),
    ]
    assert home.do(SendToMarket("c1", 1))[-1] == Crossed("MARKET", 2, (Money("c1", 1, 0),))
    assert home.region.flows.balance() == (CAPITAL - 8, SAT - 5)
    assert int(home.region.ledger["sent_usd"][0]) == 8
    assert int(home.region.ledger["sent_sat"][0]) == 5


@pytest.mark.parametrize(
    ("intent", "code"),
    [
        (SendToMarket("c1", -1), AMOUNT_INVALID),
        (SendToMarket("c1", 5, -1), AMOUNT_INVALID),
        (SendToMarket("c1"), AMOUNT_INVALID),
        (SendToMarket("c1", CAPITAL + 1), INSUFFICIENT_FUNDS),
        (SendToMarket("c1", 1, 1), INSUFFICIENT_FUNDS),
        (SendToMarket("c1", 1 << 63), INSUFFICIENT_FUNDS),
        (GrantFunds("c1"), AMOUNT_INVALID),
        (GrantFunds("c1", 10_000_000 * MICRO + 1), AMOUNT_INVALID),
        (GrantFunds("c1", sat=-101 * SAT), AMOUNT_INVALID),
        (GrantFunds("c1", -CAPITAL - 1), INSUFFICIENT_FUNDS),
        (GrantFunds("c1", 5, -1), INSUFFICIENT_FUNDS),
        (ChoosePayout("c1", "PPS"), PAYOUT_INVALID),
        (ChoosePayout("c1", ""), PAYOUT_INVALID),
    ],
)
def test_what_cannot_be_is_refused(intent: object, code: str) -> None:
    home = Home()
    home.open()
    assert home.refused(intent) == code  # type: ignore[arg-type]


def test_grants_give_and_take_and_are_counted() -> None:
    home = Home()
    home.open()
    assert home.do(GrantFunds("c1", -CAPITAL, 3, "a bug"))[-1] == FundsGranted("c1", -CAPITAL, 3, "a bug")
    assert (home.usd_micro(), home.sat()) == home.region.flows.balance() == (0, 3)


def test_a_payout_is_chosen_and_choosing_it_again_says_nothing() -> None:
    home = Home()
    home.open()
    assert home.do(ChoosePayout("c1", "PPLNS")) == [PayoutChosen("c1", "PPLNS")]
    assert home.do(ChoosePayout("c1", "PPLNS")) == []


def test_there_are_five_regions() -> None:
    with pytest.raises(Rejected) as refusal:
        new_region(RegionSpec(1, "ATLANTIS"), a_context(SHEET.values()))
    assert refusal.value.code == REGION_UNKNOWN
