"""Rollbacks and forks: which rows make up a history, also where a branch starts in the middle of a batch."""

import pytest

from gamefold.engine.journal import Branch, Segment, Status, StorageUnavailable, WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal

from .builders import WORLD, a_batch, a_row, a_run, a_snapshot, stored
from .notes import notes_of

FORK = "notes/fork"


async def begin(journal: SqlJournal) -> list:
    """Rows 1-3, 4-6 and 7-9."""
    batches = [a_batch(first=first, last=first + 2) for first in (1, 4, 7)]
    await journal.create(a_row(), a_run(), batches[0])
    await journal.commit(batches[1:2])
    await journal.commit(batches[2:])
    return batches


async def roll_back(journal: SqlJournal, run: int, to_seq: int, parent: int, replayed=()):
    row = await journal.world(WORLD)
    branch = a_run(run=run, parent_world=WORLD, parent_run=parent, parent_seq=to_seq, parent_position=to_seq)
    batch = a_batch(first=to_seq + 1, run=run, epoch=row.epoch + 1)
    await journal.branch([Branch(row, branch, batch, replayed)])
    return branch, batch


async def test_a_rollback_goes_on_from_the_middle_of_a_batch(journal: SqlJournal, database: Database) -> None:
    old = await begin(journal)
    replayed = [record for batch in old for record in batch.records][:5]
    await journal.set_status(WORLD, Status.QUARANTINED, "crashed")
    branch, batch = await roll_back(journal, 2, 5, 1, replayed)

    row = await journal.world(WORLD)
    assert (row.run, row.epoch, row.status, row.reason, row.node) == (2, 2, Status.RUNNING, "", None)
    loaded = await journal.load(WORLD)
    assert loaded.lineage == (Segment(a_run(), 0, 5), Segment(branch, 5, None))
    # The row 4-6 comes whole: who takes it apart leaves out what lies past the end of its segment.
    assert loaded.tail == (stored(old[0]), stored(old[1]), stored(batch))
    assert await database.read(notes_of) == [*(f"notes/1:1:{seq}" for seq in range(1, 6)), "notes/1:2:6"]
    assert await journal.commit([a_batch(first=10)]) == {WORLD}  # the old owner
    # The undone line stays readable.
    assert [b.first_seq for b in (await journal.load(WORLD, run=1)).tail] == [1, 4, 7]


async def test_rollbacks_of_rollbacks(journal: SqlJournal) -> None:
    await begin(journal)
    second, _ = await roll_back(journal, 2, 5, 1)
    third, _ = await roll_back(journal, 3, 6, 2)
    fourth, batch = await roll_back(journal, 4, 4, 1)

    assert await journal.lineage(WORLD) == (Segment(a_run(), 0, 4), Segment(fourth, 4, None))
    assert await journal.lineage(WORLD, 3) == (Segment(a_run(), 0, 5), Segment(second, 5, 6), Segment(third, 6, None))
    assert (await journal.load(WORLD)).tail[-1] == stored(batch)
    assert [run.run for run in await journal.runs(WORLD)] == [1, 2, 3, 4]


async def test_a_world_at_an_earlier_entry(journal: SqlJournal) -> None:
    await begin(journal)
    second, _ = await roll_back(journal, 2, 5, 1)
    for upto, lineage, firsts in (
        (3, (Segment(a_run(), 0, 3),), [1]),
        (5, (Segment(a_run(), 0, 5),), [1, 4]),
        (6, (Segment(a_run(), 0, 5), Segment(second, 5, 6)), [1, 4, 6]),
    ):
        loaded = await journal.load(WORLD, upto_seq=upto)
        assert loaded.lineage == lineage
        assert [batch.first_seq for batch in loaded.tail] == firsts


async def test_a_fork_is_another_world_with_a_shared_past(journal: SqlJournal) -> None:
    old = await begin(journal)
    run = a_run(FORK, parent_world=WORLD, parent_run=1, parent_seq=2, parent_position=2)
    row = a_row(FORK, projected=False, status=Status.STOPPED)
    batch = a_batch(FORK, first=3, projected=False)
    await journal.branch([Branch(row, run, batch, ())])

    assert await journal.world(FORK) == row
    loaded = await journal.load(FORK)
    assert loaded.lineage == (Segment(a_run(), 0, 2), Segment(run, 2, None))
    assert loaded.tail == (stored(old[0]), stored(batch))
    with pytest.raises(Rejected, match="There is a world notes/fork already"):
        await journal.branch([Branch(row, run, batch, ())])


async def test_a_rollback_of_a_world_that_was_taken_over_changes_nothing(journal: SqlJournal) -> None:
    await begin(journal)
    row = await journal.world(WORLD)
    await journal.claim(WORLD, "another")
    branch = a_run(run=2, parent_world=WORLD, parent_run=1, parent_seq=5, parent_position=5)
    with pytest.raises(StorageUnavailable):
        await journal.branch([Branch(row, branch, a_batch(first=6, run=2, epoch=2), ())])
    assert [run.run for run in await journal.runs(WORLD)] == [1]


async def test_the_newest_snapshot_on_the_line_counts(journal: SqlJournal) -> None:
    await begin(journal)
    for seq in (3, 5, 8):
        await journal.save_snapshot(a_snapshot(seq), keep=9)
    await roll_back(journal, 2, 6, 1)

    assert (await journal.load(WORLD)).snapshot == a_snapshot(5)  # 8 was undone
    assert (await journal.load(WORLD, run=1)).snapshot == a_snapshot(8)
    loaded = await journal.load(WORLD, upto_seq=4)
    assert loaded.snapshot == a_snapshot(3)
    assert [batch.first_seq for batch in loaded.tail] == [4]
    await journal.save_snapshot(a_snapshot(7, run=2), keep=9)
    loaded = await journal.load(WORLD)
    assert (loaded.snapshot, loaded.tail) == (a_snapshot(7, run=2), ())


async def test_what_does_not_exist_is_not_found(journal: SqlJournal) -> None:
    for ask in (journal.world, journal.load, journal.lineage, journal.runs):
        with pytest.raises(WorldNotFound):
            await ask("notes/none")
    with pytest.raises(WorldNotFound):
        await journal.claim("notes/none", "node")
    with pytest.raises(WorldNotFound):
        await journal.set_status("notes/none", Status.STOPPED)
    await begin(journal)
    with pytest.raises(WorldNotFound):
        await journal.load(WORLD, run=7)
