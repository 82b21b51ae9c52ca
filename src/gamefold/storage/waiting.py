"""Waiting for a transaction that cannot be called back."""

import asyncio
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(transaction: asyncio.Future[T]) -> T:
    """Give what `transaction` gives, and never return before it has ended.

    A caller that is cancelled meanwhile learns so when the transaction is over: it is then done or undone, never
    under way behind the caller's back. How it failed, if it did, is the cause of the CancelledError.
    """
    try:
        return await asyncio.shield(transaction)
    except asyncio.CancelledError as cancelled:
        while not transaction.done():
            try:
                await asyncio.wait((transaction,))
            except asyncio.CancelledError:
                continue  # cancelled twice is still cancelled, and the end still matters
        raise cancelled from (None if transaction.cancelled() else transaction.exception())
