"""Refresh tokens: long-lived, opaque, good for one use, and repeatable for a moment.

A token is `<family>.<generation>.<secret>`. The first secret of a family is random; each next one is
HMAC-SHA256(key, secret before). The database keeps the SHA-256 of the newest secret alone. From this follows:

- Whoever repeats a refresh whose answer was lost gets the same successor again, computed from the token they show:
  nothing that could be stolen from the database is kept for it.
- A stolen database gives no token, and a stolen key gives none without a token to start from.
- Any older token of a family is recognised without having been kept: hashing forward from it arrives at the newest.
  So reuse is told from invention, and inventing tokens for a known session id revokes nobody.
- When the key is changed, the newest token of each family stays good, and older ones count as invented.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

_SECRET_BYTES: Final = 32
# What an invented token may cost. A session that refreshes every 15 minutes lives 8,640 generations at most.
_STEPS_MAX: Final = 20_000
_TOKEN: Final = re.compile(r"([0-9a-f]{32})\.(0|[1-9][0-9]{0,6})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token, taken apart."""

    family_id: str
    generation: int
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """What a client holds."""
        return f"{UUID(self.family_id).hex}.{self.generation}.{self.secret.hex()}"

    @property
    def hash(self) -> bytes:
        """What is stored. A fast hash will do: there are 256 bits to guess."""
        return hashlib.sha256(self.secret).digest()


def first_token(family_id: str) -> RefreshToken:
    """Make the first token of a new family."""
    return RefreshToken(family_id, 0, secrets.token_bytes(_SECRET_BYTES))


def parse_token(text: str) -> RefreshToken | None:
    """Read what a client sent; None where it is no refresh token."""
    found = _TOKEN.fullmatch(text)
    if found is None:
        return None
    return RefreshToken(str(UUID(hex=found[1])), int(found[2]), bytes.fromhex(found[3]))


class Succession:
    """Knows which token follows which. `key` is the installation's; it signs nothing else."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"gamefold refresh tokens", "sha256")

    def next(self, token: RefreshToken) -> RefreshToken:
        """Give the token that follows, always the same one."""
        return RefreshToken(token.family_id, token.generation + 1, hmac.digest(self._key, token.secret, "sha256"))

    def leads_to(self, token: RefreshToken, generation: int, token_hash: bytes) -> bool:
        """Say whether `token` is genuine: it is, or was once, the token the hash belongs to."""
        if not 0 <= generation - token.generation <= _STEPS_MAX:
            return False
        while token.generation < generation:
            token = self.next(token)
        return hmac.compare_digest(token.hash, token_hash)
