"""Rigs are looked at only when something happens to them, and nobody can tell."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.games.tycoon.events.region import RigsFailed
from gamefold.games.tycoon.intents.region import MaintainRigs, RemoveRigs, SetFirmware
from gamefold.games.tycoon.rules.plant.sums import look_at
from gamefold.games.tycoon.state.region import FAILED, FIRMWARES, OK
from gamefold.games.tycoon.state.wear import wear_of

from .builders import Home, only
from .eager import Eager

# A life of ten days that passes within 67 ticks of an hour, so that much fails.
FAST = {"rig_life_days": 10, "time_compression": 720, "rig_repair_hours": 5}


@settings(max_examples=15, deadline=None)
@given(
    data=st.data(),
    calm=st.booleans(),
)
def test_lazy_and_eager_rigs_wear_and_fail_at_the_same_ticks(data: st.DataObject, calm: bool) -> None:
    home = Home("US_EAST", calm=calm, **FAST)
    home.open(usd=1_000_000)
    sites = [home.build(tier=2, cooling=cooling) for cooling in ("AIR", "IMMERSION")]
    for site in sites:
        home.add(site, 12)
    eager, failures = Eager(home.region), 0
    for _ in range(40):
        _meddle(home, sites, data)
        eager.follow(home.region)
        told = home.tick(data.draw(st.just(1)))
        lazy = {rid for event in only(told, RigsFailed) for rid in event.rigs}
        assert eager.tick(home.region) == lazy
        failures += len(lazy)
        _hold_wear(home, eager)
        eager.follow(home.region)  # rigs that were repaired in this tick
    _hold_hash(home, eager)


def test_a_fleet_fails_within_two_lives() -> None:
    home = Home("SOUTH_AMERICA", **FAST)
    home.open(usd=1_000_000)
    site = home.build(tier=4)
    home.add(site, 200)
    eager, failed = Eager(home.region), 0
    for _ in range(240 * 2 + 10):  # hours of two lives
        lazy = {rid for event in only(home.tick(), RigsFailed) for rid in event.rigs}
        assert eager.tick(home.region) == lazy
        failed += len(lazy)
        if failed == 200:
            break
    assert failed == 200
    assert int(home.region.ledger["failed"][0]) == 200
    assert int(home.region.sites["hash"][0]) == 0


def test_sums_of_a_site_are_the_sums_of_its_rigs_at_any_time() -> None:
    home = Home("US_WEST", **FAST)
    home.open(usd=1_000_000)
    sites = [home.build(tier=2) for _ in range(3)]
    for site in sites:
        home.add(site, 20)
    for _ in range(60):
        home.tick()
        for row in range(3):
            rigs = home.region.rigs_of(row)
            works = home.region.rigs["status"][rigs] == OK
            assert int(home.region.sites["hash"][row]) == int(home.region.rigs["hash"][rigs][works].sum())
            assert int(home.region.sites["power"][row]) == int(home.region.rigs["power"][rigs][works].sum())


def _meddle(home: Home, sites: list[str], data: st.DataObject) -> None:
    """Now and then a player does something to a few rigs."""
    what = data.draw(st.sampled_from(["nothing", "nothing", "nothing", "firmware", "maintain", "remove", "add"]))
    number = data.draw(st.integers(0, len(sites) - 1))
    rids = home.region.rigs["rid"][home.region.rigs_of(number)].tolist()
    if what == "add" and len(rids) < 40:
        home.add(sites[number], 3)
    if not rids:
        return
    some = tuple(data.draw(st.lists(st.sampled_from(rids), min_size=1, max_size=6, unique=True)))
    if what == "firmware":
        home.do(SetFirmware("c1", sites[number], some, data.draw(st.sampled_from(FIRMWARES))))
    if what == "remove":
        home.do(RemoveRigs("c1", sites[number], some))
    if what == "maintain":
        where = np.flatnonzero(np.isin(home.region.rigs["rid"], some))
        status, wear = home.region.rigs["status"].take(where), wear_of(home.region, where)
        if np.isin(status, (OK, FAILED)).all() and (wear > 0).any():
            home.do(MaintainRigs("c1", sites[number], some))


def _hold_wear(home: Home, eager: Eager) -> None:
    rows = np.flatnonzero(home.region.rigs["status"] == OK)
    lazy = dict(zip(home.region.rigs["rid"].take(rows).tolist(), wear_of(home.region, rows).tolist(), strict=True))
    assert all(lazy[rid] == rig.wear for rid, rig in eager.rigs.items())


def _hold_hash(home: Home, eager: Eager) -> None:
    look_at(home.region, np.arange(len(home.region.sites), dtype=np.int64), home.balance)
    hashes = dict(zip(home.region.rigs["rid"].tolist(), home.region.rigs["hash"].tolist(), strict=True))
    assert all(hashes[rid] == eager.hash_of(rid, home.balance) for rid in eager.rigs)
