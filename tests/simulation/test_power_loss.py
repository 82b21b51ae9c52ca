"""The power goes while the real host writes through the real store: what was acknowledged is there."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gamefold.testkit.hosted import a_store
from gamefold.testkit.toys import METADATA

from .machine import AckedEntryLost, Machine

MUST_HAPPEN = (
    "crash",
    "crash in sync",
    "EIO",
    "EIO in sync",
    "full",
    "power lost with unsynced writes",
    "power lost inside a sync",
    "write lost",
    "write torn",
    "fault while booting",
    "life without a crash",
    "resent: was applied",
    "resent: was lost",
)


@pytest.fixture(autouse=True)
def no_log_of_planned_faults() -> Iterator[None]:
    pool = logging.getLogger("sqlalchemy.pool")
    before, pool.disabled = pool.disabled, True
    yield
    pool.disabled = before


@pytest.fixture
async def template(tmp_path: Path) -> bytes:
    return (await a_store(tmp_path / "template.db", METADATA)).read_bytes()


def lives(seeds: range, template: bytes) -> Counter[str]:
    sometimes: Counter[str] = Counter()
    for seed in seeds:
        machine = Machine(seed, template)
        machine.run()
        sometimes.update(machine.sometimes)
    return sometimes


@pytest.mark.parametrize("start", [0, *(pytest.param(start, marks=pytest.mark.long) for start in (60, 120, 180, 240))])
def test_no_acknowledged_intent_is_lost(template: bytes, start: int) -> None:
    sometimes = lives(range(start, start + 60), template)
    assert [event for event in MUST_HAPPEN if not sometimes[event]] == []


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("start", range(1_000, 11_000, 1_000))
def test_no_acknowledged_intent_is_lost_in_thousands_of_lives(template: bytes, start: int) -> None:
    sometimes = lives(range(start, start + 1_000), template)
    assert [event for event in MUST_HAPPEN if not sometimes[event]] == []


def test_the_disk_tells_when_a_store_does_not_sync(template: bytes) -> None:
    # With synchronous=NORMAL SQLite answers before it has synced: this very test must then find what is lost.
    lost = 0
    for seed in range(25):
        try:
            Machine(seed, template, synchronous="NORMAL").run()
        except AckedEntryLost:
            lost += 1
    assert lost >= 10


def test_a_life_comes_again_the_same_from_its_seed(template: bytes) -> None:
    for seed in range(5):
        once, again = Machine(seed, template), Machine(seed, template)
        once.run()
        again.run()
        assert (again.acks, again.sometimes) == (once.acks, once.sometimes)
