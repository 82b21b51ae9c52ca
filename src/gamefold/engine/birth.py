"""How a world begins: its row, its first run with a seed of its own, and the entry that makes its state."""

from collections.abc import Awaitable, Callable, Mapping

from gamefold.engine import codec
from gamefold.engine.balance import Values
from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy, commitment_of
from gamefold.engine.history import batch_of, ruleset_of
from gamefold.engine.journal import Guard, Journal, Run, Status, WorldRow
from gamefold.engine.lifecycle import Begin
from gamefold.engine.ruleset import Ruleset, Spec
from gamefold.engine.world import World


class Birth:
    """Makes worlds in the store. Bringing them to life is `Residents`' work."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        entropy: Entropy,
        rulesets: Mapping[str, Ruleset],
        node: str,
        balance_of: Callable[[Ruleset], Awaitable[Values]],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._entropy = entropy
        self._rulesets = rulesets
        self._node = node
        self._balance_of = balance_of

    async def born(
        self, world_id: str, spec: Spec, actor: str, guard: Guard | None, request: str | None
    ) -> tuple[WorldRow, Values] | None:
        """Make a world and give its row and the numbers it began with; None where it exists.

        What the guard raises comes through. Rejected where the rules refuse `spec`, StorageUnavailable.
        """
        ruleset = ruleset_of(self._rulesets, world_id)
        now_ms = self._clock.now_ms()
        balance = await self._balance_of(ruleset)
        seed = self._entropy.seed(world_id, 1)
        run = Run(world=world_id, run=1, seed=seed, commitment=commitment_of(seed), created_ms=now_ms, actor=actor)
        row = WorldRow(
            world=world_id,
            ruleset=ruleset.name,
            run=1,
            epoch=1,
            node=None if ruleset.on_demand else self._node,
            status=Status.RUNNING,
            projected=True,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        world = World(world_id, ruleset, run)
        begin = Begin(spec=codec.encode(spec), balance=balance, commitment=run.commitment)
        batch = batch_of(world, [world.play(begin, actor, now_ms, request)], row.epoch)
        return (row, balance) if await self._journal.create(row, run, batch, guard) else None

    async def changed_since(self, ruleset: Ruleset, balance: Values) -> Values:
        """Give the numbers that changed while a world was made: who changed them could not see it yet."""
        newest = await self._balance_of(ruleset)
        return {name: value for name, value in newest.items() if balance[name] != value}
