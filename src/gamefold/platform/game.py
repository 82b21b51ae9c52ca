"""The shape every game plugs into, and what the house hands it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter
from sqlalchemy import MetaData

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.reactors import Reactor
from gamefold.engine.ruleset import Ruleset
from gamefold.platform.jobs.runner import Job
from gamefold.platform.liveops.live_game import LiveGame
from gamefold.platform.opening import Platform
from gamefold.platform.operators import Operators
from gamefold.storage.database import Database
from gamefold.storage.projector import Projector
from gamefold.web.errors import ErrorStyle
from gamefold.web.metrics import WebMetrics
from gamefold.web.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the house hands a game that is being opened. The host comes later, because it needs the reactors."""

    database: Database
    clock: Clock
    entropy: Entropy
    operators: Operators
    platform: Platform
    streams: Streams
    metrics: WebMetrics
    cursor_secret: bytes
    log_dir: Path


class Opened(Protocol):
    """A game in a running server."""

    @property
    def reactors(self) -> Mapping[str, Sequence[Reactor]]:
        """What it does when something happened in its worlds, by the name of their ruleset."""
        ...

    def router(self, host: Host) -> APIRouter:
        """Its routes, at the paths of its spec."""
        ...

    def jobs(self, host: Host) -> Sequence[Job]:
        """What it does at certain times, once however many servers run."""
        ...

    def live(self, host: Host) -> LiveGame | None:
        """What operators may do in it beyond what they may do in any game; None for nothing."""
        ...

    async def tidy(self) -> None:
        """Do the work of the passing time, such as forgetting old sessions. Called once a minute."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """One game: its rules, its tables, its voice in errors, and how it is opened."""

    name: str
    rulesets: tuple[Ruleset, ...]  # one for each kind of world; a world's id begins with its ruleset's name
    metadata: MetaData
    projector: Projector
    errors: ErrorStyle = field(default_factory=ErrorStyle)
    # The worlds that hear a world, itself included: they are rolled back together, to the end of one tick.
    together: Callable[[str], tuple[str, ...]] = lambda world: (world,)
