"""Matches to test with: boards set up in a line, entries played without a server, and chance that is told."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from gamefold.engine.refusal import Rejected
from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import CLOCK, Context, Event, Intent
from gamefold.games.spellcasters.balance import NUMBERS, SHEET
from gamefold.games.spellcasters.intents import BOTS, Action, MatchSpec, SeatSpec, SpellCast, SubmitAction, TurnDue
from gamefold.games.spellcasters.rules import RULESET, Chance, begin_match, open_turn, resolve_turn
from gamefold.games.spellcasters.rules.turn import TurnReport
from gamefold.games.spellcasters.state import Artifact, Match, Minion, Position, SeatNumber, Wizard

STAY = Action((0, 0))
SEED = bytes(range(32))

ONE = SeatSpec("p-1", "FireMage", "http")
TWO = SeatSpec("p-2", "IceMage", "http")


def a_spec(
    one: SeatSpec = ONE,
    two: SeatSpec = TWO,
    *,
    tick_delay_ms: int = 0,
    turn_timeout_ms: int = 5_000,
    turns_max: int = 100,
) -> MatchSpec:
    return MatchSpec(one, two, tick_delay_ms, turn_timeout_ms, turns_max)


def a_wizard(name: str, position: Position, **changes: Any) -> Wizard:
    cooldowns = dict.fromkeys(NUMBERS.spell_cost, 0) | changes.pop("cooldowns", {})
    return Wizard(name=name, position=position, cooldowns=cooldowns, **{"hp": 100, "mana": 100} | changes)


def a_match(
    one: tuple[Position, dict[str, Any]] | Position = (0, 0),
    two: tuple[Position, dict[str, Any]] | Position = (9, 9),
    *,
    minions: Sequence[tuple[SeatNumber, Position, int]] = (),
    artifacts: Sequence[Artifact] = (),
    turn: int = 0,
) -> Match:
    """Put wizards A and B on the board, each as a position or as (position, what is unlike at the start)."""
    match = begin_match(a_spec(SeatSpec("a", "A", "bot"), SeatSpec("b", "B", "bot")), NUMBERS)
    (place_one, changes_one), (place_two, changes_two) = (
        side if isinstance(side[1], dict) else (side, {}) for side in (one, two)
    )
    match.wizards = (a_wizard("A", place_one, **changes_one), a_wizard("B", place_two, **changes_two))
    for seat, position, hp in minions:
        owner = match.wizard(seat)
        owner.minions_summoned += 1
        match.minions.append(Minion(f"{owner.name}-{owner.minions_summoned}", seat, hp, position, ready=True))
    match.artifacts = list(artifacts)
    match.turn = turn
    return match


def casting(name: str, target: Position | None = None, move: Position | None = (0, 0)) -> Action:
    return Action(move, SpellCast(name, target))


class Told:
    """Chance that is told beforehand, one answer for each collision, and refuses to be asked for more."""

    def __init__(
        self,
        *collisions: tuple[tuple[int, int], tuple[Position, Position] | None],
        artifacts: dict[int, tuple[str, Position]] | None = None,
    ) -> None:
        self.collisions = collisions
        self.artifacts = artifacts or {}
        self.offered: list[list[Position]] = []

    def artifact(self, turn: int, room: Sequence[Position]) -> Any:
        return self.artifacts.get(turn)

    def rolls(self, turn: int, number: int, most: int) -> tuple[int, int]:
        return self.collisions[number][0]

    def scatter(self, turn: int, number: int, free: Sequence[Position]) -> tuple[Position, Position] | None:
        self.offered.append(list(free))
        return self.collisions[number][1]


def after(
    match: Match, one: Action | None = STAY, two: Action | None = STAY, chance: Chance | None = None
) -> TurnReport:
    """Open and resolve one turn."""
    luck = chance or Told()
    open_turn(match, luck, NUMBERS)
    return resolve_turn(match, (one, two), luck, NUMBERS)


class Game:
    """A match as entries: the ruleset's own handlers, with a clock and a seed handed in."""

    def __init__(self, spec: MatchSpec | None = None, now_ms: int = 0, seed: bytes = SEED) -> None:
        self.seed, self.seq, self.now_ms = seed, 1, now_ms
        self.balance = SHEET.values()
        self.match, opening = RULESET.new_world(spec or a_spec(), self._context("operator"))
        self.opening: list[Event] = list(opening)

    def play(self, intent: Intent, actor: str = CLOCK, at_ms: int | None = None) -> list[Event]:
        self.now_ms = self.now_ms if at_ms is None else at_ms
        self.seq += 1
        try:
            return list(self._handler(intent)(self.match, intent, self._context(actor)))
        except Rejected:
            self.seq -= 1
            raise

    def act(
        self,
        seat: SeatNumber,
        action: Action | None = STAY,
        turn: int | None = None,
        at_ms: int | None = None,
        notes: tuple[str, ...] = (),
    ) -> list[Event]:
        sitting = self.match.seats[seat - 1]
        actor = BOTS if sitting.source == "bot" else sitting.player_id
        intent = SubmitAction(seat, self.match.turn + 1 if turn is None else turn, action, notes)
        return self.play(intent, actor, at_ms)

    def time_out(self) -> list[Event]:
        return self.play(TurnDue(self.match.turn + 1), at_ms=self.match.deadline_ms)

    def refused(self, do: Callable[[], Iterable[Event]]) -> str:
        """Give the code of a refusal, having held that it changed nothing."""
        before = self.digest()
        try:
            list(do())
        except Rejected as refusal:
            assert self.digest() == before
            return refusal.code
        raise AssertionError("was not refused")

    def digest(self) -> bytes:
        return encoded(self.match)

    def _context(self, actor: str) -> Context:
        return Context("match-1", self.seq, 0, self.now_ms, actor, self.balance, self.seed, ("seq", self.seq))

    def _handler(self, intent: Intent) -> Any:
        return RULESET.handlers[type(intent)]


def encoded(match: Match) -> bytes:
    return msgspec.msgpack.Encoder(order="deterministic").encode(match)


def keyed(seed: bytes = SEED) -> Callable[..., Rng]:
    return lambda *name: Rng(seed, *name)
