"""Worlds that are stopped, rolled back, ended, made and killed while something else is under way with them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gamefold.engine.asked import Ack, HostStopped, WorldUnavailable
from gamefold.engine.history import verify
from gamefold.engine.journal import Status, StorageUnavailable
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import CLOCKWORK, LEDGER
from gamefold.testkit.toys.clockwork import ClockworkSpec
from gamefold.testkit.toys.ledger import CloseLedger, Deposit, LedgerSpec

from .gates import Gate

WORLD = "ledger/1"
DOWN = StorageUnavailable("no answer")


@pytest.fixture
async def house() -> AsyncIterator[Hosted]:
    async with hosted(LEDGER, CLOCKWORK) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        yield house


async def outcome(asked: asyncio.Future[Any]) -> Any:
    return (await asyncio.wait_for(asyncio.gather(asked, return_exceptions=True), 20))[0]


async def status(house: Hosted, world: str = WORLD) -> Status:
    return (await house.journal.world(world)).status


# -- on the way in ----------------------------------------------------------------------------------------------


async def test_a_viewer_of_a_world_that_is_stopped_while_it_opens_hears_so(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.host.stop(WORLD)
    gate = Gate(monkeypatch, house.journal, "load")
    viewer = asyncio.ensure_future(house.host.subscribe(WORLD))
    await gate.arrived.wait()
    await house.host.stop(WORLD)
    assert isinstance(await outcome(viewer), WorldUnavailable)


async def test_whoever_waits_for_a_world_that_opens_hears_that_the_host_was_killed(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.host.stop(WORLD)
    gate = Gate(monkeypatch, house.journal, "load")
    asked = asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1)))
    await gate.arrived.wait()
    await house.crash()
    assert isinstance(await outcome(asked), HostStopped)
    await house.reopen()


async def test_a_resent_intent_is_answered_whenever_the_host_is_killed(house: Hosted) -> None:
    await house.host.submit(WORLD, "anna", Deposit(1), request="once")
    outcomes = set()
    for turns in range(25):
        asked = asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1), request="once"))
        for _ in range(turns):
            await asyncio.sleep(0)
        await house.crash()
        outcomes.add(type(await outcome(asked)))
        await house.reopen()
    assert outcomes <= {Ack, HostStopped}


async def test_a_world_made_by_somebody_who_left_meanwhile_lives(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, house.journal, "create", done=True)
    making = asyncio.ensure_future(house.host.ensure("clockwork/1", ClockworkSpec()))
    await gate.arrived.wait()
    making.cancel()
    gate.open()
    assert isinstance(await outcome(making), asyncio.CancelledError)
    await house.clock.elapse(3_000)
    assert "clockwork/1" in house.host.resident_worlds()


async def test_a_world_whose_making_was_not_answered_lives_when_it_is_made_again(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, house.journal, "create", done=True, failing=DOWN)
    gate.open()
    with pytest.raises(StorageUnavailable):
        await house.host.ensure("clockwork/1", ClockworkSpec())
    assert not await house.host.ensure("clockwork/1", ClockworkSpec())
    assert "clockwork/1" in house.host.resident_worlds()


async def test_a_world_that_was_stopped_while_it_was_made_is_not_opened_under_its_first_epoch(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, house.journal, "create", done=True)
    making = asyncio.ensure_future(house.host.ensure("ledger/2", LedgerSpec()))
    await gate.arrived.wait()
    await house.host.submit("ledger/2", "anna", Deposit(1))
    await house.host.stop("ledger/2")
    gate.open()
    assert isinstance(await outcome(making), WorldUnavailable)
    assert (await house.host.submit("ledger/2", "anna", Deposit(1))).seq == 3
    assert house.host.stopped is None


async def test_making_a_world_again_wakes_none_that_was_stopped(house: Hosted) -> None:
    await house.host.stop(WORLD)
    assert not await house.host.ensure(WORLD, LedgerSpec())
    assert house.host.resident_worlds() == {}


# -- stopped ----------------------------------------------------------------------------------------------------


def stopping(_world: str, status: Status, *_others: Any, **_options: Any) -> bool:
    return status is Status.STOPPED


async def test_a_world_that_is_asked_while_it_is_stopped_is_not_called_stopped(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, house.journal, "set_status", of=stopping)
    stop = asyncio.ensure_future(house.host.stop(WORLD))
    await gate.arrived.wait()
    asked = asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1)))
    while WORLD not in house.host.resident_worlds():
        await asyncio.sleep(0.001)
    gate.open()
    await stop
    assert (await asked).seq == 2
    assert await status(house) is Status.RUNNING
    await house.crash()
    await house.reopen()
    assert WORLD in house.host.resident_worlds()


async def test_a_world_that_waits_for_the_store_can_be_stopped(house: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_arguments: Any) -> Any:
        raise DOWN

    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "commit", fails)
        patch.setattr(house.journal, "load", fails)
        with pytest.raises(StorageUnavailable):
            await house.host.submit(WORLD, "anna", Deposit(1))
        await house.host.stop(WORLD)
    assert await status(house) is Status.STOPPED
    assert (await house.host.submit(WORLD, "anna", Deposit(1))).seq == 2


async def test_a_world_that_is_over_is_never_called_stopped(house: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.host.submit(WORLD, "anna", CloseLedger())
    await house.settle()
    gate = Gate(monkeypatch, house.journal, "load")
    asked = asyncio.ensure_future(house.host.query(WORLD, lambda ledger: ledger.closed))
    await gate.arrived.wait()
    await house.host.stop(WORLD)
    assert isinstance(await outcome(asked), WorldUnavailable)
    assert await status(house) is Status.OVER


# -- snapshots --------------------------------------------------------------------------------------------------


async def test_a_snapshot_under_way_is_kept_by_a_host_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosted(replace(LEDGER, snapshot_every=3)) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        gate = Gate(monkeypatch, house.journal, "save_snapshot")
        for _ in range(2):
            await house.host.submit(WORLD, "anna", Deposit(1))
        await gate.arrived.wait()
        closing = asyncio.ensure_future(house.close())
        await asyncio.sleep(0.05)
        gate.open()
        await closing
        assert [snapshot.seq for snapshot in await house.journal.snapshots(WORLD, 1)] == [3]
        await house.reopen()


async def test_a_snapshot_holds_nothing_that_is_not_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosted(replace(LEDGER, snapshot_every=3)) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(1))
        first = Gate(monkeypatch, house.journal, "commit", done=True)
        asked = [asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1)))]
        await first.arrived.wait()
        asked.append(asyncio.ensure_future(house.host.submit(WORLD, "ben", Deposit(1))))
        await asyncio.sleep(0)

        passes, kept = house.journal.save_snapshot, asyncio.Event()

        async def keep(*arguments: Any) -> None:
            await passes(*arguments)
            kept.set()

        async def fails(*_arguments: Any) -> Any:
            await kept.wait()
            raise DOWN

        # The host goes down amid the first commit, plays what came since, and that is never written.
        monkeypatch.setattr(house.journal, "save_snapshot", keep)
        monkeypatch.setattr(house.journal, "commit", fails)
        closing = asyncio.ensure_future(house.close())
        await asyncio.sleep(0)
        first.open()
        await closing
        assert [type(await outcome(one)) for one in asked] == [Ack, StorageUnavailable]
        verdict = await verify(house.journal, house.rulesets, WORLD)
        assert (verdict.holds, verdict.entries) == (True, 3), verdict.reason
        monkeypatch.undo()
        await house.reopen()


# -- rolled back ------------------------------------------------------------------------------------------------


async def test_a_rollback_is_done_to_its_end_where_the_operator_leaves(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.host.submit(WORLD, "anna", Deposit(5))
    gate = Gate(monkeypatch, house.journal, "branch", done=True)
    rollback = asyncio.ensure_future(house.host.rollback(WORLD, actor="operator", reason="again", seq=1))
    await gate.arrived.wait()
    rollback.cancel()
    gate.open()
    assert isinstance(await outcome(rollback), asyncio.CancelledError)
    await house.settle()
    ack = await house.host.submit(WORLD, "anna", Deposit(1))
    assert (ack.run, ack.seq) == (2, 3)
    assert house.host.stopped is None


async def test_a_rollback_that_was_not_answered_does_not_end_the_host(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.host.submit(WORLD, "anna", Deposit(5))
    gate = Gate(monkeypatch, house.journal, "branch", done=True, failing=DOWN)
    gate.open()
    with pytest.raises(StorageUnavailable):
        await house.host.rollback(WORLD, actor="operator", reason="again", seq=1)
    ack = await house.host.submit(WORLD, "anna", Deposit(1))
    assert (ack.run, ack.seq) == (2, 3)
    assert house.host.stopped is None


async def test_a_tick_is_looked_up_in_the_run_that_is_rolled_back(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = "clockwork/1"
    await house.host.ensure(world, ClockworkSpec())
    await house.clock.elapse(10_000)
    ticks = await house.host.look(world, lambda world: world.head.tick)
    gate = Gate(monkeypatch, house.journal, "branch")
    first = asyncio.ensure_future(house.host.rollback(world, actor="anna", reason="again", tick=2))
    await gate.arrived.wait()
    second = asyncio.ensure_future(house.host.rollback(world, actor="ben", reason="again", tick=ticks))
    await asyncio.sleep(0.05)
    gate.open()
    await first
    refusal = await outcome(second)
    assert getattr(refusal, "code", refusal) == "NO_SUCH_ENTRY"
    assert "tick" in str(refusal)


async def test_a_host_that_was_killed_amid_a_rollback_takes_no_world_over(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.host.submit(WORLD, "anna", Deposit(5))
    gate = Gate(monkeypatch, house.journal, "branch", done=True)
    rollback = asyncio.ensure_future(house.host.rollback(WORLD, actor="operator", reason="again", seq=1))
    await gate.arrived.wait()
    await house.crash()
    await house.reopen()
    await house.host.submit(WORLD, "anna", Deposit(1))
    gate.open()
    assert isinstance(await outcome(rollback), HostStopped)
    await house.host.submit(WORLD, "anna", Deposit(1))
    assert house.host.stopped is None
    assert (await verify(house.journal, house.rulesets, WORLD)).holds
