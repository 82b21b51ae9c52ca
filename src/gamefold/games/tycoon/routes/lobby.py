"""The hub of the season that runs: made when it is first needed, and anew with each season."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.hub import Hub
from gamefold.games.tycoon.routes.market import book_shown
from gamefold.games.tycoon.routes.meters import Meters

LEVELS: Final = 20  # of a book, on each side


class Lobby:
    """Where viewers come in."""

    def __init__(self, desk: Desk, meters: Meters) -> None:
        self._desk = desk
        self._meters = meters
        self._hub: Hub | None = None
        self._opening = asyncio.Lock()

    async def hub(self) -> Hub:
        """Give the hub of the season that runs."""
        season = await self._desk.seasons.now()
        async with self._opening:
            if self._hub is None or self._hub.season != season:
                if self._hub is not None:
                    await self._hub.close()
                self._hub = Hub(
                    self._desk.host,
                    season,
                    self._desk.funds,
                    self._books,
                    running=self._desk.seasons.running,
                    heard=self._meters.heard,
                )
                self._meters.count_players(self._hub)
            return self._hub

    async def close(self) -> None:
        """Hear nothing more."""
        if self._hub is not None:
            await self._hub.close()

    async def _books(self, instruments: Iterable[str]) -> dict[str, dict[str, Any]]:
        wanted = list(instruments)
        return await self._desk.market(
            lambda market: {
                name: book_shown(market.listings[name], LEVELS) for name in wanted if name in market.listings
            }
        )
