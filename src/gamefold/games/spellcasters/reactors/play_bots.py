"""Bots are players: they hear that a turn is open and submit an action for it."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from gamefold.engine.feed import Record
from gamefold.engine.reactors import WorldRef
from gamefold.engine.ruleset import Rejected
from gamefold.games.spellcasters.events import MatchAborted, MatchBegun, MatchOver, TurnResolved
from gamefold.games.spellcasters.intents import BOTS, SubmitAction, read_action
from gamefold.games.spellcasters.reactors.runner import BotFailed, BotRunner
from gamefold.games.spellcasters.rules.views import view_for
from gamefold.games.spellcasters.state import SEATS, Match, SeatNumber
from gamefold.games.spellcasters.tables import session_of

Asked = tuple[SeatNumber, str, Mapping[str, Any]]  # whose turn it is, which bot plays, and what it sees


class PlayBots:
    """Lets every bot of a match decide on every turn."""

    name: Final = "spellcasters.bots"

    def __init__(self, runner: BotRunner) -> None:
        self._runner = runner
        self._without_bots: set[str] = set()  # matches of people alone need not be looked at every turn

    async def react(self, record: Record, world: WorldRef) -> None:
        """A turn was opened by the beginning of the match or by the end of the turn before it."""
        match record.event:
            case MatchBegun():
                await self._play(1, world)
            case TurnResolved(turn=turn):
                await self._play(turn + 1, world)
            case MatchOver(winner_seat=winner):
                for seat in SEATS:
                    await self._runner.game_over(session_of(world.id), seat, seat == winner)
            case MatchAborted():
                pass

    async def forget(self, world_id: str) -> None:
        """The match left this process."""
        self._without_bots.discard(world_id)
        await self._runner.close(session_of(world_id))

    async def _play(self, turn: int, world: WorldRef) -> None:
        # One after the other, because a match has one thread; both see the board as it was when the turn opened.
        if world.id in self._without_bots:
            return
        asked, bots = await world.query(lambda match: (_asked(match, turn), _bots(match)))
        if not bots:
            self._without_bots.add(world.id)
        actions = [await self._decide(world, turn, *one) for one in asked]
        await asyncio.gather(*(self._submit(world, action) for action in actions))

    async def _decide(
        self, world: WorldRef, turn: int, seat: SeatNumber, bot: str, view: Mapping[str, Any]
    ) -> SubmitAction:
        try:
            answer = await self._runner.decide(session_of(world.id), seat, bot, view)
        except BotFailed as failure:
            return SubmitAction(seat=seat, turn=turn, action=None, notes=(str(failure),))
        action, notes = read_action(answer)
        return SubmitAction(seat=seat, turn=turn, action=action, notes=notes)

    async def _submit(self, world: WorldRef, action: SubmitAction) -> None:
        try:
            await world.submit(BOTS, action, part=str(action.seat))
        except Rejected:
            # The turn was over before the bot was done, or this event was dealt with before a restart.
            return


def _bots(match: Match) -> int:
    """Count the seats that bots play."""
    return sum(spec.source == "bot" for spec in match.seats)


def _asked(match: Match, turn: int) -> list[Asked]:
    """Give the bots that still have to answer for `turn`; none where another turn is open by now."""
    if match.status != "running" or match.turn + 1 != turn:
        return []
    return [
        (seat, spec.bot or "", view_for(match, seat))
        for seat, spec in zip(SEATS, match.seats, strict=True)
        if spec.source == "bot" and match.pending[seat - 1] is None
    ]
