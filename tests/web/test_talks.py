"""Outboxes send at once what can be sent, and are bounded: whoever does not read is evicted, and costs nobody else."""

import pytest

from gamefold.engine.feed import QueueLimits
from gamefold.web.talks import End, Outbox


class Line:
    """The way to a viewer who reads, or does not."""

    def __init__(self) -> None:
        self.free = True
        self.written: list[bytes] = []

    def write(self, frames: bytes) -> None:
        self.written.append(frames)


def offered(outbox: Outbox, count: int) -> list[bytes]:
    frames = [str(number).encode() for number in range(count)]
    for frame in frames:
        outbox.offer(frame)
    return frames


async def test_what_is_offered_before_and_after_the_opening_comes_in_its_order() -> None:
    line, outbox = Line(), Outbox()
    before = offered(outbox, 3)
    assert line.written == []
    outbox.flow(line)
    after = offered(outbox, 2)
    assert line.written == before + after
    assert not outbox.over


async def test_after_the_end_nothing_is_taken_and_what_waits_still_goes_out() -> None:
    line, outbox = Line(), Outbox()
    heard: list[bool] = []
    outbox.flow(line)
    outbox.on_end(lambda: heard.append(outbox.over))
    line.free = False
    frames = offered(outbox, 3)
    outbox.end(End.DRAINING)
    assert not outbox.offer(b"too late")
    line.free = True
    outbox.flush()
    assert line.written == frames
    assert heard == [False, True]  # it has ended, and then it is over
    assert outbox.ended is End.DRAINING


async def test_what_waits_behind_an_opening_that_is_cut_is_not_sent() -> None:
    line, outbox = Line(), Outbox()
    offered(outbox, 3)
    outbox.end(End.DRAINING)
    outbox.flow(line)
    assert line.written == []
    assert outbox.over


async def test_a_line_that_is_not_free_is_not_written_to() -> None:
    line, outbox = Line(), Outbox()
    outbox.flow(line)
    line.free = False
    frames = offered(outbox, 3)
    assert line.written == []
    line.free = True
    outbox.flush()
    assert line.written == frames


@pytest.mark.parametrize("limits", [QueueLimits(count=3), QueueLimits(bytes=30), QueueLimits(age_s=-1.0)])
async def test_who_cannot_keep_up_is_evicted_and_gets_nothing_more(limits: QueueLimits) -> None:
    line, outbox = Line(), Outbox(limits)
    outbox.flow(line)
    line.free = False
    taken = [outbox.offer(b"ten bytes.") for _ in range(5)]
    assert not all(taken)
    assert outbox.ended is End.SLOW
    line.free = True
    outbox.flush()
    assert line.written == []


async def test_room_comes_back_as_frames_are_taken() -> None:
    line, outbox = Line(), Outbox(QueueLimits(count=2, bytes=4))
    outbox.flow(line)
    for _ in range(20):
        line.free = False
        offered(outbox, 2)
        line.free = True
        outbox.flush()
    assert outbox.ended is None
    assert len(line.written) == 40


async def test_the_first_end_counts_and_who_lost_their_right_gets_nothing_more() -> None:
    line, outbox = Line(), Outbox()
    outbox.flow(line)
    line.free = False
    outbox.offer(b"secret")
    outbox.end(End.REVOKED)
    outbox.end(End.DRAINING)
    line.free = True
    outbox.flush()
    assert outbox.ended is End.REVOKED
    assert line.written == []
