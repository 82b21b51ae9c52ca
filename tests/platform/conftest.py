"""Every test that asks for `url`, `database` or `people` runs on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gamefold.platform.accounts import tables as _accounts  # noqa: F401 - their tables are emptied between tests
from gamefold.platform.jobs import tables as _jobs  # noqa: F401
from gamefold.platform.liveops import tables as _liveops  # noqa: F401
from gamefold.platform.schema import METADATA
from gamefold.platform.tenants import tables as _tenants  # noqa: F401
from gamefold.storage import migrate
from gamefold.storage.database import Database
from gamefold.storage.opening import open_database

from .people import People, some_people
from .stores import postgres_database, why_no_postgres

DIALECTS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(migrate.upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_session() -> Iterator[str]:
    if (reason := why_no_postgres()) is not None:
        pytest.skip(reason)
    with postgres_database() as url:
        asyncio.run(migrate.upgrade(url))
        yield url


@pytest.fixture
def postgres_url(postgres_session: str) -> str:
    """PostgreSQL alone, for tests that need several processes."""
    asyncio.run(_empty(postgres_session))
    return postgres_session


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "gamefold.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest) -> str:
    """A database with all tables and no people."""
    found: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return found


async def _empty(url: str) -> None:
    database = open_database(url)

    def transaction(connection: Connection) -> None:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())

    await database.write(transaction)
    await database.close()


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


@pytest.fixture
async def people(database: Database) -> AsyncIterator[People]:
    async with some_people(database) as people:
        yield people


@pytest.fixture
async def others(people: People, other_database: Database) -> AsyncIterator[People]:
    """The same people, as another process sees them."""
    async with some_people(other_database, people.wall) as others:
        yield others
