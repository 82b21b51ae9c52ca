"""Whoever watches a world sees everything once, in order, or is told why not."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gamefold.engine.feed import Ended, Feed, QueueLimits, Record, Subscription
from gamefold.engine.journal import WorldNotFound
from gamefold.engine.observe import Observer
from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Event
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys import LEDGER
from gamefold.testkit.toys.ledger import CloseLedger, Deposit, LedgerSpec

WORLD = "ledger/1"


class Evictions(Observer):
    def __init__(self) -> None:
        self.why: list[str] = []

    def evicted(self, why: str) -> None:
        self.why.append(why)


@pytest.fixture
async def house() -> AsyncIterator[Hosted]:
    async with hosted(LEDGER, observer=Evictions()) as house:
        await house.host.ensure(WORLD, LedgerSpec())
        yield house


class Told(Event, frozen=True):
    pass


def a_record(position: int, size: int = 10) -> Record:
    return Record("world", 1, position, position, 0, 0, Told(), size)


async def test_subscribe_then_history_gives_no_gap_and_no_repeat_at_200_cuts(house: Hosted) -> None:
    rng = Rng(bytes(32), "cuts")

    async def play() -> None:
        for number in range(200):
            await asyncio.gather(*(house.host.submit(WORLD, f"p{n}", Deposit(1)) for n in range(1 + number % 3)))

    async def view() -> list[int]:
        """Watch with a cursor, leave after a drawn number of records, come back, until the end."""
        seen: list[int] = []
        while True:
            subscription = await house.host.subscribe(WORLD, QueueLimits(count=100_000))
            leave_after = 1 + rng.below(40)
            async for record in house.host.follow(WORLD, subscription, seen[-1] if seen else 0):
                seen.append(record.position)
                leave_after -= 1
                if not leave_after:
                    break
            if leave_after and subscription.ended is Ended.WORLD_OVER:
                return seen
            subscription.close()
            cuts.append(1)

    cuts: list[int] = []
    viewers = [asyncio.ensure_future(view()) for _ in range(12)]
    await play()
    await house.host.submit(WORLD, "p0", CloseLedger())
    everything = [record.position async for record in house.host.history(WORLD)]
    assert everything == list(range(1, len(everything) + 1))
    for seen in await asyncio.wait_for(asyncio.gather(*viewers), 60):
        assert seen == everything
    assert len(cuts) >= 200


async def test_nothing_is_published_before_it_is_durable(house: Hosted) -> None:
    subscription = await house.host.subscribe(WORLD)
    for _ in range(20):
        asked = asyncio.ensure_future(house.host.submit(WORLD, "anna", Deposit(1)))
        record = await anext(aiter(subscription))
        stored = [one.position async for one in house.host.history(WORLD)]
        assert record.position in stored
        await asked


LIMITS = [
    (QueueLimits(count=3), [1] * 4),
    (QueueLimits(bytes=50), [20, 20, 20]),
]


@pytest.mark.parametrize(("limits", "sizes"), LIMITS, ids=["count", "bytes"])
async def test_a_viewer_who_cannot_keep_up_is_evicted(limits: QueueLimits, sizes: list[int]) -> None:
    ends: list[str] = []
    feed = Feed(ends.append)
    slow, quick = feed.subscribe(limits), feed.subscribe(QueueLimits())
    for position, size in enumerate(sizes[:-1], 1):
        feed.publish([a_record(position, size)])
    assert slow.ended is None
    feed.publish([a_record(len(sizes), sizes[-1])])
    assert slow.ended is Ended.SLOW
    assert [record async for record in slow] == []
    assert (ends, len(feed), quick.waiting) == (["slow_consumer"], 1, len(sizes))


async def test_a_viewer_who_sleeps_too_long_is_evicted() -> None:
    feed = Feed()
    viewer = feed.subscribe(QueueLimits(age_s=10))
    viewer.offer(a_record(1), now_s=100.0)
    viewer.offer(a_record(2), now_s=109.0)
    assert viewer.ended is None
    viewer.offer(a_record(3), now_s=111.0)
    assert viewer.ended is Ended.SLOW


async def test_taking_records_makes_room() -> None:
    feed = Feed()
    viewer = feed.subscribe(QueueLimits(count=2, bytes=100))
    records = aiter(viewer)
    for position in range(1, 50):
        feed.publish([a_record(position, size=90)])
        assert (await anext(records)).position == position
    assert viewer.ended is None


async def test_an_evicted_viewer_comes_back_and_misses_nothing(house: Hosted) -> None:
    subscription = await house.host.subscribe(WORLD, QueueLimits(count=2))
    for _ in range(10):
        await house.host.submit(WORLD, "anna", Deposit(1))
    assert [record async for record in subscription] == []
    assert subscription.ended is Ended.SLOW
    assert house.host.observer.why == ["slow_consumer"]  # type: ignore[attr-defined]
    again = await house.host.subscribe(WORLD)
    await house.host.submit(WORLD, "anna", CloseLedger())
    assert [record.position async for record in house.host.follow(WORLD, again)] == list(range(1, 13))


async def ended(subscription: Subscription) -> Ended | None:
    async for _ in subscription:
        pass
    return subscription.ended


async def test_every_end_has_its_reason(house: Hosted) -> None:
    await house.host.submit(WORLD, "anna", Deposit(1))
    viewer = await house.host.subscribe(WORLD)
    viewer.close()
    assert await ended(viewer) is Ended.CLOSED

    viewer = await house.host.subscribe(WORLD)
    await house.host.rollback(WORLD, actor="operator", reason="test", seq=1)
    assert await ended(viewer) is Ended.REWOUND

    viewer = await house.host.subscribe(WORLD)
    await house.host.stop(WORLD)
    assert await ended(viewer) is Ended.WORLD_STOPPED

    viewer = await house.host.subscribe(WORLD)
    house.host.end_streams()
    assert await ended(viewer) is Ended.DRAINING
    # The world goes on, but nobody is let in to watch.
    await house.host.submit(WORLD, "anna", Deposit(1))
    assert await ended(await house.host.subscribe(WORLD)) is Ended.DRAINING

    with pytest.raises(WorldNotFound):
        await house.host.subscribe("ledger/unknown")


async def test_a_record_is_rendered_once_for_all_viewers() -> None:
    record, calls = a_record(1), []

    def render(one: Record) -> str:
        calls.append(one)
        return f"event {one.position}"

    assert [record.rendered(render) for _ in range(100)] == ["event 1"] * 100
    assert len(calls) == 1


async def test_viewers_stay_while_a_crashed_world_is_folded_again(house: Hosted) -> None:
    subscription = await house.host.subscribe(WORLD)
    await house.host.submit(WORLD, "anna", Deposit(1))
    house.host._residents.lose(house.host._residents.here[WORLD], RuntimeError("a fault of nobody"))
    await house.host.submit(WORLD, "anna", Deposit(1))
    await house.host.submit(WORLD, "anna", CloseLedger())
    assert [record.position async for record in subscription] == [2, 3, 4]
