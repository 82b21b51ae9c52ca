"""Worlds that live in no process: locked, played and committed in one transaction."""

import asyncio

import pytest

from gamefold.engine.journal import Locked, StorageUnavailable
from gamefold.engine.refusal import Rejected
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal

from .builders import WORLD, a_batch, a_row, a_run, a_snapshot, stored
from .notes import NOTES, notes_of


def add_one(locked: Locked) -> int:
    """Add the next entry, making the world first where there is none."""
    world = a_row().world
    if locked.head is None:
        locked.create(a_row(), a_run())
    assert locked.head is not None
    seq = locked.head[1] + 1
    locked.append(a_batch(world, seq))
    return seq


async def test_a_world_is_made_played_and_loaded(journal: SqlJournal) -> None:
    heads = []

    def work(locked: Locked) -> str:
        heads.append(locked.head)
        locked.create(a_row(), a_run())
        locked.append(a_batch())
        heads.append(locked.head)
        locked.append(a_batch(first=2, last=4))
        locked.save_snapshot(a_snapshot(1))
        loaded = locked.load()
        assert loaded.tail == (stored(a_batch(first=2, last=4)),)
        return "done"

    assert await journal.transact([(WORLD, work)]) == ["done"]
    assert await journal.transact([(WORLD, lambda locked: locked.head)]) == [(1, 4)]
    assert heads == [None, (1, 1)]
    assert await journal.snapshots(WORLD, 1) == [a_snapshot(1)]


async def test_a_work_that_raises_is_undone_alone(journal: SqlJournal, database: Database) -> None:
    def refuse(locked: Locked) -> None:
        locked.connection.execute(NOTES.insert().values(world="refused", position=1, words="undone"))
        locked.create(a_row("notes/refused"), a_run("notes/refused"))
        raise Rejected("NO")

    def crash(locked: Locked) -> None:
        locked.connection.execute(NOTES.insert().values(world="w", position=1, words="twice"))
        locked.connection.execute(NOTES.insert().values(world="w", position=1, words="twice"))

    first, refused, crashed, second = await journal.transact(
        [(WORLD, add_one), ("notes/refused", refused_ := refuse), ("notes/z", crash), (WORLD, add_one)]
    )

    assert refused_ is refuse
    assert (first, second) == (1, 2)
    assert isinstance(refused, Rejected)
    assert type(crashed).__name__ == "IntegrityError"
    assert await database.read(notes_of) == ["notes/1:1:1", "notes/1:1:2"]
    assert [row.world for row in await journal.worlds()] == [WORLD]


@pytest.mark.parametrize("exists", [True, False])
async def test_parallel_transactions_on_one_world_come_one_after_the_other(
    journal: SqlJournal, other_journal: SqlJournal, exists: bool
) -> None:
    if exists:
        assert await journal.transact([(WORLD, add_one)]) == [1]
    outcomes = await asyncio.gather(
        *((journal, other_journal)[number % 2].transact([(WORLD, add_one)]) for number in range(20))
    )
    assert sorted(outcome for (outcome,) in outcomes) == list(range(1 + exists, 21 + exists))


async def test_transactions_over_the_same_worlds_never_wait_in_a_circle(
    journal: SqlJournal, other_journal: SqlJournal
) -> None:
    worlds = [f"notes/{number}" for number in range(6)]

    def work(world: str):
        def play(locked: Locked) -> int:
            if locked.head is None:
                locked.create(a_row(world), a_run(world))
            assert locked.head is not None
            locked.append(a_batch(world, locked.head[1] + 1))
            return locked.head[1]

        return play

    outcomes = await asyncio.gather(
        *(
            (journal, other_journal)[number % 2].transact(
                [(world, work(world)) for world in (worlds if number % 3 else reversed(worlds))]
            )
            for number in range(12)
        )
    )
    assert all(isinstance(played, int) for outcome in outcomes for played in outcome)
    for world in worlds:
        assert (await journal.load(world)).tail[-1].last_seq == 12


async def test_an_old_epoch_is_refused_under_the_lock_too(journal: SqlJournal) -> None:
    await journal.transact([(WORLD, add_one)])
    await journal.claim(WORLD, "resident")
    (outcome,) = await journal.transact([(WORLD, add_one)])
    assert isinstance(outcome, StorageUnavailable)
    assert len((await journal.load(WORLD)).tail) == 1
