"""Who may do what an operator does.

On the loopback interface everybody who can reach the server may (the playground's spec decides so). On any other
address an operator shows `Authorization: Bearer $ADMIN_TOKEN`.
"""

import secrets
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from gamefold.web.errors import Refused


@dataclass(frozen=True, slots=True)
class Operators:
    """The rule for operators. `open_to_all` lets everybody pass; without it and without a token nobody does."""

    open_to_all: bool
    token: str | None = field(default=None, repr=False)

    async def __call__(self, connection: HTTPConnection) -> None:
        """Let an operator pass (as a FastAPI dependency). Refused 401 UNAUTHORIZED."""
        if self.open_to_all:
            return
        scheme, _, shown = connection.headers.get("authorization", "").partition(" ")
        known = self.token is not None and scheme.lower() == "bearer"
        if not known or not secrets.compare_digest(shown.encode(), (self.token or "").encode()):
            raise Refused(
                401,
                "UNAUTHORIZED",
                "This needs the operator's token: Authorization: Bearer <ADMIN_TOKEN>.",
                headers={"WWW-Authenticate": "Bearer"},
            )
