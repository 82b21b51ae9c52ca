"""Play rules without a server: on a bare state, or in a rehearsed world with its clock."""

from typing import Any, Final

from gamefold.engine.codec import encode
from gamefold.engine.entropy import commitment_of
from gamefold.engine.journal import Run
from gamefold.engine.lifecycle import Begin
from gamefold.engine.ruleset import CLOCK, Event, Intent, Rejected, Ruleset, Spec
from gamefold.engine.world import Head, Played, World
from gamefold.testkit.clock import START_MS

SEED: Final = bytes(range(32))

_TURNS_MAX: Final = 1_000_000  # of the clock in one wait


def run_of(world_id: str, seed: bytes = SEED, run: int = 1) -> Run:
    """Give a run for a world that is in no journal."""
    return Run(world=world_id, run=run, seed=seed, commitment=commitment_of(seed))


def a_world(ruleset: Ruleset, spec: Spec, *, now_ms: int = START_MS, actor: str = "", seed: bytes = SEED) -> World:
    """Make a world as the host does: its first entry is `Begin`."""
    return Rehearsal(ruleset, spec, now_ms=now_ms, actor=actor, seed=seed).world


def play(
    ruleset: Ruleset, state: Any, *intents: Intent, actor: str = "player", now_ms: int = START_MS, seed: bytes = SEED
) -> list[Event]:
    """Play intents on a state, which changes; give what happened. Raises Rejected or RuleCrash."""
    world = _around(ruleset, state, seed)
    return [record.event for intent in intents for record in world.play(intent, actor, now_ms).records]


def play_refused(
    ruleset: Ruleset, state: Any, intent: Intent, *, actor: str = "player", now_ms: int = START_MS, seed: bytes = SEED
) -> Rejected:
    """Play an intent that must be refused, hold that the state did not change, and give the refusal."""
    return _refused(_around(ruleset, state, seed), intent, actor, now_ms)


class Rehearsal:
    """A world that is played without host and store, exactly as a host would play it.

    Time comes first: whatever the clock owes is played before an intent.
    """

    def __init__(
        self,
        ruleset: Ruleset,
        spec: Spec,
        *,
        world_id: str | None = None,
        now_ms: int = START_MS,
        actor: str = "",
        seed: bytes = SEED,
    ) -> None:
        run = run_of(world_id or f"{ruleset.name}/rehearsal", seed)
        self.now_ms = now_ms
        self.world = World(run.world, ruleset, run)
        self.played: list[Played] = []
        begin = Begin(spec=encode(spec), balance=ruleset.balance.values(), commitment=run.commitment)
        self._play(begin, actor, now_ms)

    @property
    def state(self) -> Any:
        """The state, as the rules see it."""
        return self.world.state

    @property
    def events(self) -> list[Event]:
        """Everything that has happened."""
        return [record.event for played in self.played for record in played.records]

    def submit(self, actor: str, intent: Intent, *, request: str | None = None) -> tuple[Event, ...]:
        """Ask for an intent and give its events. Raises Rejected or RuleCrash."""
        self._catch_up()
        return self._play(intent, actor, self.world.clock_ms(self.now_ms), request)

    def refused(self, actor: str, intent: Intent) -> Rejected:
        """Ask for an intent that must be refused, and hold that it changed nothing."""
        self._catch_up()
        return _refused(self.world, intent, actor, self.world.clock_ms(self.now_ms))

    def wait(self, ms: int) -> tuple[Event, ...]:
        """Let time pass, and give what it brought: every clock intent is played when it is due."""
        until_ms, before = self.now_ms + ms, len(self.played)
        for _ in range(_TURNS_MAX):
            due = self.world.due()
            if due is None or due.at_ms + self.world.head.frozen_ms > until_ms:
                break
            self.now_ms = max(self.now_ms, due.at_ms + self.world.head.frozen_ms)
            self._catch_up()
        else:
            raise AssertionError(f"the clock of {self.world.id} never comes to an end")
        self.now_ms = until_ms
        return tuple(record.event for played in self.played[before:] for record in played.records)

    def _catch_up(self) -> None:
        for _ in range(_TURNS_MAX):
            owed = self.world.overdue(self.world.clock_ms(self.now_ms))
            if owed is None:
                return
            self._play(owed[0], CLOCK, owed[1])
        raise AssertionError(f"the clock of {self.world.id} never comes to an end")

    def _play(self, intent: Intent, actor: str, at_ms: int, request: str | None = None) -> tuple[Event, ...]:
        played = self.world.play(intent, actor, at_ms, request)
        self.played.append(played)
        return tuple(record.event for record in played.records)


def _around(ruleset: Ruleset, state: Any, seed: bytes) -> World:
    head = Head(version=ruleset.version, seq=1, balance=ruleset.balance.values())
    return World(f"{ruleset.name}/test", ruleset, run_of(f"{ruleset.name}/test", seed), head, state)


def _refused(world: World, intent: Intent, actor: str, now_ms: int) -> Rejected:
    before = world.payload()
    try:
        played = world.play(intent, actor, now_ms)
    except Rejected as refusal:
        assert world.payload() == before, f"refusing {intent} changed the world"
        return refusal
    raise AssertionError(f"{intent} was not refused: {[record.event for record in played.records]}")
