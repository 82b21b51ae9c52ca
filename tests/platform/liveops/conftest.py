"""A control room for each test, on both databases."""

from collections.abc import AsyncIterator

import pytest

from ..people import People  # noqa: TID252 - the same people as everywhere
from .control_room import ControlRoom, a_control_room


@pytest.fixture
async def room(people: People) -> AsyncIterator[ControlRoom]:
    async with a_control_room(people) as room:
        yield room
