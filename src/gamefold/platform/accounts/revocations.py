"""Which sessions ended before their access tokens did.

Every process holds the sessions that ended lately, and asks the database for new ones a few times a second; those
it ended itself it knows at once. So a request is judged without a query, and a logout or a ban acts everywhere
within a second, on open streams too. Where the database cannot be asked, nobody is let in on old news.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import structlog
from sqlalchemy import Connection, delete, func, select

from gamefold.engine.journal import StorageUnavailable
from gamefold.platform.accounts.access_tokens import LEEWAY_S, LIFE_S
from gamefold.platform.accounts.tables import revocations
from gamefold.storage.database import Database
from gamefold.web.streams import Streams

EVERY_S: Final = 0.3
NEWS_AGE_MAX_S: Final = 1.0
# A revocation becomes visible when its transaction commits, which can be a while after the moment it carries.
OVERLAP_S: Final = 60
KEPT_S: Final = LIFE_S + LEEWAY_S + 2 * OVERLAP_S
# A stream that was let in just before its session ended may have opened just after.
SECOND_SWEEP_S: Final = 5.0

log = structlog.get_logger("gamefold.platform")

Ended = tuple[str, str]
"""A session and its user."""


class Revocations:
    """What one process knows of ended sessions."""

    def __init__(self, database: Database, streams: Streams, *, every_s: float = EVERY_S) -> None:
        self._database = database
        self._streams = streams
        self._every_s = every_s
        self._known: dict[str, float] = {}  # session -> when it can be forgotten, in the loop's seconds
        self._second_sweeps: list[tuple[float, Ended]] = []
        self._news_at_s: float | None = None
        self._asking: asyncio.Task[None] | None = None
        self._poller: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what ended before this process began, and go on asking. StorageUnavailable."""
        await self._ask()
        self._poller = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """Ask no more."""
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller
        if self._asking is not None:
            await asyncio.gather(self._asking, return_exceptions=True)

    def is_revoked(self, session_id: str) -> bool:
        """Say whether a session has ended, as far as this process knows."""
        return session_id in self._known

    async def still_open(self, session_id: str) -> bool:
        """Say whether a session is open, on news no older than a second. StorageUnavailable."""
        # A question that is under way may have been asked too long ago: the next one is of now, whatever it takes.
        oldest_s = asyncio.get_running_loop().time() - NEWS_AGE_MAX_S
        while self._news_at_s is None or self._news_at_s < oldest_s:
            await self._ask_once()
        return not self.is_revoked(session_id)

    def ended_here(self, session_ids: Iterable[str], user_id: str) -> None:
        """Take note of sessions this process has just ended: their streams end now."""
        self._note([(session_id, user_id) for session_id in session_ids])

    def _age_s(self) -> float:
        return float("inf") if self._news_at_s is None else asyncio.get_running_loop().time() - self._news_at_s

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._ask_once()
            except StorageUnavailable as error:
                log.warning("cannot learn of ended sessions", exc_info=error)
                await asyncio.sleep(1.0)
            except Exception as error:  # the poller must outlive a mistake: nobody else ends other processes' streams
                log.exception("cannot learn of ended sessions", exc_info=error)
                await asyncio.sleep(1.0)
            self._forget()

    async def _ask_once(self) -> None:
        # Many requests can find the news old in the same moment: one question answers all of them.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        await asyncio.shield(self._asking)

    async def _ask(self) -> None:
        age_s = self._age_s()
        asked_at_s = asyncio.get_running_loop().time()
        since_s = KEPT_S if age_s > KEPT_S else min(int(age_s) + OVERLAP_S, KEPT_S)
        self._note(await self._database.read(lambda connection: _since(connection, since_s)))
        self._news_at_s = asked_at_s

    def _note(self, ended: Iterable[Ended]) -> None:
        now_s = asyncio.get_running_loop().time()
        for session_id, user_id in ended:
            if session_id not in self._known:
                self._end_streams(session_id, user_id)
                self._second_sweeps.append((now_s + SECOND_SWEEP_S, (session_id, user_id)))
            self._known[session_id] = now_s + KEPT_S

    def _end_streams(self, session_id: str, user_id: str) -> None:
        # A stream belongs to a session or, where a game does not tell sessions apart, to the whole person.
        self._streams.end_of(session_id)
        self._streams.end_of(user_id)

    def _forget(self) -> None:
        now_s = asyncio.get_running_loop().time()
        while self._second_sweeps and self._second_sweeps[0][0] <= now_s:
            self._end_streams(*self._second_sweeps.pop(0)[1])
        if self._known and next(iter(self._known.values())) <= now_s:
            self._known = {session: until for session, until in self._known.items() if until > now_s}


def purge_revocations(connection: Connection) -> int:
    """Forget sessions whose tokens have run out everywhere; give how many."""
    old = delete(revocations).where(revocations.c.at < _ago(connection, 2 * KEPT_S))
    return connection.execute(old).rowcount


def _since(connection: Connection, seconds: int) -> list[Ended]:
    query = select(revocations.c.session_id, revocations.c.user_id).where(revocations.c.at > _ago(connection, seconds))
    return [(row.session_id, row.user_id) for row in connection.execute(query)]


def _ago(connection: Connection, seconds: int) -> Any:
    """Give a moment by the database's own clock: processes may have others."""
    if connection.dialect.name == "sqlite":
        return func.datetime("now", f"-{seconds} seconds")
    return func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
