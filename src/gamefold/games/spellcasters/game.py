"""Spellcasters: the front door."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter

from gamefold.engine.host import Host
from gamefold.engine.reactors import Reactor
from gamefold.games.spellcasters import tables
from gamefold.games.spellcasters.reactors.play_bots import PlayBots
from gamefold.games.spellcasters.reactors.runner import BotRunner, TrustedBots
from gamefold.games.spellcasters.reactors.write_logs import WriteLogs, remove_old_logs
from gamefold.games.spellcasters.routes import STATUS_OF, Desk, PlaygroundOptions, build_router
from gamefold.games.spellcasters.rules import RULESET
from gamefold.platform.game import Game, House
from gamefold.platform.jobs.runner import Job
from gamefold.web.errors import ErrorStyle
from gamefold.web.pagination import Pager

DAY_S: Final = 86_400

GAME: Final = Game(
    name=RULESET.name,
    rulesets=(RULESET,),
    metadata=tables.METADATA,
    projector=tables.SpellcastersProjector(),
    errors=ErrorStyle(status_of=STATUS_OF),
)


@dataclass(frozen=True, slots=True)
class Playground:
    """Spellcasters in a running server."""

    house: House
    options: PlaygroundOptions
    runner: BotRunner

    @property
    def reactors(self) -> Mapping[str, Sequence[Reactor]]:
        """Bots play, and ended matches are logged."""
        return {RULESET.name: (PlayBots(self.runner), WriteLogs(self._logs))}

    def router(self, host: Host) -> APIRouter:
        """The playground's routes."""
        house = self.house
        return build_router(
            Desk(
                host=host,
                database=house.database,
                clock=house.clock,
                entropy=house.entropy,
                operators=house.operators,
                streams=house.streams,
                metrics=house.metrics,
                pager=Pager(house.cursor_secret),
                options=self.options,
                log_dir=self._logs,
            )
        )

    def jobs(self, host: Host) -> Sequence[Job]:
        """None: matches keep their own time."""
        del host
        return ()

    def live(self, host: Host) -> None:
        """Nothing of its own."""
        del host

    async def tidy(self) -> None:
        """Forget sessions that are past their time, and log files past their days."""
        now_ms = self.house.clock.now_ms()
        before_ms = now_ms - self.options.idle_ttl_ms
        await self.house.database.write(lambda connection: tables.clean_idle_sessions(connection, before_ms, now_ms))
        if self.options.log_retention_days:
            oldest_s = time.time() - self.options.log_retention_days * DAY_S
            await asyncio.to_thread(remove_old_logs, self._logs, oldest_s)

    async def close(self) -> None:
        """Nothing is held: reactors let go of their bots when their worlds leave."""

    @property
    def _logs(self) -> Path:
        return self.house.log_dir / "playground"


def open_playground(house: House, options: PlaygroundOptions, runner: BotRunner | None = None) -> Playground:
    """Open the game for one server; bots are played by `runner`, the trusted ones in this process by default."""
    return Playground(house, options, runner or TrustedBots(options.bot_decide_timeout_ms))
