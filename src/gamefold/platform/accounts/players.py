"""Who sends this request: the dependencies of routes.

    @router.post("/api/sessions/start")
    async def start(player: CurrentPlayer, body: StartBody) -> Reply: ...

They find the house's `Doors` on the app (`install_doors`), and which game is asked in the path, as errors do: a token
for one game opens no other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, FastAPI, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.access_tokens import AccessTokens, Claims
from gamefold.platform.accounts.revocations import Revocations
from gamefold.platform.refusals import FORBIDDEN, UNAUTHORIZED
from gamefold.web.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Somebody who has shown a valid access token. Streams they open have `session_id` as their owner."""

    id: str
    session_id: str
    is_superuser: bool
    is_guest: bool


class Doors:
    """Lets players in, game by game. `audiences` goes by path prefix (`""` is the rest).

    Below the prefixes that are `common`, the tokens of every game are good: what is there is not of one game.
    """

    def __init__(
        self,
        tokens: AccessTokens,
        revocations: Revocations,
        audiences: Mapping[str, str],
        *,
        common: Collection[str] = (),
    ) -> None:
        self._tokens = tokens
        self._revocations = revocations
        self._audiences = sorted(audiences.items(), key=lambda item: len(item[0]), reverse=True)
        self._common = tuple(common)

    def audience_at(self, path: str) -> str:
        """Give the audience of the game at a path."""
        for prefix, audience in self._audiences:
            if not prefix or path == prefix or path.startswith(f"{prefix}/"):
                return audience
        raise AssertionError("every path has an audience: give one for ''")

    async def admit(self, token: str, path: str) -> Player:
        """Let a player in. Rejected TOKEN_INVALID, StorageUnavailable."""
        claims = self._tokens.verify(token, *self._accepted_at(path))
        if not await self._revocations.still_open(claims.sid):
            raise Rejected(UNAUTHORIZED, "This session is over.")
        return _player(claims)

    def caller_of(self, connection: HTTPConnection) -> str:
        """Name the caller an Idempotency-Key belongs to: the user, whichever of their tokens they show.

        For `Web(caller_of=...)`. Who shows no valid token is known by the hash of what they show.
        """
        shown = connection.headers.getlist("authorization")
        try:
            claims = self._tokens.verify(_bearer(shown), *self._accepted_at(connection.scope["path"]))
        except Rejected:
            digest = blake2b("\n".join(shown).encode("latin-1", "replace"), digest_size=16).hexdigest()
            return f"header:{digest}" if shown else "anonymous"
        # A revoked session sees no stored answers either; the route will refuse it, and 401 is not stored.
        return f"session:{claims.sid}" if self._revocations.is_revoked(claims.sid) else f"user:{claims.sub}"

    def _accepted_at(self, path: str) -> tuple[str, ...]:
        if any(path == prefix or path.startswith(f"{prefix}/") for prefix in self._common):
            return tuple(audience for _, audience in self._audiences)
        return (self.audience_at(path),)


def install_doors(app: FastAPI, doors: Doors) -> None:
    """Make `CurrentPlayer` and its kin work in the routes of `app`."""
    app.state.doors = doors


def doors_of(connection: HTTPConnection) -> Doors:
    """Give the doors of the app that serves a connection."""
    doors: Doors = connection.app.state.doors
    return doors


def unauthorized(*, shown: bool) -> Refused:
    """Give the answer to somebody without a valid token; it does not say what is wrong with theirs."""
    challenge = 'Bearer error="invalid_token"' if shown else "Bearer"
    return Refused(401, UNAUTHORIZED, "This needs a valid access token.", headers={"WWW-Authenticate": challenge})


_SCHEME: Final = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="AccessToken")


async def current_player(
    request: Request, _documented: Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)]
) -> Player:
    """Give the player who sends this request. Refused 401 UNAUTHORIZED."""
    shown = request.headers.getlist("authorization")
    try:
        player = await doors_of(request).admit(_bearer(shown), request.scope["path"])
    except Rejected:
        raise unauthorized(shown=bool(shown)) from None
    structlog.contextvars.bind_contextvars(user_id=player.id)
    return player


CurrentPlayer = Annotated[Player, Depends(current_player)]


async def superuser(player: CurrentPlayer) -> Player:
    """Give the superuser who sends this request. Refused 401 UNAUTHORIZED, 403 FORBIDDEN."""
    if not player.is_superuser or player.is_guest:
        raise Refused(403, FORBIDDEN, "This is not allowed.")
    return player


Superuser = Annotated[Player, Depends(superuser)]


async def audience_of(request: Request) -> str:
    """Give the audience of the game that is asked: what `register` and `login` want to know."""
    return doors_of(request).audience_at(request.scope["path"])


Audience = Annotated[str, Depends(audience_of)]


def _bearer(shown: list[str]) -> str:
    """Read the Authorization headers as sent. Rejected UNAUTHORIZED: which of two would count is a guess."""
    scheme, _, token = (shown[0] if len(shown) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Rejected(UNAUTHORIZED, "There is no bearer token.")
    return token


def _player(claims: Claims) -> Player:
    return Player(id=claims.sub, session_id=claims.sid, is_superuser=claims.su, is_guest=claims.guest)


def no_store() -> Mapping[str, Any]:
    """Give the headers of every answer that carries tokens: neither caches nor the idempotency store keep it."""
    return {"Cache-Control": "no-store", "Pragma": "no-cache"}
