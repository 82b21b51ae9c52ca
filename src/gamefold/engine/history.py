"""Time travel: state at any entry, verification of a whole run, rollback and fork.

These work on the journal alone, so the command line can use them while no host runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gamefold.engine import codec
from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy, commitment_of
from gamefold.engine.feed import Record
from gamefold.engine.journal import (
    Batch,
    Branch,
    Entry,
    Journal,
    JournalCorrupt,
    Run,
    Segment,
    Snapshot,
    Status,
    StoredEvent,
    WorldNotFound,
    WorldRow,
)
from gamefold.engine.lifecycle import Forked, Rewound
from gamefold.engine.recovery import Step, open_world, records, steps, steps_of, unborn
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent, Ruleset
from gamefold.engine.world import Played, World

Rulesets = Mapping[str, Ruleset]

NO_SUCH_ENTRY = "NO_SUCH_ENTRY"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying a run found. `first_bad_seq` is the first entry that does not hold, None where all do."""

    world: str
    run: int
    entries: int
    events: int
    snapshots: int
    digest: bytes | None
    first_bad_seq: int | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether every entry, event and snapshot is what the rules give again."""
        return self.first_bad_seq is None


def ruleset_of(rulesets: Rulesets, world_id: str) -> Ruleset:
    """Find the rules of a world by the first word of its id. WorldNotFound."""
    ruleset = rulesets.get(world_id.partition("/")[0])
    if ruleset is None:
        raise WorldNotFound(world_id)
    return ruleset


async def world_at(
    journal: Journal,
    rulesets: Rulesets,
    world_id: str,
    *,
    run: int | None = None,
    seq: int | None = None,
    tick: int | None = None,
) -> World:
    """Fold a world up to entry `seq`, or to the last entry of `tick`, or to its end.

    Rejected NO_SUCH_ENTRY where that run never got there. WorldNotFound, JournalCorrupt.
    """
    ruleset = ruleset_of(rulesets, world_id)
    if tick is not None:
        seq = await last_seq_of(journal, world_id, tick, run)
    world = open_world(world_id, ruleset, await journal.load(world_id, run, seq))
    if seq is not None and world.head.seq != seq:
        raise Rejected(NO_SUCH_ENTRY, f"{world_id} has no entry {seq} in this run; its last one is {world.head.seq}.")
    return world


async def last_seq_of(journal: Journal, world_id: str, tick: int, run: int | None = None) -> int:
    """Find the last entry of a tick. Rejected NO_SUCH_ENTRY where that run never got there. WorldNotFound."""
    last_seq = last_tick = 0
    for segment in reversed(await journal.lineage(world_id, run)):
        found = await _last_until(journal, segment, tick)
        if found is not None:
            last_seq, last_tick = found.seq, found.tick
            break
    if last_tick != tick or last_seq == 0:
        raise Rejected(NO_SUCH_ENTRY, f"{world_id} never reached tick {tick} in this run; its last one is {last_tick}.")
    return last_seq


async def _last_until(journal: Journal, segment: Segment, tick: int) -> Entry | None:
    """Find the last entry of a segment that is not past `tick`; None where it begins later.

    Ticks never fall, so a season's entries need not be read: leaps that double, then leaps that halve.
    """
    last, leap = None, 1
    after, shrinking = segment.after_seq, False
    while True:
        page = await journal.batches(segment, after, 1)
        entries = [step.entry for step in steps_of((segment,), page, after)]
        until = [entry for entry in entries if entry.tick <= tick]
        if until:
            last = until[-1]
            if len(until) < len(entries):
                return last
            leap = leap // 2 if shrinking else leap * 2
        else:
            if last is None or leap == 0:
                return last
            leap, shrinking = leap // 2, True
        after = last.seq + leap


async def verify(journal: Journal, rulesets: Rulesets, world_id: str, run: int | None = None) -> Verdict:
    """Fold a run again from its very first entry and hold everything stored against it. WorldNotFound."""
    ruleset = ruleset_of(rulesets, world_id)
    lineage = await journal.lineage(world_id, run)
    last = lineage[-1].run
    marks = {
        (snapshot.world, snapshot.run, snapshot.seq): snapshot
        for part in lineage
        for snapshot in await journal.snapshots(part.run.world, part.run.run)
    }
    world: World | None = None
    entries = events = 0
    checked: set[tuple[str, int, int]] = set()
    try:
        async for step in steps(journal, lineage):
            if world is None:
                world = unborn(world_id, ruleset, step.run, await journal.batches(lineage[0], 0, 1))
            world.enter(step.run)
            events += len(_verified(world, step))
            entries += 1
            key = (step.run.world, step.run.run, step.entry.seq)
            if (snapshot := marks.get(key)) is not None:
                checked.add(key)
                _verify_snapshot(world, ruleset, step.run, snapshot)
        _verify_end(last, world, marks)
    except JournalCorrupt as error:
        digest = world.digest() if world and world.state is not None else None
        return Verdict(last.world, last.run, entries, events, len(checked), digest, error.seq, str(error))
    assert world is not None
    return Verdict(last.world, last.run, entries, events, len(checked), world.digest())


def _verified(world: World, step: Step) -> list[StoredEvent]:
    stored, _ = world.fold(step.entry)
    if stored != step.stored:
        raise JournalCorrupt(world.id, step.entry.seq, "gives other events than were stored with it")
    return stored


def _verify_snapshot(world: World, ruleset: Ruleset, run: Run, snapshot: Snapshot) -> None:
    again = World.from_snapshot(world.id, ruleset, run, snapshot)
    if again.head != world.head or snapshot.digest != world.digest():
        raise JournalCorrupt(world.id, snapshot.seq, "has a snapshot of another state")


def _verify_end(run: Run, world: World | None, marks: Mapping[tuple[str, int, int], Snapshot]) -> None:
    if world is None:
        raise JournalCorrupt(run.world, 1, "is missing")
    newest = max((seq for name, number, seq in marks if (name, number) == (run.world, run.run)), default=0)
    if newest > world.head.seq:
        # A chain cannot tell that its end was cut off; a snapshot taken later can.
        raise JournalCorrupt(world.id, world.head.seq + 1, f"is missing (there is a snapshot at {newest})")


async def rollback(
    journal: Journal,
    rulesets: Rulesets,
    entropy: Entropy,
    clock: Clock,
    world_id: str,
    *,
    actor: str,
    reason: str,
    seq: int | None = None,
    tick: int | None = None,
) -> Run:
    """Go on from an earlier entry in a new run; the old run stays readable.

    The new run has a seed of its own: what the players saw coming must not come again.
    Rejected NO_SUCH_ENTRY, WorldNotFound.
    """
    if seq is None and tick is not None:
        seq = await last_seq_of(journal, world_id, tick)
    cuts = {world_id: seq}
    return (await rollback_together(journal, rulesets, entropy, clock, cuts, actor=actor, reason=reason))[world_id]


async def rollback_together(
    journal: Journal,
    rulesets: Rulesets,
    entropy: Entropy,
    clock: Clock,
    cuts: Mapping[str, int | None],
    *,
    actor: str,
    reason: str,
) -> dict[str, Run]:
    """Roll several worlds back, each to the entry `cuts` names (None: its last), all of them or none.

    For worlds that hear each other: the entries must fit together. Raises like `rollback`.
    """
    branches = [
        await _rewound(journal, rulesets, entropy, clock, world_id, seq, actor, reason)
        for world_id, seq in sorted(cuts.items())
    ]
    await journal.branch(branches)
    return {branch.run.world: branch.run for branch in branches}


async def _rewound(
    journal: Journal,
    rulesets: Rulesets,
    entropy: Entropy,
    clock: Clock,
    world_id: str,
    seq: int | None,
    actor: str,
    reason: str,
) -> Branch:
    row = await journal.world(world_id)
    world = await world_at(journal, rulesets, world_id, seq=seq)
    parent = world.run
    newest = max(run.run for run in await journal.runs(world_id))
    run = _branch(entropy, world, world_id, newest + 1, clock.now_ms(), actor, reason)
    intent = Rewound(
        from_run=parent.run,
        to_seq=world.head.seq,
        commitment=run.commitment,
        frozen_ms=clock.now_ms() - world.head.time_ms,
        reason=reason,
    )
    replayed = await _records_until(journal, rulesets, world, world.head.position)
    batch = _first_batch(world, run, intent, actor, row.epoch + 1, projected=row.projected)
    return Branch(row, run, batch, replayed if row.projected else ())


async def fork(
    journal: Journal,
    rulesets: Rulesets,
    entropy: Entropy,
    clock: Clock,
    world_id: str,
    new_id: str,
    *,
    actor: str,
    reason: str,
    run: int | None = None,
    seq: int | None = None,
    tick: int | None = None,
    same_chance: bool = False,
) -> Run:
    """Make another world that goes on from an entry of this one. It counts in no table.

    `same_chance` gives it the parent's seed: the same intents then roll the same dice.
    Rejected NO_SUCH_ENTRY or WORLD_EXISTS, WorldNotFound.
    """
    if new_id.partition("/")[0] != world_id.partition("/")[0]:
        raise Rejected("WORLD_ID_INVALID", f"A fork of {world_id} needs an id of the same game.")
    try:
        await journal.world(new_id)
    except WorldNotFound:
        pass
    else:
        raise Rejected("WORLD_EXISTS", f"There is a world {new_id} already.")
    world = await world_at(journal, rulesets, world_id, run=run, seq=seq, tick=tick)
    parent = world.run
    new_run = _branch(entropy, world, new_id, 1, clock.now_ms(), actor, reason, parent.seed if same_chance else None)
    intent = Forked(
        from_world=parent.world,
        from_run=parent.run,
        from_seq=world.head.seq,
        commitment=new_run.commitment,
        frozen_ms=clock.now_ms() - world.head.time_ms,
        reason=reason,
    )
    batch = _first_batch(world, new_run, intent, actor, 1, projected=False)
    now_ms = clock.now_ms()
    row = WorldRow(
        world=new_id,
        ruleset=world.ruleset.name,
        run=1,
        epoch=1,
        node=None,
        status=Status.STOPPED,
        projected=False,
        created_ms=now_ms,
        updated_ms=now_ms,
        reason=reason,
    )
    await journal.branch([Branch(row, new_run, batch)])
    return new_run


def _branch(
    entropy: Entropy,
    parent: World,
    world_id: str,
    run: int,
    now_ms: int,
    actor: str,
    reason: str,
    seed: bytes | None = None,
) -> Run:
    seed = seed or entropy.seed(world_id, run)
    return Run(
        world=world_id,
        run=run,
        seed=seed,
        commitment=commitment_of(seed),
        parent_world=parent.run.world,
        parent_run=parent.run.run,
        parent_seq=parent.head.seq,
        parent_position=parent.head.position,
        created_ms=now_ms,
        actor=actor,
        reason=reason,
    )


def _first_batch(world: World, run: Run, intent: Intent, actor: str, epoch: int, *, projected: bool) -> Batch:
    world.enter(run)
    return batch_of(world, [world.play(intent, actor, world.head.time_ms)], epoch, projected=projected)


def batch_of(world: World, played: list[Played], epoch: int, *, projected: bool = True, over: bool = False) -> Batch:
    """Make the row that holds what a world has just played."""
    last = played[-1].entry
    stored = [event for one in played for event in one.stored]
    last_position = played[-1].position
    return Batch(
        world=world.id,
        ruleset=world.ruleset.name,
        run=world.run.run,
        epoch=epoch,
        first_seq=played[0].entry.seq,
        last_seq=last.seq,
        first_position=last_position - len(stored) + 1,
        last_position=last_position,
        time_ms=last.time_ms,
        hash=codec.entry_hash(played[-1].raw),
        entries=codec.join(one.raw for one in played),
        events=codec.encode(stored),
        records=tuple(record for one in played for record in one.records),
        projected=projected,
        over=over,
    )


async def _records_until(journal: Journal, rulesets: Rulesets, world: World, position: int) -> list[Record]:
    lineage = await journal.lineage(world.run.world, world.run.run)
    found: list[Record] = []
    async for record in records(journal, ruleset_of(rulesets, world.id), lineage):
        if record.position > position:
            break
        found.append(record)
    return found


__all__ = [
    "NO_SUCH_ENTRY",
    "Verdict",
    "batch_of",
    "fork",
    "last_seq_of",
    "rollback",
    "rollback_together",
    "ruleset_of",
    "verify",
    "world_at",
]
