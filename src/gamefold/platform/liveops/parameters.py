"""A game's numbers, changed while its worlds run.

A change is kept for new worlds and goes into every running one as an entry of its journal. Worlds that live in no
process (one save for each player) keep the numbers they began with: only new ones get the changed ones.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from gamefold.engine.asked import WorldUnavailable
from gamefold.engine.balance import BALANCE_UNKNOWN, Number, Values
from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.journal import Status, WorldNotFound
from gamefold.engine.lifecycle import Tune
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Ruleset
from gamefold.engine.world import RuleCrash
from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.liveops.live_game import Operation
from gamefold.platform.liveops.overrides import (
    Change,
    add_change,
    find_change,
    list_changes,
    override,
    overrides_of,
    own_values,
    reverted_by,
)
from gamefold.platform.liveops.refusals import CHANGE_NOT_FOUND, CHANGE_OUTDATED
from gamefold.storage.database import Database
from gamefold.storage.statements import lock_name

CHAIN: Final = "liveops"  # of the audit log
AT_ONCE: Final = 100  # worlds that are told at the same time

log = structlog.get_logger("gamefold.liveops")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number: what its sheet says of it, what new worlds begin with, and what the running ones go by."""

    number: Number
    value: Any
    live: Mapping[str, Any]  # by world


@dataclass(slots=True)
class Applied:
    """What came of a change. `failed` names worlds that could not be told, and why: `{world: code}`."""

    change: Change
    tuned: int = 0
    failed: dict[str, str] = field(default_factory=dict)


class Parameters:
    """The numbers of all games. `games` names each game's rulesets."""

    def __init__(
        self, host: Host, database: Database, wall: Clock, entropy: Entropy, games: Mapping[str, Sequence[str]]
    ) -> None:
        self._host = host
        self._database = database
        self._wall = wall
        self._entropy = entropy
        self._games = {game: [host.rulesets[name] for name in names] for game, names in games.items()}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def shown(self, game: str) -> dict[str, Parameter]:
        """Give all numbers of a game by name."""
        changed = await self._database.read(lambda connection: overrides_of(connection, game))
        values = self._values(game, changed)
        live = await self._live(game)
        return {
            name: Parameter(
                number, values[name], {world: live[world][name] for world in sorted(live) if name in live[world]}
            )
            for name, number in sorted(self._numbers(game).items())
        }

    async def change(self, game: str, wanted: Values, operation: Operation) -> Applied:
        """Change numbers of a game. Rejected BALANCE_UNKNOWN, BALANCE_OUT_OF_BOUNDS."""
        self._check(game, wanted)
        return await self._apply(game, wanted, operation)

    async def revert(self, game: str, change_id: str, operation: Operation) -> Applied:
        """Give new and running worlds back what they had before a change.

        Rejected CHANGE_NOT_FOUND; CHANGE_OUTDATED where one of its numbers was changed again since, and what
        `change` refuses.
        """
        change = await self._database.read(lambda connection: find_change(connection, game, change_id))
        if change is None:
            raise Rejected(CHANGE_NOT_FOUND, "There is no such change.")
        self._check(game, change.before)
        return await self._apply(game, change.before, operation, change)

    async def changes(
        self, game: str, limit: int, before: tuple[int, str] | None
    ) -> tuple[list[Change], dict[str, str]]:
        """Give changes, newest first, and which of them were reverted by which."""

        def query(connection: Connection) -> tuple[list[Change], dict[str, str]]:
            found = list_changes(connection, game, limit, before)
            return found, reverted_by(connection, [change.id for change in found])

        return await self._database.read(query)

    # -- inside -------------------------------------------------------------------------------------------------

    def _numbers(self, game: str) -> dict[str, Number]:
        return {name: number for ruleset in self._games[game] for name, number in ruleset.balance.numbers.items()}

    def _values(self, game: str, changed: Values) -> Values:
        return {name: value for ruleset in self._games[game] for name, value in own_values(ruleset, changed).items()}

    def _check(self, game: str, wanted: Values) -> None:
        for name, value in sorted(wanted.items()):
            knowing = [ruleset for ruleset in self._games[game] if name in ruleset.balance.numbers]
            if not knowing:
                raise Rejected(BALANCE_UNKNOWN, f"There is no number called {name}.")
            for ruleset in knowing:
                ruleset.balance.check({name: value})

    async def _live(self, game: str) -> dict[str, Values]:
        found: dict[str, Values] = {}
        for ruleset in self._games[game]:
            found |= await self._host.balances(ruleset.name)
        return found

    async def _apply(self, game: str, wanted: Values, operation: Operation, reverted: Change | None = None) -> Applied:
        # One change after the other, or running worlds and new ones could end up with different ones.
        async with self._turns[game]:
            live = await self._live(game)
            change_id, actor = self._entropy.new_id(operation.request), Actor(operation.actor)

            def transaction(connection: Connection) -> Change:
                lock_name(connection, f"parameters:{game}")
                if (done := find_change(connection, game, change_id)) is not None:
                    return done  # the same request once more: the server died before it could answer
                values = self._values(game, overrides_of(connection, game))
                before = {name: values[name] for name in sorted(wanted)}
                if reverted is not None and before != reverted.after:
                    raise Rejected(CHANGE_OUTDATED, "A number of this change was changed again since.")
                change = Change(
                    id=change_id,
                    game=game,
                    at_ms=self._wall.now_ms(),
                    actor=operation.actor,
                    reason=operation.reason,
                    before=before,
                    after=dict(sorted(wanted.items())),
                    worlds=_apart(live, before),
                    reverts=reverted.id if reverted else None,
                )
                override(connection, game, wanted, self._values(game, {}))
                add_change(connection, change)
                told = {"change": change.id, "reason": change.reason, "before": before, "after": change.after}
                action = "parameters.changed" if reverted is None else "parameters.reverted"
                write_audit(connection, actor, action, game, change.at_ms, details=told, chain=CHAIN)
                return change

            applied = Applied(await self._database.write(transaction))
            await self._tune_all(game, applied, {} if reverted is None else reverted.worlds)
        log.warning("parameters changed", game=game, change=change_id, worlds=applied.tuned, failed=applied.failed)
        return applied

    async def _tune_all(self, game: str, applied: Applied, apart: Mapping[str, Values]) -> None:
        """Tell every running world. Those in `apart` get values of their own: what they had before."""
        for ruleset in (ruleset for ruleset in self._games[game] if not ruleset.on_demand):
            after = ""
            while page := await self._host.journal.worlds(
                prefix=f"{ruleset.name}/", status=Status.RUNNING, after=after, limit=AT_ONCE
            ):
                await asyncio.gather(*(self._tune(ruleset, row.world, applied, apart) for row in page))
                after = page[-1].world

    async def _tune(self, ruleset: Ruleset, world: str, applied: Applied, apart: Mapping[str, Values]) -> None:
        change = applied.change
        values = {
            name: value
            for name, value in {**change.after, **apart.get(world, {})}.items()
            if name in ruleset.balance.numbers
        }
        if not values:
            return
        try:
            intent = Tune(changes=values, reason=change.reason)
            await self._host.submit(world, change.actor, intent, request=f"liveops:{change.id}")
        except (Rejected, WorldUnavailable, WorldNotFound, RuleCrash) as error:
            applied.failed[world] = error.code if isinstance(error, Rejected) else type(error).__name__
        else:
            applied.tuned += 1


def _apart(live: Mapping[str, Values], before: Values) -> dict[str, Values]:
    """Give what single worlds go by where it is not what new worlds begin with."""
    found = {
        world: {name: values[name] for name in before if name in values and values[name] != before[name]}
        for world, values in sorted(live.items())
    }
    return {world: values for world, values in found.items() if values}
