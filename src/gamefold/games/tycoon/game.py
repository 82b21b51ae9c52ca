"""Bitcoin Tycoon: the front door."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import structlog
from fastapi import APIRouter

from gamefold.engine.host import Host
from gamefold.engine.reactors import Reactor
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.reactors.anticheat.job import AntiCheat
from gamefold.games.tycoon.reactors.auto_sell import AutoSell
from gamefold.games.tycoon.reactors.border import Carrier
from gamefold.games.tycoon.reactors.simulated.serving import SimulatedPlayers
from gamefold.games.tycoon.routes import (
    STATUS_OF,
    Desk,
    Lobby,
    Meters,
    RefusalLog,
    Seasons,
    TycoonLive,
    build_router,
    error_shown,
)
from gamefold.games.tycoon.rules import MARKET_RULESET, REGION_RULESET
from gamefold.games.tycoon.rules.market import quote
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import PLACES, together
from gamefold.platform.game import Game, House
from gamefold.platform.jobs.runner import Job
from gamefold.platform.jobs.schedules import every
from gamefold.web.errors import ErrorStyle

NAME: Final = "tycoon"

GAME: Final = Game(
    name=NAME,
    rulesets=(MARKET_RULESET, REGION_RULESET),
    metadata=tables.METADATA,
    projector=tables.TycoonProjector(),
    errors=ErrorStyle(error_shown, STATUS_OF),
    together=together,
)

log = structlog.get_logger("gamefold.tycoon")


@dataclass(frozen=True)
class TycoonServer:
    """Tycoon in a running server."""

    house: House
    simulated_players: int = 0  # of each season

    @cached_property
    def reactors(self) -> Mapping[str, Sequence[Reactor]]:
        """What crosses the border is carried, standing orders sell, and simulated players play."""
        now_ms = self.house.clock.now_ms
        market: list[Reactor] = [Carrier(region, now_ms) for region in REGIONS]
        if self.simulated_players:
            secret = hmac.digest(self.house.cursor_secret, b"simulated players", "sha256")
            market.append(SimulatedPlayers(self.simulated_players, now_ms, MARKET_RULESET.balance.values(), secret))
        return {
            MARKET_RULESET.name: tuple(market),
            REGION_RULESET.name: (*(Carrier(place, now_ms) for place in PLACES), AutoSell(now_ms)),
        }

    def router(self, host: Host) -> APIRouter:
        """The game's routes."""
        return build_router(self._desk(host), self._lobby(host), self._refusals)

    def jobs(self, host: Host) -> Sequence[Job]:
        """Old rows go, and anti-cheat looks."""
        house = self.house
        anticheat = AntiCheat(
            host=host, database=house.database, entropy=house.entropy, wall_ms=house.platform.wall.now_ms
        )
        return Job(name="tycoon_retention", schedule=every(minutes=5), run=self._delete_old), *anticheat.jobs()

    def live(self, host: Host) -> TycoonLive:
        """What operators may do in it."""
        return TycoonLive(self._desk(host))

    async def tidy(self) -> None:
        """See to it that the season's worlds run somewhere, and that they are heard here."""
        for desk, lobby in self._opened.values():
            await desk.seasons.wake()
            if await desk.seasons.running() is not None:
                await lobby.hub()

    async def close(self) -> None:
        """Let go of the worlds that are heard."""
        for _, lobby in self._opened.values():
            await lobby.close()

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _opened(self) -> dict[int, tuple[Desk, Lobby]]:
        """One desk and lobby, for the one host there is."""
        return {}

    @cached_property
    def _refusals(self) -> RefusalLog:
        house = self.house
        return RefusalLog(house.database, house.platform.wall, house.metrics.registry)

    def _desk(self, host: Host) -> Desk:
        return self._open(host)[0]

    def _lobby(self, host: Host) -> Lobby:
        return self._open(host)[1]

    def _open(self, host: Host) -> tuple[Desk, Lobby]:
        if id(host) not in self._opened:
            house = self.house
            desk = Desk(
                host=host,
                database=house.database,
                clock=house.clock,
                entropy=house.entropy,
                platform=house.platform,
                streams=house.streams,
                seasons=Seasons(host, house.database, house.clock),
                quote=quote,
                link_secret=house.cursor_secret,
            )
            self._opened[id(host)] = desk, Lobby(desk, Meters(house.metrics.registry))
        return self._opened[id(host)]

    async def _delete_old(self, fire_ms: int) -> None:
        while deleted := await self.house.database.write(lambda connection: tables.delete_old(connection, fire_ms)):
            log.info("old rows deleted", rows=deleted)
