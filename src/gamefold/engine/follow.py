"""Everything that happened after a cursor, then everything that happens: once each, in order."""

from collections.abc import AsyncGenerator, AsyncIterable

from gamefold.engine.feed import Ended, Record, Subscription

_AT_ONCE = (Ended.SLOW, Ended.CLOSED, Ended.DRAINING)


async def follow(history: AsyncIterable[Record], subscription: Subscription, after: int = 0) -> AsyncGenerator[Record]:
    """Give the stored records after position `after`, then the live ones, without gap or repeat.

    The subscription must be older than the history: what happens in between is in both, and given once. The
    iteration ends with the subscription (`subscription.ended` says why) and closes it when the caller stops.
    """
    last = after
    begun = after > 0
    try:
        async for record in history:
            if subscription.ended in _AT_ONCE:
                return
            if record.position > last:
                last, begun = record.position, True
                yield record
        async for record in subscription:
            if record.position > last:
                # A hole would mean the history was read before the subscription began. Cutting the stream is
                # safe: the viewer comes back with its cursor and gets what is missing.
                assert not begun or record.position == last + 1, "the history ended before the subscription began"
                last, begun = record.position, True
                yield record
    finally:
        subscription.close()
