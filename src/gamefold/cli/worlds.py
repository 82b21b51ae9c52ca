"""`worlds`, `replay`, `verify`, `rollback`, `fork`, `record`: single worlds in the journal, without a server."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gamefold.app import RULESETS, together
from gamefold.cli.options import (
    Config,
    Data,
    Json,
    RunNumber,
    Seq,
    TickNumber,
    WorldId,
    full_id,
    journal_of,
    lock_of,
    settings_of,
)
from gamefold.cli.told import CommandFailed
from gamefold.cli.watching import watch
from gamefold.engine import history
from gamefold.engine.clock import RealClock
from gamefold.engine.codec import codec_of
from gamefold.engine.entropy import Entropy
from gamefold.engine.journal import Run, Status
from gamefold.engine.recovery import steps
from gamefold.engine.world import World
from gamefold.storage.journal import SqlJournal
from gamefold.testkit.golden import record_world

Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the journal.")]


def add_to(application: typer.Typer) -> None:
    """Add the commands."""
    for command in (watch, worlds, replay, verify, rollback, release, fork, record):
        application.command()(command)


def worlds(
    prefix: Annotated[str, typer.Argument(help="Only ids that begin so.")] = "",
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List worlds."""

    async def work() -> list[Any]:
        async with journal_of(settings_of(data, config)) as journal:
            found, after = [], ""
            while page := await journal.worlds(prefix=prefix, after=after):
                found += page
                after = page[-1].world
            return found

    rows = asyncio.run(work())
    if as_json:
        for row in rows:
            typer.echo(msgspec.json.encode(row).decode())
        return
    table = Table("world", "status", "run", "reason")
    for row in rows:
        table.add_row(row.world, row.status, str(row.run), row.reason)
    Console().print(table if rows else "There are no worlds yet.")


def replay(
    world: WorldId,
    data: Data = None,
    config: Config = None,
    run: RunNumber = None,
    seq: Seq = None,
    tick: TickNumber = None,
    entries: Annotated[bool, typer.Option("--entries", help="Print the entries instead of the state.")] = False,
) -> None:
    """Fold a world up to any entry or tick and print its state, or its entries, as JSON."""

    async def work() -> None:
        async with journal_of(settings_of(data, config)) as journal:
            if entries:
                await _print_entries(journal, full_id(world), run, seq)
                return
            at = await history.world_at(journal, RULESETS, full_id(world), run=run, seq=seq, tick=tick)
            shown = {
                "world": at.id,
                "run": at.run.run,
                "seq": at.head.seq,
                "tick": at.head.tick,
                "time_ms": at.head.time_ms,
                "digest": at.digest().hex(),
                "state": msgspec.to_builtins(at.state),
            }
            typer.echo(json.dumps(shown, indent=2))

    asyncio.run(work())


async def _print_entries(journal: SqlJournal, world_id: str, run: int | None, upto: int | None) -> None:
    ruleset = history.ruleset_of(RULESETS, world_id)
    async for step in steps(journal, await journal.lineage(world_id, run)):
        if upto is not None and step.entry.seq > upto:
            break
        codec = codec_of(ruleset.at(step.entry.version))
        shown = {
            "seq": step.entry.seq,
            "tick": step.entry.tick,
            "time_ms": step.entry.time_ms,
            "actor": step.entry.actor,
            "version": step.entry.version,
            "intent": msgspec.to_builtins(codec.intent(step.entry.intent)),
            "digest": step.entry.digest.hex() if step.entry.digest else None,
            "events": [msgspec.to_builtins(codec.event(event.event)) for event in step.stored],
        }
        typer.echo(msgspec.json.encode(shown).decode())


def verify(
    world: Annotated[str | None, typer.Argument(help="A world's id, or a match's; all worlds by default.")] = None,
    data: Data = None,
    config: Config = None,
    run: RunNumber = None,
    as_json: Json = False,
) -> None:
    """Fold worlds again from their first entry and hold everything stored against it. Exit code 1 if one differs."""

    async def work() -> list[history.Verdict]:
        async with journal_of(settings_of(data, config)) as journal:
            if world is not None:
                return await _verify_runs(journal, full_id(world), run)
            verdicts, after = [], ""
            while page := await journal.worlds(after=after):
                for row in page:
                    verdicts += await _verify_runs(journal, row.world)
                after = page[-1].world
            return verdicts

    verdicts = asyncio.run(work())
    for verdict in verdicts:
        if as_json:
            typer.echo(msgspec.json.encode({"holds": verdict.holds, **_verdict(verdict)}).decode())
        elif verdict.holds:
            typer.echo(
                f"ok   {_named(verdict)}: {verdict.entries} entries, {verdict.events} events,"
                f" {verdict.snapshots} snapshots, digest {(verdict.digest or b'').hex()}"
            )
        else:
            typer.echo(f"BAD  {_named(verdict)}: first bad entry {verdict.first_bad_seq}: {verdict.reason}")
    bad = sum(not verdict.holds for verdict in verdicts)
    if not as_json and len(verdicts) != 1:
        typer.echo(f"{len(verdicts) - bad} of {len(verdicts)} worlds hold.")
    if bad:
        raise typer.Exit(1)


async def _verify_runs(journal: SqlJournal, world_id: str, run: int | None = None) -> list[history.Verdict]:
    """Verify one run of a world, or all of them: what was rolled back stays readable, so it must hold too."""
    runs = [run] if run is not None else [found.run for found in await journal.runs(world_id)]
    return [await history.verify(journal, RULESETS, world_id, number) for number in runs]


def _named(verdict: history.Verdict) -> str:
    return verdict.world if verdict.run == 1 else f"{verdict.world} run {verdict.run}"


def _verdict(verdict: history.Verdict) -> dict[str, Any]:
    return {
        "world": verdict.world,
        "run": verdict.run,
        "entries": verdict.entries,
        "events": verdict.events,
        "snapshots": verdict.snapshots,
        "digest": verdict.digest.hex() if verdict.digest else None,
        "first_bad_seq": verdict.first_bad_seq,
        "reason": verdict.reason,
    }


def rollback(
    world: WorldId,
    reason: Reason,
    data: Data = None,
    config: Config = None,
    to_seq: Annotated[int | None, typer.Option("--to-seq", help="The last entry to keep.", min=1)] = None,
    to_tick: Annotated[int | None, typer.Option("--to-tick", help="The last tick to keep.", min=0)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be undone, and change nothing.")] = False,
) -> None:
    """Let a world go on from an earlier entry, in a new run. The old run stays readable. No server may run.

    Worlds that hear each other, such as those of one season, go back together, to the end of one tick.
    """
    _one_of("--to-seq", to_seq, "--to-tick", to_tick)
    settings = settings_of(data, config)
    world_id = full_id(world)
    worlds = together(world_id)
    if to_tick is None and len(worlds) > 1:
        raise CommandFailed(f"{world_id} goes back together with other worlds: name a tick, with --to-tick")

    async def work() -> str:
        async with journal_of(settings) as journal:
            then = [await history.world_at(journal, RULESETS, one, seq=to_seq, tick=to_tick) for one in worlds]
            undone = [f"{await _entries_after(journal, one)} {_where(one)}" for one in then]
            if dry_run:
                return "\n".join(f"Would undo {what}." for what in undone)
            cuts = {one.id: one.head.seq for one in then}
            clock, entropy = RealClock(), Entropy(settings.seed)
            made = await history.rollback_together(
                journal, RULESETS, entropy, clock, cuts, actor="operator", reason=reason
            )
            return "\n".join(
                f"Undid {what}; it goes on in run {made[one.id].run} when a server starts."
                for one, what in zip(then, undone, strict=True)
            )

    if dry_run:
        typer.echo(asyncio.run(work()))
        return
    with lock_of(settings):
        typer.echo(asyncio.run(work()))


def _where(world: World) -> str:
    return f"after entry {world.head.seq} (tick {world.head.tick}) of {world.id}"


async def _entries_after(journal: SqlJournal, then: World) -> str:
    """Count what comes after a world as it was. Nothing is folded: a damaged end is what one may want to undo."""
    last_seq = then.head.seq
    [segment] = (await journal.lineage(then.id))[-1:]
    while page := await journal.batches(segment, last_seq):
        last_seq = page[-1].last_seq
    return f"{last_seq - then.head.seq} entries"


def release(world: WorldId, reason: Reason, data: Data = None, config: Config = None) -> None:
    """Let a world out of quarantine: the next server folds and opens it again. No server may run."""
    settings = settings_of(data, config)
    world_id = full_id(world)

    async def work() -> None:
        async with journal_of(settings) as journal:
            if (await journal.world(world_id)).status is not Status.QUARANTINED:
                raise CommandFailed(f"{world_id} is not in quarantine")
            await journal.set_status(world_id, Status.RUNNING, reason)

    with lock_of(settings):
        asyncio.run(work())
    typer.echo(f"Released {world_id}.")


def fork(
    world: WorldId,
    new_world: Annotated[str, typer.Argument(help="The id of the new world.")],
    data: Data = None,
    config: Config = None,
    run: RunNumber = None,
    seq: Seq = None,
    tick: TickNumber = None,
    reason: Reason = "what if",
    same_chance: Annotated[bool, typer.Option("--same-chance", help="Keep the seed: equal dice.")] = False,
) -> None:
    """Make a world that goes on from an entry of another one. It counts in no table."""
    settings = settings_of(data, config)

    async def work() -> Run:
        async with journal_of(settings) as journal:
            return await history.fork(
                journal,
                RULESETS,
                Entropy(settings.seed),
                RealClock(),
                full_id(world),
                full_id(new_world),
                actor="operator",
                reason=reason,
                run=run,
                seq=seq,
                tick=tick,
                same_chance=same_chance,
            )

    made = asyncio.run(work())
    typer.echo(f"Made {made.world} from entry {made.parent_seq} of {made.parent_world}, run {made.parent_run}.")


def record(
    world: WorldId,
    path: Annotated[Path, typer.Argument(help="The golden journal to write.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Write a world down as a golden journal: a test replays it on every change of the rules."""

    async def work() -> int:
        async with journal_of(settings_of(data, config)) as journal:
            return await record_world(journal, RULESETS, full_id(world), path)

    entries = asyncio.run(work())
    typer.echo(f"Recorded {entries} entries in {path}.")


def _one_of(first: str, one: object, second: str, two: object) -> None:
    if (one is None) == (two is None):
        raise CommandFailed(f"give {first} or {second}")
