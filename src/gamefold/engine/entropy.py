"""Where new seeds and new ids come from: the machine's entropy, or one integer for servers that must agree."""

import secrets
from hashlib import blake2b
from uuid import UUID

from gamefold.engine.rng import SEED_BYTES


def commitment_of(seed: bytes) -> bytes:
    """Give the published promise of a secret seed: its blake2b-256 hash."""
    return blake2b(seed, digest_size=32).digest()


class Entropy:
    """Random, or derived from `fixed_seed` so that two fresh servers give the same seeds and ids."""

    def __init__(self, fixed_seed: int | None = None) -> None:
        self._fixed_seed = fixed_seed
        self._start = 0
        self._drawn = 0

    def started(self, times_before: int) -> None:
        """Say how often this store was opened before: derived ids must not repeat after a restart."""
        self._start = times_before

    def seed(self, world: str, run: int) -> bytes:
        """Give the 32 secret bytes of a run."""
        if self._fixed_seed is None:
            return secrets.token_bytes(SEED_BYTES)
        return _hash(f"seed:{self._fixed_seed}:{run}:{world}", SEED_BYTES)

    def new_id(self, request: str | None = None) -> str:
        """Give a new UUID (version 4 in form).

        The same non-empty `request` always gives the same id, so that a repeated request finds what the first
        one made, even where the server died in between.
        """
        if request is not None:
            raw = _hash(f"request:{request}", 16)
        elif self._fixed_seed is not None:
            self._drawn += 1
            raw = _hash(f"id:{self._fixed_seed}:{self._start}:{self._drawn}", 16)
        else:
            raw = secrets.token_bytes(16)
        return str(UUID(bytes=raw, version=4))


def _hash(text: str, size: int) -> bytes:
    return blake2b(text.encode(), digest_size=size).digest()
