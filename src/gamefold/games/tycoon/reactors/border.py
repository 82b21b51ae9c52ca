"""Carries what a world says to another one across the border: from the market, to it, and from region to region.

There is one carrier for each pair of worlds, with a place of its own, so a region that stands still holds up nobody
but itself. Everything is numbered, so delivering twice does nothing. What was under way when worlds were rolled back
can get lost (the sender has told it before the cut, the receiver had it after), and so can a tick where a world was
brought back alone. Both are noticed by their numbers, and then everything that is missing is delivered again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gamefold.engine.feed import Record
from gamefold.engine.reactors import WorldRef
from gamefold.engine.ruleset import Event, Intent, Rejected
from gamefold.games.tycoon.events.border import Crossed, MarketTicked, RegionTicked
from gamefold.games.tycoon.intents.border import (
    ALREADY_RECEIVED,
    NOT_THE_NEXT_TICK,
    TOO_EARLY,
    HearMarket,
    HearRegion,
    Receive,
)
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.worlds import place_of, season_of, world_of

ACTOR: Final = "border"
WAIT_S, WAIT_MOST_S = 0.01, 1.0  # until a region has had the tick from which something comes


@dataclass(frozen=True, slots=True)
class _Had:
    """What a receiver has, as of a moment of the host's clock."""

    tick: int
    through: int  # every crossing up to this number is in
    at_ms: int


@dataclass(frozen=True, slots=True)
class _Owed:
    """What the receiver must have once the event of this tick has been delivered."""

    tick: int
    no: int


class Carrier:
    """Delivers to one place, `MARKET` or a region, what the world it listens to has for it."""

    def __init__(self, to: str, now_ms: Callable[[], int]) -> None:
        self.name: Final = f"tycoon.border.{to}"
        self._to = to
        self._now_ms = now_ms
        self._had: dict[str, _Had] = {}  # by sender's world; set while old news is passed over
        self._owed: dict[str, _Owed] = {}

    async def react(self, record: Record, world: WorldRef) -> None:
        """Deliver one event, where it is for this place."""
        match record.event:
            case Crossed(to=to) if to != self._to:
                return
            case RegionTicked() if self._to != MARKET:
                # Regions do not hear each other's ticks, but it is time to see whether everything has arrived.
                await self._check(record, world)
                return
            case Crossed() | MarketTicked() | RegionTicked():
                pass
            case _:
                return
        had = self._had.get(world.id)
        if had is not None and record.time_ms < had.at_ms and _is_in(record.event, had):
            return
        if not await self._deliver(record.event, world):
            # Had already, or too early. What else is old need not be tried.
            had = self._had[world.id] = await self._had_now(world)
            if isinstance(record.event, MarketTicked) and had.tick + 1 < record.event.news.tick:
                await self._deliver_missing(world, record.tick)
        if not isinstance(record.event, Crossed):
            await self._check(record, world)

    async def forget(self, world_id: str) -> None:
        """The world leaves this process, perhaps to come back with another past."""
        self._had.pop(world_id, None)
        self._owed.pop(world_id, None)

    async def _deliver(self, event: Event, world: WorldRef) -> bool:
        """Hand one event over; give whether it was taken."""
        intent: Intent
        match event:
            case Crossed(no=no, cargo=cargo, tick=tick):
                intent = Receive(place_of(world.id), no, cargo, tick)
            case MarketTicked(news=market_news):
                intent = HearMarket(market_news)
            case RegionTicked(news=region_news):
                intent = HearRegion(region_news)
            case _:
                raise AssertionError(f"{type(event).__name__} stays at home")
        pause_s = WAIT_S
        while True:
            try:
                await world.submit_to(self._target(world), ACTOR, intent)
            except Rejected as refusal:
                if refusal.code == TOO_EARLY:
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, WAIT_MOST_S)
                    continue
                if refusal.code not in (ALREADY_RECEIVED, NOT_THE_NEXT_TICK):
                    raise
                return False
            return True

    async def _check(self, record: Record, world: WorldRef) -> None:
        """See to it that what the sender has numbered has arrived.

        Events come one after the other, so at the event of a later tick everything of an earlier one was delivered.
        """
        if place_of(world.id) == self._to:
            return
        owed = self._owed.get(world.id)
        if owed is None:
            to = self._to
            tick, no = await world.query(lambda state: (state.tick, state.border.sent.get(to, 0)))
            self._owed[world.id] = _Owed(tick, no)
        elif record.tick > owed.tick:
            del self._owed[world.id]
            if owed.no and (await self._had_now(world)).through < owed.no:
                await self._deliver_missing(world, record.tick)

    async def _deliver_missing(self, world: WorldRef, upto_tick: int) -> None:
        """Deliver again whatever the receiver does not have, from the beginning of the sender's history."""
        had = await self._had_now(world)
        async for record in world.history():
            event = record.event
            if record.tick > upto_tick:
                return
            wanted = event.to == self._to if isinstance(event, Crossed) else isinstance(event, MarketTicked)
            if wanted and not _is_in(event, had):
                await self._deliver(event, world)

    async def _had_now(self, world: WorldRef) -> _Had:
        sender = place_of(world.id)
        at_ms = self._now_ms()
        tick, through = await world.query_of(
            self._target(world), lambda state: (state.tick, state.border.through.get(sender, 0))
        )
        return _Had(tick, through, at_ms)

    def _target(self, world: WorldRef) -> str:
        return world_of(season_of(world.id), self._to)


def _is_in(event: Event, had: _Had) -> bool:
    match event:
        case Crossed(no=no):
            return no <= had.through
        case MarketTicked(news=news):
            return news.tick <= had.tick
        case RegionTicked(news=news):
            # The market hears a region's tick n - 1 before its own tick n, or later; older news is no news.
            return news.tick < had.tick
    return False
