"""Golden journals: worlds as they were played by released rules, kept as text, and folded again on every change.

A file is JSON lines: first what the world is and began with, then one line for each entry (and one for each run that
took over from an earlier one). An entry's line holds the digest of the state after it, so the first line that a
change of the rules makes wrong is named. The seed stands in the file: record only what may be known.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Final

import msgspec

from gamefold.engine.codec import codec_of, encode
from gamefold.engine.entropy import commitment_of
from gamefold.engine.history import Rulesets, ruleset_of
from gamefold.engine.journal import Entry, Journal, Run
from gamefold.engine.lifecycle import ENGINE_INTENTS, Begin, Forked, Rewound
from gamefold.engine.recovery import steps
from gamefold.engine.ruleset import Intent, Rejected, Ruleset, Spec, Tick
from gamefold.engine.world import Head, RuleCrash, World
from gamefold.testkit.clock import START_MS
from gamefold.testkit.play import SEED, Rehearsal

FORMAT: Final = 1


class GoldenDiffers(AssertionError):
    """The rules do not give any more what they gave. `seq` is the first entry that differs."""

    def __init__(self, path: Path, seq: int, what: str) -> None:
        super().__init__(f"{path.name}: entry {seq} {what}")
        self.path = path
        self.seq = seq


@dataclass(frozen=True, slots=True)
class Script:
    """How a golden world is played."""

    spec: Spec
    play: Callable[[Rehearsal], None]
    seed: bytes = SEED
    now_ms: int = START_MS
    actor: str = ""


class _Header(msgspec.Struct, tag="world", tag_field="line"):
    format: int
    world: str
    ruleset: str
    version: int
    seed: str
    time_ms: int
    actor: str
    spec: msgspec.Raw
    balance: dict[str, Any]
    digest: str | None
    request: str | None = None


class _Line(msgspec.Struct, tag="entry", tag_field="line", omit_defaults=True):
    seq: int
    tick: int
    time_ms: int
    actor: str
    intent: msgspec.Raw
    digest: str | None = None
    request: str | None = None


class _RunLine(msgspec.Struct, tag="run", tag_field="line"):
    world: str
    run: int
    seed: str


_lines: Final = msgspec.json.Decoder(_Header | _Line | _RunLine)
_json: Final = msgspec.json.Encoder(order="deterministic")


def record(ruleset: Ruleset, script: Script, path: Path) -> Rehearsal:
    """Play a script by the rules as they are now, and write the journal to `path`."""
    rehearsal = Rehearsal(ruleset, script.spec, now_ms=script.now_ms, actor=script.actor, seed=script.seed)
    script.play(rehearsal)
    run = rehearsal.world.run
    _write(path, _written(ruleset, ((run, played.entry) for played in rehearsal.played)))
    return rehearsal


async def record_world(
    journal: Journal, rulesets: Rulesets, world_id: str, path: Path, *, run: int | None = None
) -> int:
    """Write a stored world's journal to `path`, with its seed; give the number of entries. WorldNotFound."""
    found = [(step.run, step.entry) async for step in steps(journal, await journal.lineage(world_id, run))]
    _write(path, _written(ruleset_of(rulesets, world_id), iter(found)))
    return len(found)


def replay(path: Path, rulesets: Mapping[str, Ruleset]) -> World:
    """Play a golden journal again and hold every digest against it. GoldenDiffers; gives the last state."""
    lines = (_lines.decode(line) for line in path.read_bytes().splitlines())
    header = next(lines)
    assert isinstance(header, _Header), f"{path} is no golden journal"
    assert header.format == FORMAT, f"{path} is of format {header.format}"
    ruleset = rulesets[header.ruleset]
    world = _begun(path, header, ruleset)
    for line in lines:
        if isinstance(line, _RunLine):
            world.enter(_run(line.world, line.run, bytes.fromhex(line.seed)))
        else:
            assert isinstance(line, _Line)
            intent = _intents(ruleset.at(world.head.version)).decode(line.intent)
            _play(path, world, line, intent)
    return world


def _begun(path: Path, header: _Header, ruleset: Ruleset) -> World:
    """Begin as the header says, by the rules of that time."""
    run = _run(header.world, 1, bytes.fromhex(header.seed))
    world = World(run.world, ruleset, run, Head(version=header.version, hash=b""))
    spec = msgspec.json.decode(header.spec, type=ruleset.at(header.version).spec)
    begin = Begin(spec=encode(spec), balance=header.balance, commitment=run.commitment)
    first = _Line(1, 0, header.time_ms, header.actor, msgspec.Raw(), header.digest, header.request)
    _play(path, world, first, begin)
    return world


def _play(path: Path, world: World, line: _Line, intent: Intent) -> None:
    try:
        entry = world.play(intent, line.actor, line.time_ms, line.request).entry
    except (Rejected, RuleCrash) as error:
        raise GoldenDiffers(path, line.seq, f"was accepted, and is not any more: {error}") from error
    if (entry.seq, entry.tick, entry.time_ms) != (line.seq, line.tick, line.time_ms):
        raise GoldenDiffers(path, line.seq, "does not stand where it stood")
    if (entry.digest.hex() if entry.digest else None) != line.digest:
        raise GoldenDiffers(path, line.seq, f"({type(intent).__name__}) gives another state")


def _written(ruleset: Ruleset, entries: Iterator[tuple[Run, Entry]]) -> Iterator[_Header | _Line | _RunLine]:
    current: Run | None = None
    for run, entry in entries:
        codec = codec_of(ruleset.at(entry.version))
        intent = codec.intent(entry.intent)
        digest = entry.digest.hex() if entry.digest else None
        if isinstance(intent, Begin):
            current = run
            spec = msgspec.Raw(_json.encode(codec.spec(intent.spec)))
            yield _Header(
                format=FORMAT,
                world=run.world,
                ruleset=ruleset.name,
                version=entry.version,
                seed=run.seed.hex(),
                time_ms=entry.time_ms,
                actor=entry.actor,
                spec=spec,
                balance=intent.balance,
                digest=digest,
                request=entry.request,
            )
            continue
        if current is not run:
            assert isinstance(intent, Rewound | Forked), "a run begins with the entry that says so"
            current = run
            yield _RunLine(run.world, run.run, run.seed.hex())
        raw = msgspec.Raw(_json.encode(intent))
        yield _Line(entry.seq, entry.tick, entry.time_ms, entry.actor, raw, digest, entry.request)


def _write(path: Path, lines: Iterator[_Header | _Line | _RunLine]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Sorted keys: a line that did not change must not look as if it had.
    path.write_bytes(b"".join(_json.encode(line) + b"\n" for line in lines))


def _run(world_id: str, run: int, seed: bytes) -> Run:
    return Run(world=world_id, run=run, seed=seed, commitment=commitment_of(seed))


def _intents(ruleset: Ruleset) -> msgspec.json.Decoder[Any]:
    if id(ruleset) not in _decoders:
        known: Any = reduce(or_, dict.fromkeys((*ruleset.handlers, Tick, *ENGINE_INTENTS)))
        # The ruleset is kept beside its decoder, so that no other one ever gets its id.
        _decoders[id(ruleset)] = (ruleset, msgspec.json.Decoder(known))
    return _decoders[id(ruleset)][1]


_decoders: dict[int, tuple[Ruleset, msgspec.json.Decoder[Any]]] = {}
