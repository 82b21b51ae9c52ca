"""Playing over HTTP: what is accepted, what is refused, when turns resolve, and whole matches."""

import json
from pathlib import Path
from typing import Any

import pytest

from gamefold.games.spellcasters import tables
from gamefold.testkit.clock import VirtualClock
from tests.serving import eventually

from .playground import SAMPLE, STAY, TACTICAL, Event, Playground, a_playground, refused

TURN_TIMEOUT_MS = 5_000


async def a_duel(playground: Playground, **more: Any) -> tuple[str, str, str]:
    one, two = await playground.register("One"), await playground.register("Two")
    return await playground.start(one, two, **more), one, two


async def latest(playground: Playground, session: str) -> dict[str, Any]:
    return (await playground.now(session))["latest"]


async def test_an_action_for_the_open_turn_is_accepted_and_the_turn_resolves_when_both_are_in(
    playground: Playground,
) -> None:
    session, one, two = await a_duel(playground)
    await playground.plays(session, one, 1, {"move": [1, 0], "spell": None})
    assert (await latest(playground, session))["turn"] == 0
    await playground.plays(session, two, 1, {"move": [-1, -1], "spell": None})
    update = await latest(playground, session)
    assert update["turn"] == 1
    assert update["actions"] == [
        {"player_id": one, "resolved": {"move": [1, 0], "spell": None}},
        {"player_id": two, "resolved": {"move": [-1, -1], "spell": None}},
    ]
    assert update["state"]["player_1"]["position"] == [1, 0]
    assert update["state"]["player_2"]["position"] == [8, 8]


@pytest.mark.parametrize("turn", [0, 2, 7, 1_000_000])
async def test_a_turn_that_is_not_the_open_one_is_400(playground: Playground, turn: int) -> None:
    session, one, _ = await a_duel(playground)
    refused(await playground.act(session, one, turn), 400, "WRONG_TURN")


async def test_who_does_not_play_here_is_403(playground: Playground) -> None:
    session, one, _ = await a_duel(playground)
    stranger = await playground.register("Stranger")
    for player in (stranger, "nobody", SAMPLE, one.upper()):
        refused(await playground.act(session, player, 1), 403, "NOT_A_PARTICIPANT")


async def test_nobody_acts_for_a_built_in_bot(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    refused(await playground.act(session, SAMPLE, 1), 403, "NOT_A_PARTICIPANT")


@pytest.mark.parametrize("session", ["nothing", "00000000-0000-4000-8000-000000000000", "start", "active"])
async def test_an_unknown_session_is_404(playground: Playground, session: str) -> None:
    player = await playground.register()
    refused(await playground.act(session, player, 1), 404, "SESSION_NOT_FOUND")


async def test_another_action_for_the_same_turn_is_409_and_the_first_one_counts(playground: Playground) -> None:
    session, one, two = await a_duel(playground)
    await playground.plays(session, one, 1, {"move": [1, 1]})
    refused(await playground.act(session, one, 1, {"move": [0, 1]}), 409, "ACTION_ALREADY_SUBMITTED")
    refused(await playground.act(session, one, 1, None), 409, "ACTION_ALREADY_SUBMITTED")
    await playground.plays(session, two, 1)
    assert (await latest(playground, session))["state"]["player_1"]["position"] == [1, 1]


async def test_the_same_action_again_is_200_before_and_after_its_turn_resolved(playground: Playground) -> None:
    session, one, two = await a_duel(playground)
    action = {"move": [1, 1], "spell": {"name": "shield"}}
    first = await playground.act(session, one, 1, action)
    again = await playground.act(session, one, 1, action)
    assert (again.status_code, again.json()) == (200, first.json())
    await playground.plays(session, two, 1)
    late = await playground.act(session, one, 1, action)
    assert (late.status_code, late.json()) == (200, first.json())
    assert (await latest(playground, session))["turn"] == 1
    refused(await playground.act(session, one, 1, {"move": [0, 1]}), 400, "WRONG_TURN")


async def test_a_match_that_is_over_takes_no_action_but_still_knows_the_last_one(tmp_path: Path) -> None:
    async with a_playground(tmp_path, MAX_TURNS=1) as playground:
        session, one, two = await a_duel(playground)
        await playground.plays(session, one, 1)
        await playground.plays(session, two, 1)
        await playground.ended(session)
        assert (await playground.act(session, one, 1)).status_code == 200
        refused(await playground.act(session, one, 1, {"move": [1, 0]}), 409, "SESSION_OVER")
        refused(await playground.act(session, one, 2), 409, "SESSION_OVER")


@pytest.mark.parametrize(
    ("sent", "resolved"),
    [
        ({"move": [1, 0], "spell": None}, {"move": [1, 0], "spell": None}),
        ({"move": [1, 0]}, {"move": [1, 0], "spell": None}),
        ({"move": None, "spell": None}, {"move": None, "spell": None}),
        ({"move": [], "spell": None}, {"move": None, "spell": None}),
        ({}, {"move": None, "spell": None}),
        ({"move": [1.0, -0.0]}, {"move": [1, 0], "spell": None}),
        ({"move": [3, 0]}, {"move": [0, 0], "spell": None}),
        (
            {"move": [1, 0], "spell": "fireball", "target": [6, 5]},
            {"move": [1, 0], "spell": {"name": "fireball", "target": [6, 5]}},
        ),
        (
            {"move": [1, 0], "spell": {"name": "fireball", "target": [6, 5]}},
            {"move": [1, 0], "spell": {"name": "fireball", "target": [6, 5]}},
        ),
        ({"spell": "shield"}, {"move": None, "spell": {"name": "shield", "target": None}}),
        ({"spell": {"name": "fireball"}}, {"move": None, "spell": None}),
        (None, None),
    ],
)
async def test_an_action_is_read_in_every_form_the_specs_know(playground: Playground, sent: Any, resolved: Any) -> None:
    session, one, two = await a_duel(playground)
    await playground.plays(session, one, 1, sent)
    await playground.plays(session, two, 1)
    assert (await latest(playground, session))["actions"][0] == {"player_id": one, "resolved": resolved}


NO_ACTIONS = [
    5, "go", [], True,
    {"move": "up"}, {"move": [1]}, {"move": [1, 0, 0]}, {"move": ["1", 0]}, {"move": [True, 0]},
    {"move": [0.5, 0]}, {"move": {"x": 1}}, {"move": [1e300, 0]},
    {"spell": "firebowl"}, {"spell": 5}, {"spell": {}}, {"spell": {"name": 5}}, {"spell": ["fireball"]},
    {"spell": "fireball", "target": "here"}, {"spell": {"name": "fireball", "target": [1]}},
]  # fmt: skip


async def test_an_action_of_the_wrong_shape_is_422_and_is_not_kept(playground: Playground) -> None:
    session, one, two = await a_duel(playground)
    for turn, action in enumerate(NO_ACTIONS, 1):
        refused(await playground.act(session, one, turn, action), 422, "INVALID_REQUEST")
        await playground.plays(session, one, turn, {"move": [1, 1]})
        await playground.plays(session, two, turn)


async def test_a_spell_that_cannot_be_cast_says_so_when_the_turn_resolves(playground: Playground) -> None:
    session, one, two = await a_duel(playground)
    await playground.plays(session, one, 1, {"spell": {"name": "fireball"}})
    await playground.plays(session, two, 1)
    assert any("fireball needs a target" in line for line in (await latest(playground, session))["events"])


async def test_what_a_player_will_do_is_visible_nowhere_before_its_turn_resolves(streaming: Playground) -> None:
    session, one, two = await a_duel(streaming)
    stream = streaming.http.stream("GET", f"/playground/{session}/events")
    async with stream as viewer:
        lines = viewer.aiter_lines()
        first = [await anext(lines) for _ in range(3)]
        await streaming.plays(session, one, 1, {"move": [1, 1], "spell": {"name": "fireball", "target": [4, 3]}})
        pages = [
            (await streaming.http.get(path)).text
            for path in (
                f"/playground/{session}",
                f"/playground/{session}/replay",
                f"/matches/{session}",
                f"/matches/{session}/replay",
                f"/matches/{session}/log",
                "/playground/active",
                "/admin/state",
                "/matches",
            )
        ]
        await streaming.plays(session, two, 1)
        seen = [await anext(lines) for _ in range(5)]
    assert first[1] == "event: turn_update"
    assert json.loads(first[2].removeprefix("data: "))["turn"] == 0
    # The very next event is the resolved turn: nothing was told in between.
    assert seen[2] == "event: turn_update"
    assert json.loads(seen[3].removeprefix("data: "))["turn"] == 1
    for page in pages:
        assert "fireball" not in page.replace('"fireball":0', "")
        assert '"pending"' not in page


# -- time -------------------------------------------------------------------------------------------------------


async def test_a_missing_action_is_no_action_after_the_timeout_and_is_logged(slow: Playground) -> None:
    session, one, two = await a_duel(slow)
    await slow.plays(session, one, 1, {"move": [1, 0], "spell": None})
    await slow.clock.elapse(TURN_TIMEOUT_MS - 1)
    assert (await latest(slow, session))["turn"] == 0
    await slow.clock.elapse(1)
    update = await latest(slow, session)
    assert update["turn"] == 1
    assert update["log_line"] == "Two timed out"
    assert "Two timed out" in update["events"]
    assert update["actions"] == [
        {"player_id": one, "resolved": {"move": [1, 0], "spell": None}},
        {"player_id": two, "resolved": None},
    ]
    assert "Two timed out" in (await slow.http.get(f"/matches/{session}/log")).text


async def test_where_nobody_acts_the_match_still_ends_after_max_turns_as_a_draw(slow: Playground) -> None:
    session, one, two = await a_duel(slow, tick_delay_ms=1_000)
    # Each turn waits for its delay and then for its timeout; the first one has no delay.
    await slow.clock.elapse(100 * (TURN_TIMEOUT_MS + 1_000))
    record = await slow.ended(session)
    assert (record["status"], record["winner_id"], record["reason"], record["turns_played"]) == (
        "completed", None, "max_turns", 100,
    )  # fmt: skip
    for player in (one, two):
        assert (await slow.player(player))["draws"] == 1


async def test_the_delay_passes_between_turns_even_where_both_actions_are_in(slow: Playground) -> None:
    session, one, two = await a_duel(slow, tick_delay_ms=2_000)
    for turn in (1, 2):
        await slow.plays(session, one, turn)
        await slow.plays(session, two, turn)
    assert (await latest(slow, session))["turn"] == 1
    await slow.clock.elapse(1_999)
    assert (await latest(slow, session))["turn"] == 1
    await slow.clock.elapse(1)
    assert (await latest(slow, session))["turn"] == 2


async def test_a_built_in_bot_waits_for_the_player_it_meets(slow: Playground) -> None:
    player = await slow.register()
    session = await slow.start(player, TACTICAL)
    await slow.clock.elapse(TURN_TIMEOUT_MS - 1)
    assert (await latest(slow, session))["turn"] == 0
    await slow.plays(session, player, 1)
    await slow.clock.settle()
    update = await latest(slow, session)
    assert update["turn"] == 1
    assert update["actions"][1]["resolved"] is not None


async def test_an_outage_costs_nobody_a_turn(tmp_path: Path) -> None:
    async with a_playground(tmp_path, clock=VirtualClock()) as playground:
        player = await playground.register()
        session = await playground.start(player, SAMPLE)
        came_back_ms = playground.clock.now_ms() + 60_000
    async with a_playground(tmp_path, clock=VirtualClock(came_back_ms)) as playground:
        await playground.clock.settle()
        assert (await latest(playground, session))["turn"] == 0
        await playground.plays(session, player, 1)


# -- whole matches ----------------------------------------------------------------------------------------------


def hunt(state: dict[str, Any]) -> dict[str, Any]:
    """What a simple player does: walk to the enemy, and throw fire from five tiles away."""
    me, enemy = state["player_1"], state["player_2"]
    far = [there - here for here, there in zip(me["position"], enemy["position"], strict=True)]
    if max(map(abs, far)) > 5:
        return {"move": [(step > 0) - (step < 0) for step in far], "spell": None}
    ready = me["cooldowns"]["fireball"] == 0 and me["mana"] >= 30
    return {"move": [0, 0], "spell": {"name": "fireball", "target": enemy["position"]} if ready else None}


async def test_two_players_play_over_http_to_the_end(playground: Playground) -> None:
    session, one, two = await a_duel(playground)
    update = await latest(playground, session)
    while (await playground.match(session))["status"] == "running":
        await playground.plays(session, one, update["turn"] + 1, hunt(update["state"]))
        await playground.plays(session, two, update["turn"] + 1, STAY)
        update = await latest(playground, session)

    assert update["state"]["player_2"]["hp"] <= 0
    events = await playground.history(session)
    assert events[-1] == Event(str(len(events)), "game_over", {"winner": one, "reason": "hp_zero"})
    assert (await playground.now(session))["status"] == "completed"
    assert (await playground.player(one))["wins"] == 1
    assert (await playground.player(two))["losses"] == 1


async def test_a_player_meets_a_built_in_bot_to_the_end(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    while (await playground.match(session))["status"] == "running":
        turn = (await latest(playground, session))["turn"] + 1
        await playground.plays(session, player, turn, {"move": [1, 1], "spell": None})
        await eventually(lambda turn=turn: _is_at(playground, session, turn))
    record = await playground.match(session)
    [result] = await playground.rows(tables.game_results)
    assert record["winner_id"] == SAMPLE, "the player walked into its fire"
    assert (result["session_id"], result["turns_played"]) == (session, record["turns_played"])


async def _is_at(playground: Playground, session: str, turn: int) -> bool:
    return (await latest(playground, session))["turn"] >= turn
