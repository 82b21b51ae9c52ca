"""Offices for every taste. One serves all tests of a file: each test brings its own people."""

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gamefold.web.logs import configure_logs

from .office import Office, Person, an_office


@pytest.fixture(autouse=True, scope="session")
def _quiet_logs() -> None:
    configure_logs("critical", io.StringIO())


@pytest.fixture(scope="module")
def data(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose tables are there already."""
    path = tmp_path_factory.mktemp("data")
    shutil.copy(sqlite_template, path / "playground.db")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(data: Path) -> AsyncIterator[Office]:
    async with an_office(data) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def me(office: Office) -> Person:
    """Somebody who has just come in."""
    return await office.person()
