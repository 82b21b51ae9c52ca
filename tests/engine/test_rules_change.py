"""Rules are released, numbers are tuned, and what was played stays as it was played."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from gamefold.engine.balance import BALANCE_OUT_OF_BOUNDS, BALANCE_UNKNOWN
from gamefold.engine.codec import codec_of
from gamefold.engine.history import verify, world_at
from gamefold.engine.lifecycle import Tune, Upgrade
from gamefold.engine.recovery import steps
from gamefold.engine.ruleset import Context, Event, Rejected, Retention, Ruleset
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import CLOCKWORK, LEDGER, PURSE
from gamefold.testkit.toys.clockwork import ClockworkSpec
from gamefold.testkit.toys.ledger import AMOUNT_INVALID, Booked, Deposit, Ledger, LedgerSpec
from gamefold.testkit.toys.purse import Earn, Purse, PurseSpec

WORLD = "ledger/1"


def deposit_with_bonus(ledger: Ledger, intent: Deposit, ctx: Context) -> Iterator[Event]:
    """Version 2 gives one coin on top."""
    ledger.accounts[ctx.actor] = ledger.accounts.get(ctx.actor, 0) + intent.amount + 1
    ledger.lines += 1
    yield Booked(ctx.actor, ledger.accounts[ctx.actor], "bonus")


def retitled(ledger: Ledger) -> Ledger:
    ledger.title = f"{ledger.title} 2"
    return ledger


def second_version(**changes: object) -> Ruleset:
    handlers = {**LEDGER.handlers, Deposit: deposit_with_bonus}
    second = replace(LEDGER, version=2, handlers=handlers, previous=LEDGER, migrate=retitled)
    return replace(second, **changes)  # type: ignore[arg-type]


@pytest.fixture
async def house() -> AsyncIterator[Hosted]:
    async with hosted(LEDGER, CLOCKWORK, PURSE) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        for _ in range(3):
            await house.host.submit(WORLD, "anna", Deposit(10))
        yield house


async def holdings(house: Hosted, world: str = WORLD) -> tuple[str, int]:
    return await house.host.query(world, lambda ledger: (ledger.title, ledger.accounts.get("anna", 0)))


async def test_a_running_world_moves_to_newer_rules_with_a_snapshot_in_front(house: Hosted) -> None:
    await house.crash()
    await house.reopen(ledger=second_version())
    assert await holdings(house) == ("ledger 2", 30)
    await house.host.submit(WORLD, "anna", Deposit(10))
    assert await holdings(house) == ("ledger 2", 41)

    [snapshot] = await house.journal.snapshots(WORLD, 1)
    assert (snapshot.seq, snapshot.version) == (4, 1)
    old = await world_at(house.journal, house.rulesets, WORLD, seq=4)
    assert (old.head.version, old.state.title) == (1, "ledger")
    assert (await verify(house.journal, house.rulesets, WORLD)).holds
    for _ in range(2):
        await house.crash()
        await house.reopen()
        assert await holdings(house) == ("ledger 2", 41)
    # Going back to before the upgrade goes back to the old rules, and moves to the new ones from there.
    await house.host.rollback(WORLD, actor="operator", reason="test", seq=2)
    assert await holdings(house) == ("ledger 2", 10)
    assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_a_world_stays_with_its_rules_where_they_say_so(house: Hosted) -> None:
    await house.crash()
    await house.reopen(ledger=second_version(adopt_running=False))
    await house.host.submit(WORLD, "anna", Deposit(10))
    assert await holdings(house) == ("ledger", 40)
    await house.host.ensure("ledger/new", LedgerSpec("new"))
    await house.host.submit("ledger/new", "anna", Deposit(10))
    assert await holdings(house, "ledger/new") == ("new", 11)
    for world in (WORLD, "ledger/new"):
        assert (await verify(house.journal, house.rulesets, world)).holds


async def test_many_versions_are_passed_through_in_their_order(house: Hosted) -> None:
    second = second_version()
    third = replace(second, version=3, previous=second)
    await house.crash()
    await house.reopen(ledger=replace(third, version=4, previous=third))
    assert await holdings(house) == ("ledger 2 2 2", 30)
    assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_an_on_demand_world_moves_when_it_is_next_asked(house: Hosted) -> None:
    def doubled(purse: Purse) -> Purse:
        purse.coins *= 2
        return purse

    await house.host.ensure("purse/1", PurseSpec(coins=10))
    await house.crash()
    await house.reopen(purse=replace(PURSE, version=2, previous=PURSE, migrate=doubled))
    ack = await house.host.submit("purse/1", "anna", Earn(1))
    assert ack.events[0].coins == 21  # type: ignore[attr-defined]
    assert ack.seq == 3
    [snapshot] = await house.journal.snapshots("purse/1", 1)
    assert (snapshot.seq, snapshot.version) == (1, 1)
    assert (await verify(house.journal, house.rulesets, "purse/1")).holds


async def test_a_tuned_number_counts_from_the_next_tick_on(house: Hosted) -> None:
    # A die with as many sides as there are: it takes two tunings to tell when which one counts.
    await house.host.ensure("clockwork/1", ClockworkSpec())
    await house.clock.elapse(1_000)
    await house.host.tune("clockwork/1", "designer", {"sides": 100}, "more luck")
    before = await world_at(house.journal, house.rulesets, "clockwork/1")
    assert (before.head.balance, before.head.tuned) == ({"sides": 6}, {"sides": 100})
    await house.clock.elapse(30_000)
    after = await world_at(house.journal, house.rulesets, "clockwork/1")
    assert (after.head.balance, after.head.tuned) == ({"sides": 100}, {})
    pips = [record.event.pips async for record in house.host.history("clockwork/1")]  # type: ignore[attr-defined]
    assert pips[0] <= 6 < max(pips)
    assert (await verify(house.journal, house.rulesets, "clockwork/1")).holds


async def test_a_tuned_number_counts_at_once_where_nothing_ticks(house: Hosted) -> None:
    with pytest.raises(Rejected) as refusal:
        await house.host.submit(WORLD, "anna", Deposit(5_000))
    assert refusal.value.code == AMOUNT_INVALID
    await house.host.tune(WORLD, "designer", {"amount_max": 5_000}, "inflation")
    await house.host.submit(WORLD, "anna", Deposit(5_000))
    await house.crash()
    await house.reopen()
    await house.host.submit(WORLD, "anna", Deposit(5_000))
    # Another world has the numbers it was born with.
    await house.host.ensure("ledger/2", LedgerSpec())
    with pytest.raises(Rejected):
        await house.host.submit("ledger/2", "anna", Deposit(5_000))


REFUSED = [
    ({"amount_max": 0}, BALANCE_OUT_OF_BOUNDS),
    ({"amount_max": 10**9}, BALANCE_OUT_OF_BOUNDS),
    ({"amount_max": True}, BALANCE_OUT_OF_BOUNDS),
    ({"amount_max": 1.5}, BALANCE_OUT_OF_BOUNDS),
    ({"amount_max": "1"}, BALANCE_OUT_OF_BOUNDS),
    ({"amount_most": 1}, BALANCE_UNKNOWN),
    ({"amount_max": 10, "amount_most": 1}, BALANCE_UNKNOWN),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED, ids=[str(changes) for changes, _ in REFUSED])
async def test_a_number_out_of_bounds_is_refused(house: Hosted, changes: dict[str, object], code: str) -> None:
    before = await world_at(house.journal, house.rulesets, WORLD)
    with pytest.raises(Rejected) as refusal:
        await house.host.tune(WORLD, "designer", changes, "mischief")
    assert refusal.value.code == code
    after = await world_at(house.journal, house.rulesets, WORLD)
    assert (after.head, after.digest()) == (before.head, before.digest())


async def test_upgrades_and_tunings_are_entries(house: Hosted) -> None:
    await house.host.tune(WORLD, "designer", {"amount_max": 7}, "why not")
    await house.crash()
    await house.reopen(ledger=second_version())
    lineage = await house.journal.lineage(WORLD)
    entries = [step.entry async for step in steps(house.journal, lineage)]
    intents = [(entry.actor, codec_of(LEDGER).intent(entry.intent)) for entry in entries[-2:]]
    assert intents == [("designer", Tune({"amount_max": 7}, "why not")), ("engine", Upgrade(2))]


async def test_what_is_old_is_archived_and_what_is_older_dropped(house: Hosted) -> None:
    days = 86_400_000
    short = replace(
        LEDGER,
        snapshot_every=5,
        retention=Retention(snapshots_kept=2, archive_after_entries=10, drop_after_days=30),
    )
    await house.crash()
    await house.reopen(ledger=short)
    for _ in range(40):
        await house.host.submit(WORLD, "anna", Deposit(1))
        await house.settle()
    lineage = await house.journal.lineage(WORLD)
    assert len(await house.journal.batches(lineage[0], 0, 1_000)) == 44  # archived ones included
    assert (await verify(house.journal, house.rulesets, WORLD)).holds

    house.clock.advance(60 * days)
    for _ in range(12):
        await house.host.submit(WORLD, "anna", Deposit(1))
        await house.settle()
    kept = await house.journal.batches(lineage[0], 0, 1_000)
    assert kept[0].first_seq > 1
    await house.crash()
    await house.reopen()
    assert await holdings(house) == ("ledger", 82)
