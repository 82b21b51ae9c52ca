"""A projection that fails costs its own world, and nobody's else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection

from gamefold.engine.asked import Ack, WorldQuarantined
from gamefold.engine.feed import Record
from gamefold.engine.history import verify
from gamefold.engine.journal import Status
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import CLOCKWORK, LEDGER, METADATA
from gamefold.testkit.toys.clockwork import ClockworkSpec
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec
from gamefold.testkit.toys.tables import ToysProjector, holdings_of


class Failing(ToysProjector):
    """Fails for the worlds it is told to."""

    def __init__(self) -> None:
        self.fails_for: set[str] = set()

    def project(self, connection: Connection, record: Record) -> None:
        super().project(connection, record)
        if record.world in self.fails_for:
            raise LookupError("a column is gone")


@pytest.fixture
def projector() -> Failing:
    return Failing()


@pytest.fixture
async def house(projector: Failing) -> AsyncIterator[Hosted]:
    projectors = {"ledger": projector, "clockwork": projector}
    async with hosted(LEDGER, CLOCKWORK, projectors=projectors, metadata=[METADATA]) as house:
        for world in ("ledger/1", "ledger/2", "ledger/3"):
            await house.host.ensure(world, LedgerSpec())
        yield house


async def test_it_costs_only_the_answers_of_its_world(house: Hosted, projector: Failing) -> None:
    projector.fails_for.add("ledger/2")
    asked = [house.host.submit(f"ledger/{n}", "anna", Deposit(1)) for n in (1, 2, 3) for _ in range(3)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Ack] * 3 + [LookupError] * 3 + [Ack] * 3
    assert await house.host.query("ledger/2", lambda ledger: dict(ledger.accounts)) == {}
    projector.fails_for.clear()
    assert (await house.host.submit("ledger/2", "anna", Deposit(1))).seq == 2
    for world, amount in (("ledger/1", 3), ("ledger/2", 1), ("ledger/3", 3)):
        rows = await house.database.read(lambda connection, world=world: holdings_of(connection, world))
        assert rows == {"anna": amount}
        assert (await verify(house.journal, house.rulesets, world)).holds


async def test_players_cannot_bring_a_world_into_quarantine_by_it(house: Hosted, projector: Failing) -> None:
    projector.fails_for.add("ledger/2")
    for _ in range(6):
        with pytest.raises(LookupError):
            await house.host.submit("ledger/2", "anna", Deposit(1))
    assert (await house.journal.world("ledger/2")).status is Status.RUNNING


async def test_a_clock_that_can_never_be_projected_ends_in_quarantine(house: Hosted, projector: Failing) -> None:
    await house.host.ensure("clockwork/1", ClockworkSpec())
    await house.clock.elapse(3_000)
    projector.fails_for.add("clockwork/1")
    await asyncio.wait_for(house.clock.elapse(1_000), 30)
    assert (await house.journal.world("clockwork/1")).status is Status.QUARANTINED
    with pytest.raises(WorldQuarantined):
        await house.host.query("clockwork/1", lambda clockwork: clockwork.ticks)
    await house.host.submit("ledger/1", "anna", Deposit(1))
