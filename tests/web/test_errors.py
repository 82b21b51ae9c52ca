"""Every error wears the envelope of the game whose path was asked, and tells nothing it should not."""

from typing import Any

import httpx
import pytest

from .house import a_house

ARENA, QUEST = "/arena", "/quest"


def error_of(response: httpx.Response, prefix: str) -> dict[str, Any]:
    body = response.json()
    if prefix == QUEST:
        assert body["success"] is False
        assert set(body) == {"success", "error"}
    else:
        assert set(body) == {"error"}
    assert response.headers["content-type"] == "application/json"
    assert len(response.headers["x-trace-id"]) == 32
    error: dict[str, Any] = body["error"]
    assert isinstance(error["code"], str)
    assert isinstance(error["message"], str)
    return error


CASES = [
    ("GET", "/nowhere", {}, 404, "NOT_FOUND"),
    ("PATCH", "/actions", {}, 405, "METHOD_NOT_ALLOWED"),
    ("POST", "/actions", {"content": b"x" * ((1 << 20) + 1)}, 413, "BODY_TOO_LARGE"),
    (
        "POST",
        "/actions",
        {"content": b"turn=1", "headers": {"content-type": "text/plain"}},
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    ),
    ("POST", "/actions", {"content": b"{}"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ("POST", "/actions", {"json": {}}, 422, "INVALID_REQUEST"),
    ("POST", "/actions", {}, 422, "INVALID_REQUEST"),
    ("GET", "/actions?limit=51", {}, 422, "INVALID_REQUEST"),
    ("GET", "/actions", {"headers": {"x-long": "x" * 17_000}}, 431, "HEADERS_TOO_LARGE"),
    ("GET", "/crash", {}, 500, "INTERNAL_ERROR"),
    ("GET", "/down", {}, 503, "STORAGE_UNAVAILABLE"),
    ("GET", "/broken", {}, 503, "STORAGE_UNAVAILABLE"),
]


@pytest.mark.parametrize("prefix", [ARENA, QUEST])
@pytest.mark.parametrize(("method", "path", "options", "status", "code"), CASES)
async def test_every_error_wears_the_envelope_of_its_game(
    prefix: str, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    async with a_house().client() as client:
        response = await client.request(method, prefix + path, **options)
    assert response.status_code == status
    assert error_of(response, prefix)["code"] == code


async def test_a_refusal_has_the_status_of_its_game_and_its_details() -> None:
    async with a_house().client() as client:
        arena = await client.post("/arena/refused")
        quest = await client.post("/quest/refused")
    assert (arena.status_code, quest.status_code) == (400, 422)
    assert error_of(arena, ARENA) == {"code": "BAD_TURN", "message": "The turn is 7.", "turn": 7}


async def test_a_refusal_no_table_names_is_a_conflict() -> None:
    async with a_house().client() as client:
        assert (await client.get("/arena/unlisted")).status_code == 409


async def test_a_path_outside_of_every_game_gets_the_default_envelope() -> None:
    async with a_house().client() as client:
        for path in ("/", "/questions", "/nowhere"):
            assert error_of(await client.get(path), "")["code"] == "NOT_FOUND"


async def test_a_405_names_the_methods_of_all_routes_of_the_path() -> None:
    async with a_house().client() as client:
        response = await client.put("/arena/actions")
    assert response.headers["allow"] == "DELETE, GET, POST"


async def test_an_unavailable_answer_says_when_to_come_back() -> None:
    async with a_house().client() as client:
        assert (await client.get("/arena/down")).headers["retry-after"] == "2"


async def test_an_internal_error_leaks_nothing_but_its_trace_id() -> None:
    async with a_house().client() as client:
        response = await client.get("/quest/crash")
    assert "hunter2" not in response.text
    assert "RuntimeError" not in response.text
    assert error_of(response, QUEST)["trace_id"] == response.headers["x-trace-id"]


@pytest.mark.parametrize(
    ("body", "sentence", "field"),
    [
        ({"turn": 1}, "The field player_id is required.", "player_id"),
        ({"player_id": "a", "turn": -1}, "The field turn must be greater than or equal to 0.", "turn"),
        ({"player_id": "a" * 37, "turn": 1}, "The field player_id must have at most 36 characters.", "player_id"),
        (
            {"player_id": "a", "turn": 1, "action": {"move": [1, "MARK"]}},
            "The field action.move[1] must be a valid integer.",
            "action.move[1]",
        ),
        (
            {"player_id": "a", "turn": 1, "action": {"move": [1, 1], "spell": "MARK"}},
            "The field action.spell must be 'fireball' or 'heal'.",
            "action.spell",
        ),
        ({"player_id": "a", "turn": 1, "scores": {"MARK": "x"}}, "The field scores must be a valid integer.", "scores"),
        ({"player_id": "a", "turn": 1, "MARK": 1}, "The body has an unknown field.", None),
        (
            {"player_id": "a", "turn": 1, "action": {"move": [1, 1], "MARK": 1}},
            "The field action has an unknown field.",
            "action",
        ),
        ({"player_id": "admin", "turn": 1}, "The field player_id must not be taken.", "player_id"),
        ({"player_id": "raise:MARK", "turn": 1}, "The field player_id is not valid.", "player_id"),
        ({"player_id": "a\x00", "turn": 1}, "The field player_id must not hold the character NUL.", "player_id"),
        ("MARK", "The body must be a JSON object.", None),
    ],
)
async def test_a_422_names_the_field_and_the_rule_and_never_the_input(
    body: object, sentence: str, field: str | None
) -> None:
    async with a_house().client() as client:
        response = await client.post("/arena/actions", json=body)
    assert response.status_code == 422
    assert "MARK" not in response.text
    error = error_of(response, ARENA)
    assert (error["message"], error.get("field")) == (sentence, field)


async def test_a_tolerant_body_ignores_what_it_does_not_know() -> None:
    async with a_house().client() as client:
        assert (await client.post("/arena/loose", json={"turn": 1, "more": 2})).json() == {"turn": 1}
