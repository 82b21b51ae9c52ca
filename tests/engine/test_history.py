"""Time travel: snapshots, rollback, fork, and state at any entry."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gamefold.engine.asked import WorldUnavailable
from gamefold.engine.entropy import Entropy, commitment_of
from gamefold.engine.feed import Ended
from gamefold.engine.history import NO_SUCH_ENTRY, fork, last_seq_of, verify, world_at
from gamefold.engine.journal import Status
from gamefold.engine.recovery import steps
from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Rejected
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import CLOCKWORK, LEDGER, METADATA, PROJECTORS
from gamefold.testkit.toys.clockwork import ClockworkSpec, SetAlarm
from gamefold.testkit.toys.ledger import CloseLedger, Deposit, Gamble, LedgerSpec
from gamefold.testkit.toys.tables import holdings_of

WORLD = "ledger/1"


@pytest.fixture
async def house() -> AsyncIterator[Hosted]:
    short = replace(LEDGER, snapshot_every=5)
    async with hosted(short, CLOCKWORK, projectors=PROJECTORS, metadata=[METADATA]) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        yield house


async def play(house: Hosted, count: int, world: str = WORLD) -> None:
    rng = Rng(bytes(32), "script", world)
    for _ in range(count):
        actor = f"p{rng.below(4)}"
        await house.host.submit(world, actor, Deposit(2 + rng.below(9)))
        if rng.below(2):
            await house.host.submit(world, actor, Gamble(1))
    await house.settle()


async def digests(house: Hosted, world: str = WORLD, run: int | None = None) -> dict[int, bytes | None]:
    lineage = await house.journal.lineage(world, run)
    return {step.entry.seq: step.entry.digest async for step in steps(house.journal, lineage)}


async def head(house: Hosted, world: str = WORLD) -> int:
    return (await world_at(house.journal, house.rulesets, world)).head.seq


async def test_snapshots_come_at_intervals_and_opening_from_them_equals_folding_everything(house: Hosted) -> None:
    await play(house, 40)
    snapshots = await house.journal.snapshots(WORLD, 1)
    assert len(snapshots) == 4  # the newest three and the first
    expected = await digests(house)
    for snapshot in snapshots:
        assert snapshot.digest == expected[snapshot.seq]
    state = await house.host.query(WORLD, lambda ledger: ledger.accounts.copy())
    await house.crash()
    loaded = await house.journal.load(WORLD)
    assert loaded.snapshot is not None
    assert sum(batch.last_seq - batch.first_seq + 1 for batch in loaded.tail) <= 6
    await house.reopen()
    assert await house.host.query(WORLD, lambda ledger: ledger.accounts.copy()) == state


async def test_the_state_at_every_entry_is_what_it_was(house: Hosted) -> None:
    await play(house, 12)
    for seq, digest in (await digests(house)).items():
        world = await world_at(house.journal, house.rulesets, WORLD, seq=seq)
        assert (world.head.seq, world.digest()) == (seq, digest)
    with pytest.raises(Rejected) as refusal:
        await world_at(house.journal, house.rulesets, WORLD, seq=10_000)
    assert refusal.value.code == NO_SUCH_ENTRY


async def test_a_tick_can_be_visited(house: Hosted) -> None:
    await house.host.ensure("clockwork/1", ClockworkSpec())
    await house.clock.elapse(5_000)
    await house.host.submit("clockwork/1", "anna", SetAlarm("bell", 60_000))
    await house.clock.elapse(5_000)
    world = await world_at(house.journal, house.rulesets, "clockwork/1", tick=5)
    assert (world.state.ticks, len(world.state.alarms)) == (5, 1)  # the last entry of tick 5
    with pytest.raises(Rejected):
        await world_at(house.journal, house.rulesets, "clockwork/1", tick=99)


async def test_going_back_starts_a_new_run_with_a_seed_of_its_own(house: Hosted) -> None:
    await play(house, 10)
    old = await digests(house)
    end = max(old)
    viewer = await house.host.subscribe(WORLD)
    run = await house.host.rollback(WORLD, actor="operator", reason="a bug", seq=7)

    assert [record async for record in viewer] == []
    assert viewer.ended is Ended.REWOUND
    assert (run.run, run.parent_run, run.parent_seq, run.reason) == (2, 1, 7, "a bug")
    first, second = await house.journal.runs(WORLD)
    assert first.seed != second.seed
    assert second.commitment == commitment_of(second.seed)
    now = await world_at(house.journal, house.rulesets, WORLD)
    assert (now.head.seq, now.digest()) == (8, old[7])

    # The old run is still there, whole and verifiable.
    assert await digests(house, run=1) == old
    assert (await verify(house.journal, house.rulesets, WORLD, run=1)).entries == end
    await play(house, 10)
    for number in (1, 2):
        assert (await verify(house.journal, house.rulesets, WORLD, run=number)).holds
    assert (await world_at(house.journal, house.rulesets, WORLD, run=1)).head.seq == end


async def test_tables_follow_a_world_that_goes_back(house: Hosted) -> None:
    await play(house, 15)
    expected = (await world_at(house.journal, house.rulesets, WORLD, seq=11)).state.accounts
    await house.host.rollback(WORLD, actor="operator", reason="test", seq=11)
    assert await house.database.read(lambda connection: holdings_of(connection, WORLD)) == expected
    await play(house, 5)
    now = await house.host.query(WORLD, lambda ledger: dict(ledger.accounts))
    assert await house.database.read(lambda connection: holdings_of(connection, WORLD)) == now


async def test_a_rollback_that_is_refused_leaves_the_world_as_it_is(house: Hosted) -> None:
    await house.host.ensure("clockwork/1", ClockworkSpec())
    viewer = await house.host.subscribe("clockwork/1")
    with pytest.raises(Rejected):
        await house.host.rollback("clockwork/1", actor="operator", reason="test", seq=1_000)
    await house.clock.elapse(3_000)
    assert viewer.ended is None
    assert viewer.waiting == 3


async def test_a_ticking_world_that_goes_back_goes_on_from_there_in_its_own_time(house: Hosted) -> None:
    await house.host.ensure("clockwork/1", ClockworkSpec())
    await house.clock.elapse(20_400)
    undone_ms = house.clock.now_ms()
    run = await house.host.rollback("clockwork/1", actor="operator", reason="test", tick=5)
    await house.settle()
    assert await house.host.query("clockwork/1", lambda clockwork: clockwork.ticks) == 5
    await house.clock.elapse(3_000)
    ticks = [record async for record in house.host.history("clockwork/1", after=run.parent_position)]
    assert [(record.tick, record.time_ms - undone_ms) for record in ticks] == [
        (6, 1_000),
        (7, 2_000),
        (8, 3_000),
    ]
    await house.crash()
    house.clock.advance(2_000)
    await house.reopen()
    await house.settle()
    assert await house.host.query("clockwork/1", lambda clockwork: clockwork.ticks) == 10
    assert (await verify(house.journal, house.rulesets, "clockwork/1")).holds


async def test_a_world_can_go_back_again_and_again(house: Hosted) -> None:
    await play(house, 10)
    for seq in (12, 9, 10, 3, 4, 2, 1):
        await house.host.rollback(WORLD, actor="operator", reason=f"to {seq}", seq=seq)
        await play(house, 3)
        verdict = await verify(house.journal, house.rulesets, WORLD)
        assert verdict.holds, verdict
        now = await house.host.query(WORLD, lambda ledger: dict(ledger.accounts))
        assert await house.database.read(lambda connection: holdings_of(connection, WORLD)) == now
        positions = [record.position async for record in house.host.history(WORLD)]
        assert positions == list(range(1, len(positions) + 1))
    assert [run.run for run in await house.journal.runs(WORLD)] == list(range(1, 9))
    await house.crash()
    await house.reopen()
    assert await house.host.query(WORLD, lambda ledger: dict(ledger.accounts)) == now


async def test_a_viewers_cursor_is_translated_to_the_run_that_goes_on(house: Hosted) -> None:
    await play(house, 10)
    first = await house.host.rollback(WORLD, actor="operator", reason="one", seq=8)
    await play(house, 10)
    second = await house.host.rollback(WORLD, actor="operator", reason="two", seq=12)
    assert first.parent_position < second.parent_position
    resumed = house.host.resume_from
    assert await resumed(WORLD, 3, 4) == 4
    assert await resumed(WORLD, 2, 4) == 4
    assert await resumed(WORLD, 2, 10_000) == second.parent_position
    assert await resumed(WORLD, 1, first.parent_position - 1) == first.parent_position - 1
    assert await resumed(WORLD, 1, 10_000) == first.parent_position


async def test_a_world_that_was_over_plays_on_when_it_goes_back(house: Hosted) -> None:
    await play(house, 5)
    end = await head(house)
    await house.host.submit(WORLD, "anna", CloseLedger())
    await house.settle()
    await house.host.rollback(WORLD, actor="operator", reason="not yet", seq=end)
    assert (await house.journal.world(WORLD)).status is Status.RUNNING
    await house.host.submit(WORLD, "anna", Deposit(1))


async def a_fork(house: Hosted, new_id: str, *, seq: int, same_chance: bool = False, source: str = WORLD) -> None:
    await fork(
        house.journal,
        house.rulesets,
        Entropy(99),
        house.clock,
        source,
        new_id,
        actor="designer",
        reason="what if",
        seq=seq,
        same_chance=same_chance,
    )


async def test_a_fork_goes_on_by_itself_and_counts_in_no_table(house: Hosted) -> None:
    await play(house, 10)
    parent = await digests(house)
    await a_fork(house, "ledger/what-if", seq=9)
    await house.host.submit("ledger/what-if", "anna", Deposit(1))
    await play(house, 5, "ledger/what-if")
    assert await digests(house) == parent
    assert await house.database.read(lambda connection: holdings_of(connection, "ledger/what-if")) == {}
    assert (await verify(house.journal, house.rulesets, "ledger/what-if")).holds
    # It can be rewound and forked in turn.
    await house.host.rollback("ledger/what-if", actor="designer", reason="no", seq=11)
    await a_fork(house, "ledger/what-if-2", seq=5, source="ledger/what-if")
    assert (await world_at(house.journal, house.rulesets, "ledger/what-if-2")).digest() == parent[5]
    for world in ("ledger/what-if", "ledger/what-if-2"):
        assert (await verify(house.journal, house.rulesets, world)).holds


async def test_a_fork_can_go_back_to_before_it_was_one(house: Hosted) -> None:
    await play(house, 10)
    await a_fork(house, "ledger/what-if", seq=9)
    await play(house, 5, "ledger/what-if")
    await house.host.rollback("ledger/what-if", actor="designer", reason="no", seq=5)
    expected = (await world_at(house.journal, house.rulesets, WORLD, seq=5)).digest()
    assert (await world_at(house.journal, house.rulesets, "ledger/what-if")).digest() == expected
    assert (await verify(house.journal, house.rulesets, "ledger/what-if")).holds


async def test_a_cursor_of_a_fork_is_not_taken_for_one_of_its_parent(house: Hosted) -> None:
    await play(house, 10)
    await house.host.rollback(WORLD, actor="operator", reason="one", seq=3)
    await play(house, 10)
    end = await head(house)
    await a_fork(house, "ledger/what-if", seq=end)
    await play(house, 5, "ledger/what-if")
    positions = [record.position async for record in house.host.history("ledger/what-if")]
    assert await house.host.resume_from("ledger/what-if", 1, positions[-1]) == positions[-1]
    back = await house.host.rollback("ledger/what-if", actor="designer", reason="no", seq=end - 2)
    assert await house.host.resume_from("ledger/what-if", 1, positions[-1]) == back.parent_position


async def test_same_chance_rolls_the_same_dice_and_another_chance_others(house: Hosted) -> None:
    await house.host.submit(WORLD, "anna", Deposit(1_000))
    await a_fork(house, "ledger/same", seq=2, same_chance=True)
    await a_fork(house, "ledger/other", seq=2)

    async def tosses(world: str) -> list[str]:
        acks = [await house.host.submit(world, "anna", Gamble(1)) for _ in range(40)]
        return [ack.events[0].why for ack in acks]  # type: ignore[attr-defined]

    parent_run = (await house.journal.runs(WORLD))[0]
    same_run = (await house.journal.runs("ledger/same"))[0]
    assert parent_run.seed == same_run.seed
    # The parent is one entry behind: forks begin with an entry of their own.
    await house.host.submit(WORLD, "ben", Deposit(1))
    same = await tosses("ledger/same")
    assert await tosses(WORLD) == same
    assert await tosses("ledger/other") != same


async def test_a_fork_needs_a_new_id_of_the_same_game(house: Hosted) -> None:
    for new_id, code in ((WORLD, "WORLD_EXISTS"), ("clockwork/9", "WORLD_ID_INVALID")):
        with pytest.raises(Rejected) as refusal:
            await a_fork(house, new_id, seq=1)
        assert refusal.value.code == code


async def test_archived_history_still_replays(house: Hosted) -> None:
    await play(house, 20)
    before = await digests(house)
    events = [record.event async for record in house.host.history(WORLD)]
    assert await house.journal.archive(WORLD, 1, 25) > 0
    assert await digests(house) == before
    assert [record.event async for record in house.host.history(WORLD)] == events
    assert (await verify(house.journal, house.rulesets, WORLD)).holds
    assert (await world_at(house.journal, house.rulesets, WORLD, seq=8)).digest() == before[8]
    await house.host.rollback(WORLD, actor="operator", reason="test", seq=8)
    await play(house, 5)
    assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_an_intent_resent_after_its_entry_was_archived_is_answered(house: Hosted) -> None:
    first = await house.host.submit(WORLD, "anna", Deposit(5), request="r-1")
    await play(house, 10)
    await house.journal.archive(WORLD, 1, 12)
    again = await house.host.submit(WORLD, "anna", Deposit(5), request="r-1")
    assert (again.seq, again.events, again.repeated) == (first.seq, first.events, True)


async def test_the_seed_was_promised_before_it_is_shown(house: Hosted) -> None:
    [run] = await house.journal.runs(WORLD)
    [first, *_] = [step.entry async for step in steps(house.journal, await house.journal.lineage(WORLD))]
    assert commitment_of(run.seed) == run.commitment
    assert run.commitment in first.intent
    assert run.seed not in first.intent
    assert repr(run.seed) not in repr(run)


async def test_worlds_that_hear_each_other_go_back_together_or_not_at_all(house: Hosted) -> None:
    for world in ("ledger/a", "ledger/b"):
        await house.host.ensure(world, LedgerSpec())
        for _ in range(5):
            await house.host.submit(world, "anna", Deposit(10))
    with pytest.raises(Rejected) as refused:
        await house.host.rollback_together({"ledger/a": 3, "ledger/b": 1_000}, actor="operator", reason="test")
    assert refused.value.code == NO_SUCH_ENTRY
    assert await house.host.query("ledger/a", lambda ledger: ledger.accounts["anna"]) == 50
    runs = await house.host.rollback_together({"ledger/a": 3, "ledger/b": 5}, actor="operator", reason="test")
    assert {world: (run.run, run.parent_seq) for world, run in runs.items()} == {"ledger/a": (2, 3), "ledger/b": (2, 5)}
    assert [
        await house.host.query(world, lambda ledger: ledger.accounts["anna"]) for world in ("ledger/a", "ledger/b")
    ] == [20, 40]


async def test_what_makes_sense_in_one_run_only_is_not_done_in_another(house: Hosted) -> None:
    await house.host.ensure("ledger/a", LedgerSpec())
    first = await house.host.submit("ledger/a", "anna", Deposit(10))
    await house.host.submit("ledger/a", "anna", Deposit(5), run=first.run)
    await house.host.rollback("ledger/a", actor="operator", reason="test", seq=first.seq)
    with pytest.raises(WorldUnavailable):
        await house.host.submit("ledger/a", "anna", Deposit(5), run=first.run)
    assert await house.host.query("ledger/a", lambda ledger: ledger.accounts["anna"]) == 10


async def test_the_last_entry_of_every_tick_is_found_across_rollbacks(house: Hosted) -> None:
    await house.host.ensure("clockwork/1", ClockworkSpec())
    rng = Rng(bytes(32), "ticks")
    for round_ in range(3):
        for number in range(40):
            await house.clock.elapse(rng.below(2_500))
            for _ in range(rng.below(3)):
                await house.host.submit("clockwork/1", "anna", SetAlarm(f"{round_}-{number}", 10**9))
        await house.settle()
        reached = (await world_at(house.journal, house.rulesets, "clockwork/1")).head.tick
        last: dict[int, int] = {}
        async for step in steps(house.journal, await house.journal.lineage("clockwork/1")):
            last[step.entry.tick] = step.entry.seq
        assert sorted(last) == list(range(reached + 1))
        for tick, seq in last.items():
            assert await last_seq_of(house.journal, "clockwork/1", tick) == seq
        with pytest.raises(Rejected):
            await last_seq_of(house.journal, "clockwork/1", reached + 1)
        await house.host.rollback("clockwork/1", actor="operator", reason="test", tick=reached // 2)
