"""Reactors: what a game does outside its worlds when something happened inside one.

A bot that moves, a model that answers, a file that is written: the reactor hears a durable event, does its work,
and gives what came of it back as an intent. Its place in each world is kept, so a restart goes on where it was.
Delivery is at least once, also across a rollback; intents sent with `world.submit` carry the event's position in
their request id, so what a repeated delivery sends again is applied once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from gamefold.engine.asked import Ack, HostStopped
from gamefold.engine.feed import Record
from gamefold.engine.journal import WorldNotFound
from gamefold.engine.observe import Observer
from gamefold.engine.ruleset import Intent

T = TypeVar("T")


class Hosting(Protocol):
    """What a reactor may ask of the host."""

    async def submit(self, world_id: str, actor: str, intent: Intent, *, request: str | None = None) -> Ack:
        """See Host.submit."""
        ...

    async def query(self, world_id: str, view: Callable[[Any], T]) -> T:
        """See Host.query."""
        ...

    def history(self, world_id: str, after: int = 0, run: int | None = None) -> AsyncIterator[Record]:
        """See Host.history."""
        ...


class WorldRef:
    """One world, as a reactor may use it."""

    def __init__(self, host: Hosting, world_id: str, run: int, reactor: str) -> None:
        self.id = world_id
        self.run = run
        self._host = host
        self._reactor = reactor
        self._cause = 0

    def because_of(self, record: Record) -> None:
        """Name the event that later intents answer (the engine calls this before each delivery)."""
        self._cause = record.position

    async def submit(self, actor: str, intent: Intent, part: str = "") -> Ack:
        """Submit an intent once, however often this event is delivered. Raises what `Host.submit` raises.

        `part` tells several intents that answer one event apart. It must not depend on how many of them are left
        to send: a repeated delivery may have some of them behind it.
        """
        return await self._host.submit(
            self.id, actor, intent, request=f"{_requests_of(self._reactor)}{self._cause}:{part}"
        )

    async def submit_to(self, world_id: str, actor: str, intent: Intent) -> Ack:
        """Submit an intent to another world. That world must know by itself what it has had: it remembers only
        the last few requests of an actor, and after a crash deliveries may begin far back. Raises like `submit`.
        """
        return await self._host.submit(world_id, actor, intent)

    async def query_of(self, world_id: str, view: Callable[[Any], T]) -> T:
        """Look at the durable state of another world."""
        return await self._host.query(world_id, view)

    async def query(self, view: Callable[[Any], T]) -> T:
        """Look at the durable state."""
        return await self._host.query(self.id, view)

    def history(self) -> AsyncIterator[Record]:
        """Read everything that has happened in this run."""
        return self._host.history(self.id, 0, self.run)


class Reactor(Protocol):
    """One durable listener of a ruleset. Exceptions are logged, and the event is delivered again."""

    @property
    def name(self) -> str:
        """Its name in the cursor table; never reuse one for other work."""
        ...

    async def react(self, record: Record, world: WorldRef) -> None:
        """Deal with one event."""
        ...

    async def forget(self, world_id: str) -> None:
        """The world is over or leaves this process: drop what is kept for it."""
        ...


def last_answered(requests: Mapping[str, Sequence[tuple[str, int]]], reactor: str) -> int:
    """Give the position of the last event a reactor's remembered intents answer; 0 where there is none.

    Events are delivered one after the other, so everything before it has been dealt with.
    """
    prefix = _requests_of(reactor)
    sent = (request for remembered in requests.values() for request, _ in remembered if request.startswith(prefix))
    return max((int(request.removeprefix(prefix).partition(":")[0]) for request in sent), default=0)


def _requests_of(reactor: str) -> str:
    assert ":" not in reactor, "the name ends where the position begins"
    return f"{reactor}:"


async def deliver(reactor: Reactor, record: Record, world: WorldRef, observer: Observer) -> None:
    """Hand over one event until the reactor has dealt with it, ever more patiently.

    Raises HostStopped where the server goes down first: the event is not dealt with, and comes again.
    """
    pause_s = 0.05
    while True:
        world.because_of(record)
        try:
            await reactor.react(record, world)
        except WorldNotFound:
            return
        except HostStopped:
            raise
        except Exception as error:  # noqa: BLE001 - a reactor may fail in any way; the world goes on
            observer.reactor_failed(world.id, reactor.name, error)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 30.0)
        else:
            return
