"""The season that runs, and its worlds, which begin and go on with the server."""

import asyncio
from typing import Final

import structlog

from gamefold.engine.clock import Clock
from gamefold.engine.host import Host, WorldUnavailable
from gamefold.engine.journal import WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.intents.region import RegionSpec
from gamefold.games.tycoon.routes.statuses import SEASON_OVER
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import world_of, worlds_of
from gamefold.storage.database import Database

STOPS_MOST: Final = 10
STOP_PAUSE_S: Final = 0.05

log = structlog.get_logger("gamefold.tycoon")


class Seasons:
    """Knows which season runs. One per server; several servers agree, because the database knows."""

    def __init__(self, host: Host, database: Database, clock: Clock) -> None:
        self._host = host
        self._database = database
        self._clock = clock
        self._now: int | None = None
        self._looking = asyncio.Lock()

    async def now(self) -> int:
        """Give the season that runs, with its worlds there. Rejected SEASON_OVER between two seasons."""
        season = await self.running()
        if season is None:
            raise Rejected(SEASON_OVER, "No season is running at the moment.")
        return season

    async def running(self) -> int | None:
        """Give the season that runs, None between two."""
        return self._now if self._now is not None else await self.look()

    async def look(self) -> int | None:
        """See which season runs by now. The first of all begins here."""
        async with self._looking:  # who looks while its worlds are being made waits until all are there
            now_ms = self._clock.now_ms()
            season = await self._database.write(lambda connection: tables.open_season(connection, now_ms))
            if season is not None and season != self._now:
                await self.open(season)
            self._now = season
            return season

    def forget(self) -> None:
        """Look again when somebody asks."""
        self._now = None

    async def open(self, season: int) -> None:
        """Make the worlds of a season where they are not there; twice, or by two servers at once, does no harm.

        Whoever makes the market makes the regions too: the worlds of a season have to be in one process.
        """
        if await self._make(world_of(season, MARKET), MarketSpec(season)) or await self._is_here(season):
            for region in REGIONS:
                await self._make(world_of(season, region), RegionSpec(season, region))

    async def wake(self) -> None:
        """Have every world of the season in memory in some process; a dead one's worlds are taken over.

        The regions only by who has the market: they have to be in one process.
        """
        season = await self.look()
        await self.rest()
        if season is None or not await self._is_here(season):
            return
        for region in REGIONS:
            try:
                await self._host.query(world_of(season, region), lambda _state: None)
            except (WorldNotFound, WorldUnavailable) as error:
                log.warning("a region is not with its market", world=world_of(season, region), exc_info=error)

    async def rest(self) -> None:
        """Take the worlds of seasons that are over out of memory, whoever ended them on whichever server.

        Requests that are under way may wake one again, so look again.
        """
        rows = await self._database.read(tables.all_seasons)
        over = {world for row in rows if row["ended_at"] is not None for world in worlds_of(row["number"])}
        for _ in range(STOPS_MOST):
            here = sorted(over & set(self._host.resident_worlds()))
            if not here:
                return
            await self._host.stop(*here)
            await asyncio.sleep(STOP_PAUSE_S)

    async def _is_here(self, season: int) -> bool:
        try:
            await self._host.query(world_of(season, MARKET), lambda _state: None)
        except (WorldNotFound, WorldUnavailable) as error:
            log.debug("the market runs elsewhere", season=season, error=str(error))
            return False
        return True

    async def _make(self, world: str, spec: RegionSpec | MarketSpec) -> bool:
        """Make a world where there is none; give whether it was made."""
        try:
            await self._host.journal.world(world)
        except WorldNotFound:
            return await self._host.ensure(world, spec, actor="season")
        return False
