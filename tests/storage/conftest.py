"""Every test that asks for `url`, `database` or `journal` runs on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gamefold.storage import migrate
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal
from gamefold.storage.opening import open_database
from gamefold.storage.tables import METADATA

from .notes import NOTES, Notes, create_notes
from .servers import postgres_database, why_no_postgres

DIALECTS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


async def _prepare(url: str) -> None:
    await migrate.upgrade(url)
    database = open_database(url)
    await database.write(create_notes)
    await database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(_prepare(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres() -> None:
    """Asked for by everything that needs the server: skips where there is none."""
    if (reason := why_no_postgres()) is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_session(postgres: None) -> Iterator[str]:
    with postgres_database() as url:
        asyncio.run(_prepare(url))
        yield url


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "gamefold.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_session")
    asyncio.run(_empty(url))
    return url


async def _empty(url: str) -> None:
    database = open_database(url)

    def transaction(connection: Connection) -> None:
        for table in (NOTES, *METADATA.sorted_tables):
            connection.execute(table.delete())

    await database.write(transaction)
    await database.close()


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    yield from _empty_url(request, request.param, tmp_path / "empty.db")


@pytest.fixture(params=DIALECTS)
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Another database without tables, so that a test sees all four pairs."""
    yield from _empty_url(request, request.param, tmp_path / "other.db")


def _empty_url(request: pytest.FixtureRequest, dialect: str, path: Path) -> Iterator[str]:
    if dialect == "sqlite":
        yield f"sqlite:///{path}"
        return
    request.getfixturevalue("postgres")
    with postgres_database() as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()


@pytest.fixture
async def other_database(url: str) -> AsyncIterator[Database]:
    """A second process's view of the same database."""
    database = open_database(url)
    yield database
    await database.close()


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    return SqlJournal(database, {"notes": Notes()})


@pytest.fixture
def other_journal(other_database: Database) -> SqlJournal:
    return SqlJournal(other_database, {"notes": Notes()})
