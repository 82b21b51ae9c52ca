"""What is kept beside the journal: snapshots, cursors, statuses, the archive."""

from itertools import pairwise

import pytest
from sqlalchemy import update

from gamefold.engine.journal import JournalCorrupt, Segment, Status, WorldNotFound
from gamefold.storage import archive
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal
from gamefold.storage.meta import count_start
from gamefold.storage.tables import SEGMENTS

from .builders import WORLD, a_batch, a_row, a_run, a_snapshot, stored


async def test_the_first_and_the_newest_snapshots_are_kept(journal: SqlJournal) -> None:
    for seq in (10, 20, 30, 40, 50):
        await journal.save_snapshot(a_snapshot(seq), keep=2)
    await journal.save_snapshot(a_snapshot(7, run=2), keep=2)
    assert await journal.snapshots(WORLD, 1) == [a_snapshot(seq) for seq in (10, 40, 50)]
    assert await journal.snapshots(WORLD, 2) == [a_snapshot(7, run=2)]


async def test_a_snapshot_of_the_same_entry_replaces_the_older_one(journal: SqlJournal) -> None:
    await journal.save_snapshot(a_snapshot(10), keep=2)
    await journal.save_snapshot(a_snapshot(10), keep=2)
    assert await journal.snapshots(WORLD, 1) == [a_snapshot(10)]


async def test_cursors(journal: SqlJournal) -> None:
    assert await journal.cursor(WORLD, 1, "bots") == 0
    await journal.save_cursors([])
    await journal.save_cursors([(WORLD, 1, "bots", 5), (WORLD, 1, "files", 3), (WORLD, 2, "bots", 9)])
    await journal.save_cursors([(WORLD, 1, "bots", 8)])
    cursors = [await journal.cursor(WORLD, run, name) for run, name in ((1, "bots"), (1, "files"), (2, "bots"))]
    assert cursors == [8, 3, 9]


async def test_a_status_and_its_reason(journal: SqlJournal) -> None:
    await journal.create(a_row(), a_run(), a_batch())
    await journal.set_status(WORLD, Status.QUARANTINED, "a rule crashed")
    row = await journal.world(WORLD)
    assert (row.status, row.reason) == (Status.QUARANTINED, "a rule crashed")
    assert row.updated_ms > row.created_ms


async def test_a_status_told_under_an_epoch_that_has_gone_by_changes_nothing(journal: SqlJournal) -> None:
    await journal.create(a_row(), a_run(), a_batch())
    epoch = (await journal.claim(WORLD, "node")).epoch
    await journal.set_status(WORLD, Status.OVER, epoch=epoch - 1)
    assert (await journal.world(WORLD)).status is Status.RUNNING
    await journal.set_status(WORLD, Status.OVER, epoch=epoch)
    assert (await journal.world(WORLD)).status is Status.OVER
    with pytest.raises(WorldNotFound):
        await journal.set_status("notes/none", Status.OVER, epoch=1)


async def test_worlds_are_listed_by_code_point_and_paged(journal: SqlJournal) -> None:
    worlds = ["a/Z", "a/_", "a/a", "a/é", "a/\U0001f600", "b/1", "b/2", "B/1"]
    for world in worlds:
        await journal.create(a_row(world), a_run(world), a_batch(world))
    await journal.set_status("b/2", Status.STOPPED)

    async def listed(**asked) -> list[str]:
        return [row.world for row in await journal.worlds(**asked)]

    assert await listed() == sorted(worlds)
    assert await listed(prefix="a/") == ["a/Z", "a/_", "a/a", "a/é", "a/\U0001f600"]
    assert await listed(prefix="a/", after="a/_", limit=2) == ["a/a", "a/é"]
    assert await listed(prefix="b") == ["b/1", "b/2"]
    assert await listed(status=Status.STOPPED) == ["b/2"]


async def test_starts_are_counted(database: Database) -> None:
    assert [await count_start(database) for _ in range(12)] == list(range(12))


async def fill(journal: SqlJournal) -> list:
    """Twenty rows of two entries; every third has no event."""
    batches, position = [], 1
    for first in range(1, 41, 2):
        notes = [] if first % 3 == 0 else [f"note {first}", f"note {first + 1}"]
        batches.append(a_batch(first=first, last=first + 1, notes=notes, first_position=position))
        position += len(notes)
    await journal.create(a_row(), a_run(), batches[0])
    for batch in batches[1:]:
        await journal.commit([batch])
    return batches


async def test_readers_do_not_notice_the_archive(journal: SqlJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ROWS_MAX", 4)
    batches = await fill(journal)
    (whole,) = await journal.lineage(WORLD)
    parts = [whole, Segment(whole.run, 0, 17), Segment(whole.run, 0, 30)]

    async def everything() -> list:
        rows = [
            await journal.batches(part, after, limit) for part in parts for after in range(0, 42, 3) for limit in (1, 9)
        ]
        events = [
            await journal.event_batches(part, after, limit)
            for part in parts
            for after in range(0, 30, 3)
            for limit in (1, 9)
        ]
        return [rows, events, (await journal.load(WORLD)).tail, (await journal.load(WORLD, upto_seq=21)).tail]

    before = await everything()
    assert [row.first_seq for row in before[0][1]] == list(range(1, 18, 2))
    assert before[2] == tuple(stored(batch) for batch in batches)
    assert await journal.archive(WORLD, 1, 23) == 11  # the row 23-24 reaches past it
    assert await everything() == before
    assert await journal.archive(WORLD, 1, 23) == 0
    assert await journal.archive(WORLD, 1, 1 << 62) == 9
    assert await everything() == before
    assert await journal.transact([(WORLD, lambda locked: locked.head)]) == [(1, 40)]


async def test_event_rows_can_be_paged_through_by_position(journal: SqlJournal) -> None:
    batches = await fill(journal)
    (whole,) = await journal.lineage(WORLD)
    with_events = [stored(batch) for batch in batches if batch.records]
    for limit in (1, 3, 64):
        found, after = [], 0
        while page := await journal.event_batches(whole, after, limit):
            found += page
            after = page[-1].last_position
        assert found == with_events
    for before, row in pairwise(with_events):
        assert await journal.event_batches(whole, before.last_position, 1) == [row]
        assert await journal.event_batches(whole, before.last_position - 1, 1) == [before]


async def test_a_damaged_archive_is_noticed(journal: SqlJournal, database: Database) -> None:
    await fill(journal)
    await journal.archive(WORLD, 1, 20)
    await database.write(lambda connection: connection.execute(update(SEGMENTS).values(payload=b"noise")).close())
    with pytest.raises(JournalCorrupt, match="notes/1: entry 1 is archived in bytes that cannot be read"):
        await journal.load(WORLD)


async def test_only_what_a_snapshot_covers_is_dropped(journal: SqlJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ROWS_MAX", 5)
    await fill(journal)
    await journal.archive(WORLD, 1, 40)  # segments 1-10, 11-20, 21-30, 31-40; entry n was at 1000 + n ms
    assert await journal.drop_archived(WORLD, 9_999) == 0
    await journal.save_snapshot(a_snapshot(25), keep=3)
    assert await journal.drop_archived(WORLD, 1_015) == 1
    assert await journal.drop_archived(WORLD, 9_999) == 1
    loaded = await journal.load(WORLD)
    assert loaded.snapshot == a_snapshot(25)
    assert loaded.tail[0].first_seq == 25
