"""What happens to a world that has ended."""

import asyncio

import pytest

from gamefold.engine.feed import Ended
from gamefold.engine.journal import Status
from gamefold.engine.ruleset import Rejected
from gamefold.testkit.hosted import hosted
from gamefold.testkit.toys import LEDGER
from gamefold.testkit.toys.ledger import LEDGER_CLOSED, CloseLedger, Deposit, LedgerSpec

WORLD = "ledger/1"


async def test_a_world_that_is_over_leaves_memory_and_still_answers() -> None:
    async with hosted(LEDGER) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        viewer = await house.host.subscribe(WORLD)
        await house.host.submit(WORLD, "anna", Deposit(3))
        await house.host.submit(WORLD, "anna", CloseLedger())
        await house.settle()
        assert house.host.resident_worlds() == {}
        assert (await house.journal.world(WORLD)).status is Status.OVER
        assert [record.position async for record in viewer] == [2, 3]
        assert viewer.ended is Ended.WORLD_OVER

        for _ in range(3):
            asked = house.host.query(WORLD, lambda ledger: dict(ledger.accounts))
            assert await asyncio.wait_for(asked, 20) == {"anna": 3}
        with pytest.raises(Rejected) as refusal:
            await asyncio.wait_for(house.host.submit(WORLD, "anna", Deposit(1)), 20)
        assert refusal.value.code == LEDGER_CLOSED

        late = await house.host.subscribe(WORLD)
        assert [record.position async for record in house.host.follow(WORLD, late)] == [1, 2, 3]
        assert late.ended is Ended.WORLD_OVER


async def test_many_who_open_one_world_at_once_are_all_answered() -> None:
    async with hosted(LEDGER) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.crash()
        await house.reopen()
        await house.host.stop(WORLD)
        asked = [house.host.submit(WORLD, f"p{n}", Deposit(1)) for n in range(50)]
        acks = await asyncio.wait_for(asyncio.gather(*asked), 20)
        assert sorted(ack.seq for ack in acks) == list(range(2, 52))
