"""Reactors hear every durable event at least once, and what they answer counts once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from gamefold.engine.entropy import Entropy
from gamefold.engine.feed import Record
from gamefold.engine.history import fork, verify
from gamefold.engine.journal import Status, StorageUnavailable
from gamefold.engine.reactors import WorldRef
from gamefold.engine.ruleset import Rejected
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import LEDGER
from gamefold.testkit.toys.ledger import Booked, CloseLedger, Deposit, LedgerClosed, LedgerOpened, LedgerSpec

from .gates import Gate

WORLD = "ledger/1"
BANK = "bank"


class PayInterest:
    """Answers every deposit of a player with one coin from the bank."""

    name = "ledger.interest"

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.forgotten: list[str] = []
        self.fails = 0
        self.closed_at: int | None = None

    async def react(self, record: Record, world: WorldRef) -> None:
        self.heard.append(record.position)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("the line is down")
        match record.event:
            case Booked(account=account) if account != BANK:
                try:
                    await world.submit(BANK, Deposit(1))
                except Rejected:
                    return
            case LedgerClosed():
                self.closed_at = record.position

    async def forget(self, world_id: str) -> None:
        self.forgotten.append(world_id)


async def interest(house: Hosted) -> int:
    return await house.host.query(WORLD, lambda ledger: ledger.accounts.get(BANK, 0))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_reactor_hears_every_event_and_its_answers_are_intents() -> None:
    reactor = PayInterest()
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        for _ in range(10):
            await house.host.submit(WORLD, "anna", Deposit(5))
        await until(lambda: len(reactor.heard) == 21)
        assert reactor.heard == list(range(1, 22))
        assert await interest(house) == 10


@pytest.mark.parametrize("snapshot_every", [4, 10_000])
@pytest.mark.parametrize("crashes", [1, 3])
async def test_delivery_is_at_least_once_and_its_effect_exactly_once_across_crashes(
    crashes: int, snapshot_every: int
) -> None:
    reactor = PayInterest()
    async with hosted(replace(LEDGER, snapshot_every=snapshot_every), reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        for crash in range(crashes):
            for _ in range(5):
                await house.host.submit(WORLD, "anna", Deposit(5))
            heard, every = len(reactor.heard), 11 + 10 * crash
            if snapshot_every == 4:
                await until(lambda heard=heard: len(reactor.heard) > heard)  # somewhere in the middle
            else:
                await until(lambda every=every: len(set(reactor.heard)) == every)
            await house.crash()
            await house.reopen()
        await until(lambda: len(set(reactor.heard)) == 1 + 10 * crashes)
        if snapshot_every != 4:
            # Its place was not kept, so what it had dealt with last is delivered again.
            await until(lambda: len(reactor.heard) > len(set(reactor.heard)))
        await house.settle()
        assert await interest(house) == 5 * crashes
        assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_after_a_good_end_nothing_is_delivered_twice() -> None:
    reactor = PayInterest()
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        await until(lambda: len(reactor.heard) == 3)
        await house.close()
        assert reactor.forgotten == [WORLD]
        await house.reopen()
        await house.host.submit(WORLD, "anna", Deposit(5))
        await until(lambda: len(reactor.heard) == 5)
        assert reactor.heard == [1, 2, 3, 4, 5]


async def test_an_event_a_reactor_failed_on_comes_again() -> None:
    reactor = PayInterest()
    reactor.fails = 3
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        await until(lambda: len(reactor.heard) == 6)
        assert reactor.heard == [1, 1, 1, 1, 2, 3]
        assert await interest(house) == 1


async def test_an_event_that_met_a_closing_server_comes_again() -> None:
    reactor = PayInterest()
    release = asyncio.Event()
    react = reactor.react

    async def slow(record: Record, world: WorldRef) -> None:
        if not isinstance(record.event, LedgerOpened):
            await release.wait()
        await react(record, world)

    reactor.react = slow  # type: ignore[method-assign]
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        closing = asyncio.ensure_future(house.close())
        await asyncio.sleep(0)
        release.set()  # it answers now, and hears that the host takes nothing any more
        await closing
        reactor.react = react  # type: ignore[method-assign]
        await house.reopen()
        await until(lambda: 3 in reactor.heard)
        assert await interest(house) == 1


async def test_reactors_go_on_while_viewers_are_sent_away() -> None:
    reactor = PayInterest()
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        house.host.end_streams()
        await house.host.submit(WORLD, "anna", Deposit(5))
        await house.host.submit(WORLD, "anna", CloseLedger())
        await until(lambda: reactor.closed_at is not None)


async def test_a_world_is_over_for_good_only_when_its_reactors_have_heard_the_end() -> None:
    reactor = PayInterest()
    reactor.fails = 4
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        await house.host.submit(WORLD, "anna", CloseLedger())
        await house.settle()
        assert (await house.journal.world(WORLD)).status is Status.RUNNING
        # Meanwhile it answers, and starts no second set of reactors.
        assert await house.host.query(WORLD, lambda ledger: ledger.closed)
        await until(lambda: reactor.closed_at is not None)
        await until(lambda: house.host.resident_worlds() == {})
        assert (await house.journal.world(WORLD)).status is Status.OVER
        assert sorted(set(reactor.heard)) == [1, 2, 3]
        assert reactor.heard[4:] == [1, 2, 3]


async def test_a_reactor_that_was_away_when_the_world_ended_hears_of_it_later() -> None:
    reactor = PayInterest()
    reactor.fails = 1_000
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", CloseLedger())
        await house.crash()
        reactor.fails = 0
        await house.reopen()
        await until(lambda: reactor.closed_at == 2)
        await until(lambda: house.host.resident_worlds() == {})
        assert (await house.journal.world(WORLD)).status is Status.OVER


async def test_a_reactor_of_a_fork_does_not_repeat_what_the_parent_did() -> None:
    reactor = PayInterest()
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        await until(lambda: len(reactor.heard) == 3)
        arguments = (house.journal, house.rulesets, Entropy(1), house.clock, WORLD, "ledger/what-if")
        await fork(*arguments, actor="designer", reason="what if")
        await house.host.submit("ledger/what-if", "anna", Deposit(5))
        await until(lambda: 5 in reactor.heard)
        # It may hear again what the parent's answered last; that answer still stands and is not given twice.
        assert await house.host.query("ledger/what-if", lambda ledger: ledger.accounts[BANK]) == 2


class PayTwice(PayInterest):
    """Answers a deposit with two coins, and goes down between them the first time."""

    name = "ledger.twice"

    async def react(self, record: Record, world: WorldRef) -> None:
        self.heard.append(record.position)
        if isinstance(record.event, Booked) and record.event.account != BANK:
            await world.submit(BANK, Deposit(1), part="first")
            if self.fails:
                self.fails -= 1
                raise RuntimeError("the line is down")
            await world.submit(BANK, Deposit(2), part="second")


async def test_the_second_answer_is_not_taken_for_the_first_when_an_event_is_heard_again() -> None:
    reactor = PayTwice()
    reactor.fails = 1
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        async with asyncio.timeout(30):
            while await interest(house) != 3:
                await asyncio.sleep(0.005)


async def test_answers_that_a_rollback_undid_are_asked_for_again() -> None:
    reactor = PayInterest()
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        deposit = await house.host.submit(WORLD, "anna", Deposit(5))
        async with asyncio.timeout(30):
            while await interest(house) != 2:
                await asyncio.sleep(0.005)

        await house.host.rollback(WORLD, actor="operator", reason="again", seq=deposit.seq)

        async with asyncio.timeout(30):
            while await interest(house) != 2:
                await asyncio.sleep(0.005)
        assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_a_rollback_amid_the_end_of_a_world_is_not_called_over(monkeypatch: pytest.MonkeyPatch) -> None:
    reactor = PayInterest()
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        deposit = await house.host.submit(WORLD, "anna", Deposit(5))
        set_status, arrived, go_on = house.journal.set_status, asyncio.Event(), asyncio.Event()

        async def late(world: str, status: Status, reason: str = "", *, epoch: int | None = None) -> None:
            if status is Status.OVER:
                arrived.set()
                await go_on.wait()
            await set_status(world, status, reason, epoch=epoch)
            told.set()

        told = asyncio.Event()
        monkeypatch.setattr(house.journal, "set_status", late)
        await house.host.submit(WORLD, "anna", CloseLedger())
        await arrived.wait()
        await house.host.rollback(WORLD, actor="operator", reason="again", seq=deposit.seq)
        go_on.set()
        await told.wait()

        assert (await house.journal.world(WORLD)).status is Status.RUNNING
        await house.host.submit(WORLD, "anna", Deposit(5))
        async with asyncio.timeout(30):
            while await interest(house) != 2:
                await asyncio.sleep(0.005)
        await house.crash()
        await house.reopen()
        assert WORLD in house.host.resident_worlds()


async def test_a_world_is_not_called_over_when_its_reactors_are_sent_away_before_they_heard_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reactor = PayInterest()
    reactor.fails = 1_000
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        set_status, told = house.journal.set_status, []

        async def listens(world: str, status: Status, reason: str = "", **options: int | None) -> None:
            told.append(status)
            await set_status(world, status, reason, **options)

        monkeypatch.setattr(house.journal, "set_status", listens)
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", CloseLedger())
        await until(lambda: len(reactor.heard) > 1)
        await house.host.stop(WORLD)
        assert told == [Status.STOPPED]
        reactor.fails = 0
        assert await house.host.query(WORLD, lambda ledger: ledger.closed)
        await until(lambda: reactor.closed_at == 2)
        await until(lambda: told[-1] is Status.OVER)


async def test_a_reactor_goes_on_when_the_store_answers_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reactor = PayInterest()
    async with hosted(LEDGER, reactors={"ledger": [reactor]}) as house:
        gate = Gate(monkeypatch, house.journal, "event_batches", failing=StorageUnavailable("no answer"))
        gate.open()
        await house.host.ensure(WORLD, LedgerSpec())
        await house.host.submit(WORLD, "anna", Deposit(5))
        await until(lambda: reactor.heard == [1, 2, 3])
        assert await interest(house) == 1


class Echo:
    """Pays into another ledger whatever is paid into this one."""

    name = "echo"

    def __init__(self) -> None:
        self.heard: list[int] = []

    async def react(self, record: Record, world: WorldRef) -> None:
        self.heard.append(record.position)
        if isinstance(record.event, Booked) and world.id == WORLD:
            await world.submit_to("ledger/2", BANK, Deposit(1))
            assert await world.query_of("ledger/2", lambda ledger: ledger.accounts[BANK]) > 0

    async def forget(self, world_id: str) -> None:
        """Nothing is kept."""


async def test_a_reactor_may_tell_another_world() -> None:
    async with hosted(LEDGER, reactors={"ledger": [Echo()]}) as house:
        for world in (WORLD, "ledger/2"):
            await house.host.ensure(world, LedgerSpec())
        for _ in range(3):
            await house.host.submit(WORLD, "anna", Deposit(5))
        await house.host.submit("ledger/2", "bert", Deposit(5))
        async with asyncio.timeout(30):
            while await house.host.query("ledger/2", lambda ledger: ledger.accounts.get(BANK, 0)) < 3:
                await asyncio.sleep(0.005)


async def test_after_a_crash_a_reactor_goes_on_at_the_last_snapshot_and_not_at_the_beginning() -> None:
    echo = Echo()
    async with hosted(replace(LEDGER, snapshot_every=10), reactors={"ledger": [echo]}) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        for _ in range(4):
            for _ in range(10):
                await house.host.submit("ledger/1", "anna", Deposit(5))
            await until(lambda: len(echo.heard) > 0)
            await house.settle()
            await asyncio.sleep(0.05)  # a reactor is nothing that a settled house waits for
        last = max(echo.heard)
        echo.heard.clear()
        await house.crash()
        await house.reopen()
        await house.host.submit(WORLD, "anna", Deposit(5))
        await until(lambda: bool(echo.heard) and echo.heard[-1] > last)
        assert echo.heard[0] > last // 2
