"""Outboxes are bounded: whoever does not read is evicted, and costs nobody else anything."""

import asyncio

import pytest

from gamefold.engine.feed import QueueLimits
from gamefold.web.talks import End, Outbox


async def taken(outbox: Outbox) -> list[str]:
    return [frame async for frame in outbox.frames()]


async def test_frames_come_in_their_order_and_then_the_end() -> None:
    outbox = Outbox()
    for number in range(5):
        outbox.offer(str(number))
    outbox.end(End.DRAINING)
    outbox.offer("too late")
    assert await taken(outbox) == ["0", "1", "2", "3", "4"]
    assert outbox.ended is End.DRAINING


@pytest.mark.parametrize("limits", [QueueLimits(count=3), QueueLimits(bytes=30), QueueLimits(age_s=-1.0)])
async def test_who_cannot_keep_up_is_evicted_and_gets_nothing_more(limits: QueueLimits) -> None:
    outbox = Outbox(limits)
    for _ in range(5):
        outbox.offer("ten bytes.")
    assert outbox.ended is End.SLOW
    assert await taken(outbox) == []


async def test_room_comes_back_as_frames_are_taken() -> None:
    outbox = Outbox(QueueLimits(count=2))
    taking = asyncio.create_task(taken(outbox))
    for number in range(20):
        outbox.offer(str(number))
        await asyncio.sleep(0)
    outbox.end(End.FINISHED)
    assert await taking == [str(number) for number in range(20)]


async def test_the_first_end_counts_and_who_lost_their_right_gets_nothing_more() -> None:
    outbox = Outbox()
    outbox.offer("secret")
    outbox.end(End.REVOKED)
    outbox.end(End.DRAINING)
    assert outbox.ended is End.REVOKED
    assert await taken(outbox) == []
