"""Keyset pages: the cursor is the sort key of the last row, sealed so that nobody can make one up."""

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

import msgspec
from fastapi import Query

from gamefold.web.bodies import Whole
from gamefold.web.errors import InvalidRequest

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 50

Row = TypeVar("Row")
Key = tuple[str | int | float | None, ...]

PageLimit = Annotated[Whole, Query(ge=1, le=LIMIT_MAX)]
"""For routes: `limit: PageLimit = LIMIT_DEFAULT`."""

PageCursor = Annotated[str | None, Query(max_length=512)]
"""For routes: `cursor: PageCursor = None`."""

_SEAL_BYTES: Final = 16


class Pager:
    """Makes and opens cursors. `secret` must be the same in every process and across restarts.

    A cursor belongs to one `scope`, such as `sessions:<user>:<room>`: taken elsewhere, it is refused.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, scope: str, key: Key) -> str:
        """Make the cursor of a row's sort key."""
        raw = msgspec.json.encode(key)
        return base64.urlsafe_b64encode(self._seal(scope, raw) + raw).decode().rstrip("=")

    def open(self, scope: str, cursor: str | None) -> Key | None:
        """Give the sort key in a cursor, None for the first page. Refused: INVALID_REQUEST."""
        if cursor is None:
            return None
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            sealed = b""
        seal, raw = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(scope, raw)):
            raise InvalidRequest("The query parameter cursor is not one that was given here.", field="cursor")
        return msgspec.json.decode(raw, type=Key)

    def page(
        self, scope: str, rows: Sequence[Row], limit: int, key_of: Callable[[Row], Key]
    ) -> tuple[Sequence[Row], str | None]:
        """Cut a page out of `limit + 1` rows; the cursor is None on the last page."""
        if len(rows) <= limit:
            return rows, None
        return rows[:limit], self.seal(scope, key_of(rows[limit - 1]))

    def _seal(self, scope: str, raw: bytes) -> bytes:
        return hmac.digest(self._secret, scope.encode() + b"\0" + raw, "sha256")[:_SEAL_BYTES]
