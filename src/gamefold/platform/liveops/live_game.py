"""What a game may let operators do in it, beyond what the house can do to any world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from gamefold.engine.refusal import Rejected
from gamefold.platform.liveops.summary import summary_of

NOT_SUPPORTED: Final = "NOT_SUPPORTED"

Told = Mapping[str, Any]
"""What came of it, as JSON: what was before and after, for the operator and for the audit log."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Who asks, and why. With an Idempotency-Key, `request` is the same for every repetition of the request.

    Submit intents under it (`request=operation.request`): then a repetition after a crash changes nothing twice.
    """

    actor: str
    reason: str
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAsk:
    """Something that shall happen in a game's world. What is None is the game's to choose."""

    type: str
    severity: str | None = None
    region: str | None = None
    duration_ticks: int | None = None
    starts_in_ticks: int = 0


@dataclass(frozen=True, slots=True)
class Says:
    """How one operation of a game is answered, and the codes it is refused with. Told to nobody but readers."""

    answer: Any = dict[str, Any]
    refusals: Sequence[str] = ()


class LiveGame:
    """Inherit it and write what your game can do; what you leave out is answered with 404 NOT_SUPPORTED.

    Methods raise Rejected for what cannot be done; its status is the one in the game's own table. They go through
    intents like everybody else, with `operation.actor` as the actor, so the journal knows who did it. Bounds of the
    request were checked already; whether an account, a type or a region exists is the game's to know.
    """

    grantable: Mapping[str, int] = {}
    """What may be granted, with the digits behind its point: `{"usd": 6, "btc": 8}`."""

    says: Mapping[str, Says] = {}
    """By method, for the description of the API; of lists the answer is one item. `restore` is told with `dryRun`."""

    def summary(self, world_id: str, state: Any) -> object:
        """Show a state of one of the game's worlds as bounded JSON. Copy what you show: the world goes on."""
        del world_id
        return summary_of(state)

    async def inject_event(self, operation: Operation, ask: EventAsk) -> Told:
        """Let something happen."""
        _not_supported(operation, ask)

    async def events(self) -> Sequence[Told]:
        """Give what happens now or soon."""
        _not_supported()

    async def grant(self, operation: Operation, account_id: str, amounts: Mapping[str, int]) -> Told:
        """Give to an account, or take where an amount is negative. Amounts are in the smallest unit of each thing."""
        _not_supported(operation, account_id, amounts)

    async def restore(self, operation: Operation, account_id: str, to_tick: int, *, dry_run: bool) -> Told:
        """Give an account back what it had at the end of a tick, or only tell what that would change."""
        _not_supported(operation, account_id, to_tick, dry_run)

    async def start_season(self, operation: Operation, name: str | None) -> Told:
        """Begin the next season."""
        _not_supported(operation, name)

    async def end_season(self, operation: Operation, name: str | None) -> Told:
        """End the running season (`name` says which one is meant): its leaderboard stays as it is."""
        _not_supported(operation, name)

    async def seasons(self) -> Sequence[Told]:
        """Give all seasons, the newest first."""
        _not_supported()

    async def leaderboard(self, season: str | None, by: str | None) -> Sequence[Told]:
        """Give a leaderboard with those who are excluded, marked as such."""
        _not_supported(season, by)

    async def exclude(self, operation: Operation, account_id: str) -> Told:
        """Leave an account out of the leaderboards."""
        _not_supported(operation, account_id)

    async def include(self, operation: Operation, account_id: str) -> Told:
        """Undo `exclude`."""
        _not_supported(operation, account_id)

    async def link(self, operation: Operation, account_ids: Sequence[str], group: str | None) -> Told:
        """Treat accounts as one owner's, or (without a group) as strangers again."""
        _not_supported(operation, account_ids, group)


def _not_supported(*_asked: object) -> NoReturn:
    raise Rejected(NOT_SUPPORTED, "This game has no such thing.")
