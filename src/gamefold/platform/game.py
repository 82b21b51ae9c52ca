"""The shape every game plugs into, and what the house hands it."""

from collections.abc import Sequence
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
    def reactors(self) -> Sequence[Reactor]:
        """What it does when something happened in its worlds."""
        ...

    def router(self, host: Host) -> APIRouter:
        """Its routes, at the paths of its spec."""
        ...

    def jobs(self, host: Host) -> Sequence[Job]:
        """What it does at certain times, once however many servers run."""
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
    ruleset: Ruleset
    metadata: MetaData
    projector: Projector
    errors: ErrorStyle = field(default_factory=ErrorStyle)
