"""What a commit promises: whole or not at all, in order, under the world's epoch, with its projections."""

import asyncio

import pytest

from gamefold.engine.journal import Bulk, Segment, Status, WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal

from .builders import WORLD, a_batch, a_row, a_run, stored
from .notes import NOTES, notes_of


async def begin(journal: SqlJournal, world: str = WORLD, **changes) -> None:
    assert await journal.create(a_row(world, **changes), a_run(world), a_batch(world))


async def seqs(journal: SqlJournal, world: str = WORLD) -> list[tuple[int, int]]:
    segment = (await journal.lineage(world))[-1]
    return [(batch.first_seq, batch.last_seq) for batch in await journal.batches(segment, 0)]


async def test_what_was_appended_is_read_back_in_order(journal: SqlJournal) -> None:
    await begin(journal)
    batches = [a_batch(first=2, last=4), a_batch(first=5), a_batch(first=6, last=9)]
    for batch in batches:
        assert await journal.commit([batch]) == frozenset()

    loaded = await journal.load(WORLD)

    assert loaded.tail == tuple(stored(batch) for batch in [a_batch(), *batches])
    assert loaded.lineage == (Segment(a_run(), 0, None),)
    assert (loaded.row, loaded.snapshot) == (a_row(), None)


async def test_reading_starts_and_stops_where_asked(journal: SqlJournal) -> None:
    await begin(journal)
    for first in range(2, 20, 3):
        await journal.commit([a_batch(first=first, last=first + 2)])
    (segment,) = await journal.lineage(WORLD)

    async def read(after: int, limit: int = 100, upto: int | None = None) -> list[int]:
        part = Segment(segment.run, 0, upto)
        return [batch.first_seq for batch in await journal.batches(part, after, limit)]

    assert await read(0) == [1, 2, 5, 8, 11, 14, 17]
    assert await read(3, 2) == [2, 5]  # 3 is in the middle of a row, and 4 is still to come
    assert await read(4, 2) == [5, 8]
    assert await read(4, upto=9) == [5, 8]  # 9 is in the middle of the last one
    assert await read(19) == []
    assert await read(9, upto=9) == []


async def test_a_world_that_exists_is_not_made_again(journal: SqlJournal, database: Database) -> None:
    await begin(journal)

    def guard(connection) -> None:
        connection.execute(NOTES.insert().values(world="guard", position=1, words="undone"))

    assert not await journal.create(a_row(), a_run(), a_batch(), guard)
    assert await database.read(notes_of) == ["notes/1:1:1"]


async def test_a_guard_that_refuses_leaves_nothing(journal: SqlJournal, database: Database) -> None:
    def guard(connection) -> None:
        connection.execute(NOTES.insert().values(world="guard", position=1, words="undone"))
        raise Rejected("FULL", "No more worlds.")

    with pytest.raises(Rejected, match=r"No more worlds\."):
        await journal.create(a_row(), a_run(), a_batch(), guard)
    with pytest.raises(WorldNotFound):
        await journal.world(WORLD)
    assert await database.read(notes_of) == []


async def test_guards_of_one_ruleset_see_what_the_one_before_let_in(
    journal: SqlJournal, other_journal: SqlJournal
) -> None:
    def at_most_three(connection) -> None:
        if len(notes_of(connection)) >= 3:
            raise Rejected("FULL")

    made = await asyncio.gather(
        *(
            (journal, other_journal)[number % 2].create(
                a_row(f"notes/{number}"), a_run(f"notes/{number}"), a_batch(f"notes/{number}"), at_most_three
            )
            for number in range(8)
        ),
        return_exceptions=True,
    )

    assert made.count(True) == 3
    assert sum(isinstance(outcome, Rejected) for outcome in made) == 5


async def test_a_stale_epoch_is_refused_alone(journal: SqlJournal, database: Database) -> None:
    await begin(journal, "notes/mine")
    await begin(journal, "notes/taken")
    claimed = await journal.claim("notes/taken", "another")
    assert (claimed.epoch, claimed.node) == (2, "another")

    fenced = await journal.commit([a_batch("notes/taken", 2), a_batch("notes/mine", 2), a_batch("notes/none", 2)])

    assert fenced == {"notes/taken", "notes/none"}
    assert await seqs(journal, "notes/mine") == [(1, 1), (2, 2)]
    assert await seqs(journal, "notes/taken") == [(1, 1)]
    assert await database.read(notes_of) == ["notes/mine:1:1", "notes/mine:1:2", "notes/taken:1:1"]


async def test_a_claim_wins_at_once_against_an_owner_that_keeps_writing(
    journal: SqlJournal, other_journal: SqlJournal
) -> None:
    await begin(journal)
    acknowledged = 1

    async def write_on() -> None:
        nonlocal acknowledged
        while await journal.commit([a_batch(first=acknowledged + 1)]) == frozenset():
            acknowledged += 1

    owner = asyncio.create_task(write_on())
    while acknowledged < 10:
        await asyncio.sleep(0.001)
    row = await other_journal.claim(WORLD, "other")
    last = (await other_journal.load(WORLD)).tail[-1].last_seq
    assert await other_journal.commit([a_batch(first=last + 1, epoch=row.epoch)]) == frozenset()
    await asyncio.wait_for(owner, 60)

    assert last == acknowledged
    assert await seqs(journal) == [(seq, seq) for seq in range(1, last + 2)]


async def test_of_two_owners_with_one_epoch_one_writes(journal: SqlJournal, other_journal: SqlJournal) -> None:
    await begin(journal)
    for first in range(2, 12):
        outcomes = await asyncio.gather(
            journal.commit([a_batch(first=first)]), other_journal.commit([a_batch(first=first)])
        )
        assert sorted(map(len, outcomes)) == [0, 1]
    assert await seqs(journal) == [(seq, seq) for seq in range(1, 12)]


async def test_a_projector_that_raises_undoes_the_whole_commit(journal: SqlJournal, database: Database) -> None:
    await begin(journal, "notes/a")
    await begin(journal, "notes/b")

    with pytest.raises(ValueError, match="cannot spell that"):
        await journal.commit([a_batch("notes/a", 2), a_batch("notes/b", 2, notes=["bad"])])

    assert await seqs(journal, "notes/a") == [(1, 1)]
    assert await database.read(notes_of) == ["notes/a:1:1", "notes/b:1:1"]
    assert await journal.commit([a_batch("notes/a", 2)]) == frozenset()


async def test_forks_are_not_projected_and_whole_states_are(journal: SqlJournal, database: Database) -> None:
    await begin(journal)
    await journal.commit([a_batch(first=2, projected=False)])
    await journal.commit([a_batch(first=3, notes=[], bulk=Bulk(3, "all of it"))])
    assert await database.read(notes_of) == ["all of it", "notes/1:1:1"]


async def test_a_world_is_over_with_the_batch_that_ends_it(journal: SqlJournal) -> None:
    await begin(journal)
    await journal.commit([a_batch(first=2, over=True)])
    row = await journal.world(WORLD)
    assert (row.status, row.updated_ms) == (Status.OVER, 1_002)


async def test_no_batches_are_no_commit(journal: SqlJournal) -> None:
    assert await journal.commit([]) == frozenset()
    assert await journal.transact([]) == []


async def test_a_commit_of_many_worlds(journal: SqlJournal) -> None:
    worlds = [f"notes/{number:03}" for number in range(100)]
    for world in worlds:
        await begin(journal, world)
    assert await journal.commit([a_batch(world, 2, 5) for world in reversed(worlds)]) == frozenset()
    assert [await seqs(journal, world) for world in worlds[::33]] == [[(1, 1), (2, 5)]] * 4
