"""Floors for every taste. One serves all tests of a file: each test brings its own people."""

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gamefold.web.logs import configure_logs

from .floor import Floor, Person, a_floor


@pytest.fixture(autouse=True, scope="session")
def _quiet_logs() -> None:
    configure_logs("critical", io.StringIO())


def _data(sqlite_template: Path, path: Path) -> Path:
    shutil.copy(sqlite_template, path / "playground.db")
    return path


@pytest.fixture(scope="module")
def data(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose tables are there already."""
    return _data(sqlite_template, tmp_path_factory.mktemp("data"))


@pytest.fixture
def own_data(sqlite_template: Path, tmp_path: Path) -> Path:
    """The same, for one test alone."""
    return _data(sqlite_template, tmp_path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(data: Path) -> AsyncIterator[Floor]:
    async with a_floor(data) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def me(floor: Floor) -> Person:
    """Somebody who has just come in."""
    return await floor.person()
