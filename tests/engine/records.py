"""A world's stored and live records, without an engine host."""

import asyncio
from collections.abc import AsyncIterator

from gamefold.engine.feed import Feed, QueueLimits, Record
from gamefold.engine.ruleset import Event


class TurnPlayed(Event, frozen=True):
    turn: int


class AWorld:
    """Publishes records as a host does: stored first, then handed to subscribers."""

    def __init__(self, stored: int = 0, run: int = 1) -> None:
        self.run = run
        self.stored: list[Record] = []
        self.feed = Feed()
        for _ in range(stored):
            self._store()

    def play(self, turns: int = 1) -> None:
        self.feed.publish([self._store() for _ in range(turns)])

    async def history(self, after: int, pause_every: int = 0) -> AsyncIterator[Record]:
        """Read pages of the stored records, as a database does: what is stored meanwhile is in the next page."""
        position = after
        while page := self.stored[position : position + 7]:
            await asyncio.sleep(0)
            for record in page:
                yield record
                if pause_every and record.position % pause_every == 0:
                    await asyncio.sleep(0)
            position = page[-1].position

    def subscribe(self, limits: QueueLimits | None = None):
        return self.feed.subscribe(limits or QueueLimits())

    def _store(self) -> Record:
        position = len(self.stored) + 1
        record = Record("w", self.run, position, position, position, 0, TurnPlayed(position), 16)
        self.stored.append(record)
        return record
