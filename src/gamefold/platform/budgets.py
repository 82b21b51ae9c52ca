"""Sliding windows of requests, on the `limits` library: in this process, or in Redis for all processes together.

The library's own in-memory storage looks at every key there is, in threads, on each hit. The one here touches the
key that is asked and sweeps the others once a minute.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MovingWindowSupport, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

WINDOW_S: Final = 60
PREFIX: Final = "gamefold:limits"
REDIS_TIMEOUT_S: Final = 0.5
REDIS_PAUSE_S: Final = 2.0
REDIS_CONNECTIONS_MAX: Final = 16

log = structlog.get_logger("gamefold.platform")


@dataclass(frozen=True, slots=True)
class Spent:
    """The outcome of one hit: whether it was within the budget, what is left, and when there will be more."""

    allowed: bool
    remaining: int
    reset_s: int


class Window(Storage, MovingWindowSupport):
    """The moments of the last hits, key by key, in this process's memory."""

    STORAGE_SCHEME = None  # handed in, never found by an address

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._hits: dict[str, tuple[deque[float], int]] = {}
        self._sweep_at_s = now_s() + WINDOW_S

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Take `amount` hits of the window, or none."""
        now_s = self._now_s()
        if now_s >= self._sweep_at_s:
            self._sweep(now_s)
        hits = self._live(key, expiry, now_s)
        if len(hits) + amount > limit:
            return False
        hits.extend([now_s] * amount)
        self._hits[key] = hits, expiry
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """Give the moment of the oldest hit that counts, by the calendar, and how many count."""
        now_s = self._now_s()
        hits = self._live(key, expiry, now_s)
        # The strategy compares with the calendar; ours does not jump when somebody sets it.
        return (time.time() - (now_s - hits[0]) if hits else time.time()), len(hits)

    def _live(self, key: str, expiry: int, now_s: float) -> deque[float]:
        hits, _ = self._hits.get(key, (deque(), expiry))
        while hits and hits[0] <= now_s - expiry:
            hits.popleft()
        return hits

    def _sweep(self, now_s: float) -> None:
        self._sweep_at_s = now_s + WINDOW_S
        self._hits = {key: kept for key, kept in self._hits.items() if kept[0] and kept[0][-1] > now_s - kept[1]}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing can fail here."""
        return ValueError

    async def check(self) -> bool:
        """Say that it works."""
        return True

    async def reset(self) -> int | None:
        """Forget everything."""
        forgotten = len(self._hits)
        self._hits.clear()
        return forgotten

    async def clear(self, key: str) -> None:
        """Forget a key."""
        self._hits.pop(key, None)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Belongs to other strategies."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Belongs to other strategies."""
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        """Belongs to other strategies."""
        raise NotImplementedError


class Budgets:
    """Spends requests. Where Redis does not answer, this process counts by itself, and asks Redis again soon."""

    def __init__(
        self, redis_url: str | None = None, *, prefix: str = PREFIX, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._now_s = now_s
        self._local = MovingWindowRateLimiter(Window(now_s))
        self._shared: MovingWindowRateLimiter | None = None
        self._redis: Redis | None = None
        self._silent_until_s = 0.0
        self._silent = False
        # Waiting for one's turn in a rush says nothing about Redis, so it is no part of the patience with it.
        self._turns = asyncio.Semaphore(REDIS_CONNECTIONS_MAX)
        if redis_url is not None:
            # One try and little patience: a request must not wait for a Redis that is gone.
            pool = ConnectionPool.from_url(
                redis_url,
                socket_timeout=REDIS_TIMEOUT_S,
                socket_connect_timeout=REDIS_TIMEOUT_S,
                retry=Retry(NoBackoff(), 0),
            )
            self._redis = Redis(connection_pool=pool)
            storage = RedisStorage("redis://", implementation="redispy", key_prefix=prefix, connection_pool=pool)  # type: ignore[arg-type]
            self._shared = MovingWindowRateLimiter(storage)

    @property
    def shared(self) -> bool:
        """Whether all processes spend from one budget at the moment."""
        return self._shared is not None and not self._silent

    async def spend(self, name: str, who: str, per_minute: int) -> Spent:
        """Take one request from somebody's budget of this name."""
        item = RateLimitItemPerMinute(per_minute)
        if self._shared is not None and self._now_s() >= self._silent_until_s:
            async with self._turns:
                spent = await self._spend_shared(self._shared, item, name, who)
            if spent is not None:
                return spent
        return await _hit(self._local, item, name, who)

    async def close(self) -> None:
        """Let the connections go."""
        if self._redis is not None:
            await self._redis.aclose(close_connection_pool=True)

    async def _spend_shared(
        self, shared: MovingWindowRateLimiter, item: RateLimitItem, name: str, who: str
    ) -> Spent | None:
        if self._now_s() < self._silent_until_s:
            return None  # it fell silent while we waited for our turn
        try:
            async with asyncio.timeout(2 * REDIS_TIMEOUT_S):
                spent = await _hit(shared, item, name, who)
        except (RedisError, OSError, TimeoutError) as error:
            self._fall_silent(error)
            return None
        if self._silent:
            self._silent, self._silent_until_s = False, 0.0
            log.info("rate limits are shared again")
        return spent

    def _fall_silent(self, error: Exception) -> None:
        self._silent_until_s = self._now_s() + REDIS_PAUSE_S
        if not self._silent:
            self._silent = True
            log.warning(
                "rate limits are counted per process, because Redis does not answer", error=type(error).__name__
            )


async def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, *who: str) -> Spent:
    allowed = await limiter.hit(item, *who)
    stats: Any = await limiter.get_window_stats(item, *who)
    # Rounded up: who comes back then finds room.
    reset_s = max(1, -int(-(stats.reset_time - time.time()) // 1))
    return Spent(allowed, max(0, stats.remaining), min(reset_s, WINDOW_S))
