"""What a game offers to operators, and what it leaves out."""

from typing import Any

import pytest

from gamefold.platform.liveops.live_game import EventAsk

from ..people import UNKNOWN  # noqa: TID252
from .control_room import ControlRoom

BECAUSE = {"reason": "because"}
HEAT = {"type": "HEATWAVE", **BECAUSE}
WHO = {"accountId": UNKNOWN, **BECAUSE}

CALLS: dict[str, tuple[Any, int]] = {
    "GET /events": (None, 200),
    "POST /events": (HEAT, 201),
    "POST /grants": ({**WHO, "usd": 1}, 201),
    "POST /restore": ({**WHO, "toTick": 5}, 200),
    "GET /seasons": (None, 200),
    "POST /seasons/start": (BECAUSE, 201),
    "GET /leaderboard": (None, 200),
    "POST /leaderboard/exclude": (WHO, 200),
    "POST /leaderboard/include": (WHO, 200),
    "POST /links": ({**BECAUSE, "accountIds": [UNKNOWN], "group": "pair"}, 200),
}


@pytest.fixture
def url(sqlite_url: str) -> str:
    """One database is enough: what a game does with its tables is its own matter."""
    return sqlite_url


async def test_a_game_is_asked_for_what_it_can(room: ControlRoom) -> None:
    for call, (body, status) in CALLS.items():
        method, path = call.split(" ")
        await room.good(method, f"/toys{path}", body, status=status)
        for game, code in (("purses", "NOT_SUPPORTED"), ("chess", "GAME_NOT_FOUND")):
            assert await room.refused(method, f"/{game}{path}", body) == (404, code)


async def test_what_a_game_leaves_out_is_not_supported(room: ControlRoom) -> None:
    assert await room.refused("POST", "/toys/seasons/end", BECAUSE) == (404, "NOT_SUPPORTED")
    assert await room.audited("season.ended") == []


async def test_an_event_comes_to_the_game_as_it_was_asked_for(room: ControlRoom) -> None:
    body = {**HEAT, "severity": "HIGH", "region": "EUROPE", "durationTicks": 10, "startsInTicks": 2}
    assert await room.good("POST", "/toys/events", body, status=201) == {"id": "event-1", "begins": 2}
    [(operation, ask)] = room.live.heard
    assert ask == EventAsk(type="HEATWAVE", severity="HIGH", region="EUROPE", duration_ticks=10, starts_in_ticks=2)
    assert (operation.actor, operation.reason, operation.request) == (room.ids["root"], "because", None)
    [line] = await room.audited("event.injected")
    assert (line.subject, line.actor) == ("toys", room.ids["root"])
    assert line.details == '{"reason":"because","told":{"begins":2,"id":"event-1","type":"HEATWAVE"}}'


async def test_what_a_game_refuses_has_the_status_of_its_own_table(room: ControlRoom) -> None:
    answer = await room.asks("POST", "/toys/events", {**HEAT, "type": "RAIN"})
    assert answer.status_code == 418
    error = answer.json()["error"]
    assert (error["code"], error["known"]) == ("UNKNOWN_EVENT", "HEATWAVE")
    assert await room.audited("event.injected") == []


async def test_a_repeated_request_has_an_id_for_its_intents(room: ControlRoom) -> None:
    key = {"Idempotency-Key": "k"}
    first = await room.asks("POST", "/toys/events", HEAT, **key)
    again = await room.asks("POST", "/toys/events", HEAT, **key)
    assert (again.json(), len(room.live.heard)) == (first.json(), 1)
    assert len(room.live.heard[0][0].request) > 20


@pytest.mark.parametrize(
    ("amounts", "units"),
    [
        ({"usd": 1}, {"usd": 1_000_000}),
        ({"usd": 0.1, "btc": "0.00000001"}, {"usd": 100_000, "btc": 1}),
        ({"usd": -12.5}, {"usd": -12_500_000}),
        ({"btc": 1e-8}, {"btc": 1}),
        ({"usd": 1_000_000_000_000}, {"usd": 10**18}),
        ({"usd": 0, "btc": 2}, {"usd": 0, "btc": 200_000_000}),
    ],
)
async def test_amounts_are_exact(room: ControlRoom, amounts: dict[str, Any], units: dict[str, int]) -> None:
    await room.good("POST", "/toys/grants", {**WHO, **amounts}, status=201)
    assert room.live.heard[0][1:] == (UNKNOWN, units)
    [line] = await room.audited("account.granted")
    assert '"before":{"usd":0}' in line.details
    assert UNKNOWN in line.details


NO_AMOUNTS = [
    {},
    {"usd": 0},
    {"usd": 0.0000001},
    {"usd": "NaN"},
    {"usd": "Infinity"},
    {"usd": "1e400"},
    {"usd": "1e9999999999"},
    {"usd": 1_000_000_000_001},
    {"usd": ""},
    {"usd": "one"},
    {"usd": "1_0"},
    {"usd": None},
    {"usd": [1]},
    {"usd": True},
    {"gold": 1},
    {"usd": 1, "gold": 1},
]


async def test_other_amounts_are_refused(room: ControlRoom) -> None:
    for amounts in NO_AMOUNTS:
        assert (await room.refused("POST", "/toys/grants", {**WHO, **amounts}))[0] == 422
        assert room.live.heard == []


OUT_OF_BOUNDS = [
    ("/events", {**HEAT, "type": "heat wave"}),
    ("/events", {**HEAT, "severity": 3}),
    ("/events", {**HEAT, "durationTicks": 0}),
    ("/events", {**HEAT, "durationTicks": 10**9}),
    ("/events", {**HEAT, "startsInTicks": -1}),
    ("/events", {**HEAT, "region": "E" * 51}),
    ("/events", {**HEAT, "effect": {}}),
    ("/grants", {"accountId": "ada", "usd": 1, **BECAUSE}),
    ("/restore", {**WHO, "toTick": -1}),
    ("/restore", {**WHO, "toTick": 1, "dryRun": "no"}),
    ("/seasons/start", {**BECAUSE, "name": " "}),
    ("/seasons/start", {**BECAUSE, "name": "x" * 101}),
    ("/leaderboard/exclude", {**WHO, "forever": True}),
]


async def test_bodies_are_bounded(room: ControlRoom) -> None:
    for path, body in OUT_OF_BOUNDS:
        assert (await room.refused("POST", f"/toys{path}", body))[0] == 422
        assert room.live.heard == []


async def test_a_restore_is_a_dry_run_unless_it_says_otherwise(room: ControlRoom) -> None:
    assert await room.good("POST", "/toys/restore", {**WHO, "toTick": 5}) == {"dryRun": True, "tick": 5}
    assert await room.audited("account.restored") == []
    real = {**WHO, "toTick": 5, "dryRun": False}
    assert await room.good("POST", "/toys/restore", real) == {"dryRun": False, "tick": 5}
    assert [one[1:] for one in room.live.heard] == [(UNKNOWN, 5, True), (UNKNOWN, 5, False)]
    assert len(await room.audited("account.restored")) == 1


async def test_seasons_and_leaderboards(room: ControlRoom) -> None:
    body = {**BECAUSE, "name": "Winter"}
    assert await room.good("POST", "/toys/seasons/start", body, status=201) == {"season": 2, "name": "Winter"}
    assert await room.good("GET", "/toys/seasons") == {"seasons": [{"season": 1}]}
    shown = await room.good("GET", "/toys/leaderboard?season=1&by=equity")
    assert shown == {"leaderboard": [{"season": "1", "by": "equity"}]}
    assert (await room.asks("GET", "/toys/leaderboard?by=a%20b")).status_code == 422
    await room.good("POST", "/toys/leaderboard/exclude", WHO)
    await room.good("POST", "/toys/leaderboard/include", WHO)
    for action in ("season.started", "leaderboard.excluded", "leaderboard.included"):
        assert len(await room.audited(action)) == 1, action


async def test_accounts_are_linked_and_unlinked(room: ControlRoom) -> None:
    body = {**BECAUSE, "accountIds": [UNKNOWN]}
    assert await room.good("POST", "/toys/links", {**body, "group": "pair"}) == {"linked": True}
    assert await room.good("POST", "/toys/links", body) == {"linked": False}
    assert [one[1:] for one in room.live.heard] == [(UNKNOWN, "pair"), (UNKNOWN, None)]
    assert len(await room.audited("accounts.linked")) == 2
    for wrong in ({"accountIds": []}, {"accountIds": ["x"]}, {"group": " "}, {"group": "x" * 65}):
        assert (await room.refused("POST", "/toys/links", {**body, **wrong}))[0] == 422
