"""Every test that asks for `url`, `database` or `house` runs on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gamefold.storage import migrate
from gamefold.storage.database import Database
from gamefold.storage.opening import open_database
from gamefold.testkit.hosted import Hosted

from .stores import add_people, focus_house, forget_everything, postgres_database, why_no_postgres

DIALECTS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


async def _prepare(url: str) -> None:
    await migrate.upgrade(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("focus") / "template.db"
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
    """A database with all tables, the catalogue, and nobody in it."""
    if request.param == "sqlite":
        path = tmp_path / "gamefold.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_session")
    asyncio.run(forget_everything(url))
    return url


@pytest.fixture
def postgres_url(postgres_session: str) -> str:
    asyncio.run(forget_everything(postgres_session))
    return postgres_session


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    request.getfixturevalue("postgres")
    with postgres_database() as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The database, with two users who are members of two tenants."""
    database = open_database(url)
    await database.write(add_people)
    yield database
    await database.close()


@pytest.fixture
async def house(url: str, database: Database) -> AsyncIterator[Hosted]:
    """A host on that database, under rules by which every session drops something."""
    async with focus_house(url) as house:
        yield house


@pytest.fixture
def owned_url(postgres: None) -> Iterator[str]:
    """A database with all tables whose owner is no superuser."""
    with postgres_database("CREATEROLE") as url:
        asyncio.run(_prepare(url))
        yield url


@pytest.fixture
def powerless_url(postgres_session: str) -> Iterator[str]:
    """A database without tables, whose owner may not make roles; the role is on the server already."""
    with postgres_database("NOCREATEROLE") as url:
        yield url
