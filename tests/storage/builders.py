"""Worlds, runs and batches with everything a test does not care about filled in."""

from hashlib import blake2b

from gamefold.engine.feed import Record
from gamefold.engine.journal import Batch, Run, Snapshot, Status, StoredBatch, WorldRow

from .notes import Noted

WORLD = "notes/1"


def a_row(world: str = WORLD, **changes) -> WorldRow:
    values = {
        "world": world,
        "ruleset": "notes",
        "run": 1,
        "epoch": 1,
        "node": None,
        "status": Status.RUNNING,
        "projected": True,
        "created_ms": 1_000,
        "updated_ms": 1_000,
    }
    return WorldRow(**(values | changes))


def a_run(world: str = WORLD, run: int = 1, **changes) -> Run:
    seed = blake2b(f"{world}{run}".encode(), digest_size=32).digest()
    return Run(world=world, run=run, seed=seed, commitment=seed[::-1], created_ms=1_000, **changes)


def a_batch(world: str = WORLD, first: int = 1, last: int | None = None, notes=None, **changes) -> Batch:
    """A batch of entries first..last; unless told otherwise each entry has one event, so position equals seq."""
    last = first if last is None else last
    run = changes.pop("run", 1)
    words = [f"{world}:{run}:{seq}" for seq in range(first, last + 1)] if notes is None else notes
    first_position = changes.pop("first_position", first)
    records = tuple(
        Record(world, run, first_position + index, first + index, 0, 1_000 + first, Noted(word), len(word))
        for index, word in enumerate(words)
    )
    values = {
        "world": world,
        "ruleset": "notes",
        "run": run,
        "epoch": 1,
        "first_seq": first,
        "last_seq": last,
        "first_position": first_position,
        "last_position": first_position + len(words) - 1,
        "time_ms": 1_000 + last,
        "hash": blake2b(f"{world}{run}{last}".encode(), digest_size=16).digest(),
        "entries": f"entries {world} {run} {first}-{last}".encode() * 8,
        "events": f"events {world} {run} {words}".encode(),
        "records": records,
    }
    return Batch(**(values | changes))


def a_snapshot(seq: int, world: str = WORLD, run: int = 1) -> Snapshot:
    return Snapshot(world, run, seq, 1, b"digest", f"state at {seq}".encode())


def stored(batch: Batch) -> StoredBatch:
    """The row a batch must come back as."""
    return StoredBatch(
        batch.world,
        batch.run,
        batch.first_seq,
        batch.last_seq,
        batch.first_position,
        batch.last_position,
        batch.hash,
        batch.entries,
        batch.events,
    )
