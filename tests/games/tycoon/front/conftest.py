"""Floors for every taste. One serves all tests of a file: each test brings its own people."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from gamefold.storage import migrate
from gamefold.web.logs import configure_logs

from .floor import Floor, Person, a_floor, postgres_database, why_no_postgres


@pytest.fixture(autouse=True, scope="session")
def _quiet_logs() -> None:
    configure_logs("critical", io.StringIO())


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to copy."""
    path = tmp_path_factory.mktemp("tycoon-front") / "template.db"
    asyncio.run(migrate.upgrade(f"sqlite:///{path}"))
    return path


def _data(migrated: Path, path: Path) -> Path:
    shutil.copy(migrated, path / "playground.db")
    return path


@pytest.fixture(scope="module")
def data(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose tables are there already."""
    return _data(migrated, tmp_path_factory.mktemp("data"))


@pytest.fixture
def own_data(migrated: Path, tmp_path: Path) -> Path:
    """The same, for one test alone."""
    return _data(migrated, tmp_path)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database for one test; skips where there is no server."""
    if (reason := why_no_postgres()) is not None:
        pytest.skip(reason)
    with postgres_database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(data: Path) -> AsyncIterator[Floor]:
    async with a_floor(data) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def me(floor: Floor) -> Person:
    """Somebody who has just come in."""
    return await floor.person()
