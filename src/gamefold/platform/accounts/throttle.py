"""How often one may guess: ten failed logins per account in a quarter of an hour, known or unknown alike.

Failures are counted in the database, so a restart or another process starts nobody afresh. Within one process
attempts on one account go one after the other: a hundred parallel guesses are ten guesses.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import blake2b
from typing import Final
from weakref import WeakValueDictionary

from sqlalchemy import Connection, delete, select

from gamefold.platform.accounts.tables import login_failures
from gamefold.storage.columns import moment
from gamefold.web.errors import TooManyRequests

FAILURES_MAX: Final = 10
WINDOW: Final = timedelta(minutes=15)


def account_digest(identifier: str) -> bytes:
    """Give the name under which failures are counted: addresses that were guessed are nobody's business."""
    return blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Attempts:
    """Lets one attempt per account through at a time."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def one_at_a_time(self, account: bytes) -> AsyncIterator[None]:
        """Wait for earlier attempts on this account."""
        lock = self._locks.get(account)
        if lock is None:
            lock = self._locks[account] = asyncio.Lock()
        async with lock:
            yield


def check_throttle(connection: Connection, account: bytes, now_ms: int) -> None:
    """Guard of a login. Refused 429 with Retry-After once there were too many failures."""
    begin = moment(now_ms) - WINDOW
    failed = select(login_failures.c.at).where(login_failures.c.account == account, login_failures.c.at > begin)
    latest = list(connection.scalars(failed.order_by(login_failures.c.at.desc()).limit(FAILURES_MAX)))
    if len(latest) == FAILURES_MAX:
        wait = latest[-1] + WINDOW - moment(now_ms)
        raise TooManyRequests(max(1, -(-wait // timedelta(seconds=1))))


def note_failure(connection: Connection, failure_id: str, account: bytes, now_ms: int) -> None:
    """Count a failed login."""
    connection.execute(login_failures.insert().values(id=failure_id, account=account, at=moment(now_ms)))


def forgive(connection: Connection, account: bytes) -> None:
    """Forget the failures of an account whose owner has come."""
    connection.execute(delete(login_failures).where(login_failures.c.account == account))


def purge_failures(connection: Connection, now_ms: int) -> int:
    """Forget failures that count no more; give how many."""
    return connection.execute(delete(login_failures).where(login_failures.c.at < moment(now_ms) - WINDOW)).rowcount
