"""Playgrounds for every taste."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gamefold.testkit.clock import VirtualClock
from gamefold.web.logs import configure_logs

from .playground import Playground, a_playground


@pytest.fixture(autouse=True, scope="session")
def _quiet_logs() -> None:
    configure_logs("error", io.StringIO())


@pytest.fixture
async def playground(tmp_path: Path) -> AsyncIterator[Playground]:
    """A playground without pauses between turns, in which players may take their time."""
    async with a_playground(tmp_path, TURN_TIMEOUT_SECONDS=600) as one:
        yield one


@pytest.fixture
async def streaming(tmp_path: Path) -> AsyncIterator[Playground]:
    """The same behind a real socket."""
    async with a_playground(tmp_path, sockets=True, TURN_TIMEOUT_SECONDS=600) as one:
        yield one


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Playground]:
    """A playground with the spec's own times, whose clock the test moves."""
    async with a_playground(tmp_path, clock=VirtualClock(), TURN_DELAY_SECONDS=1) as one:
        yield one
