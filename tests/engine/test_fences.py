"""Two processes, one store: what a world is, one of them decides at a time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gamefold.engine.asked import Ack, HostStopped, WorldUnavailable
from gamefold.engine.history import verify
from gamefold.engine.journal import StorageUnavailable
from gamefold.engine.observe import Observer
from gamefold.storage.opening import open_database
from gamefold.testkit.hosted import Hosted, hosted, make_tables
from gamefold.testkit.toys import LEDGER, METADATA, PROJECTORS, PURSE
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec
from gamefold.testkit.toys.purse import Earn, PurseSpec, Spend
from gamefold.testkit.toys.tables import holdings_of

RULES = (LEDGER, replace(PURSE, snapshot_every=7))


class Watching(Observer):
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def fatal(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
async def url(url: str) -> str:
    database = open_database(url)
    await database.write(lambda connection: make_tables(connection, METADATA))
    await database.close()
    return url


@pytest.fixture
async def first(url: str) -> AsyncIterator[Hosted]:
    async with hosted(*RULES, projectors=PROJECTORS, url=url, observer=Watching()) as house:
        yield house


@pytest.fixture
async def second(url: str, first: Hosted) -> AsyncIterator[Hosted]:
    async with hosted(*RULES, projectors=PROJECTORS, url=url) as house:
        yield house


async def test_a_host_whose_world_was_taken_over_stops_and_says_why(first: Hosted, second: Hosted) -> None:
    await first.host.ensure("ledger/1", LedgerSpec())
    await first.host.submit("ledger/1", "anna", Deposit(1))
    ack = await second.host.submit("ledger/1", "ben", Deposit(1))
    assert ack.seq == 3

    asked = [first.host.submit("ledger/1", "anna", Deposit(1)) for _ in range(10)]
    outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)
    assert all(isinstance(outcome, WorldUnavailable | HostStopped) for outcome in outcomes)
    await first.settle()
    assert first.host.stopped == "another process owns ledger/1"
    assert first.host.observer.reasons == [first.host.stopped]  # type: ignore[attr-defined]
    with pytest.raises(HostStopped):
        await first.host.submit("ledger/1", "anna", Deposit(1))

    await first.close()  # a fenced host leaves nothing behind
    assert (await second.host.submit("ledger/1", "ben", Deposit(1))).seq == 4
    verdict = await verify(second.journal, second.rulesets, "ledger/1")
    assert (verdict.holds, verdict.entries) == (True, 4)


async def test_other_worlds_of_a_fenced_host_lose_nothing(first: Hosted, second: Hosted) -> None:
    for world in ("ledger/1", "ledger/2"):
        await first.host.ensure(world, LedgerSpec())
    await second.host.submit("ledger/1", "ben", Deposit(1))
    taken, kept = await asyncio.gather(
        first.host.submit("ledger/1", "anna", Deposit(1)),
        first.host.submit("ledger/2", "anna", Deposit(1)),
        return_exceptions=True,
    )
    assert isinstance(taken, WorldUnavailable)
    assert isinstance(kept, Ack)
    assert await second.host.query("ledger/2", lambda ledger: dict(ledger.accounts)) == {"anna": 1}


async def test_on_demand_worlds_are_shared_by_all_hosts(first: Hosted, second: Hosted) -> None:
    await first.host.ensure("purse/1", PurseSpec())

    async def ask(house: Hosted, number: int) -> Ack:
        while True:
            try:
                return await house.host.submit("purse/1", f"p{number % 5}", Earn(1), request=f"{house.clock}-{number}")
            except StorageUnavailable:
                await asyncio.sleep(0.05)

    asked = [ask(house, number) for number in range(50) for house in (first, second)]
    acks = await asyncio.wait_for(asyncio.gather(*asked), 60)
    assert sorted(ack.seq for ack in acks) == list(range(2, 102))
    assert first.host.stopped is None
    assert second.host.stopped is None
    for house in (first, second):
        assert await house.host.query("purse/1", lambda purse: purse.coins) == 100
    rows = await first.database.read(lambda connection: holdings_of(connection, "purse/1"))
    assert rows == {"purse": 100}
    assert (await verify(first.journal, first.rulesets, "purse/1")).holds


async def test_a_cached_state_is_not_trusted_when_somebody_else_has_written(first: Hosted, second: Hosted) -> None:
    await first.host.ensure("purse/1", PurseSpec(coins=10))
    for number in range(10):
        house, other = (first, second) if number % 2 else (second, first)
        await house.host.submit("purse/1", "anna", Earn(1))
        ack = await other.host.submit("purse/1", "anna", Spend(1))
        assert ack.events[0].coins == 10  # type: ignore[attr-defined]
    assert (await verify(first.journal, first.rulesets, "purse/1")).holds


async def test_a_rollback_by_another_process_fences_who_plays(first: Hosted, second: Hosted) -> None:
    await first.host.ensure("ledger/1", LedgerSpec())
    for _ in range(5):
        await first.host.submit("ledger/1", "anna", Deposit(1))
    await second.host.rollback("ledger/1", actor="operator", reason="test", seq=3)
    with pytest.raises((WorldUnavailable, HostStopped)):
        await first.host.submit("ledger/1", "anna", Deposit(1))
    assert await second.host.query("ledger/1", lambda ledger: dict(ledger.accounts)) == {"anna": 2}


async def test_an_on_demand_world_that_went_back_is_played_on_by_all(first: Hosted, second: Hosted) -> None:
    await first.host.ensure("purse/1", PurseSpec())
    for _ in range(5):
        await first.host.submit("purse/1", "anna", Earn(1))
        await second.host.submit("purse/1", "anna", Earn(1))
    await second.host.rollback("purse/1", actor="operator", reason="test", seq=3)
    assert (await first.host.submit("purse/1", "anna", Earn(1))).events[0].coins == 3  # type: ignore[attr-defined]
    assert (await second.host.submit("purse/1", "anna", Earn(1))).events[0].coins == 4  # type: ignore[attr-defined]
    assert (await verify(first.journal, first.rulesets, "purse/1")).holds
