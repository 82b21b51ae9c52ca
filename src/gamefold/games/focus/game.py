"""Focus: the front door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from fastapi import APIRouter

from gamefold.engine.host import Host
from gamefold.engine.reactors import Reactor
from gamefold.engine.ruleset import Ruleset
from gamefold.games.focus import rules, tables
from gamefold.games.focus.reactors.analytics import Analytics
from gamefold.games.focus.reactors.jobs import focus_jobs
from gamefold.games.focus.routes import ERROR_SCHEMA, STATUS_OF, Desk, build_router, error_envelope
from gamefold.games.focus.rules import RULESET
from gamefold.platform.game import Game, House
from gamefold.platform.jobs.runner import Job
from gamefold.web.errors import ErrorStyle
from gamefold.web.pagination import Pager

GAME: Final = Game(
    name=RULESET.name,
    rulesets=(RULESET,),
    metadata=tables.METADATA,
    projector=tables.FocusProjector(),
    errors=ErrorStyle(envelope=error_envelope, status_of=STATUS_OF, schema=ERROR_SCHEMA),
)


def ruleset_with(session_min_ratio: float) -> Ruleset:
    """Give the rules under which new saves may complete a session after this share of its time."""
    return rules.ruleset_with({"session_min_ratio_bp": round(session_min_ratio * 10_000)})


@dataclass(frozen=True)
class FocusServer:
    """Focus in a running server."""

    house: House

    @property
    def reactors(self) -> Mapping[str, Sequence[Reactor]]:
        """None: saves live in no process that could hear them."""
        return {}

    @cached_property
    def analytics(self) -> Analytics:
        """Metrics and analytics of this server."""
        return Analytics(self.house.metrics.registry)

    def router(self, host: Host) -> APIRouter:
        """The game's routes."""
        house = self.house
        return build_router(
            Desk(
                host=host,
                database=house.database,
                clock=house.clock,
                entropy=house.entropy,
                platform=house.platform,
                pager=Pager(house.cursor_secret),
                tell=self.analytics.tell,
            )
        )

    def jobs(self, host: Host) -> Sequence[Job]:
        """Streaks, time-outs, the shop window, the leaderboard."""
        return focus_jobs(host, self.house.database, self.analytics.tell, self.tidy)

    def live(self, host: Host) -> None:
        """Nothing of its own."""
        del host

    async def tidy(self) -> None:
        """Bring the gauge up to date."""
        self.analytics.active.set(await self.house.database.read(tables.open_sessions))

    async def close(self) -> None:
        """Nothing is held."""
