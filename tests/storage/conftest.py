"""Every test that asks for `url`, `database` or `journal` runs on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal
from gamefold.storage.opening import open_database
from tests.servers import DIALECTS, postgres_database

from .notes import Notes, create_notes


async def _with_notes(url: str) -> str:
    database = open_database(url)
    await database.write(create_notes)
    await database.close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("storage") / "template.db"))
    asyncio.run(_with_notes(f"sqlite:///{path}"))
    return path


@pytest.fixture
def postgres_url(postgres_url: str) -> str:
    return asyncio.run(_with_notes(postgres_url))


@pytest.fixture(params=DIALECTS)
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Another database without tables, so that a test sees all four pairs."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    request.getfixturevalue("postgres")
    with postgres_database() as url:
        yield url


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    return SqlJournal(database, {"notes": Notes()})


@pytest.fixture
def other_journal(other_database: Database) -> SqlJournal:
    return SqlJournal(other_database, {"notes": Notes()})
