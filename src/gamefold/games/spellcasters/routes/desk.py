"""What the routes work with, and the status code of every refusal."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import RowMapping

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.ruleset import Rejected
from gamefold.games.spellcasters import tables
from gamefold.games.spellcasters.intents import (
    ACTION_ALREADY_SUBMITTED,
    BOT_NOT_FOUND,
    MATCH_NOT_FOUND,
    NOT_A_PARTICIPANT,
    PLAYER_IN_SESSION,
    PLAYER_IS_BUILTIN,
    PLAYER_NAME_TAKEN,
    PLAYER_NOT_FOUND,
    SESSION_LIMIT,
    SESSION_NOT_FOUND,
    SESSION_OVER,
    WRONG_TURN,
)
from gamefold.platform.operators import Operators
from gamefold.storage.database import Database
from gamefold.web.metrics import WebMetrics
from gamefold.web.pagination import Pager
from gamefold.web.streams import Streams

SEATS_KEPT: Final = 4_096

STATUS_OF: Final[Mapping[str, int]] = {
    PLAYER_NOT_FOUND: 404,
    PLAYER_NAME_TAKEN: 409,
    PLAYER_IS_BUILTIN: 400,
    PLAYER_IN_SESSION: 409,
    SESSION_NOT_FOUND: 404,
    MATCH_NOT_FOUND: 404,
    BOT_NOT_FOUND: 404,
    NOT_A_PARTICIPANT: 403,
    WRONG_TURN: 400,
    ACTION_ALREADY_SUBMITTED: 409,
    SESSION_OVER: 409,
    SESSION_LIMIT: 503,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundOptions:
    """The playground's settings, in milliseconds where they are times."""

    turn_delay_ms: int = 1_000
    turn_timeout_ms: int = 5_000
    turns_max: int = 100
    bot_decide_timeout_ms: int = 100
    idle_ttl_ms: int = 30 * 60_000
    sessions_max: int = 50
    log_retention_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything the routes ask."""

    host: Host
    database: Database
    clock: Clock
    entropy: Entropy
    operators: Operators
    streams: Streams
    metrics: WebMetrics
    pager: Pager
    options: PlaygroundOptions
    log_dir: Path
    _seats: OrderedDict[str, tuple[str, str]] = field(default_factory=OrderedDict)

    async def seats(self, session_id: str, player_id: str) -> tuple[str, str]:
        """Give who sits at 1 and 2 of a session. Rejected SESSION_NOT_FOUND.

        Seats never change, and a running match is never forgotten, so those of a match that was seen running are
        kept: a read in another thread would cost an action more than everything else. They may be of a match that
        has ended and was forgotten since, so where `player_id` has no seat the session is read, and whoever hears
        of the end (SESSION_OVER, a repeated answer) must ask `session` before telling.
        """
        seats = self._seats.get(session_id)
        if seats is None or player_id not in seats:
            row = await self.session(session_id)
            seats = row["p1_id"], row["p2_id"]
            if row["status"] == "running":
                self._seats[session_id] = seats
                if len(self._seats) > SEATS_KEPT:
                    self._seats.popitem(last=False)
        return seats

    async def session(self, session_id: str) -> RowMapping:
        """Read a session the playground remembers. Rejected SESSION_NOT_FOUND."""
        row = await self.database.read(lambda connection: tables.session_row(connection, session_id))
        # The sweeper comes by once a minute; what is past its time is gone at once all the same.
        forgotten_before = tables.stamp(self.clock.now_ms() - self.options.idle_ttl_ms)
        if row is None or (row["ended_at"] is not None and row["ended_at"] < forgotten_before):
            raise Rejected(SESSION_NOT_FOUND, "There is no such session.")
        return row
