"""Ticks, due intents and lag."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from gamefold.engine.clock import RealClock
from gamefold.engine.feed import QueueLimits
from gamefold.engine.history import verify, world_at
from gamefold.engine.ruleset import Event, Lag, Ruleset
from gamefold.testkit.clock import START_MS, VirtualClock
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.play import Rehearsal
from gamefold.testkit.toys import CLOCKWORK, LEDGER, PURSE
from gamefold.testkit.toys.clockwork import ClockworkSpec, Rang, SetAlarm, Ticked, clockwork_with
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec, Transfer
from gamefold.testkit.toys.purse import HOUR_MS, Earn, PurseSpec

WORLD = "clockwork/1"


async def events_of(house: Hosted, world: str = WORLD) -> list[Event]:
    return [record.event async for record in house.host.history(world)]


def tick_times(events: Sequence[Event]) -> list[int]:
    return [event.at_ms - START_MS for event in events if isinstance(event, Ticked)]


async def test_ticks_come_at_their_intended_times_and_never_drift() -> None:
    async with hosted(CLOCKWORK) as house:
        await house.host.ensure(WORLD, ClockworkSpec())
        for ms in (1, 999, 333, 1_667, 4_000, 12_345):
            await house.clock.elapse(ms)
        assert tick_times(await events_of(house)) == [1_000 * n for n in range(1, 20)]
        state = await house.host.query(WORLD, lambda clockwork: clockwork.ticks)
        assert state == 19


LATE = [
    # Two ticks in time, then 3.6 s of silence, then time goes on for two seconds.
    (Lag.CATCH_UP, [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000], 0),
    (Lag.DILATE, [1_000, 2_000, 5_600, 6_600, 7_600], 0),
    (Lag.SHED, [1_000, 2_000, 5_000, 6_000, 7_000], 2),
    # The clock stood still for two periods: by the world's own time the ticks are where they were.
    (Lag.FREEZE, [1_000, 2_000, 3_000, 4_000, 5_000], 0),
]


@pytest.mark.parametrize(("lag", "times", "missed"), LATE, ids=[lag.value for lag, _, _ in LATE])
async def test_every_lag_policy(lag: Lag, times: list[int], missed: int) -> None:
    async with hosted(clockwork_with(lag)) as house:
        await house.host.ensure(WORLD, ClockworkSpec())
        await house.clock.elapse(2_000)
        house.clock.advance(3_600)
        await house.settle()
        await house.clock.elapse(2_000)
        assert tick_times(await events_of(house)) == times
        assert await house.host.query(WORLD, lambda clockwork: clockwork.missed) == missed
        await house.crash()
        await house.reopen()
        assert tick_times(await events_of(house)) == times
        assert (await verify(house.journal, house.rulesets, WORLD)).holds


@pytest.mark.parametrize("lag", list(Lag))
async def test_a_world_that_slept_deals_with_it_by_its_lag_policy(lag: Lag) -> None:
    async with hosted(clockwork_with(lag)) as house:
        await house.host.ensure(WORLD, ClockworkSpec())
        await house.clock.elapse(5_000)
        await house.crash()
        house.clock.advance(60_000)
        await house.reopen()
        await house.settle()
        ticks = await house.host.query(WORLD, lambda clockwork: clockwork.ticks)
        assert ticks == {Lag.CATCH_UP: 65, Lag.DILATE: 6, Lag.SHED: 6, Lag.FREEZE: 6}[lag]
        await house.clock.elapse(10_000)
        assert await house.host.query(WORLD, lambda clockwork: clockwork.ticks) == ticks + 10
        assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_what_is_due_comes_in_the_order_of_times_and_before_any_intent() -> None:
    async with hosted(CLOCKWORK) as house:
        await house.host.ensure(WORLD, ClockworkSpec())
        for name, after_ms in (("late", 2_500), ("early", 500), ("with the tick", 1_000), ("between", 1_500)):
            await house.host.submit(WORLD, "anna", SetAlarm(name, after_ms))
        house.clock.advance(2_600)
        ack = await house.host.submit(WORLD, "anna", SetAlarm("asked", 0))
        assert ack.time_ms == START_MS + 2_600
        names = [
            event.name if isinstance(event, Rang) else "tick"
            for event in await events_of(house)
            if isinstance(event, Rang | Ticked)
        ]
        assert names[:6] == ["early", "tick", "with the tick", "between", "tick", "late"]
        rang = [event for event in await events_of(house) if isinstance(event, Rang)]
        assert all(event.at_ms == event.wanted_ms for event in rang[:4])


async def test_time_in_a_world_never_runs_backwards() -> None:
    async with hosted(CLOCKWORK) as house:
        await house.host.ensure(WORLD, ClockworkSpec())
        await house.clock.elapse(50_000)
        await house.crash()
        # The next server's clock was set back by an hour.
        house.clock._now_ms -= 3_600_000
        await house.reopen()
        ack = await house.host.submit(WORLD, "anna", SetAlarm("late", 100))
        assert ack.time_ms >= START_MS + 50_000
        await house.clock.elapse(2_000)
        assert tick_times(await events_of(house))[-1] == 52_000


async def test_an_on_demand_world_lives_through_the_time_it_was_away() -> None:
    async with hosted(PURSE) as house:
        await house.host.ensure("purse/1", PurseSpec(coins=1))
        house.clock.advance(10 * HOUR_MS + 5)
        ack = await house.host.submit("purse/1", "anna", Earn(1))
        assert ack.seq == 12
        assert await house.host.query("purse/1", lambda purse: purse.coins) == 52


async def test_a_faster_clock_ticks_faster() -> None:
    clock: Any = RealClock(scale=200.0)
    async with hosted(CLOCKWORK, clock=VirtualClock()) as house:
        await house.crash()
        house.clock = clock
        clock.watch = clock.unwatch = lambda _busy: None
        await house.reopen()
        await house.host.ensure(WORLD, ClockworkSpec())
        viewer = await house.host.subscribe(WORLD, QueueLimits(count=10_000))
        ticks: list[Ticked] = []
        async with asyncio.timeout(60):
            async for record in viewer:
                ticks.append(record.event)  # type: ignore[arg-type]
                if len(ticks) == 20:
                    break
        assert [after.at_ms - before.at_ms for before, after in pairwise(ticks)] == [1_000] * 19


def rehearsed(ruleset: Ruleset, *waits: int) -> list[Event]:
    rehearsal = Rehearsal(ruleset, ClockworkSpec())
    for ms in waits:
        rehearsal.wait(ms)
    return rehearsal.events


async def test_a_rehearsal_is_played_as_a_host_would_play_it() -> None:
    async with hosted(CLOCKWORK) as house:
        await house.host.ensure(WORLD, ClockworkSpec())
        await house.clock.elapse(30_500)
        assert tick_times(await events_of(house)) == tick_times(rehearsed(CLOCKWORK, 500, 20_000, 10_000))


# -- ticks that another world sets ------------------------------------------------------------------------------

PULSED = replace(LEDGER, ticks_by=(Deposit,), digest_ticks_only=True)


async def test_a_world_without_a_clock_ticks_by_an_intent() -> None:
    async with hosted(PULSED) as house:
        await house.host.ensure("ledger/1", LedgerSpec())
        ticks = [(await house.host.submit("ledger/1", "anna", Deposit(5))).tick for _ in range(3)]
        between = await house.host.submit("ledger/1", "anna", Transfer("bert", 1))
        assert (ticks, between.tick) == ([1, 2, 3], 3)
        at_2 = await world_at(house.journal, {"ledger": PULSED}, "ledger/1", tick=2)
        assert at_2.state.accounts == {"anna": 10}


async def test_only_ticks_are_digested_where_the_rules_say_so_whoever_sets_them() -> None:
    rehearsal = Rehearsal(PULSED, LedgerSpec())
    rehearsal.submit("anna", Deposit(5))
    rehearsal.submit("anna", Transfer("bert", 1))
    assert [one.entry.digest is not None for one in rehearsal.played] == [True, True, False]


async def test_snapshots_may_come_by_ticks() -> None:
    async with hosted(replace(CLOCKWORK, snapshot_every=10_000, snapshot_every_ticks=5)) as house:
        await house.host.ensure(WORLD, ClockworkSpec())
        for number in range(17):
            await house.host.submit(WORLD, "anna", SetAlarm(f"{number}", 10**9))
            await house.clock.elapse(1_000)
        await house.settle()
        kept = await house.journal.snapshots(WORLD, 1)
        assert len(kept) >= 2
        await house.crash()
        await house.reopen()
        await house.clock.elapse(3_000)
        await house.settle()
        again = await house.journal.snapshots(WORLD, 1)
        # Ticks before the crash count: the next one comes at tick 20, not five ticks after the start.
        assert again[-1].seq > kept[-1].seq
