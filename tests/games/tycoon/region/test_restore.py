"""Live operations give a company back what it had at home."""

import msgspec
import pytest

from gamefold.games.tycoon.events.region import CompanyRestored, RigsAdded, SiteCreated
from gamefold.games.tycoon.intents.progress import StartResearch
from gamefold.games.tycoon.intents.region import (
    DOCUMENT_INVALID,
    ChoosePayout,
    MaintainRigs,
    RemoveRigs,
    RestoreCompany,
    SendToMarket,
    SetCurtailment,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.state.company_document import CompanyDocument, company_document, read_document, with_money
from gamefold.games.tycoon.state.region import FAILED, NOBODY, REPAIRING
from gamefold.games.tycoon.state.region_views import site_view
from gamefold.games.tycoon.state.units import MICRO

from .builders import Home, only

FAST = {"rig_life_days": 10, "time_compression": 720, "rig_repair_hours": 30}


def a_grown_company() -> Home:
    """Two sites, worn, failed and repaired rigs, a contract, research; and a neighbour."""
    home = Home("SOUTH_AMERICA", **FAST)
    home.open(usd=1_000_000)
    home.open("c2")
    home.add(home.build("c2"), 2, company="c2")
    first, second = home.build(tier=2), home.build(cooling="LIQUID")
    home.add(first, 30)
    home.add(second, 5, model="ANTMINER_S21")
    home.do(SetFirmware("c1", first, tuple(home.region.rigs["rid"][home.region.rigs_of(1)].tolist())[:5], "TURBO"))
    home.do(SignContract("c1", second, "FIXED", 10, 30))
    home.do(SetCurtailment("c1", second, -3_000))
    home.do(ChoosePayout("c1", "PPLNS"))
    home.do(StartResearch("c1", "MINING_EFFICIENCY_1"))
    home.tick(130)
    rows = home.region.rigs_of(1)
    failed = home.region.rigs["rid"][rows][home.region.rigs["status"][rows] == FAILED].tolist()
    assert len(failed) > 2
    home.do(MaintainRigs("c1", first, tuple(failed[:2])))
    home.tick()
    return home


def document_of(home: Home) -> CompanyDocument:
    return read_document(company_document(home.region, "c1"))


def test_what_is_restored_at_once_is_what_was() -> None:
    home = a_grown_company()
    raw, flows = company_document(home.region, "c1"), home.region.flows.balance()
    told = home.do(RestoreCompany("c1", raw, "as it was"))
    assert company_document(home.region, "c1") == raw
    assert home.region.flows.balance() == flows
    (restored,) = only(told, CompanyRestored)
    assert (restored.sites, restored.rigs, restored.of_tick) == (2, 35, home.region.tick)
    assert sum(event.count for event in only(told, RigsAdded)) == 35
    assert len(only(told, SiteCreated)) == 2
    home.tick(30)


def test_a_company_gets_back_what_it_lost() -> None:
    home = a_grown_company()
    raw = company_document(home.region, "c1")
    usd, sat = home.usd_micro(), home.sat()
    neighbour = company_document(home.region, "c2")
    first, second = (site.id for site in home.region.companies[0].sites)
    home.do(RemoveRigs("c1", first, tuple(home.region.rigs["rid"][home.region.rigs_of(1)].tolist())))
    home.do(SendToMarket("c1", home.usd_micro() // 2, home.sat()))
    home.add(home.build(), 3)
    home.do(RestoreCompany("c1", raw, "an exploit"))
    assert (home.usd_micro(), home.sat()) == (usd, sat)
    assert company_document(home.region, "c1") == raw
    assert [site.id for site in home.region.companies[0].sites] == [first, second]
    assert int(home.region.sites["company"][3]) == NOBODY
    assert company_document(home.region, "c2") == neighbour
    assert int(home.region.ledger["rigs"][0]) == 35
    assert len(home.region.repairs) == 2
    home.tick(40)  # and repairs end


def test_a_site_that_was_closed_opens_again_in_its_row() -> None:
    home = a_grown_company()
    early = company_document(home.region, "c1")
    third = home.build()
    home.add(third, 4)
    late = company_document(home.region, "c1")
    home.do(RestoreCompany("c1", early))
    assert site_view(home.region, "c1", third, home.balance) is None
    home.tick(3)
    home.do(RestoreCompany("c1", late))
    detail = site_view(home.region, "c1", third, home.balance)
    assert detail is not None
    assert len(detail.rigs) == 4
    home.tick(3)


def test_repairs_go_on_where_they_were() -> None:
    home = a_grown_company()
    raw = company_document(home.region, "c1")
    home.tick(29)
    assert (home.region.rigs["status"] == REPAIRING).sum() == 0
    home.do(RestoreCompany("c1", raw))
    assert (home.region.rigs["status"] == REPAIRING).sum() == 2
    home.tick(28)
    assert (home.region.rigs["status"] == REPAIRING).sum() == 2
    home.tick()
    assert (home.region.rigs["status"] == REPAIRING).sum() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"company": "c2"},
        {"region": "EUROPE"},
        {"season": 2},
        {"usd_micro": -1},
        {"sat": -1},
        {"usd_micro": 1 << 60},
        {"payout": "PPS"},
    ],
)
def test_a_document_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    home = a_grown_company()
    document = msgspec.structs.replace(document_of(home), **change)
    assert home.refused(RestoreCompany("c1", msgspec.msgpack.encode(document))) == DOCUMENT_INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"grid_tier": 6},
        {"grid_tier": 1},  # 30 rigs do not fit
        {"cooling": "WATER"},
        {"row": -1},
        {"row": 2},  # twice
        {"curtail_bp": 1 << 40},
    ],
)
def test_a_site_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    home = a_grown_company()
    document = document_of(home)
    sites = (msgspec.structs.replace(document.sites[0], **change), *document.sites[1:])
    raw = msgspec.msgpack.encode(msgspec.structs.replace(document, sites=sites))
    assert home.refused(RestoreCompany("c1", raw)) == DOCUMENT_INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"model": "ANTMINER_S9"},
        {"status": "BROKEN"},
        {"firmware": "WARP"},
        {"quality_bp": 1 << 20},
        {"quality_bp": 0},
        {"wear": -1},
        {"wear": 1 << 31},
        {"repair_ticks": -1},
    ],
)
def test_a_rig_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    home = a_grown_company()
    document = document_of(home)
    site = document.sites[0]
    site = msgspec.structs.replace(site, rigs=(msgspec.structs.replace(site.rigs[0], **change), *site.rigs[1:]))
    raw = msgspec.msgpack.encode(msgspec.structs.replace(document, sites=(site, *document.sites[1:])))
    assert home.refused(RestoreCompany("c1", raw)) == DOCUMENT_INVALID


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xc1", b"{}", b"\x80", b"\xff" * 1_000])
def test_bytes_that_are_no_document_are_refused(raw: bytes) -> None:
    home = Home()
    home.open()
    assert home.refused(RestoreCompany("c1", raw)) == DOCUMENT_INVALID


def test_what_has_left_since_the_document_was_made_is_not_given_a_second_time() -> None:
    home = Home()
    home.open(usd=100_000)
    raw, out = company_document(home.region, "c1"), int(home.region.ledger["sent_usd"][0])
    home.do(SendToMarket("c1", 30_000 * MICRO))
    home.do(RestoreCompany("c1", raw, "late", out, 0))
    assert home.usd_micro() == 70_000 * MICRO
    home.do(SendToMarket("c1", 70_000 * MICRO))
    home.do(RestoreCompany("c1", with_money(raw, -50_000 * MICRO, 0), "less", out, 0))
    assert home.usd_micro() == 0
