"""Passwords: which are good enough, and hashing them without stopping everything else.

A password is its UTF-8 bytes exactly as sent: nothing is trimmed, folded, normalised or cut off. New hashes are
argon2id. bcrypt hashes that come from elsewhere are accepted and replaced at the first login; bcrypt reads 72 bytes,
so a longer password does not match one at all, instead of matching whatever begins alike.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from gamefold.engine.refusal import Rejected
from gamefold.platform.refusals import PASSWORD_TOO_LONG, PASSWORD_TOO_WEAK
from gamefold.web.errors import Unavailable

T = TypeVar("T")

BYTES_MIN: Final = 8
BYTES_MAX: Final = 1_024
WAITING_MAX: Final = 500
UNUSABLE: Final = "!"  # no password gives this hash

_BCRYPT_BYTES_MAX: Final = 72


@cache
def common_passwords() -> frozenset[str]:
    """Give the passwords everybody tries first, in lower case."""
    text = (files(__package__) / "common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def check_new_password(password: str, *known: str | None) -> bytes:
    """Give a new password's bytes. Rejected PASSWORD_TOO_WEAK, PASSWORD_TOO_LONG.

    `known` is what everybody can know of its owner: the address, the username.
    """
    raw = password_bytes(password)
    if raw is None:
        raise Rejected(PASSWORD_TOO_LONG, f"A password has at most {BYTES_MAX} bytes of UTF-8.")
    if len(raw) < BYTES_MIN:
        raise Rejected(PASSWORD_TOO_WEAK, f"A password has at least {BYTES_MIN} bytes.")
    folded = password.casefold()
    if folded in common_passwords() or len(set(password)) == 1:
        raise Rejected(PASSWORD_TOO_WEAK, "This password is one of those everybody tries first.")
    names = {name.casefold() for name in known if name}
    if folded in names | {name.partition("@")[0] for name in names}:
        raise Rejected(PASSWORD_TOO_WEAK, "A password must not be the address or the username.")
    return raw


def password_bytes(password: str) -> bytes | None:
    """Give a sent password's bytes; None where nobody can have it: too long, or no text at all."""
    try:
        raw = password.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return None
    return raw if len(raw) <= BYTES_MAX else None


def argon2id() -> PasswordHash:
    """Give the scheme: argon2id with 19 MiB and two passes (OWASP's least), and bcrypt for hashes from elsewhere."""
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1), BcryptHasher()))


class Passwords:
    """Hashes in threads of its own, as many as there are cores: memory and processors stay bounded in a rush.

    Refused 503 where more than `waiting_max` are waiting. A simulation hands in a cheap `scheme`.
    """

    def __init__(
        self, scheme: PasswordHash | None = None, *, threads: int | None = None, waiting_max: int = WAITING_MAX
    ) -> None:
        self._scheme = scheme or argon2id()
        self._threads = ThreadPoolExecutor(threads or os.cpu_count() or 1, "gamefold-password")
        self._waiting = 0
        self._waiting_max = waiting_max
        # What an unknown address is verified against: it takes as long, and nothing matches it.
        self._dummy = self._scheme.hash(os.urandom(16))

    async def hash(self, password: bytes) -> str:
        """Give the hash of a new password."""
        return await self._run(lambda: self._scheme.hash(password))

    async def verify(self, password: bytes, hashed: str | None) -> tuple[bool, str | None]:
        """Say whether the password gives this hash, and its new hash where the old one is out of date.

        None stands for somebody unknown: that takes the same time, and is never right.
        """
        return await self._run(lambda: self._verify(password, hashed))

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)

    def _verify(self, password: bytes, hashed: str | None) -> tuple[bool, str | None]:
        if hashed is not None and hashed.startswith("$2") and len(password) > _BCRYPT_BYTES_MAX:
            hashed = None
        if hashed is None or hashed == UNUSABLE:
            self._scheme.verify(password, self._dummy)
            return False, None
        try:
            return self._scheme.verify_and_update(password, hashed)
        except UnknownHashError:
            return False, None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._waiting_max:
            raise Unavailable("Too many people log in at the moment; try again soon.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
