"""What an answer promises: it is durable, it is the only one, and nothing is seen before."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gamefold.engine import codec
from gamefold.engine.asked import Ack, HostStopped
from gamefold.engine.history import verify
from gamefold.engine.observe import Observer
from gamefold.engine.ruleset import Rejected
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import LEDGER, METADATA, PROJECTORS, PURSE
from gamefold.testkit.toys.ledger import AMOUNT_INVALID, Deposit, Gamble, LedgerSpec, Transfer
from gamefold.testkit.toys.purse import Earn, PurseSpec
from gamefold.testkit.toys.tables import holdings_of

WORLD = "ledger/1"


class Counting(Observer):
    def __init__(self) -> None:
        self.commits: list[tuple[int, int]] = []

    def committed(self, entries: int, worlds: int, seconds: float) -> None:
        self.commits.append((entries, worlds))


@pytest.fixture
def observer() -> Counting:
    return Counting()


@pytest.fixture
async def house(tmp_path: Path, observer: Counting) -> AsyncIterator[Hosted]:
    async with hosted(
        LEDGER, PURSE, projectors=PROJECTORS, metadata=[METADATA], observer=observer, path=tmp_path / "gamefold.db"
    ) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        yield house


def stored_seqs(path: Path, world: str = WORLD) -> list[int]:
    """Read the seqs of a world through a connection of our own."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT entries FROM engine_journal WHERE world = ? ORDER BY first_seq", (world,))
        return [entry.seq for (entries,) in rows for entry in codec._entries.decode(entries)]


async def test_a_hundred_intents_at_once_are_few_commits_and_every_answer_is_durable(
    house: Hosted, observer: Counting, tmp_path: Path
) -> None:
    async def ask(number: int) -> Ack:
        ack = await house.host.submit(WORLD, f"p{number % 7}", Deposit(number + 1))
        assert ack.seq in stored_seqs(tmp_path / "gamefold.db")
        return ack

    observer.commits.clear()
    acks = await asyncio.gather(*(ask(number) for number in range(100)))
    assert len(observer.commits) <= 5
    assert sorted(ack.seq for ack in acks) == list(range(2, 102))
    assert stored_seqs(tmp_path / "gamefold.db") == list(range(1, 102))


async def test_one_commit_serves_all_worlds(house: Hosted, observer: Counting) -> None:
    worlds = [f"ledger/many-{number}" for number in range(20)]
    for world in worlds:
        await house.host.ensure(world, LedgerSpec())
    await house.settle()
    observer.commits.clear()
    await asyncio.gather(*(house.host.submit(world, "anna", Deposit(1)) for world in worlds))
    assert observer.commits == [(20, 20)]


async def test_a_refusal_changes_nothing(house: Hosted, tmp_path: Path) -> None:
    await house.host.submit(WORLD, "anna", Deposit(10))
    before = await house.host.query(WORLD, codec.encode)
    for intent in (Deposit(0), Deposit(10**9), Transfer("ben", 11), Gamble(11)):
        with pytest.raises(Rejected):
            await house.host.submit(WORLD, "anna", intent)
    assert await house.host.query(WORLD, codec.encode) == before
    assert stored_seqs(tmp_path / "gamefold.db") == [1, 2]


async def test_a_refusal_waits_for_what_it_rests_on(house: Hosted, tmp_path: Path) -> None:
    # Ben may not give anything because of an entry of the same round: nobody hears of it before it is durable.
    await house.host.submit(WORLD, "ben", Deposit(5))

    async def second() -> list[int]:
        with pytest.raises(Rejected):
            await house.host.submit(WORLD, "ben", Transfer("cleo", 5))
        return stored_seqs(tmp_path / "gamefold.db")

    _, seen = await asyncio.gather(house.host.submit(WORLD, "ben", Transfer("anna", 5)), second())
    assert seen == [1, 2, 3]


async def test_a_query_sees_durable_state_only(house: Hosted, tmp_path: Path) -> None:
    async def ask() -> tuple[int, int]:
        lines = await house.host.query(WORLD, lambda ledger: ledger.lines)
        return lines, len(stored_seqs(tmp_path / "gamefold.db")) - 1

    for _ in range(20):
        _, (lines, stored) = await asyncio.gather(house.host.submit(WORLD, "anna", Deposit(1)), ask())
        assert lines <= stored


async def test_a_resent_intent_is_applied_once_and_answered_the_same(house: Hosted) -> None:
    first = await house.host.submit(WORLD, "anna", Deposit(7), request="r-1")
    again = await house.host.submit(WORLD, "anna", Deposit(7), request="r-1")
    assert (again.seq, again.time_ms, again.events, again.repeated) == (first.seq, first.time_ms, first.events, True)
    together = await asyncio.gather(
        *(house.host.submit(WORLD, "anna", Deposit(7), request="r-2") for _ in range(10)),
    )
    assert {ack.seq for ack in together} == {first.seq + 1}
    assert sorted(ack.repeated for ack in together) == [False] + [True] * 9
    # Request ids belong to their actor.
    assert not (await house.host.submit(WORLD, "ben", Deposit(7), request="r-1")).repeated
    assert await house.host.query(WORLD, lambda ledger: dict(ledger.accounts)) == {"anna": 14, "ben": 7}


@pytest.mark.parametrize("snapshot_every", [2, 1_000])
async def test_a_resent_intent_is_known_after_a_crash(house: Hosted, snapshot_every: int) -> None:
    await house.crash()
    await house.reopen(ledger=replace(LEDGER, snapshot_every=snapshot_every))
    first = await house.host.submit(WORLD, "anna", Deposit(7), request="r-1")
    for number in range(10):
        await house.host.submit(WORLD, "anna", Deposit(1), request=f"other-{number}")
    await house.settle()
    await house.crash()
    await house.reopen()
    again = await house.host.submit(WORLD, "anna", Deposit(7), request="r-1")
    assert (again.seq, again.events, again.repeated) == (first.seq, first.events, True)


async def test_a_refused_intent_may_be_sent_again(house: Hosted) -> None:
    with pytest.raises(Rejected):
        await house.host.submit(WORLD, "anna", Gamble(1), request="r-1")
    await house.host.submit(WORLD, "anna", Deposit(1))
    assert not (await house.host.submit(WORLD, "anna", Gamble(1), request="r-1")).repeated


async def test_seqs_have_no_gaps_whatever_is_refused(house: Hosted, tmp_path: Path) -> None:
    asked = [house.host.submit(WORLD, f"p{n % 3}", Deposit(n % 4)) for n in range(200)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    assert {refusal.code for refusal in refused} == {AMOUNT_INVALID}
    assert len(refused) == 50
    assert stored_seqs(tmp_path / "gamefold.db") == list(range(1, 152))
    assert (await verify(house.journal, house.rulesets, WORLD)).holds


async def test_a_caller_who_leaves_hurts_nobody(house: Hosted) -> None:
    asked = [asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1))) for _ in range(10)]
    await asyncio.sleep(0)
    for task in asked[::2]:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert (await house.host.submit(WORLD, "ben", Deposit(1))).seq >= 7


async def test_ensure_makes_a_world_once_and_its_guard_may_refuse(house: Hosted) -> None:
    made = await asyncio.gather(*(house.host.ensure("ledger/new", LedgerSpec("new")) for _ in range(10)))
    assert sorted(made) == [False] * 9 + [True]

    def guard(connection: object) -> None:
        raise Rejected("TOO_MANY")

    with pytest.raises(Rejected, match="TOO_MANY"):
        await house.host.ensure("ledger/other", LedgerSpec(), guard=guard)
    assert [row.world for row in await house.journal.worlds(prefix="ledger/")] == [WORLD, "ledger/new"]


async def test_tables_follow_in_the_same_transaction(house: Hosted) -> None:
    await asyncio.gather(*(house.host.submit(WORLD, f"p{n}", Deposit(n + 1)) for n in range(5)))
    rows = await house.database.read(lambda connection: holdings_of(connection, WORLD))
    assert rows == {f"p{n}": n + 1 for n in range(5)}


async def test_who_waits_when_the_host_dies_is_told(house: Hosted) -> None:
    await house.host.ensure("purse/1", PurseSpec())
    waiting = [asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1))) for _ in range(5)]
    waiting += [asyncio.ensure_future(house.host.submit("purse/1", "anna", Earn(1))) for _ in range(5)]
    await asyncio.sleep(0)
    await house.crash()
    outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 20)
    assert all(isinstance(outcome, Ack | HostStopped) for outcome in outcomes)
    with pytest.raises(HostStopped):
        await house.host.submit(WORLD, "anna", Deposit(1))


async def test_closing_finishes_what_waits_and_the_next_start_folds_nothing(house: Hosted) -> None:
    waiting = [asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1))) for _ in range(30)]
    await asyncio.sleep(0)
    await house.close()
    assert [type(outcome) for outcome in await asyncio.gather(*waiting)] == [Ack] * 30
    loaded = await house.journal.load(WORLD)
    assert loaded.snapshot is not None
    assert (loaded.snapshot.seq, loaded.tail) == (31, ())
    await house.reopen()
    assert await house.host.query(WORLD, lambda ledger: ledger.accounts["anna"]) == 30
