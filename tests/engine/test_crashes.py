"""A rule that fails costs nobody but who asked for it, and a world that cannot go on is shown, not served."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gamefold.engine.asked import HostStopped, WorldQuarantined, WorldUnavailable
from gamefold.engine.history import verify
from gamefold.engine.journal import Status, StorageUnavailable
from gamefold.engine.observe import Observer
from gamefold.engine.ruleset import Intent, Rejected, Tick
from gamefold.engine.world import INTENT_INVALID, RuleCrash
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import LEDGER, METADATA, PROJECTORS
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec

from .faulty import (
    FAULTY,
    Babble,
    BreakDue,
    BreakOver,
    Count,
    CrashNow,
    Faulty,
    FaultySpec,
    LightFuse,
    Poison,
    RefuseLate,
    Unheard,
)

WORLD = "faulty/1"


@pytest.fixture
async def house() -> AsyncIterator[Hosted]:
    async with hosted(FAULTY, LEDGER, projectors=PROJECTORS, metadata=[METADATA]) as house:
        await house.host.ensure(WORLD, FaultySpec())
        await house.host.ensure("ledger/1", LedgerSpec())
        yield house


async def counted(house: Hosted) -> int:
    return await house.host.query(WORLD, lambda faulty: faulty.count)


@pytest.mark.parametrize(
    "fault", [CrashNow(), RefuseLate(), Poison(), Babble()], ids=lambda fault: type(fault).__name__
)
async def test_a_crash_is_told_to_who_asked_and_the_world_is_as_before(house: Hosted, fault: Intent) -> None:
    await house.host.submit(WORLD, "anna", Count())
    outcomes = await asyncio.gather(
        house.host.submit(WORLD, "anna", Count()),
        house.host.submit(WORLD, "ben", fault),
        house.host.submit(WORLD, "cleo", Count()),
        house.host.submit("ledger/1", "dora", Deposit(5)),
        return_exceptions=True,
    )
    assert [type(outcome).__name__ for outcome in outcomes] == ["Ack", "RuleCrash", "Ack", "Ack"]
    assert await counted(house) == 3
    assert house.host.stopped is None
    verdict = await verify(house.journal, house.rulesets, WORLD)
    assert (verdict.holds, verdict.entries, verdict.events) == (True, 4, 3)


async def test_whoever_asks_while_a_crashed_world_is_folded_again_is_answered(house: Hosted) -> None:
    for _ in range(5):
        with pytest.raises(RuleCrash):
            await house.host.submit(WORLD, "ben", CrashNow())
        # The answer came in the round of the crash: the world is not in memory at this moment.
        await house.host.submit(WORLD, "anna", Count())
    assert await counted(house) == 5
    assert house.host.stopped is None


async def test_a_player_may_crash_a_rule_as_often_as_he_likes(house: Hosted) -> None:
    for _ in range(10):
        with pytest.raises(RuleCrash):
            await house.host.submit(WORLD, "ben", CrashNow())
    assert (await house.journal.world(WORLD)).status is Status.RUNNING


@pytest.mark.parametrize("intent", [Unheard(), Tick(), Count(note="\ud800"), Count(note=5)], ids=repr)
async def test_an_intent_the_rules_cannot_hear_is_refused_and_never_journaled(house: Hosted, intent: Intent) -> None:
    with pytest.raises(Rejected) as refusal:
        await house.host.submit(WORLD, "anna", intent)
    assert refusal.value.code == INTENT_INVALID
    await house.host.submit(WORLD, "anna", Count())
    await house.crash()
    await house.reopen()
    assert await counted(house) == 1


async def test_a_name_that_cannot_be_written_down_is_refused(house: Hosted) -> None:
    with pytest.raises(Rejected):
        await house.host.submit(WORLD, "\ud800", Count())
    with pytest.raises(Rejected):
        await house.host.submit(WORLD, "anna", Count(), request="\ud800")
    await house.host.submit(WORLD, "anna", Count())
    assert await counted(house) == 1


@pytest.mark.parametrize("fault", [BreakDue(), BreakOver()], ids=lambda fault: type(fault).__name__)
async def test_a_world_whose_clock_cannot_be_asked_is_quarantined_alone(house: Hosted, fault: Intent) -> None:
    await house.host.submit(WORLD, "ben", fault)
    await house.settle()
    assert (await house.journal.world(WORLD)).status is Status.QUARANTINED
    await house.host.submit("ledger/1", "dora", Deposit(5))
    assert house.host.stopped is None


async def test_a_clock_that_crashes_again_and_again_ends_in_quarantine(house: Hosted) -> None:
    await house.host.submit(WORLD, "anna", LightFuse(after_ms=1_000))
    await house.clock.elapse(1_000)
    row = await house.journal.world(WORLD)
    assert row.status is Status.QUARANTINED
    assert "boom" in row.reason
    with pytest.raises(WorldQuarantined):
        await house.host.submit(WORLD, "anna", Count())
    with pytest.raises(WorldQuarantined):
        await house.host.query(WORLD, lambda faulty: faulty.count)
    await house.host.submit("ledger/1", "dora", Deposit(5))


async def test_a_host_starts_in_spite_of_a_world_in_quarantine_and_of_one_that_crashes_at_once(house: Hosted) -> None:
    await house.host.submit(WORLD, "anna", LightFuse(after_ms=1_000))
    await house.crash()
    house.clock.advance(5_000)
    await house.reopen()
    # Asked while it is on its way into quarantine: answered all the same.
    with pytest.raises(WorldQuarantined):
        await asyncio.wait_for(house.host.submit(WORLD, "anna", Count()), 20)
    await house.settle()
    await house.crash()
    await house.reopen()
    await house.host.submit("ledger/1", "dora", Deposit(5))


async def test_a_quarantined_world_is_healed_by_going_back(house: Hosted) -> None:
    await house.host.submit(WORLD, "anna", Count())
    await house.host.submit(WORLD, "anna", LightFuse(after_ms=1_000))
    await house.clock.elapse(1_000)
    await house.host.rollback(WORLD, actor="operator", reason="the fuse", seq=2)
    assert await counted(house) == 1
    await house.clock.elapse(10_000)
    await house.host.submit(WORLD, "anna", Count())


async def test_a_world_that_cannot_be_born_is_told_and_leaves_nothing(house: Hosted) -> None:
    with pytest.raises(RuleCrash):
        await house.host.ensure("faulty/2", FaultySpec(crash=True))
    assert [row.world for row in await house.journal.worlds()] == [WORLD, "ledger/1"]


async def test_a_view_that_fails_hurts_only_its_asker(house: Hosted) -> None:
    def view(faulty: Faulty) -> int:
        return 1 // faulty.count

    with pytest.raises(ZeroDivisionError):
        await house.host.query(WORLD, view)
    assert await counted(house) == 0


@pytest.mark.parametrize("version", [2, 3])
async def test_a_world_of_rules_this_server_does_not_know_stops_only_itself(house: Hosted, version: int) -> None:
    await house.crash()
    newer = replace(FAULTY, version=version, previous=replace(FAULTY, version=version - 1, previous=FAULTY))
    await house.reopen(faulty=newer)
    await house.host.submit(WORLD, "anna", Count())
    await house.host.ensure("faulty/new", FaultySpec())
    await house.crash()
    await house.reopen(faulty=FAULTY)
    for world in (WORLD, "faulty/new"):
        with pytest.raises(WorldQuarantined):
            await house.host.submit(world, "anna", Count())
    await house.host.submit("ledger/1", "dora", Deposit(5))


async def test_a_migration_that_fails_stops_only_its_world(house: Hosted) -> None:
    def migrate(_state: Faulty) -> Faulty:
        raise ZeroDivisionError("migrating")

    await house.crash()
    await house.reopen(faulty=replace(FAULTY, version=2, previous=FAULTY, migrate=migrate))
    with pytest.raises(WorldQuarantined):
        await house.host.submit(WORLD, "anna", Count())
    await house.host.submit("ledger/1", "dora", Deposit(5))


async def test_whoever_waits_for_a_crashed_world_hears_that_the_store_fails(
    house: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_arguments: object) -> None:
        raise StorageUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "load", fails)
        crash = asyncio.ensure_future(house.host.submit(WORLD, "anna", CrashNow()))
        with pytest.raises(RuleCrash):
            await crash
        # Whoever comes at once still waits for the world; then nobody knows for how long.
        with pytest.raises((StorageUnavailable, WorldUnavailable)):
            await asyncio.wait_for(house.host.submit(WORLD, "anna", Count()), 20)
        with pytest.raises(WorldUnavailable):
            await asyncio.wait_for(house.host.submit(WORLD, "anna", Count()), 20)
    async with asyncio.timeout(20):
        while WORLD not in house.host.resident_worlds():
            await asyncio.sleep(0.005)
    assert (await house.host.submit(WORLD, "anna", Count())).seq == 2


class Clumsy(Observer):
    """Fails where it must not."""

    def refused(self, ruleset: str, code: str) -> None:
        raise RuntimeError(f"{ruleset} refused with {code}, and nobody can count that")


async def test_whoever_asked_when_the_engine_itself_failed_is_answered() -> None:
    async with hosted(LEDGER, observer=Clumsy()) as house:
        await house.host.ensure("ledger/1", LedgerSpec())
        asked = asyncio.ensure_future(house.host.submit("ledger/1", "anna", Deposit(-1)))
        async with asyncio.timeout(20):
            while house.host.stopped is None:
                await asyncio.sleep(0.005)
        await house.close()
        with pytest.raises(HostStopped):
            await asyncio.wait_for(asked, 20)
        await house.reopen()
