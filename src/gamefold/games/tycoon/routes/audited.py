"""Refused writes go into the audit log: who probes for holes leaves a trace.

Bounded for each player, so that nobody can fill a disk with refusals; what is left out is counted in the next line.
"""

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.clock import Clock
from gamefold.engine.journal import StorageUnavailable
from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.routes.statuses import STATUS_OF
from gamefold.platform.accounts.players import Player
from gamefold.platform.audit import Actor, write_audit
from gamefold.storage.database import Database
from gamefold.web.errors import INVALID_REQUEST, Refused
from gamefold.web.route import StrictRoute

CHAIN: Final = "tycoon"
LINES_PER_MINUTE: Final = 10
PLAYERS_KEPT: Final = 10_000
MINUTE_MS: Final = 60_000
# Not worth a line: nothing is wrong with the request.
_COMMON: Final = frozenset({"INSUFFICIENT_FUNDS", "RATE_LIMITED"})

log = structlog.get_logger("gamefold.tycoon")


class RefusalLog:
    """Counts what was refused, and writes it down."""

    def __init__(self, database: Database, wall: Clock, registry: CollectorRegistry) -> None:
        self._database = database
        self._wall = wall
        self._lines: OrderedDict[str, tuple[int, int]] = OrderedDict()  # by player: minute, refusals in it
        self._count = Counter(
            "gamefold_tycoon_refusals", "Refused writes of players by code.", ("code",), registry=registry
        )

    async def note(self, player: Player, code: str, route: str) -> None:
        """Write one refusal down, or count it with those that are left out."""
        self._count.labels(code).inc()
        if code in _COMMON:
            return
        now_ms = self._wall.now_ms()
        minute, refusals = self._lines.pop(player.id, (0, 0))
        left_out = max(0, refusals - LINES_PER_MINUTE) if minute != now_ms // MINUTE_MS else 0
        refusals = refusals + 1 if minute == now_ms // MINUTE_MS else 1
        self._lines[player.id] = (now_ms // MINUTE_MS, refusals)
        if len(self._lines) > PLAYERS_KEPT:
            self._lines.popitem(last=False)
        if refusals > LINES_PER_MINUTE:
            return
        actor, details = Actor(player.id), {"code": code, "route": route, "left_out": left_out}
        try:
            await self._database.write(
                lambda connection: write_audit(
                    connection, actor, "request.refused", player.id, now_ms, details=details, chain=CHAIN
                )
            )
        except StorageUnavailable as error:
            log.warning("a refusal was not written down", code=code, exc_info=error)


def audited(refusals: RefusalLog) -> type[StrictRoute]:
    """Give the route class of writes."""

    class AuditedRoute(StrictRoute):
        """A strict route whose refusals are written down."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """Wrap the handler of writes."""
            handle = super().get_route_handler()
            if not self.methods or self.methods <= {"GET", "HEAD"}:
                return handle

            async def audit(request: Request) -> Response:
                try:
                    return await handle(request)
                except (Rejected, Refused, RequestValidationError) as error:
                    player = getattr(request.state, "player", None)
                    if player is not None and _status_of(error) < 500:
                        await refusals.note(player, getattr(error, "code", INVALID_REQUEST), self.path_format)
                    raise

            return audit

    return AuditedRoute


def _status_of(error: Exception) -> int:
    if isinstance(error, Refused):
        return error.status_code
    return STATUS_OF.get(error.code, 409) if isinstance(error, Rejected) else 422
