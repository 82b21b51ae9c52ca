"""Every test that asks for `url`, `database` or `house` runs on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from gamefold.storage import migrate
from gamefold.storage.database import Database
from gamefold.storage.opening import open_database
from gamefold.testkit.hosted import Hosted
from tests.servers import postgres_database

from .stores import add_people, focus_house


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
    with postgres_database(owner_may="CREATEROLE") as url:
        asyncio.run(migrate.upgrade(url))
        yield url


@pytest.fixture
def powerless_url(postgres_template: str) -> Iterator[str]:
    """A database without tables, whose owner may not make roles; the role is on the server already."""
    with postgres_database(owner_may="NOCREATEROLE") as url:
        yield url
