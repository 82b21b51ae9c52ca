"""A region world is written down exactly, and hashed without writing down what nobody touched."""

import pytest

from gamefold.games.tycoon.intents.region import (
    ChoosePayout,
    OpenCompany,
    SignContract,
    UpgradeCompany,
)
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region

from .builders import Home, seeded_region


def a_region() -> Home:
    home = Home(calm=False)
    for company in ("c1", "c2", "c3"):
        home.open(company, guest=company == "c3")
        home.add(home.build(company), 4, company=company)
    home.do(SignContract("c2", "europe-2", "INDEX", 7, 3))
    home.tick(5)
    return home


def test_what_is_read_back_is_what_was_written() -> None:
    home = a_region()
    raw = encode_region(home.region)
    again = decode_region(raw)
    assert encode_region(again) == raw
    assert digest_region(again) == digest_region(home.region)
    assert again.index.company == {"c1": 0, "c2": 1, "c3": 2}
    assert again.row_of_owner("owner of c2") == 1


def test_what_was_cut_off_or_goes_on_is_no_region() -> None:
    raw = bytes(encode_region(a_region().region))
    for wrong in (b"", raw[:7], raw[:100], raw[:-1], raw + b"\0", b"\xff" * 100):
        with pytest.raises(ValueError):  # noqa: PT011 - msgspec and numpy have their own words for it
            decode_region(wrong)


def test_a_world_goes_on_the_same_after_it_was_read_back() -> None:
    home = a_region()
    other = home.reopened()
    for one in (home, other):
        one.do(UpgradeCompany("c3", "Grown up"))
        one.tick(20)
        one.do(ChoosePayout("c1", "SOLO"))
        one.add("europe-1", 2)
        one.tick(20)
    assert encode_region(home.region) == encode_region(other.region)
    assert digest_region(home.region) == digest_region(other.region)


def test_asking_for_a_digest_changes_nothing() -> None:
    asked, unasked = a_region(), a_region()
    for _ in range(10):
        asked.tick()
        digest_region(asked.region)
        unasked.tick()
        asked.do(ChoosePayout("c1", "PPLNS"))
        digest_region(asked.region)
        unasked.do(ChoosePayout("c1", "PPLNS"))
    assert digest_region(asked.region) == digest_region(unasked.region)
    assert encode_region(asked.region) == encode_region(unasked.region)


def test_every_intent_moves_the_digest_of_what_it_changes() -> None:
    """The cold part of a company is hashed again only if it was marked: nobody may forget to."""
    home = a_region()
    for step in (
        lambda: home.do(OpenCompany("c4", "dan", "Mines")),
        lambda: home.do(UpgradeCompany("c3", "Renamed")),
        lambda: home.build("c1"),
        lambda: home.do(SignContract("c1", "europe-1", "FIXED", 7, 3)),
        lambda: home.add("europe-1"),
        home.tick,
    ):
        before = digest_region(home.region)
        step()
        after = digest_region(home.region)
        assert after != before
        assert digest_region(decode_region(encode_region(home.region))) == after


def test_every_part_of_the_state_is_in_the_digest() -> None:
    home = a_region()
    seen = {digest_region(home.region)}
    region = home.region
    for change in (
        lambda: setattr(region, "pool_msat", region.pool_msat + 1),
        lambda: setattr(region, "rigs_made", region.rigs_made + 1),
        lambda: setattr(region.weather, "price_noise", region.weather.price_noise + 1),
        lambda: region.flows.count("test", 1),
        lambda: region.unclaimed.update(x=(1, 1)),
        lambda: region.border.sent.update(MARKET=99),
        lambda: region.repairs.append(tick=1),
        lambda: region.standings["miners"].__setitem__(0, 1),
        lambda: setattr(region.book, "game_s", 1),
    ):
        change()
        seen.add(digest_region(region))
    assert len(seen) == 10


def test_a_large_region_is_written_and_read() -> None:
    region = seeded_region(5_000, 1_000, 500)
    raw = encode_region(region)
    again = decode_region(raw)
    assert encode_region(again) == raw
    assert digest_region(again) == digest_region(region)
