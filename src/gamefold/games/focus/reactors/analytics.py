"""Counts and logs what happened in saves, with the names the spec gives."""

from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gamefold.engine.host import Ack
from gamefold.engine.ruleset import Event
from gamefold.games.focus.balance import ITEMS
from gamefold.games.focus.events import ItemAwarded, SessionCancelled, SessionCompleted, SessionStarted
from gamefold.games.focus.tables import scope_of

_SECONDS: Final = (300, 900, 1_200, 1_500, 1_800, 2_400, 3_000, 3_600, 4_320, 5_400, 7_200)

log = structlog.get_logger("gamefold.focus.analytics")


class Analytics:
    """Hears every accepted intent once, from the process that had it accepted."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._completed = Counter(
            "sessions_completed", "Sessions that succeeded.", ("room", "duration"), registry=registry
        )
        self._drops = Counter("drops_awarded", "Cosmetics that dropped.", ("rarity",), registry=registry)
        self._seconds = Histogram(
            "session_duration_seconds", "From start to success, by the server.", buckets=_SECONDS, registry=registry
        )
        # Follows what this process hears, and is counted anew once a minute: other processes start and end sessions
        # too, and time ends some where nobody asked.
        self.active = Gauge("active_sessions_gauge", "Sessions that are pending or active.", registry=registry)

    def tell(self, ack: Ack) -> None:
        """Count and log what an intent led to. What was applied before was told before."""
        if ack.repeated:
            return
        scope = scope_of(ack.world)
        for event in ack.events:
            self._tell(event, ack.time_ms, {"user_id": scope.user_id, "tenant_id": scope.tenant_id})

    def _tell(self, event: Event, time_ms: int, who: dict[str, str]) -> None:
        match event:
            case SessionStarted():
                self.active.inc()
            case SessionCompleted():
                self.active.dec()
                self._completed.labels(event.room, str(event.duration_minutes)).inc()
                self._seconds.observe((time_ms - event.started_ms) / 1_000)
                log.info(
                    "session_success",
                    **who,
                    session_id=event.session_id,
                    room=event.room,
                    duration_minutes=event.duration_minutes,
                    reward_exp=event.reward.exp,
                    reward_gold=event.reward.gold,
                    drop_item_id=event.drop.item_id,
                )
            case ItemAwarded():
                self._drops.labels(ITEMS[event.item_id].rarity).inc()
                log.info("drop_awarded", **who, session_id=event.session_id, item_id=event.item_id, rarity=event.rarity)
            case SessionCancelled():
                self.active.dec()
                log.info("session_cancel", **who, session_id=event.session_id, room=event.room, reason=event.reason)
