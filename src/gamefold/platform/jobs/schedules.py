"""When a job is due, in milliseconds of the clock it runs on. Due times follow from the calendar, not from a start."""

from dataclasses import dataclass
from typing import Final, Protocol

MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS


class Schedule(Protocol):
    """A rising sequence of due times."""

    def latest(self, now_ms: int) -> int:
        """Give the last due time that is not later than now."""
        ...

    def following(self, now_ms: int) -> int:
        """Give the first due time that is later than now."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Due every `period_ms`, counted from the epoch and `offset_ms`: every process has the same due times."""

    period_ms: int
    offset_ms: int = 0

    def __post_init__(self) -> None:
        assert self.period_ms > 0, "a period takes time"

    def latest(self, now_ms: int) -> int:
        """Give the last due time that is not later than now."""
        return now_ms - (now_ms - self.offset_ms) % self.period_ms

    def following(self, now_ms: int) -> int:
        """Give the first due time that is later than now."""
        return self.latest(now_ms) + self.period_ms


def every(*, minutes: int = 0, seconds: int = 0) -> Every:
    """Due every so many minutes and seconds."""
    return Every(minutes * MINUTE_MS + seconds * 1_000)


def daily(hour: int, minute: int = 0) -> Every:
    """Due every day at a time of UTC, which has no summer."""
    assert 0 <= hour < 24 and 0 <= minute < 60, "a time of day"  # noqa: PT018 - one fact
    return Every(DAY_MS, (hour * 60 + minute) * MINUTE_MS)
