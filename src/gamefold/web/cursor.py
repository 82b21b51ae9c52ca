"""Where a viewer stopped: the cursor of a stream, as `Last-Event-ID` or `?since=`."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from gamefold.engine.feed import Record
from gamefold.web.errors import InvalidRequest
from gamefold.web.strict_json import INTEGER_MAX

_CURSOR: Final = re.compile(r"(?:([0-9]{1,19}):)?([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last event a viewer has, `<position>` or `<run>:<position>`.

    After a rollback a world counts from an earlier position again, so a position alone can mean another event.
    """

    position: int
    run: int | None = None

    @classmethod
    def of(cls, record: Record) -> "Cursor":
        """Give the cursor of a viewer who has seen `record`."""
        return cls(record.position, record.run)

    def __str__(self) -> str:
        return f"{self.position}" if self.run is None else f"{self.run}:{self.position}"

    def position_in(self, run: int) -> int | None:
        """Give the position, None where the cursor belongs to another run."""
        return self.position if self.run in (None, run) else None


def parse_cursor(text: str) -> Cursor | None:
    """Read a cursor; None where it is malformed."""
    found = _CURSOR.fullmatch(text)
    if found is None:
        return None
    run = None if found[1] is None else int(found[1])
    cursor = Cursor(int(found[2]), run)
    return cursor if max(cursor.position, run or 0) <= INTEGER_MAX else None


async def _sent_cursor(connection: HTTPConnection) -> Cursor | None:
    # A browser that reconnects asks the old address again: then the header knows more than `since`.
    for text in (connection.headers.get("last-event-id"), connection.query_params.get("since")):
        if text is not None:
            cursor = parse_cursor(text)
            if cursor is None:
                raise InvalidRequest("The stream cursor must be <position> or <run>:<position>.", field="since")
            return cursor
    return None


SentCursor = Annotated[Cursor | None, Depends(_sent_cursor)]
"""For routes: the cursor of this request, None for a first visit. A malformed one is refused with 422."""
