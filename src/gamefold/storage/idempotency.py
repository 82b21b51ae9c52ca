"""Idempotency keys and the answers they got, kept in the database: exactly one of many claimants runs a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, and_, delete, or_, select, update

from gamefold.storage.database import Database
from gamefold.storage.statements import insert
from gamefold.storage.tables import IDEMPOTENCY

Headers = tuple[tuple[str, str], ...]
ClaimT = TypeVar("ClaimT")

_headers: Final = msgspec.msgpack.Decoder(Headers)


@dataclass(frozen=True, slots=True)
class Outcomes(Generic[ClaimT]):
    """How the asker calls the four outcomes of a claim: this room does not know the web's types."""

    fresh: Callable[[], ClaimT]  # the key is claimed now
    replay: Callable[[int, Headers, bytes], ClaimT]  # the answer of the first time: status, headers, body
    mismatch: Callable[[], ClaimT]  # the key was used for another request
    in_flight: Callable[[], ClaimT]  # the same request is running


class SqlIdempotency(Generic[ClaimT]):
    """Claims and answers. `start` tells this process from earlier ones (see `meta.count_start`).

    A claim without an answer is nobody's after `claim_ms`. Where this process is `alone` on the database (a SQLite
    file always is one server's) the claims of an earlier start are nobody's at once: who made them is dead.
    An answer counts for `kept_ms` after its claim.
    """

    def __init__(
        self,
        database: Database,
        start: int,
        outcomes: Outcomes[ClaimT],
        *,
        alone: bool | None = None,
        claim_ms: int = 60_000,
        kept_ms: int = 24 * 3_600_000,
    ) -> None:
        self._database = database
        self._start = start
        self._outcomes = outcomes
        self._alone = database.dialect == "sqlite" if alone is None else alone
        self._claim_ms = claim_ms
        self._kept_ms = kept_ms

    async def claim(self, scope_key: str, fingerprint: str, now_ms: int) -> ClaimT:
        """Claim a key in one atomic step, or say who has it. StorageUnavailable."""

        def transaction(connection: Connection) -> ClaimT:
            if self._take(connection, scope_key, fingerprint, now_ms):
                return self._outcomes.fresh()
            row = connection.execute(select(IDEMPOTENCY).where(IDEMPOTENCY.c.scope_key == scope_key)).first()
            if row is None:  # released in this very moment: the asker asks again
                return self._outcomes.in_flight()
            if row.fingerprint != fingerprint:
                return self._outcomes.mismatch()
            if row.status is None:
                return self._outcomes.in_flight()
            return self._outcomes.replay(row.status, _headers.decode(row.headers), row.body)

        return await self._database.write(transaction)

    async def finish(self, scope_key: str, status: int, headers: Headers, body: bytes) -> None:
        """Store the answer of a claimed key. StorageUnavailable."""
        answer = update(IDEMPOTENCY).where(self._mine(scope_key))
        values = {"status": status, "headers": msgspec.msgpack.encode(headers), "body": body}
        await self._database.write(lambda connection: connection.execute(answer.values(values)).close())

    async def release(self, scope_key: str) -> None:
        """Give a claimed key back: the request may be tried again. StorageUnavailable."""
        released = delete(IDEMPOTENCY).where(self._mine(scope_key))
        await self._database.write(lambda connection: connection.execute(released).close())

    async def purge(self, before_ms: int) -> int:
        """Forget what was claimed before `before_ms`; give how many. StorageUnavailable."""
        old = delete(IDEMPOTENCY).where(IDEMPOTENCY.c.claimed_ms < before_ms)
        return await self._database.write(lambda connection: connection.execute(old).rowcount)

    def _take(self, connection: Connection, scope_key: str, fingerprint: str, now_ms: int) -> bool:
        held = IDEMPOTENCY.c
        abandoned = held.claimed_ms <= now_ms - self._claim_ms
        if self._alone:
            abandoned = or_(abandoned, held.start != self._start)
        free = or_(and_(held.status.is_(None), abandoned), held.claimed_ms <= now_ms - self._kept_ms)
        claim = {
            "fingerprint": fingerprint,
            "claimed_ms": now_ms,
            "start": self._start,
            "status": None,
            "headers": None,
            "body": None,
        }
        statement = (
            insert(connection, IDEMPOTENCY)
            .values(scope_key=scope_key, **claim)
            .on_conflict_do_update(index_elements=[held.scope_key], set_=claim, where=free)
            .returning(held.scope_key)
        )
        return connection.execute(statement).first() is not None

    def _mine(self, scope_key: str) -> Any:
        # A claim that ran out may be another process's by now: its answer is not ours to give.
        return and_(
            IDEMPOTENCY.c.scope_key == scope_key,
            IDEMPOTENCY.c.start == self._start,
            IDEMPOTENCY.c.status.is_(None),
        )
