"""What the engine tells whoever measures it. The default listens to nothing."""

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from gamefold.engine.asked import Ack
from gamefold.engine.ruleset import Intent

logger = logging.getLogger("gamefold.engine")


class Observer:
    """Override what you want to count. Called on the event loop; must be quick and must not raise."""

    def asking(self, world: str, intent: Intent) -> AbstractContextManager[Any]:  # noqa: ARG002 - for those who override it
        """Somebody asks a world for `intent`, from here to the end of the block; runs where they are.

        What the manager gives is the intent's trail: `committing` and `acknowledged` are handed it again.
        """
        return nullcontext()

    def committing(self, trails: Iterable[Any]) -> AbstractContextManager[Any]:  # noqa: ARG002 - as above
        """One transaction is made durable, from here to the end of the block, for all who left these trails."""
        return nullcontext()

    def acknowledged(self, trail: Any, ack: Ack) -> None:
        """An intent is durable; called where it was asked."""

    def committed(self, entries: int, worlds: int, seconds: float) -> None:
        """One durable commit."""

    def refused(self, ruleset: str, code: str) -> None:
        """The rules said no."""

    def ticked(self, world: str, tick: int, drift_ms: int | None, seconds: float) -> None:
        """A tick was played in `seconds`, `drift_ms` after its intended time (None: another world sets its time)."""

    def evicted(self, why: str) -> None:
        """A subscription ended."""

    def crashed(self, world: str, error: BaseException) -> None:
        """A rule crashed; the world is dropped and folded again."""
        logger.error("rule crashed", extra={"world": world}, exc_info=error)

    def quarantined(self, world: str, reason: str) -> None:
        """A world was taken out of service."""
        logger.error("world quarantined", extra={"world": world, "reason": reason})

    def storage_failed(self, error: BaseException) -> None:
        """The store did not take a commit."""
        logger.error("storage failed", extra={"reason": str(error)})

    def reactor_failed(self, world: str, reactor: str, error: BaseException) -> None:
        """A reactor raised; the same event is tried again."""
        logger.error("reactor failed", extra={"world": world, "reactor": reactor}, exc_info=error)

    def fatal(self, reason: str) -> None:
        """The process must not write any more and should end."""
        logger.critical("host stopped", extra={"reason": reason})
