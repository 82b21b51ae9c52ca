"""The description of the API, and requests made from it at random: whatever fits the description is no 500."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from .playground import SAMPLE, TACTICAL, Playground, a_playground

BOUNDED = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server in a thread of its own, with one finished and one running match, and its description."""
    ready: dict[str, Any] = {}
    begun = threading.Event()

    async def serve() -> None:
        ready["loop"], ready["end"] = asyncio.get_running_loop(), asyncio.Event()
        async with a_playground(tmp_path_factory.mktemp("data"), sockets=True) as playground:
            await playground.played(SAMPLE, TACTICAL)
            await playground.start(await playground.register(), SAMPLE)
            ready["url"] = str(playground.http.base_url)
            begun.set()
            await ready["end"].wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert begun.wait(30)
    yield schemathesis.openapi.from_url(f"{ready['url'].rstrip('/')}/openapi.json")
    ready["loop"].call_soon_threadsafe(ready["end"].set)
    thread.join(30)


def test_no_request_that_fits_the_description_is_answered_with_a_500(api: Any) -> None:
    asked = set()
    for found in api.get_all_operations():
        operation = found.ok()

        @BOUNDED
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = case.call(timeout=20)
            asked.add((case.method, case.path))
            body = answer.text[:200]
            # 503 is an honest answer where the cap on sessions is reached.
            assert answer.status_code < 500 or answer.json()["error"]["code"] == "SESSION_LIMIT", body
            if answer.status_code >= 400:
                assert {"code", "message"} <= set(answer.json()["error"]), body
            else:
                case.validate_response(answer, checks=[content_type_conformance, response_schema_conformance])

        ask()
    assert len(asked) >= 18


async def test_the_description_names_every_endpoint_of_the_spec(playground: Playground) -> None:
    described = (await playground.http.get("/openapi.json")).json()["paths"]
    spec = {
        ("get", "/health"),
        ("get", "/version"),
        ("post", "/players/register"),
        ("get", "/players/{player_id}"),
        ("delete", "/players/{player_id}"),
        ("post", "/playground/start"),
        ("post", "/playground/{session_id}/action"),
        ("get", "/playground/{session_id}/events"),
        ("get", "/playground/{session_id}/replay"),
        ("get", "/playground/active"),
        ("delete", "/playground/{session_id}"),
        ("get", "/admin/players"),
    }
    assert spec <= {(method, path) for path, methods in described.items() for method in methods}


async def test_health_and_version_are_as_the_spec_says(playground: Playground) -> None:
    assert (await playground.http.get("/health")).json() == {"status": "ok"}
    assert (await playground.http.get("/version")).json() == {"version": "0.1.0"}
