"""From stored rows to a world: the only way a world ever gets into memory."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from gamefold.engine import codec
from gamefold.engine.codec import codec_of
from gamefold.engine.entropy import commitment_of
from gamefold.engine.feed import Record
from gamefold.engine.journal import Entry, Journal, JournalCorrupt, Loaded, Run, Segment, StoredBatch, StoredEvent
from gamefold.engine.lifecycle import Begin
from gamefold.engine.ruleset import Ruleset
from gamefold.engine.world import Head, World


@dataclass(frozen=True, slots=True)
class Step:
    """One stored entry, the run it belongs to, and the events stored with it."""

    run: Run
    entry: Entry
    stored: list[StoredEvent]


def open_world(world_id: str, ruleset: Ruleset, loaded: Loaded) -> World:
    """Fold snapshot and tail. JournalCorrupt where the rows do not give what they gave when they were written."""
    lineage = loaded.lineage
    if loaded.snapshot is not None:
        run = next(part.run for part in lineage if _key(part.run) == (loaded.snapshot.world, loaded.snapshot.run))
        world = World.from_snapshot(world_id, ruleset, run, loaded.snapshot)
    else:
        world = unborn(world_id, ruleset, lineage[0].run, loaded.tail)
    for step in steps_of(lineage, loaded.tail, world.head.seq):
        world.enter(step.run)
        world.fold(step.entry)
    world.enter(lineage[-1].run)
    if commitment_of(world.run.seed) != world.run.commitment:
        raise JournalCorrupt(world_id, world.head.seq, "goes on with a seed that was not promised")
    return world


def unborn(world_id: str, ruleset: Ruleset, run: Run, tail: Iterable[StoredBatch]) -> World:
    """Give a world before its first entry, under the rules that entry was written by."""
    first = next((codec.entries_of(batch)[0] for batch in tail), None)
    if first is None or first.seq != 1:
        raise JournalCorrupt(world_id, 1, "is missing")
    try:
        begin = codec_of(ruleset.at(first.version)).intent(first.intent)
    except LookupError as error:
        raise JournalCorrupt(world_id, 1, f"is of rules {first.version}, which are not here") from error
    except msgspec.DecodeError as error:
        raise JournalCorrupt(world_id, 1, f"holds an intent these rules do not know ({error})") from error
    if not isinstance(begin, Begin):
        raise JournalCorrupt(world_id, 1, "does not begin a world")
    return World(world_id, ruleset, run, Head(version=first.version, hash=codec.first_previous(run.world)))


def steps_of(lineage: tuple[Segment, ...], batches: Iterable[StoredBatch], after_seq: int = 0) -> Iterator[Step]:
    """Take rows apart into steps, leaving out what lies before `after_seq` or past a branch."""
    segments = {_key(part.run): part for part in lineage}
    for batch in batches:
        segment = segments[batch.world, batch.run]
        stored: dict[int, list[StoredEvent]] = {}
        for event in codec.events_of(batch):
            stored.setdefault(event.seq, []).append(event)
        entries = codec.entries_of(batch)
        _check_chain(batch, entries)
        for entry in entries:
            if entry.seq > max(after_seq, segment.after_seq) and entry.seq <= (segment.upto_seq or entry.seq):
                yield Step(segment.run, entry, stored.get(entry.seq, []))


def _check_chain(batch: StoredBatch, entries: list[Entry]) -> None:
    """Hold a row's entries against their hashes, backwards: each is vouched for by the one behind it.

    The row's own hash covers the last one. Folding forwards would blame the entry after the one that was changed.
    """
    expected = batch.hash
    for entry in reversed(entries):
        if codec.entry_hash(codec.encode(entry)) != expected:
            raise JournalCorrupt(batch.world, entry.seq, "is not what was written")
        expected = entry.previous
    if not entries:
        raise JournalCorrupt(batch.world, batch.first_seq, "is missing")


async def steps(journal: Journal, lineage: tuple[Segment, ...], after_seq: int = 0) -> AsyncIterator[Step]:
    """Read a whole lineage from the journal, page by page, archived rows included."""
    for segment in lineage:
        last = max(after_seq, segment.after_seq)
        while segment.upto_seq is None or last < segment.upto_seq:
            page = await journal.batches(segment, last)
            if not page:
                break
            for step in steps_of((segment,), page, last):
                yield step
            last = page[-1].last_seq


async def records(
    journal: Journal, ruleset: Ruleset, lineage: tuple[Segment, ...], after: int = 0
) -> AsyncIterator[Record]:
    """Read the events after position `after` along a lineage."""
    for segment, upto in _event_spans(lineage):
        last = after
        while upto is None or last < upto:
            page = await journal.event_batches(segment, last)
            if not page:
                break
            for batch in page:
                for stored in codec.events_of(batch):
                    if after < stored.position <= (upto or stored.position):
                        yield record_of(segment.run, ruleset, stored)
            last = max(page[-1].last_position, last)
        after = max(after, upto or after)


def _event_spans(lineage: tuple[Segment, ...]) -> Iterator[tuple[Segment, int | None]]:
    for part, child in zip(lineage, (*lineage[1:], None), strict=True):
        yield part, child.run.parent_position if child is not None else None


def record_of(run: Run, ruleset: Ruleset, stored: StoredEvent) -> Record:
    """Decode one stored event by the rules it was written under."""
    event = codec_of(ruleset.at(stored.version)).event(stored.event)
    return Record(
        run.world, run.run, stored.position, stored.seq, stored.tick, stored.time_ms, event, len(stored.event)
    )


def _key(run: Run) -> tuple[str, int]:
    return run.world, run.run
