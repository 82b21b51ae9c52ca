"""The port through which bots are played, and the runner for bots that the house itself wrote."""

import asyncio
from collections.abc import Mapping
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


@dataclass(slots=True)
class _Bench:
    """The bots of one match and the one thread they think in."""

    thread: ThreadPoolExecutor
    bots: dict[SeatNumber, BotInterface] = field(default_factory=dict)
    busy: "asyncio.Future[object] | None" = None


class TrustedBots:
    """Plays the built-in bots in this process, one thread per match, with a limit on each decision.

    For the house's own code only: a thread that overruns its limit cannot be stopped, so until it is done its match
    goes on without that bot. The built-in bots keep nothing between turns, so a restart in mid-match needs no
    history; a runner for bots that do must let them live through their earlier turns again.
    """

    def __init__(self, decide_timeout_ms: int) -> None:
        self._limit_s = decide_timeout_ms / 1_000
        self._limit_ms = decide_timeout_ms
        self._benches: dict[str, _Bench] = {}

    async def decide(self, match_id: str, seat: SeatNumber, bot: str, view: Mapping[str, Any]) -> object:
        """Ask a built-in bot."""
        bench = self._benches.get(match_id)
        if bench is None:
            bench = self._benches[match_id] = _Bench(ThreadPoolExecutor(1, thread_name_prefix="bot"))
        if bench.busy is not None and not bench.busy.done():
            raise BotFailed("is still thinking about an earlier turn")
        player = bench.bots.get(seat)
        if player is None:
            player = bench.bots[seat] = BUILTIN_BOTS[bot]()
        loop = asyncio.get_running_loop()
        bench.busy = loop.run_in_executor(bench.thread, player.decide, dict(view))
        try:
            return await asyncio.wait_for(asyncio.shield(bench.busy), self._limit_s)
        except TimeoutError:
            bench.busy.add_done_callback(_retrieve)
            raise BotFailed(f"took longer than {self._limit_ms} ms") from None
        except Exception as error:
            log.exception("bot failed", match=match_id, seat=seat, bot=bot, exc_info=error)
            raise BotFailed(f"failed with {type(error).__name__}") from error

    async def game_over(self, match_id: str, seat: SeatNumber, won: bool) -> None:
        """Tell a built-in bot how its match ended."""
        bench = self._benches.get(match_id)
        if bench is not None and (player := bench.bots.get(seat)) is not None:
            bench.thread.submit(player.game_over, won)

    async def close(self, match_id: str) -> None:
        """Drop the bots of a match."""
        bench = self._benches.pop(match_id, None)
        if bench is not None:
            bench.thread.shutdown(wait=False, cancel_futures=True)


def _retrieve(late: "asyncio.Future[object]") -> None:
    # Nobody waits for a late answer; without this its exception would be reported as forgotten.
    if not late.cancelled():
        late.exception()
