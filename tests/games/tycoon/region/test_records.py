"""Companies are kept as bytes until somebody asks for one, and written again only where they changed."""

import msgspec
import pytest

from gamefold.games.tycoon.state.region import Companies, Company, Name, Site

ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


def some(count: int = 4) -> Companies:
    companies = Companies()
    for number in range(count):
        site = Site(number, f"europe-{number}", "A site", 3)
        companies.append(Company(f"c{number}", f"o{number}", f"Mines {number}", False, number, [site]))
    return companies


def read_back(companies: Companies) -> Companies:
    return Companies.read(ENCODE(companies.written()))


def test_companies_read_back_are_the_same() -> None:
    again = read_back(some())
    assert len(again) == 4
    assert list(again) == list(some())
    assert again[2] == some()[2]
    assert again.digest() == some().digest()


def test_a_company_is_the_same_object_whoever_asks() -> None:
    again = read_back(some())
    assert again[1] is again[1]
    again[1].name = "Renamed"
    assert [one.name for one in again] == ["Mines 0", "Renamed", "Mines 2", "Mines 3"]


def test_what_is_said_to_have_changed_is_written_and_hashed_again() -> None:
    again = read_back(some())
    before = again.digest()
    again[1].sites[0].name = "Another"
    again.changed(1)
    assert again.digest() != before
    third = read_back(again)
    assert third.digest() == again.digest()
    assert third[1].sites[0].name == "Another"


def test_companies_are_added_to_those_that_were_read_back() -> None:
    again = read_back(some(3))
    again.append(some()[3])
    assert again.digest() == some().digest()
    assert ENCODE(again.written()) == ENCODE(some().written())


def test_parts_are_of_all_companies_as_they_are_now() -> None:
    again = read_back(some())
    again[0].name = "Renamed"
    again.changed(0)
    assert again.parts(Name)[:2] == [Name("c0", "o0", "Renamed"), Name("c1", "o1", "Mines 1")]


def test_their_order_is_in_the_digest() -> None:
    companies, other = Companies(), Companies()
    for number in (0, 1):
        companies.append(some()[number])
        other.append(some()[1 - number])
    assert companies.digest() != other.digest()
    assert Companies().digest() != companies.digest()


@pytest.mark.parametrize("row", [-1, 4])
def test_there_is_no_company_beyond_the_last(row: int) -> None:
    with pytest.raises(IndexError):
        read_back(some())[row]


def test_bytes_that_are_no_companies_cannot_be_read() -> None:
    with pytest.raises(msgspec.DecodeError):
        Companies.read(b"\x81")
    with pytest.raises(msgspec.DecodeError):
        Companies.read(b"\x91\x01")[0]
