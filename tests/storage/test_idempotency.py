"""Idempotency keys: one claimant runs, everybody else hears what it got."""

import asyncio

import pytest

from gamefold.storage.database import Database
from gamefold.storage.idempotency import Outcomes, SqlIdempotency

OUTCOMES: Outcomes[object] = Outcomes(
    fresh=lambda: "fresh",
    replay=lambda status, headers, body: (status, headers, body),
    mismatch=lambda: "mismatch",
    in_flight=lambda: "in flight",
)
ANSWER = (201, (("content-type", "application/json"), ("x-note", "ä")), b'{"id": 1}')


@pytest.fixture
def store(database: Database) -> SqlIdempotency[object]:
    return SqlIdempotency(database, 1, OUTCOMES)


async def test_a_key_from_claim_to_answer(store: SqlIdempotency[object]) -> None:
    assert await store.claim("key", "body", 1_000) == "fresh"
    assert await store.claim("key", "body", 1_001) == "in flight"
    assert await store.claim("key", "other body", 1_001) == "mismatch"
    await store.finish("key", *ANSWER)
    assert await store.claim("key", "body", 2_000) == ANSWER
    assert await store.claim("key", "other body", 2_000) == "mismatch"


async def test_one_of_fifty_claims_is_fresh(database: Database, other_database: Database) -> None:
    stores = [SqlIdempotency(one, 1, OUTCOMES) for one in (database, other_database)]
    claims = await asyncio.gather(*(stores[number % 2].claim("key", "body", 1_000) for number in range(50)))
    assert sorted(map(str, claims)) == ["fresh", *["in flight"] * 49]


async def test_a_released_key_is_free(store: SqlIdempotency[object]) -> None:
    await store.claim("key", "body", 1_000)
    await store.release("key")
    assert await store.claim("key", "other body", 1_001) == "fresh"


async def test_an_answer_is_not_released(store: SqlIdempotency[object]) -> None:
    await store.claim("key", "body", 1_000)
    await store.finish("key", *ANSWER)
    await store.release("key")
    assert await store.claim("key", "body", 1_001) == ANSWER


async def test_claims_of_a_dead_process_are_free_after_a_start(database: Database) -> None:
    await SqlIdempotency(database, 1, OUTCOMES, alone=True).claim("key", "body", 1_000)
    again = SqlIdempotency(database, 2, OUTCOMES, alone=True)
    assert await again.claim("key", "body", 1_001) == "fresh"
    assert await again.claim("key", "body", 1_002) == "in flight"
    await again.finish("key", *ANSWER)
    assert await SqlIdempotency(database, 3, OUTCOMES, alone=True).claim("key", "body", 1_003) == ANSWER


async def test_claims_of_other_processes_run_out(database: Database) -> None:
    first, second = (SqlIdempotency(database, start, OUTCOMES, alone=False, claim_ms=100) for start in (1, 2))
    await first.claim("key", "body", 1_000)
    assert await second.claim("key", "body", 1_099) == "in flight"
    assert await second.claim("key", "body", 1_100) == "fresh"
    # The first one was only slow: the answer is the second's to give.
    await first.finish("key", 500, (), b"too late")
    await first.release("key")
    assert await second.claim("key", "body", 1_101) == "in flight"
    await second.finish("key", *ANSWER)
    assert await first.claim("key", "body", 1_102) == ANSWER


async def test_answers_are_kept_for_a_while(database: Database) -> None:
    store = SqlIdempotency(database, 1, OUTCOMES, kept_ms=1_000)
    await store.claim("key", "body", 1_000)
    await store.finish("key", *ANSWER)
    assert await store.claim("key", "body", 1_999) == ANSWER
    assert await store.claim("key", "body", 2_000) == "fresh"


async def test_old_keys_are_purged(store: SqlIdempotency[object]) -> None:
    for number in range(5):
        await store.claim(f"key {number}", "body", 1_000 + number)
    assert await store.purge(1_003) == 3
    assert await store.claim("key 0", "body", 1_010) == "fresh"
    assert await store.claim("key 4", "body", 1_010) == "in flight"
