"""Health, version, metrics, docs, headers and pages."""

import asyncio
import re

import pytest

from gamefold.web.errors import InvalidRequest
from gamefold.web.health import Unhealthy
from gamefold.web.metrics import sampled_loop_lag
from gamefold.web.pagination import Pager

from .house import a_house

PAGER = Pager(b"0123456789abcdef0123456789abcdef")


async def well() -> None:
    """Nothing to say."""


async def test_health_and_version() -> None:
    async with a_house().client() as client:
        for path, body in (
            ("/health", {"status": "ok"}),
            ("/health/live", {"status": "ok"}),
            ("/health/ready", {"status": "ok", "checks": {}}),
            ("/version", {"version": "1.2.3"}),
        ):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (200, body)


async def test_ready_names_what_fails_and_keeps_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise OSError("no route to game:hunter2@db")

    async def stuck() -> None:
        await asyncio.sleep(60)

    async def behind() -> None:
        raise Unhealthy("2 migrations are missing")

    monkeypatch.setattr("gamefold.web.health.CHECK_SECONDS_MAX", 0.05)
    checks = {"database": broken, "redis": stuck, "migrations": behind, "disk": well}
    async with a_house(checks=checks).client() as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing",
        "checks": {
            "database": {"status": "failing", "detail": "failed"},
            "redis": {"status": "failing", "detail": "no answer within 0.05 s"},
            "migrations": {"status": "failing", "detail": "2 migrations are missing"},
            "disk": {"status": "ok"},
        },
    }


async def test_a_draining_server_refuses_work_and_still_tells_its_health() -> None:
    house = a_house()
    house.web.drain.begin()
    async with house.client() as client:
        refused = await client.post("/quest/loose", json={"turn": 1})
        states = {path: (await client.get(path)).status_code for path in ("/health/live", "/metrics", "/version")}
        ready = await client.get("/health/ready")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "DRAINING")
    assert "retry-after" in refused.headers
    assert set(states.values()) == {200}
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")


async def test_what_was_begun_before_the_drain_is_finished() -> None:
    house = a_house()
    async with house.client() as client:
        slow = asyncio.create_task(client.post("/arena/slow"))
        while not house.effects:
            await asyncio.sleep(0.001)
        house.web.drain.begin()
        assert not await house.web.drain.idle(0.02)
        house.hold.set()
        assert await house.web.drain.idle(2)
        assert (await slow).status_code == 200


async def test_metrics_count_by_template_and_never_by_path() -> None:
    house = a_house()
    async with house.client() as client:
        for name in range(20):
            await client.get(f"/quest/players/{name}")
            await client.get(f"/nowhere/{name}")
            await client.request("BREW", "/quest/actions")
        await client.post("/arena/refused")
        text = (await client.get("/metrics")).text
    count = "gamefold_http_request_duration_seconds_count"
    assert f'{count}{{method="GET",route="/quest/players/{{name}}",status="200"}} 20.0' in text
    assert f'{count}{{method="GET",route="unmatched",status="404"}} 20.0' in text
    assert f'{count}{{method="OTHER",route="/quest/actions",status="405"}} 20.0' in text
    assert 'gamefold_http_refusals_total{code="BAD_TURN"} 1.0' in text
    assert "gamefold_http_requests_in_flight 1.0" in text


async def test_two_apps_count_apart() -> None:
    one, other = a_house(), a_house()
    async with one.client() as client:
        await client.get("/nowhere")
    assert one.web.metrics.registry.get_sample_value("gamefold_http_refusals_total", {"code": "NOT_FOUND"}) == 1
    assert other.web.metrics.registry.get_sample_value("gamefold_http_refusals_total", {"code": "NOT_FOUND"}) is None


async def test_the_loops_lag_is_measured() -> None:
    house = a_house()
    async with sampled_loop_lag(house.web.metrics, every_s=0.001):
        await asyncio.sleep(0.02)
    assert house.web.metrics.registry.get_sample_value("gamefold_event_loop_lag_seconds") is not None


async def test_the_docs_fetch_nothing_from_elsewhere() -> None:
    async with a_house().client() as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(links) >= 3
        assert all(link.startswith("/") for link in links)
        assert not re.search(r"https?://", page.text)
        assert "default-src 'self'" in page.headers["content-security-policy"]
        for link in links:
            assert (await client.get(link)).status_code == 200


async def test_the_schema_promises_errors_as_they_are() -> None:
    async with a_house().client() as client:
        schema = (await client.get("/openapi.json")).json()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert "422" not in operation["responses"]
            error = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert error["required"] == ["error"], path
    assert "HTTPValidationError" not in schema["components"]["schemas"]


async def test_every_answer_makes_browsers_careful() -> None:
    async with a_house().client() as client:
        for path in ("/health", "/nowhere", "/arena/crash", "/docs"):
            answer = await client.get(path)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "server" not in answer.headers
        assert (await client.get("/health")).headers["cache-control"] == "no-store"
        assert (await client.get("/nowhere")).headers["x-frame-options"] == "SAMEORIGIN"


async def test_other_origins_are_strangers_unless_they_are_listed() -> None:
    origin = {"Origin": "https://friend.example"}
    async with a_house().client() as client:
        assert "access-control-allow-origin" not in (await client.get("/health", headers=origin)).headers
    async with a_house(cors_origins=["https://friend.example"]).client() as client:
        friend = await client.get("/nowhere", headers=origin)
        stranger = await client.get("/nowhere", headers={"Origin": "https://stranger.example"})
    assert friend.headers["access-control-allow-origin"] == "https://friend.example"
    assert "access-control-allow-origin" not in stranger.headers


async def test_a_slash_too_many_is_another_address() -> None:
    async with a_house().client() as client:
        assert (await client.get("/arena/actions/")).status_code == 404


def test_pages_follow_each_other_by_the_key_of_their_last_row() -> None:
    rows, cursor, seen = list(range(45)), None, []
    while True:
        after = PAGER.open("rows:ada", cursor)
        begin = 0 if after is None else int(after[0]) + 1  # type: ignore[arg-type]
        page, cursor = PAGER.page("rows:ada", rows[begin : begin + 21], 20, lambda row: (row,))
        seen += page
        if cursor is None:
            break
    assert seen == rows


def test_a_cursor_keeps_its_key() -> None:
    key = (1_700_000_000_000, "session-1", None, 1.5, "ü")
    assert PAGER.open("s", PAGER.seal("s", key)) == key
    assert PAGER.open("s", None) is None


def test_a_tampered_or_foreign_cursor_is_refused() -> None:
    cursor = PAGER.seal("sessions:ada", (7, "x"))
    flipped = [cursor[:n] + ("A" if cursor[n] != "A" else "B") + cursor[n + 1 :] for n in range(len(cursor) - 1)]
    for bad in (*flipped, "", "!", "AAAA", "ü", cursor + "AA", cursor[:-4]):
        with pytest.raises(InvalidRequest):
            PAGER.open("sessions:ada", bad)
    for pager, scope in ((PAGER, "sessions:eve"), (Pager(b"another"), "sessions:ada")):
        with pytest.raises(InvalidRequest):
            pager.open(scope, cursor)
