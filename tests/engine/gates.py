"""A journal that can be held up, or fail, at any of its calls: what happens meanwhile really happens meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gamefold.engine.journal import Journal


class Gate:
    """Holds up one call of the journal, before it is done or after. The next ones pass."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        journal: Journal,
        call: str,
        *,
        of: Callable[..., bool] = lambda *_arguments, **_options: True,
        done: bool = False,
        failing: Exception | None = None,
    ) -> None:
        """`of(*arguments)` picks the call. With `done` it is held up after its work, and then fails if `failing`."""
        self.arrived, self._open = asyncio.Event(), asyncio.Event()
        passes = getattr(journal, call)

        async def gated(*arguments: Any, **options: Any) -> Any:
            if self.arrived.is_set() or not of(*arguments, **options):
                return await passes(*arguments, **options)
            outcome = await passes(*arguments, **options) if done else None
            self.arrived.set()
            await self._open.wait()
            if failing is not None:
                raise failing
            return outcome if done else await passes(*arguments, **options)

        monkeypatch.setattr(journal, call, gated)

    def open(self) -> None:
        """Let the call go on."""
        self._open.set()
