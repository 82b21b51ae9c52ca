"""Feeds: what happened in a world, handed to whoever watches it, after it is durable.

A subscriber has a queue bounded by count, bytes and age. One that cannot keep up is evicted: the world never
waits for a viewer. An evicted viewer comes back with its cursor and misses nothing, because every record is stored.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from gamefold.engine.ruleset import Event

T = TypeVar("T")


@dataclass(slots=True)
class Record:
    """One stored event of a world.

    `position` counts the events of a world from 1 without gaps; with the world's run it is a cursor.
    """

    world: str
    run: int
    position: int
    seq: int
    tick: int
    time_ms: int
    event: Event
    size: int  # bytes as stored
    _rendered: dict[Hashable, Any] | None = field(default=None, repr=False, compare=False)

    def rendered(self, render: Callable[["Record"], T]) -> T:
        """Give `render(self)`, computed once however many viewers ask (the same function object each time)."""
        if self._rendered is None:
            self._rendered = {}
        if render not in self._rendered:
            self._rendered[render] = render(self)
        return self._rendered[render]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How far one subscriber may fall behind before it is evicted."""

    count: int = 256
    bytes: int = 1 << 20
    age_s: float = 10.0


class Ended(StrEnum):
    """Why a subscription gives nothing more."""

    SLOW = "slow_consumer"  # evicted: come back with the cursor
    CLOSED = "closed"  # the viewer left
    WORLD_OVER = "world_over"  # the world has told all it will ever tell
    REWOUND = "rewound"  # the world goes on from an earlier entry, in a new run
    WORLD_STOPPED = "world_stopped"  # the world is not hosted here any more
    DRAINING = "draining"  # the server is going down


class Subscription:
    """One viewer's bounded queue of records. Iterate it; `ended` says why the iteration stopped."""

    def __init__(self, feed: "Feed", limits: QueueLimits, *, viewer: bool = True) -> None:
        self.viewer = viewer
        self._feed = feed
        self._limits = limits
        self._queue: deque[tuple[float, Record]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self.ended: Ended | None = None

    def __aiter__(self) -> AsyncIterator[Record]:
        return self._records()

    async def _records(self) -> AsyncIterator[Record]:
        while True:
            while self._queue and self.ended is not Ended.SLOW:
                _, record = self._queue.popleft()
                self._bytes -= record.size
                yield record
            if self.ended is not None:
                return
            self._wake.clear()
            await self._wake.wait()

    @property
    def waiting(self) -> int:
        """Records queued and not taken yet."""
        return len(self._queue)

    def offer(self, record: Record, now_s: float) -> None:
        """Queue one record, or evict this subscriber. `now_s` is the event loop's time."""
        oldest_s = self._queue[0][0] if self._queue else now_s
        limits = self._limits
        full = len(self._queue) >= limits.count or self._bytes + record.size > limits.bytes
        if full or now_s - oldest_s > limits.age_s:
            self.end(Ended.SLOW)
            return
        self._queue.append((now_s, record))
        self._bytes += record.size
        self._wake.set()

    def end(self, why: Ended) -> None:
        """Stop this subscription; what is queued is still given, except to a slow consumer."""
        if self.ended is not None:
            return
        self.ended = why
        if why is Ended.SLOW:
            self._queue.clear()
            self._bytes = 0
        self._feed.drop(self, why)
        self._wake.set()

    def close(self) -> None:
        """The viewer left."""
        self.end(Ended.CLOSED)


class Feed:
    """The live end of one world's events."""

    def __init__(self, count: Callable[[str], None] = lambda _why: None) -> None:
        self._subscriptions: set[Subscription] = set()
        self._count = count
        self._ended: dict[bool, Ended] = {}  # for viewers, and for those who are none

    def __len__(self) -> int:
        return len(self._subscriptions)

    @property
    def waiting(self) -> int:
        """Records queued over all subscribers."""
        return sum(subscription.waiting for subscription in self._subscriptions)

    def subscribe(self, limits: QueueLimits, *, viewer: bool = True) -> Subscription:
        """Attach somebody to what happens from now on. Where nothing will, the subscription has ended already.

        A reactor is no `viewer`: it goes on hearing while the viewers of a server that goes down are sent away.
        """
        subscription = Subscription(self, limits, viewer=viewer)
        self._subscriptions.add(subscription)
        if viewer in self._ended:
            subscription.end(self._ended[viewer])
        return subscription

    def publish(self, records: list[Record]) -> None:
        """Hand durable records to every subscriber."""
        now_s = asyncio.get_running_loop().time()
        # A copy, because an eviction takes the subscriber out of the set.
        for subscription in tuple(self._subscriptions):
            for record in records:
                if subscription.ended is None:
                    subscription.offer(record, now_s)

    def end(self, why: Ended, *, viewers_only: bool = False) -> None:
        """End every subscription, and those to come."""
        for viewer in (True,) if viewers_only else (True, False):
            self._ended.setdefault(viewer, why)
        for subscription in tuple(self._subscriptions):
            if subscription.viewer in self._ended:
                subscription.end(why)

    def drop(self, subscription: Subscription, why: Ended) -> None:
        """Forget one subscriber (called by the subscription itself)."""
        self._subscriptions.discard(subscription)
        self._count(why)
