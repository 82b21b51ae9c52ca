"""A match as a world: who may ask what and when, what the clock does, and what viewers are told."""

import msgspec
import pytest

from gamefold.engine.ruleset import Due
from gamefold.games.spellcasters.events import MatchAborted, MatchBegun, MatchOver, TurnResolved
from gamefold.games.spellcasters.intents import (
    ACTION_ALREADY_SUBMITTED,
    BOTS,
    NOT_A_PARTICIPANT,
    SESSION_OVER,
    WRONG_TURN,
    AbortMatch,
    Action,
    SeatSpec,
    SubmitAction,
    TurnDue,
)
from gamefold.games.spellcasters.rules import RULESET, view_for

from .builders import STAY, TWO, Game, a_spec, casting

BOT = SeatSpec("builtin_sample_1", "sample_bot_1", "bot", "sample_bot_1")


def resolved(events: list) -> TurnResolved:
    return next(event for event in events if isinstance(event, TurnResolved))


# -- the beginning ----------------------------------------------------------------------------------------------


def test_a_match_begins_with_the_board_of_turn_0() -> None:
    game = Game()
    (begun,) = game.opening
    assert isinstance(begun, MatchBegun)
    board = msgspec.to_builtins(begun.state, str_keys=True)
    assert (board["turn"], board["board_size"], board["artifacts"], board["minions"]) == (0, 10, [], [])
    assert list(board["player_1"]["position"]) == [0, 0]
    assert list(board["player_2"]["position"]) == [9, 9]
    assert (board["player_1"]["hp"], board["player_1"]["mana"], board["player_1"]["name"]) == (100, 100, "FireMage")
    assert view_for(game.match, 1)["turn"] == 1


def test_of_two_bots_of_one_name_only_the_second_gets_a_suffix() -> None:
    game = Game(a_spec(BOT, BOT))
    assert [wizard.name for wizard in game.match.wizards] == ["sample_bot_1", "sample_bot_1_2"]
    game.act(1, casting("summon"))
    game.act(2, casting("summon"))
    owners = {minion["id"]: minion["owner"] for minion in view_for(game.match, 2)["minions"]}
    assert owners == {"sample_bot_1-1": "sample_bot_1", "sample_bot_1_2-1": "sample_bot_1_2"}


# -- actions ----------------------------------------------------------------------------------------------------


def test_the_turn_resolves_at_once_when_the_last_action_is_in() -> None:
    game = Game()
    assert game.act(1) == []
    assert game.match.turn == 0
    assert resolved(game.act(2)).turn == 1


def test_an_action_is_not_visible_before_its_turn_resolves() -> None:
    game = Game()
    before = view_for(game.match, 2)
    assert game.act(1, casting("summon", move=(1, 1))) == []
    assert view_for(game.match, 2) == before


@pytest.mark.parametrize("turn", [0, 2, -1])
def test_an_action_for_another_turn_is_refused(turn: int) -> None:
    game = Game()
    assert game.refused(lambda: game.act(1, turn=turn)) == WRONG_TURN


def test_a_second_different_action_is_refused_and_the_same_again_changes_nothing() -> None:
    game = Game()
    game.act(1, casting("heal"), notes=("hello",))
    before = game.digest()
    assert game.act(1, casting("heal")) == []
    assert game.digest() == before
    assert game.refused(lambda: game.act(1, casting("shield"))) == ACTION_ALREADY_SUBMITTED
    assert game.refused(lambda: game.act(1, None)) == ACTION_ALREADY_SUBMITTED


def test_only_the_seat_s_player_plays_it_and_only_bots_play_for_bots() -> None:
    game = Game(a_spec(two=BOT))
    for seat, actor in ((1, "p-2"), (1, BOTS), (2, "builtin_sample_1"), (2, "p-1")):
        intent = SubmitAction(seat, 1, STAY)  # type: ignore[arg-type]
        assert game.refused(lambda intent=intent, actor=actor: game.play(intent, actor)) == NOT_A_PARTICIPANT


def test_a_bot_that_failed_counts_as_no_action_and_does_not_time_out() -> None:
    game = Game(a_spec(two=BOT))
    game.act(1)
    turn = resolved(game.act(2, None, notes=("raised ValueError",)))
    assert turn.actions[1].resolved is None
    assert turn.events == ["sample_bot_1: raised ValueError"]


# -- the clock --------------------------------------------------------------------------------------------------


def test_a_missing_action_times_out_at_the_deadline() -> None:
    game = Game(a_spec(turn_timeout_ms=5_000), now_ms=1_000)
    game.act(2, Action((-1, 0)))
    assert RULESET.due(game.match) == Due(6_000, TurnDue(1))
    assert game.refused(lambda: game.play(TurnDue(1), at_ms=5_999)) == WRONG_TURN
    turn = resolved(game.play(TurnDue(1), at_ms=6_000))
    assert turn.events == ["FireMage timed out"]
    assert turn.log_line == "FireMage timed out"
    assert [action.resolved for action in turn.actions] == [None, Action((-1, 0))]
    assert turn.state.player_2.position == (8, 9)


def test_with_a_delay_the_next_turn_waits_until_it_opens() -> None:
    game = Game(a_spec(tick_delay_ms=1_000, turn_timeout_ms=5_000))
    game.act(1, at_ms=100)
    game.act(2, at_ms=200)  # turn 1 opens at once
    assert (game.match.turn, game.match.opens_ms, game.match.deadline_ms) == (1, 1_200, 6_200)
    game.act(1, at_ms=300)
    assert game.act(2, at_ms=400) == []
    assert RULESET.due(game.match) == Due(1_200, TurnDue(2))
    assert game.refused(lambda: game.play(TurnDue(2), at_ms=1_199)) == WRONG_TURN
    assert resolved(game.play(TurnDue(2), at_ms=1_200)).turn == 2


def test_an_action_after_the_delay_resolves_the_turn_itself() -> None:
    game = Game(a_spec(tick_delay_ms=1_000))
    game.act(1)
    game.act(2)
    game.act(1, at_ms=1_500)
    assert resolved(game.act(2, at_ms=1_600)).turn == 2


def test_a_stale_call_of_the_clock_is_refused() -> None:
    game = Game()
    game.act(1)
    game.act(2)
    assert game.refused(lambda: game.play(TurnDue(1), at_ms=99_000)) == WRONG_TURN


def test_two_that_never_answer_draw_after_the_last_turn() -> None:
    game = Game(a_spec(turns_max=4))
    for _ in range(3):
        game.time_out()
    turn, over = game.time_out()
    assert isinstance(turn, TurnResolved)
    assert turn.log_line == "FireMage timed out; IceMage timed out"
    assert over == MatchOver(
        winner=None,
        winner_seat=None,
        reason="max_turns",
        turns=4,
        damage_p1=0,
        damage_p2=0,
        summary="draw after 4 turns, FireMage 100 HP, IceMage 100 HP",
    )


# -- the end ----------------------------------------------------------------------------------------------------


def test_the_winner_is_told_with_the_damage_both_dealt() -> None:
    game = Game()
    game.match.wizard(1).position = (9, 6)
    game.match.wizard(2).hp = 20
    game.act(1, casting("fireball", (9, 9)))
    turn, over = game.act(2, Action((0, 0)))
    assert isinstance(turn, TurnResolved)
    assert isinstance(over, MatchOver)
    assert (over.winner, over.winner_seat, over.reason, over.turns) == ("p-1", 1, "hp_zero", 1)
    assert (over.damage_p1, over.damage_p2) == (20, 0)
    assert turn.next_artifact is None
    assert RULESET.over(game.match)
    assert RULESET.due(game.match) is None


def test_nothing_may_be_asked_of_a_match_that_is_over() -> None:
    game = Game()
    (aborted,) = game.play(AbortMatch("the server is closing"), "operator")
    assert aborted == MatchAborted("the server is closing", 0)
    assert game.match.status == "aborted"
    assert RULESET.due(game.match) is None
    assert game.refused(lambda: game.act(1)) == SESSION_OVER
    assert game.refused(lambda: game.play(TurnDue(1), at_ms=99_000)) == SESSION_OVER
    assert game.refused(lambda: game.play(AbortMatch("again"), "operator")) == SESSION_OVER


# -- what viewers are told --------------------------------------------------------------------------------------


def test_the_artifact_of_the_next_turn_is_told_but_not_yet_on_the_board() -> None:
    game = Game()
    game.time_out()
    second = resolved(game.time_out())
    artifact = second.next_artifact
    assert artifact is not None
    assert artifact.spawn_turn == 3
    assert second.state.artifacts == []
    assert view_for(game.match, 1)["artifacts"][0]["position"] == [*artifact.position]
    third = resolved(game.time_out())
    assert third.artifact == artifact
    assert third.state.artifacts == [artifact]


def test_a_turn_is_json_in_the_shape_of_the_stream() -> None:
    game = Game(a_spec(two=TWO))
    game.act(1, casting("fireball", (3, 3), move=(1, 0)))
    turn = msgspec.json.decode(msgspec.json.encode(resolved(game.act(2, None))))
    assert turn["turn"] == 1
    assert turn["actions"] == [
        {"player_id": "p-1", "resolved": {"move": [1, 0], "spell": {"name": "fireball", "target": [3, 3]}}},
        {"player_id": "p-2", "resolved": None},
    ]
    assert set(turn["state"]) == {"turn", "board_size", "player_1", "player_2", "artifacts", "minions"}
    assert turn["state"]["player_1"] == {
        "player_id": "p-1",
        "name": "FireMage",
        "hp": 100,
        "mana": 80,
        "position": [1, 0],
        "cooldowns": {"fireball": 1, "shield": 0, "teleport": 0, "summon": 0, "heal": 0, "blink": 0, "melee_attack": 0},
        "shield_active": False,
    }
    assert isinstance(turn["log_line"], str)


def test_a_live_change_of_a_number_counts_from_the_next_turn() -> None:
    game = Game()
    game.match.wizard(1).mana = 0
    game.balance = {**game.balance, "mana_regen": 33}
    game.time_out()
    assert game.match.wizard(1).mana == 33
