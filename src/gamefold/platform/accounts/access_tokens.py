"""Access tokens: short JWTs that any process can verify by itself.

Verified strictly (RFC 8725, RFC 9068): one algorithm, one key, one type, and every claim there, of its type and with
our value. Times are real time: `--time-scale` makes games faster and tokens no shorter.
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import jwt
import msgspec
from jwt.api_jws import PyJWS

from gamefold.engine.clock import Clock
from gamefold.engine.refusal import Rejected
from gamefold.platform.refusals import TOKEN_INVALID

LIFE_S: Final = 15 * 60
LEEWAY_S: Final = 5  # between the clocks of two machines
TYPE: Final = "at+jwt"
CHARACTERS_MAX: Final = 2_048

# One token has one text: padding and blanks, which the library lets pass, would give it several.
_FORM: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ("iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti")


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an access token says: `sub` is the user, `sid` the session, `su` a superuser, `guest` a guest."""

    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    nbf: int
    exp: int
    jti: str
    su: bool = False
    guest: bool = False


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token, and how long it is good for."""

    text: str = field(repr=False)
    expires_at_ms: int

    @property
    def expires_in_s(self) -> int:
        """Its whole life: it was made just now."""
        return LIFE_S


class AccessTokens:
    """Makes and verifies access tokens under one secret. `wall` is real time."""

    def __init__(self, secret: bytes, issuer: str, wall: Clock) -> None:
        self._secret = secret
        self._issuer = issuer
        self._wall = wall
        self._signatures = PyJWS(algorithms=[_ALGORITHM])

    def issue(
        self, user_id: str, session_id: str, audience: str, *, superuser: bool = False, guest: bool = False
    ) -> AccessToken:
        """Make a token for one session in one game."""
        now_ms = self._wall.now_ms()
        now_s = now_ms // 1_000
        claims = Claims(
            iss=self._issuer,
            aud=audience,
            sub=user_id,
            sid=session_id,
            iat=now_s,
            nbf=now_s,
            exp=now_s + LIFE_S,
            jti=secrets.token_urlsafe(12),
            su=superuser,
            guest=guest,
        )
        text = self._signatures.encode(
            msgspec.json.encode(claims), self._secret, algorithm=_ALGORITHM, headers={"typ": TYPE}
        )
        return AccessToken(text, (now_s + LIFE_S) * 1_000)

    def verify(self, token: str, *audiences: str) -> Claims:
        """Read a token somebody showed, made for one of `audiences`. Rejected TOKEN_INVALID, whatever is wrong."""
        claims = self._signed_claims(token)
        now_s = self._wall.now_ms() // 1_000
        ours = claims.iss == self._issuer and claims.aud in audiences
        timely = max(claims.nbf, claims.iat) - LEEWAY_S <= now_s < claims.exp
        # A lifetime we never give is a token we never made, whoever signed it.
        short = 0 < claims.exp - claims.iat <= LIFE_S
        if not (ours and timely and short and _is_id(claims.sub) and _is_id(claims.sid) and claims.jti):
            raise _invalid()
        return claims

    def _signed_claims(self, token: str) -> Claims:
        if len(token) > CHARACTERS_MAX or not _FORM.fullmatch(token):
            raise _invalid()
        try:
            signed = self._signatures.decode_complete(token, self._secret, algorithms=[_ALGORITHM])
            if signed["header"].get("typ") != TYPE or "b64" in signed["header"]:
                raise _invalid()
            return msgspec.json.decode(signed["payload"], type=Claims)
        except (jwt.PyJWTError, msgspec.MsgspecError, UnicodeError):
            raise _invalid() from None


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _invalid() -> Rejected:
    return Rejected(TOKEN_INVALID, "This is not a valid access token.")
