"""Every test that asks for `people` runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from gamefold.storage.database import Database

from .people import People, some_people


@pytest.fixture
async def people(database: Database) -> AsyncIterator[People]:
    async with some_people(database) as people:
        yield people


@pytest.fixture
async def others(people: People, other_database: Database) -> AsyncIterator[People]:
    """The same people, as another process sees them."""
    async with some_people(other_database, people.wall) as others:
        yield others
