"""Matches of the two built-in bots, played without a server: what several measurements need."""

from typing import Any

from gamefold.engine.codec import encode
from gamefold.engine.entropy import commitment_of
from gamefold.engine.history import batch_of
from gamefold.engine.journal import Run, Status, WorldRow
from gamefold.engine.lifecycle import Begin
from gamefold.engine.rng import Rng
from gamefold.engine.world import Played, World
from gamefold.games.spellcasters.balance import SHEET, numbers_of
from gamefold.games.spellcasters.intents import BOTS, MatchSpec, SeatSpec, SubmitAction, read_action
from gamefold.games.spellcasters.reactors.bots import BUILTIN_BOTS
from gamefold.games.spellcasters.rules import RULESET, KeyedChance, begin_match, open_turn, resolve_turn, view_for
from gamefold.games.spellcasters.state import SEATS
from gamefold.storage.journal import SqlJournal

NUMBERS = numbers_of(SHEET.values())
BOTS_BY_SEAT = ("sample_bot_1", "tactical_bot")
START_MS = 1_800_000_000_000


def spec_of(*, turns_max: int = 100, source: Any = "bot") -> MatchSpec:
    """Give the match of the two built-in bots; with `source` "http" somebody else plays under their names."""
    seats = [
        SeatSpec(player_id=player, name=bot, source=source, bot=bot if source == "bot" else None)
        for player, bot in zip(("builtin_sample_1", "builtin_tactical"), BOTS_BY_SEAT, strict=True)
    ]
    return MatchSpec(p1=seats[0], p2=seats[1], tick_delay_ms=0, turn_timeout_ms=5_000, turns_max=turns_max)


def seed_of(number: int) -> bytes:
    """Give the seed of the n-th match."""
    return number.to_bytes(32, "big")


def play_by_rules(number: int) -> int:
    """Play one match by the rules alone; give its turns."""
    seed = seed_of(number)

    def stream(purpose: str, *entity: Any) -> Rng:
        return Rng(seed, "world", purpose, *entity)

    match, chance = begin_match(spec_of(), NUMBERS), KeyedChance(stream)
    bots = [BUILTIN_BOTS[name]() for name in BOTS_BY_SEAT]
    while match.status == "running":
        open_turn(match, chance, NUMBERS)
        one, two = (read_action(bot.decide(view_for(match, seat)))[0] for seat, bot in zip(SEATS, bots, strict=True))
        resolve_turn(match, (one, two), chance, NUMBERS)
    return match.turn


def begin_world(number: int, world_id: str, spec: MatchSpec) -> tuple[World, Played]:
    """Begin a match as a world."""
    run = Run(world=world_id, run=1, seed=seed_of(number), commitment=commitment_of(seed_of(number)))
    world = World(world_id, RULESET, run)
    begin = Begin(spec=encode(spec), balance=SHEET.values(), commitment=run.commitment)
    return world, world.play(begin, "", START_MS)


def play_as_world(number: int) -> int:
    """Play one match through the engine's World (entries, hashes, digests, events), without a store."""
    world, _ = begin_world(number, f"spellcasters/{number}", spec_of())
    bots = [BUILTIN_BOTS[name]() for name in BOTS_BY_SEAT]
    while not world.over:
        _play_turn(world, bots)
    return int(world.state.turn)


def _play_turn(world: World, bots: list[Any]) -> list[Played]:
    match, played = world.state, []
    turn = match.turn + 1
    for seat, bot in zip(SEATS, bots, strict=True):
        action, notes = read_action(bot.decide(view_for(match, seat)))
        played.append(world.play(SubmitAction(seat=seat, turn=turn, action=action, notes=notes), BOTS, START_MS))
    return played


async def store_match(
    journal: SqlJournal, number: int, world_id: str, *, entries: int | None = None, snapshot_at: int | None = None
) -> World:
    """Play a match and keep it in the journal, a turn per row as a live match does.

    With `entries` nobody fights (both walk in squares), so that the match can be as long as wanted.
    """
    spec = spec_of(turns_max=1_000_000, source="http") if entries else spec_of()
    world, begun = begin_world(number, world_id, spec)
    row = WorldRow(
        world=world_id, ruleset=RULESET.name, run=1, epoch=1, node=None, status=Status.RUNNING, projected=False,
        created_ms=START_MS, updated_ms=START_MS,
    )  # fmt: skip
    await journal.create(row, world.run, batch_of(world, [begun], 1, projected=False))
    bots = [BUILTIN_BOTS[name]() for name in BOTS_BY_SEAT]
    now_ms = START_MS
    while not world.over and (entries is None or world.head.seq < entries):
        now_ms += 1_000
        played = _play_turn(world, bots) if entries is None else _walk(world, now_ms)
        await journal.commit([batch_of(world, played, 1, projected=False, over=world.over)])
        if snapshot_at is not None and world.head.seq >= snapshot_at:
            await keep_snapshot(journal, world)
            snapshot_at = None
    return world


async def keep_snapshot(journal: SqlJournal, world: World) -> None:
    """Keep the world as it is now."""
    from gamefold.engine.codec import compress
    from gamefold.engine.journal import Snapshot

    head = world.head
    payload = compress(world.payload())
    await journal.save_snapshot(Snapshot(world.id, 1, head.seq, head.version, world.digest(), payload), 3)


SQUARE = ([1, 0], [0, 1], [-1, 0], [0, -1])


def _walk(world: World, now_ms: int) -> list[Played]:
    turn = world.state.turn + 1
    action = read_action({"move": SQUARE[turn % 4], "spell": None})[0]
    return [
        world.play(SubmitAction(seat=seat, turn=turn, action=action), world.state.seats[seat - 1].player_id, now_ms)
        for seat in SEATS
    ]
