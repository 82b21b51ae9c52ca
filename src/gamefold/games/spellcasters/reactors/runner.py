"""The port through which bots are played, and the runner for bots that the house itself wrote."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from gamefold.games.spellcasters.reactors.bots import BUILTIN_BOTS, BotInterface
from gamefold.games.spellcasters.state import SeatNumber

log = structlog.get_logger("gamefold.spellcasters")


class BotFailed(Exception):
    """The bot gave no answer this turn. The text is shown in the match, so it is short and says no secrets."""


class BotRunner(Protocol):
    """Plays bots, wherever they run. Turns of one match come one after the other."""

    async def decide(self, match_id: str, seat: SeatNumber, bot: str, view: Mapping[str, Any]) -> object:
        """Ask a bot for its answer to `view`. What comes back is not trusted. Raises BotFailed."""
        ...

    async def game_over(self, match_id: str, seat: SeatNumber, won: bool) -> None:
        """Tell a bot, if it is being played, how its match ended."""
        ...

    async def close(self, match_id: str) -> None:
        """The match is over or left this process: drop its bots."""
        ...


class TrustedBots:
    """Plays the built-in bots in this process, one thread per match, with a limit on each decision.

    For the house's own code only: a thread that overruns its limit cannot be stopped, so until it is done its match
    goes on without that bot. The built-in bots keep nothing between turns, so a restart in mid-match needs no
    history; a runner for bots that do must let them live through their earlier turns again.
    """

    def __init__(self, decide_timeout_ms: int) -> None:
        self._limit_ms = decide_timeout_ms
        self._benches: dict[str, _Bench] = {}

    async def decide(self, match_id: str, seat: SeatNumber, bot: str, view: Mapping[str, Any]) -> object:
        """Ask a built-in bot."""
        if (bench := self._benches.get(match_id)) is None:
            bench = self._benches[match_id] = _Bench()
        bots = bench.bots

        def decision() -> object:
            if seat not in bots:
                bots[seat] = BUILTIN_BOTS[bot]()
            return bots[seat].decide(dict(view))

        try:
            return await self._within_limit(bench, seat, decision)
        except BotFailed as failure:
            log.warning("bot failed", match=match_id, seat=seat, bot=bot, exc_info=failure.__cause__)
            raise

    async def game_over(self, match_id: str, seat: SeatNumber, won: bool) -> None:
        """Tell a built-in bot how its match ended."""
        bench = self._benches.get(match_id)
        if bench is not None and (player := bench.bots.get(seat)) is not None:
            with contextlib.suppress(BotFailed):
                await self._within_limit(bench, seat, lambda: player.game_over(won))

    async def close(self, match_id: str) -> None:
        """Drop the bots of a match."""
        bench = self._benches.pop(match_id, None)
        if bench is not None:
            bench.thread.shutdown(wait=False, cancel_futures=True)

    async def _within_limit(self, bench: "_Bench", seat: SeatNumber, call: Callable[[], object]) -> object:
        late = bench.late.get(seat)
        if late is not None and not late.done():
            raise BotFailed("is still thinking about an earlier turn")
        answer = asyncio.get_running_loop().run_in_executor(bench.thread, _outcome, call)
        done, _ = await asyncio.wait({answer}, timeout=self._limit_ms / 1_000)
        if not done:
            # The bot keeps the thread until it is done. The match gets another one: its other bot is not to blame.
            bench.late[seat] = answer
            bench.thread.shutdown(wait=False)
            bench.thread = _a_thread()
            raise BotFailed(f"took longer than {self._limit_ms} ms")
        outcome = answer.result()
        if isinstance(outcome, _Raised):
            raise BotFailed(f"failed with {type(outcome.error).__name__}") from outcome.error
        return outcome


def _a_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="bot")


@dataclass(slots=True)
class _Bench:
    """The bots of one match and the one thread they think in."""

    thread: ThreadPoolExecutor = field(default_factory=_a_thread)
    bots: dict[SeatNumber, BotInterface] = field(default_factory=dict)
    late: "dict[SeatNumber, asyncio.Future[object]]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


def _outcome(call: Callable[[], object]) -> object:
    # Not as an exception: StopIteration would never arrive, and SystemExit would end the server.
    try:
        return call()
    except BaseException as error:  # noqa: BLE001 - bots may raise anything
        return _Raised(error)
