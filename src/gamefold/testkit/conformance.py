"""What every game must keep, whatever it plays. A game says how it is played; each function here holds one promise.

from gamefold.testkit import conformance

GAME = conformance.Game(ruleset=RULESET, address="my_game.rules:RULESET", spec=..., step=...)

@pytest.mark.parametrize("seed", range(5))
def test_refusals_change_nothing(seed):
    conformance.refusals_change_nothing(GAME, seed)
"""

import ast
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData

from gamefold.engine import codec
from gamefold.engine.codec import codec_of
from gamefold.engine.feed import Record
from gamefold.engine.history import verify
from gamefold.engine.journal import Snapshot
from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent, Rejected, Ruleset, Spec
from gamefold.engine.world import World
from gamefold.storage.projector import Projector
from gamefold.testkit import golden
from gamefold.testkit.hosted import Hosted, hosted, rows_of
from gamefold.testkit.play import Rehearsal


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody asks for something."""

    actor: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes."""

    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """How a game is tried: `step(rng, state)` gives what happens next, sensible or not."""

    ruleset: Ruleset
    address: str  # "module:NAME" of the ruleset, for another process
    spec: Callable[[Rng], Spec]
    step: Callable[[Rng, Any], Ask | Wait]
    steps: int = 60
    projector: Projector | None = None
    metadata: MetaData | None = None
    migrated: bool = True  # whether a migration makes the tables of `metadata`
    prepare: Callable[[Connection], None] = lambda _connection: None  # rows the tables need to begin with
    pure: Sequence[str] = ()  # modules and packages that must be pure; empty: those of the ruleset's own functions
    world: str = "conformance"  # the world's id after the ruleset's name, where the tables read something from it

    @property
    def name(self) -> str:
        """The name of its ruleset."""
        return self.ruleset.name


FORBIDDEN: Final = frozenset(
    {
        "asyncio",
        "datetime",
        "http",
        "httpx",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "queue",
        "random",
        "requests",
        "secrets",
        "selectors",
        "signal",
        "socket",
        "sqlalchemy",
        "sqlite3",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "uuid",
    }
)
FORBIDDEN_CALLS: Final = frozenset({"open", "input", "print", "id", "hash", "eval", "exec", "__import__", "vars"})
_REPLAY: Final = """
import importlib, sys
from pathlib import Path
from gamefold.testkit.golden import replay
module, _, name = sys.argv[1].partition(":")
ruleset = getattr(importlib.import_module(module), name)
for path in sys.argv[2:]:
    replay(Path(path), {ruleset.name: ruleset})
"""


# -- promises of the rules --------------------------------------------------------------------------------------


def digests_are_the_same_under_every_hash_seed(game: Game, folder: Path, seeds: Sequence[int] = (0, 1, 2)) -> None:
    """The same journal gives the same digests in processes whose sets and dicts are in another order."""
    paths = [folder / f"{game.name}-{seed}.jsonl" for seed in seeds]
    for seed, path in zip(seeds, paths, strict=True):
        golden.record(game.ruleset, _script(game, seed), path)
    for hash_seed in ("1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", _REPLAY, game.address, *map(str, paths)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, f"PYTHONHASHSEED={hash_seed}: {done.stderr}"


def refusals_change_nothing(game: Game, seed: int) -> int:
    """A refused intent leaves head and state as they were; gives how many were refused."""
    refused = 0
    rehearsal = Rehearsal(game.ruleset, game.spec(_rng(seed, "spec")), seed=_seed(seed))
    for step in _steps(game, seed, rehearsal):
        if isinstance(step, Wait):
            rehearsal.wait(step.ms)
            continue
        rehearsal.wait(0)
        before, kept = rehearsal.world.payload(), _copy(rehearsal.world)
        if _refused(rehearsal, step):
            refused += 1
            assert rehearsal.world.payload() == before, f"refusing {step} changed the world"
            assert _equal(game, rehearsal.state, kept), f"refusing {step} changed the state"
    return refused


def writing_down_is_exact(game: Game, seed: int) -> None:
    """Intents, events and states are the same after being written down and read back."""
    rehearsal = _played(game, seed)
    own = codec_of(game.ruleset)
    for played in rehearsal.played:
        intent = own.intent(played.entry.intent)
        assert codec.encode(intent) == played.entry.intent, f"{intent} reads back as something else"
        for record, stored in zip(played.records, played.stored, strict=True):
            assert type(record.event) in game.ruleset.events, f"{type(record.event).__name__} is not in the ruleset"
            assert own.event(stored.event) == record.event, f"{record.event} reads back as {own.event(stored.event)}"
    state = rehearsal.state
    again = own.decode_state(own.encode_state(state))
    assert _equal(game, again, state), "the state reads back as something else"
    assert own.encode_state(again) == own.encode_state(state)


def snapshots_change_nothing(game: Game, seed: int, every: int = 7) -> None:
    """A world opened from a snapshot at any entry goes on as the one that was never closed."""
    rehearsal = Rehearsal(game.ruleset, game.spec(_rng(seed, "spec")), seed=_seed(seed))
    snapshots: dict[int, Snapshot] = {}
    for step in _steps(game, seed, rehearsal):
        _take(rehearsal, step)
        world = rehearsal.world
        if world.head.seq // every not in {seq // every for seq in snapshots}:
            snapshots[world.head.seq] = _snapshot(world)
    for snapshot in snapshots.values():
        again = World.from_snapshot(rehearsal.world.id, game.ruleset, rehearsal.world.run, snapshot)
        for played in rehearsal.played:
            if played.entry.seq > snapshot.seq:
                stored, _ = again.fold(played.entry)
                assert stored == played.stored, f"entry {played.entry.seq} gives other events after a snapshot"
        assert again.payload() == rehearsal.world.payload()


def rules_are_pure(game: Game) -> None:
    """What decides imports no clock, no chance, no outside world, and asks for no address or hash of an object."""
    found = [impurity for path in _sources(game) for impurity in impurities(path)]
    assert not found, "\n".join(found)


def impurities(path: Path) -> Iterator[str]:
    """Name what is impure in a source file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield f"{path}:{node.lineno} calls {node.func.id}()"
        for name in names:
            if name.partition(".")[0] in FORBIDDEN:
                yield f"{path}:{getattr(node, 'lineno', 0)} imports {name}"


# -- promises of the tables, and of the whole house -------------------------------------------------------------


async def journal_holds(game: Game, seed: int) -> None:
    """A world that a real host played, with a crash in the middle, can be verified."""
    async with _house(game) as house:
        world = await _begin(game, seed, house)
        await _play_hosted(game, house, world, _rng(seed, "first"), game.steps // 2)
        await house.crash()
        await house.reopen()
        await _play_hosted(game, house, world, _rng(seed, "second"), game.steps // 2)
        verdict = await verify(house.journal, house.rulesets, world)
        assert verdict.holds, verdict.reason


async def tables_follow_from_events(game: Game, seed: int) -> None:
    """Tables made again from the stored events are the ones that grew."""
    async with _house(game) as house:
        world = await _begin(game, seed, house)
        await _play_hosted(game, house, world, _rng(seed, "first"), game.steps)
        await _hold_tables(game, house, world)


async def going_back_keeps_tables(game: Game, seed: int) -> None:
    """A world that goes back to any entry and on from there has the tables of what it is now."""
    async with _house(game) as house:
        world = await _begin(game, seed, house)
        rng = _rng(seed, "rollback")
        for number in range(3):
            await _play_hosted(game, house, world, _rng(seed, f"play {number}"), game.steps // 3)
            last = (await verify(house.journal, house.rulesets, world)).entries
            await house.host.rollback(world, actor="operator", reason="conformance", seq=rng.between(1, last))
            await house.settle()
            await _hold_tables(game, house, world)
        await _play_hosted(game, house, world, _rng(seed, "last"), game.steps // 3)
        await _hold_tables(game, house, world)
        verdict = await verify(house.journal, house.rulesets, world)
        assert verdict.holds, verdict.reason


# -- how it is done ---------------------------------------------------------------------------------------------


class _Undo(Exception):
    """Ends a transaction that was only for looking."""


def _house(game: Game) -> Any:
    return hosted(
        game.ruleset,
        projectors={game.name: game.projector} if game.projector else {},
        metadata=[game.metadata] if game.metadata is not None and not game.migrated else [],
    )


async def _begin(game: Game, seed: int, house: Hosted) -> str:
    world = f"{game.name}/{game.world}"
    await house.database.write(game.prepare)
    await house.host.ensure(world, game.spec(_rng(seed, "spec")))
    return world


async def _play_hosted(game: Game, house: Hosted, world: str, rng: Rng, steps: int) -> None:
    for _ in range(steps):
        step = await house.host.query(world, lambda state: game.step(rng, state))
        if isinstance(step, Wait):
            await house.clock.elapse(step.ms)
        else:
            with suppress(Rejected):
                await house.host.submit(world, step.actor, step.intent)
    await house.settle()


async def _hold_tables(game: Game, house: Hosted, world: str) -> None:
    if game.projector is None or game.metadata is None:
        return
    projector, metadata = game.projector, game.metadata
    told = [record async for record in house.host.history(world)]
    await house.database.write(lambda connection: _compare_tables(connection, projector, metadata, world, told))


def _compare_tables(
    connection: Connection, projector: Projector, metadata: MetaData, world: str, told: list[Record]
) -> None:
    with suppress(_Undo), connection.begin_nested():
        grown = rows_of(connection, metadata)
        projector.forget(connection, world)
        for record in told:
            projector.project(connection, record)
        made = rows_of(connection, metadata)
        for table, rows in grown.items():
            assert made[table] == rows, f"{table} grew to {rows} and is made again as {made[table]}"
        raise _Undo


def _script(game: Game, seed: int) -> golden.Script:
    def play(rehearsal: Rehearsal) -> None:
        for step in _steps(game, seed, rehearsal):
            _take(rehearsal, step)

    return golden.Script(game.spec(_rng(seed, "spec")), play, seed=_seed(seed))


def _played(game: Game, seed: int) -> Rehearsal:
    script = _script(game, seed)
    rehearsal = Rehearsal(game.ruleset, script.spec, seed=script.seed)
    script.play(rehearsal)
    return rehearsal


def _steps(game: Game, seed: int, rehearsal: Rehearsal) -> Iterator[Ask | Wait]:
    rng = _rng(seed, "steps")
    for _ in range(game.steps):
        yield game.step(rng, rehearsal.state)


def _take(rehearsal: Rehearsal, step: Ask | Wait) -> None:
    if isinstance(step, Wait):
        rehearsal.wait(step.ms)
    else:
        _refused(rehearsal, step)


def _refused(rehearsal: Rehearsal, step: Ask) -> bool:
    try:
        rehearsal.submit(step.actor, step.intent)
    except Rejected:
        return True
    return False


def _equal(game: Game, one: Any, other: Any) -> bool:
    """Compare states. Those with a codec of their own hold what `==` cannot tell, and are compared as written."""
    own = codec_of(game.ruleset)
    return one == other if game.ruleset.encode is None else bool(own.encode_state(one) == own.encode_state(other))


def _snapshot(world: World) -> Snapshot:
    head = world.head
    return Snapshot(world.id, world.run.run, head.seq, head.version, world.digest(), codec.compress(world.payload()))


def _copy(world: World) -> Any:
    own = codec_of(world.ruleset)
    return own.decode_state(own.encode_state(world.state))


def _sources(game: Game) -> Iterator[Path]:
    modules = game.pure or sorted(
        {function.__module__ for function in (game.ruleset.new_world, *game.ruleset.handlers.values())}
    )
    for module in modules:
        spec = importlib.util.find_spec(module)
        assert spec is not None, f"there is no module {module}"
        assert spec.origin is not None, f"{module} has no source"
        path = Path(spec.origin)
        yield from sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


def _rng(seed: int, purpose: str) -> Rng:
    return Rng(_seed(seed), "conformance", purpose)


def _seed(seed: int) -> bytes:
    return seed.to_bytes(32, "big")
