"""How a world begins: its row, its first run with a seed of its own, the entry that makes its state, and its life."""

from collections.abc import Awaitable, Callable, Mapping

from gamefold.engine import codec
from gamefold.engine.balance import Values
from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy, commitment_of
from gamefold.engine.history import batch_of, ruleset_of
from gamefold.engine.journal import Guard, Journal, Run, Status, WorldRow
from gamefold.engine.lifecycle import Begin, Tune
from gamefold.engine.reactors import Hosting
from gamefold.engine.residents import Residents
from gamefold.engine.ruleset import Ruleset, Spec
from gamefold.engine.world import World


class Birth:
    """Makes worlds in the store and brings them to life. `hosting` is whom they are tuned through."""

    def __init__(
        self,
        hosting: Hosting,
        journal: Journal,
        clock: Clock,
        entropy: Entropy,
        rulesets: Mapping[str, Ruleset],
        node: str,
        balance_of: Callable[[Ruleset], Awaitable[Values]],
        residents: Residents,
    ) -> None:
        self._hosting = hosting
        self._journal = journal
        self._clock = clock
        self._entropy = entropy
        self._rulesets = rulesets
        self._node = node
        self._balance_of = balance_of
        self._residents = residents

    async def ensure(self, world_id: str, spec: Spec, actor: str, guard: Guard | None, request: str | None) -> bool:
        """See Host.ensure."""
        ruleset = ruleset_of(self._rulesets, world_id)
        balance = await self._balance_of(ruleset)
        row = await self._made(world_id, ruleset, balance, spec, actor, guard, request)
        if ruleset.on_demand:
            return row is not None
        if row is None:
            await self._wake_unheard(world_id)
            return False
        # Just made by this very host: there is nobody to take it over from.
        await self._residents.opened(world_id, row)
        await self._tune_newborn(world_id, ruleset, balance)
        return True

    async def _made(
        self,
        world_id: str,
        ruleset: Ruleset,
        balance: Values,
        spec: Spec,
        actor: str,
        guard: Guard | None,
        request: str | None,
    ) -> WorldRow | None:
        """Make a world and give its row; None where it exists."""
        now_ms = self._clock.now_ms()
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
        return row if await self._journal.create(row, run, batch, guard) else None

    async def _wake_unheard(self, world_id: str) -> None:
        """Open a world of this host that should run and does not: it was made, and the store's answer was lost."""
        if not self._residents.knows(world_id):
            row = await self._journal.world(world_id)
            if row.node == self._node and row.status is Status.RUNNING:
                await self._residents.opened(world_id)

    async def _tune_newborn(self, world_id: str, ruleset: Ruleset, balance: Values) -> None:
        """Give a world the numbers that changed while it was made: who changed them could not see it yet."""
        newer = {name: value for name, value in (await self._balance_of(ruleset)).items() if balance[name] != value}
        if newer:
            await self._hosting.submit(world_id, "engine", Tune(newer, "changed while this world was made"))
