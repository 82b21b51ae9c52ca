"""A keyed write that is sent again happens once and answers as before."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from gamefold.web.idempotency import CLAIM_MS, Idempotency

from .house import House, MemoryStore, a_house

KEY = {"Idempotency-Key": "k1"}


async def test_fifty_requests_with_one_key_have_one_effect_and_one_answer() -> None:
    house = a_house()
    _wait_at_most(house, 60)
    async with house.client() as client:
        answers = await asyncio.gather(*(client.post("/arena/buy", json={"turn": 1}, headers=KEY) for _ in range(50)))
    assert len(house.effects) == 1
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["location"] for answer in answers} == {"/orders/1"}
    replayed = [answer for answer in answers if answer.headers.get("idempotency-replayed") == "true"]
    assert len(replayed) == 49


async def test_a_replayed_answer_has_a_trace_of_its_own() -> None:
    async with a_house().client() as client:
        first, again = [await client.post("/arena/buy", json={"turn": 1}, headers=KEY) for _ in range(2)]
    assert first.headers["x-trace-id"] != again.headers["x-trace-id"]


async def test_a_key_with_another_body_or_query_is_refused() -> None:
    async with a_house().client() as client:
        await client.post("/arena/buy", json={"turn": 1}, headers=KEY)
        for path, turn in (("/arena/buy", 2), ("/arena/buy?x=1", 1)):
            answer = await client.post(path, json={"turn": turn}, headers=KEY)
            assert answer.status_code == 422
            assert answer.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_key_belongs_to_its_caller_its_method_and_its_path() -> None:
    house = a_house()
    async with house.client() as client:
        for caller in ("Bearer a", "Bearer b", None):
            headers = KEY | ({"Authorization": caller} if caller else {})
            assert (await client.post("/arena/buy", json={"turn": 1}, headers=headers)).status_code == 201
        assert (await client.post("/arena/flaky", json={"turn": 1}, headers=KEY)).json() == {"tries": 4}
    assert len(set(house.effects)) == 4


async def test_the_caller_can_be_somebody_rather_than_a_token() -> None:
    house = a_house(caller_of=lambda connection: connection.headers["authorization"].partition("-")[0])
    async with house.client() as client:
        for token in ("ada-1", "ada-2"):
            await client.post("/arena/buy", json={"turn": 1}, headers=KEY | {"Authorization": token})
    assert len(house.effects) == 1


async def test_a_server_error_is_not_kept_so_that_a_retry_can_go_through() -> None:
    house = a_house()
    async with house.client() as client:
        answers = [await client.post("/arena/flaky", headers=KEY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert answers[2].content == answers[1].content == b'{"tries":2}'


async def test_a_retry_after_a_server_error_derives_the_same_ids() -> None:
    house = a_house()
    async with house.client() as client:
        for _ in range(2):
            await client.post("/arena/flaky", headers=KEY)
        await client.post("/arena/flaky", headers={"Idempotency-Key": "k2"})
    first, retried, other = house.effects
    assert first == retried != other


async def test_a_crash_releases_the_key() -> None:
    house = a_house()
    async with house.client() as client:
        assert (await client.post("/arena/crashing", headers=KEY)).status_code == 500
        assert (await client.post("/arena/crashing", headers=KEY)).status_code == 200


async def test_a_refusal_is_kept_like_any_answer() -> None:
    async with a_house().client() as client:
        first, again = [await client.post("/quest/refused", headers=KEY) for _ in range(2)]
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"


async def test_fresh_tokens_are_not_kept() -> None:
    house = a_house()
    async with house.client() as client:
        first, again = [await client.post("/arena/login", headers=KEY) for _ in range(2)]
    assert (first.json(), again.json()) == ({"token": "t1"}, {"token": "t2"})
    assert house.store.claims == {}


async def test_an_answer_over_one_mebibyte_passes_whole_and_is_not_kept() -> None:
    house = a_house()
    async with house.client() as client:
        answers = [await client.post("/arena/big", headers=KEY) for _ in range(2)]
    assert [len(answer.content) for answer in answers] == [(1 << 20) + 2] * 2
    assert house.store.claims == {}


async def test_a_request_that_still_runs_makes_its_repetition_wait_and_then_answers_409() -> None:
    house = a_house()
    _wait_at_most(house, 0.05)
    async with house.client() as client:
        first = asyncio.create_task(client.post("/arena/slow", headers=KEY))
        while not house.effects:
            await asyncio.sleep(0.001)
        busy = await client.post("/arena/slow", headers=KEY)
        house.hold.set()
        done, again = await first, await client.post("/arena/slow", headers=KEY)
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "IDEMPOTENCY_IN_FLIGHT")
    assert busy.headers["retry-after"] == "1"
    assert done.content == again.content
    assert house.effects == ["slow"]


async def test_the_claim_of_a_process_that_died_runs_out() -> None:
    now_ms = 0
    house = a_house(now_ms=lambda: now_ms)
    _wait_at_most(house, 0.05)
    async with house.client() as client:
        dying = asyncio.create_task(client.post("/arena/slow", headers=KEY))
        while not house.effects:
            await asyncio.sleep(0.001)
        held = dict(house.store.claims)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        house.store.claims = held
        assert (await client.post("/arena/slow", headers=KEY)).status_code == 409
        now_ms = CLAIM_MS
        house.hold.set()
        assert (await client.post("/arena/slow", headers=KEY)).status_code == 200


async def test_a_write_that_happened_is_answered_even_where_its_answer_cannot_be_kept() -> None:
    house = a_house()

    async def full(*_: object) -> None:
        raise OSError("disk full")

    house.store.finish = full  # type: ignore[method-assign]
    async with house.client() as client:
        assert (await client.post("/arena/buy", json={"turn": 1}, headers=KEY)).status_code == 201


async def test_reads_and_writes_without_a_key_are_left_alone() -> None:
    house = a_house()
    async with house.client() as client:
        await client.get("/arena/actions", headers=KEY)
        await client.post("/arena/buy", json={"turn": 1})
    assert house.store.claims == {}
    assert house.effects == ["no key"]


@pytest.mark.parametrize("key", [b"", b"a b", b"a\tb", b"\xff", b"x" * 256])
async def test_a_malformed_key_is_refused(key: bytes) -> None:
    async with a_house().client() as client:
        answer = await client.post("/quest/loose", json={"turn": 1}, headers=[(b"Idempotency-Key", key)])
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "Idempotency-Key"


async def test_two_keys_are_one_too_many() -> None:
    async with a_house().client() as client:
        headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        assert (await client.post("/arena/loose", json={"turn": 1}, headers=headers)).status_code == 422


@pytest.mark.parametrize("key", ["x", "x" * 255, '"8e03978e-40d5"', "!~"])
async def test_a_key_is_any_visible_ascii(key: str) -> None:
    async with a_house().client() as client:
        answer = await client.post("/arena/buy", json={"turn": 1}, headers={"Idempotency-Key": key})
    assert answer.status_code == 201


async def test_a_claim_of_another_process_is_waited_for() -> None:
    """Two middlewares over one store: neither hears of the other's requests but through the store."""
    store, hold, effects = MemoryStore(), asyncio.Event(), []

    async def app(scope, receive, send):
        effects.append(1)
        await hold.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    ask = [_client(Idempotency(app, store, lambda: 0, wait_s=60)) for _ in range(2)]
    first = asyncio.create_task(ask[0]())
    while not effects:
        await asyncio.sleep(0.001)
    second = asyncio.create_task(ask[1]())
    await asyncio.sleep(0.05)
    hold.set()
    assert (await first).content == (await second).content == b"done"
    assert effects == [1]


def _client(app) -> Callable[[], Awaitable[httpx.Response]]:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://game")
    return lambda: client.post("/", headers=KEY)


def _wait_at_most(house: House, wait_s: float) -> None:
    for middleware in house.app.user_middleware:
        if middleware.cls is Idempotency:
            middleware.kwargs["wait_s"] = wait_s
