"""Everything after a cursor, once each, in order, however history and present overlap."""

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.engine.feed import Ended, QueueLimits
from gamefold.engine.follow import follow

from .records import AWorld


@given(
    stored=st.integers(0, 40),
    after_share=st.floats(0, 1),
    bursts=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=8),
    takes_pauses=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_viewer_sees_every_record_after_its_cursor_once(stored, after_share, bursts, takes_pauses) -> None:
    async def scenario() -> None:
        world = AWorld(stored)
        after = int(stored * after_share)
        subscription = world.subscribe()
        seen: list[int] = []

        async def play() -> None:
            for turns, pauses in bursts:
                for _ in range(pauses):
                    await asyncio.sleep(0)
                world.play(turns)
            await asyncio.sleep(0)
            world.feed.end(Ended.WORLD_STOPPED)

        async def watch() -> None:
            async for record in follow(world.history(after, pause_every=3), subscription, after):
                seen.append(record.position)
                if takes_pauses:
                    await asyncio.sleep(0)

        await asyncio.gather(play(), watch())
        assert seen == list(range(after + 1, len(world.stored) + 1))
        assert len(world.feed) == 0

    asyncio.run(scenario())


async def test_a_late_viewer_without_a_history_sees_what_comes() -> None:
    world = AWorld(stored=10)
    subscription = world.subscribe()
    world.play(2)
    world.feed.end(Ended.DRAINING)
    empty = AWorld().history(0)
    assert [record.position async for record in follow(empty, subscription)] == [11, 12]


async def test_leaving_closes_the_subscription() -> None:
    world = AWorld(stored=3)
    subscription = world.subscribe()
    async with aclosing(follow(world.history(0), subscription)) as records:
        async for _ in records:
            break
    assert len(world.feed) == 0
    assert subscription.ended is Ended.CLOSED


async def test_a_viewer_evicted_during_its_history_gets_no_hole() -> None:
    world = AWorld(stored=20)
    subscription = world.subscribe(QueueLimits(count=2))
    seen = []
    async for record in follow(world.history(0), subscription):
        seen.append(record.position)
        if record.position == 5:
            world.play(10)
    assert seen == [1, 2, 3, 4, 5]
    assert subscription.ended is Ended.SLOW


async def test_a_history_older_than_the_subscription_is_an_error_of_ours() -> None:
    world = AWorld(stored=3)
    before = [record async for record in world.history(0)]
    world.play()
    subscription = world.subscribe()
    world.play()

    async def stale():
        for record in before:
            yield record

    with pytest.raises(AssertionError):
        _ = [record async for record in follow(stale(), subscription)]
    assert len(world.feed) == 0
