"""A full disk makes worlds read-only; they heal by themselves."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection

from gamefold.engine.asked import Ack, WorldUnavailable
from gamefold.engine.history import verify
from gamefold.engine.journal import StorageFull, StorageUnavailable
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import CLOCKWORK, LEDGER, METADATA, PROJECTORS, PURSE
from gamefold.testkit.toys.clockwork import ClockworkSpec
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec
from gamefold.testkit.toys.purse import Earn, PurseSpec


@pytest.fixture
async def house() -> AsyncIterator[Hosted]:
    async with hosted(LEDGER, CLOCKWORK, PURSE, projectors=PROJECTORS, metadata=[METADATA]) as house:
        await house.host.ensure("ledger/1", LedgerSpec())
        await house.host.ensure("clockwork/1", ClockworkSpec())
        await house.host.ensure("purse/1", PurseSpec())
        yield house


async def fill(house: Hosted) -> int:
    """Submit until the disk is full; give how many were acknowledged."""
    acked = 0
    while True:
        try:
            await house.host.submit("ledger/1", f"account-{acked}", Deposit(1))
        except StorageFull:
            return acked
        acked += 1


async def test_a_full_disk_is_told_reads_go_on_and_it_heals(house: Hosted) -> None:
    await house.clock.elapse(3_000)
    limited = _always_limited(house)
    await limited(True)
    acked = await fill(house)

    for _ in range(3):
        with pytest.raises((StorageFull, WorldUnavailable)):
            await house.host.submit("ledger/1", "anna", Deposit(1))
        assert await house.host.query("ledger/1", lambda ledger: len(ledger.accounts)) == acked
        assert await house.host.query("purse/1", lambda purse: purse.coins) == 0
    outcomes = [house.host.submit("purse/1", f"p{number}", Earn(1), request="x" * 1_000) for number in range(100)]
    refused = [out for out in await asyncio.gather(*outcomes, return_exceptions=True) if not isinstance(out, Ack)]
    assert refused
    assert all(isinstance(outcome, StorageFull) for outcome in refused)
    house.clock.advance(5_000)
    await asyncio.sleep(0.3)
    assert await house.host.query("clockwork/1", lambda clockwork: clockwork.ticks) >= 3
    assert house.host.stopped is None

    await limited(False)
    ack = await _until_acked(house)
    assert ack.seq == acked + 2
    async with asyncio.timeout(30):
        while await house.host.query("clockwork/1", lambda clockwork: clockwork.ticks) < 8:
            await asyncio.sleep(0.05)
    for world in ("ledger/1", "clockwork/1", "purse/1"):
        assert (await verify(house.journal, house.rulesets, world)).holds


def _always_limited(house: Hosted):
    """Limit the pages of whatever connection writes: a failed write makes the store open its writer anew."""
    write = house.database.write
    state = {"full": False, "pages": 0}

    async def limited_write(transaction):
        def with_limit(connection: Connection):
            pages = state["pages"] if state["full"] else 1 << 30
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            return transaction(connection)

        return await write(with_limit)

    async def switch(full: bool) -> None:
        pages = await house.database.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())
        state.update(full=full, pages=pages)

    house.database.write = limited_write  # type: ignore[method-assign]
    return switch


async def _until_acked(house: Hosted) -> Ack:
    async with asyncio.timeout(30):
        while True:
            try:
                return await house.host.submit("ledger/1", "anna", Deposit(1))
            except (StorageUnavailable, WorldUnavailable):
                await asyncio.sleep(0.05)
