"""What the routes of live operations work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from starlette.requests import Request

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.players import Player
from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.liveops.live_game import NOT_SUPPORTED, LiveGame, Operation
from gamefold.platform.liveops.parameters import CHAIN, Parameters
from gamefold.platform.liveops.refusals import GAME_NOT_FOUND, STATUS_OF
from gamefold.platform.liveops.summary import summary_of
from gamefold.platform.opening import Platform
from gamefold.storage.database import Database
from gamefold.web.errors import Refused
from gamefold.web.idempotency import request_entropy
from gamefold.web.pagination import Pager

T = TypeVar("T")

TOLD_NODES_MAX: Final = 100  # of what a game tells, in an audit line

Together = Callable[[str], Sequence[str]]


def _alone(world_id: str) -> tuple[str, ...]:
    return (world_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatedGame:
    """One game as operators see it. `together` gives the worlds that are rolled back with a world."""

    name: str
    rulesets: Sequence[str]
    live: LiveGame | None = None
    status_of: Mapping[str, int] = field(default_factory=dict)
    together: Together = _alone

    async def told(self, work: Callable[[LiveGame], Awaitable[T]]) -> T:
        """Ask the game for something. What it refuses has the status of the game's own table, or of the house's."""
        try:
            if self.live is None:
                raise Rejected(NOT_SUPPORTED, "This game has no such thing.")
            return await work(self.live)
        except Rejected as refusal:
            status = self.status_of.get(refusal.code, STATUS_OF.get(refusal.code, 409))
            raise Refused(status, refusal.code, refusal.message, details=refusal.details) from None


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything the routes ask. `wall` is real time."""

    host: Host
    database: Database
    platform: Platform
    entropy: Entropy
    wall: Clock
    pager: Pager
    games: Mapping[str, OperatedGame]

    @cached_property
    def parameters(self) -> Parameters:
        """The numbers of all games."""
        rulesets = {name: game.rulesets for name, game in self.games.items()}
        return Parameters(self.host, self.database, self.wall, self.entropy, rulesets)

    def game(self, name: str) -> OperatedGame:
        """Find a game that is served here. Rejected GAME_NOT_FOUND."""
        if name not in self.games:
            raise Rejected(GAME_NOT_FOUND, "There is no such game here.")
        return self.games[name]

    def game_of(self, world_id: str) -> OperatedGame | None:
        """Find the game of a world."""
        ruleset = world_id.partition("/")[0]
        return next((game for game in self.games.values() if ruleset in game.rulesets), None)

    def summary(self, world_id: str, state: Any) -> object:
        """Show a state the way its game wants it shown."""
        game = self.game_of(world_id)
        return summary_of(state) if game is None or game.live is None else game.live.summary(world_id, state)

    async def audit(self, operation: Operation, action: str, subject: str, details: Mapping[str, object]) -> None:
        """Write down what was done, right after it."""
        actor = Actor(operation.actor)
        told = {"reason": operation.reason, **details}
        await self.database.write(
            lambda connection: write_audit(
                connection, actor, action, subject, self.wall.now_ms(), details=told, chain=CHAIN
            )
        )

    async def audit_told(self, operation: Operation, action: str, game: str, told: Mapping[str, object]) -> None:
        """Write down what a game says it did, cut to what somebody can read."""
        await self.audit(operation, action, game, {"told": summary_of(told, TOLD_NODES_MAX)})


def operation_of(request: Request, player: Player, reason: str) -> Operation:
    """Say who asks in this request, and why."""
    return Operation(player.id, reason, request_entropy(request))
