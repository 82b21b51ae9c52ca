"""What tests of every folder ask for: databases with all tables, and the servers they need.

A migration takes a hundred times as long as a copy, so there is one of each kind in a session, and copies of it.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gamefold.storage import migrate
from gamefold.storage.database import Database
from gamefold.storage.opening import open_database
from tests.servers import DIALECTS, SharedPostgres, postgres_database, why_no_postgres


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(migrate.upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres() -> None:
    """Asked for by everything that needs the server: skips where there is none."""
    if (reason := why_no_postgres()) is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_template(postgres: None) -> Iterator[str]:
    """A PostgreSQL database with all tables, to copy: nobody may be connected to it."""
    with postgres_database() as url:
        asyncio.run(migrate.upgrade(url))
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite file with all tables, for one test."""
    path = tmp_path / "gamefold.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def shared_postgres(postgres_template: str) -> Iterator[SharedPostgres]:
    with postgres_database(template=postgres_template) as url:
        shared = SharedPostgres(url)
        asyncio.run(shared.remember())
        yield shared


@pytest.fixture
def postgres_url(shared_postgres: SharedPostgres) -> str:
    """A PostgreSQL database with all tables, for one test at a time."""
    return asyncio.run(shared_postgres.emptied())


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest) -> str:
    """A database with all tables for one test, which runs on SQLite and on PostgreSQL."""
    found: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return found


@pytest.fixture
def empty_postgres_url(postgres: None) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    with postgres_database() as url:
        yield url


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    found: str = request.getfixturevalue("empty_postgres_url")
    return found


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()


@pytest.fixture
async def other_database(url: str) -> AsyncIterator[Database]:
    """Another process's view of the same database."""
    database = open_database(url)
    yield database
    await database.close()
