"""Recorded games play again turn by turn, given the luck they had."""

from typing import Any

import pytest

from gamefold.games.spellcasters.balance import NUMBERS
from gamefold.games.spellcasters.intents import SeatSpec, read_action
from gamefold.games.spellcasters.rules import begin_match, open_turn, resolve_turn

from .builders import a_spec
from .golden_files import FOLDER, Recorded, compact, recorded

GAMES = [(f"{stem}-{index}", game) for stem, file in recorded("replays") for index, game in enumerate(file["replays"])]


def test_there_is_evidence() -> None:
    assert GAMES or any(recorded("vectors")), f"neither replays*.json nor vectors*.json in {FOLDER}"


@pytest.mark.parametrize("game", [game for _, game in GAMES], ids=[name for name, _ in GAMES])
def test_a_recorded_game_plays_again_without_a_difference(game: dict[str, Any]) -> None:
    match = begin_match(a_spec(SeatSpec("a", game["p1"], "bot"), SeatSpec("b", game["p2"], "bot")), NUMBERS)
    luck = Recorded(game)
    met = []
    for answers, expected in zip(game["actions"], game["states"], strict=True):
        assert match.status == "running"
        one, two = (read_action(answer)[0] for answer in answers)
        open_turn(match, luck, NUMBERS)
        report = resolve_turn(match, (one, two), luck, NUMBERS)
        met += [(match.turn, it.first, it.second, [*it.tile]) for it in report.collisions]
        assert compact(match) == expected

    assert met == [(it["turn"], it["first"], it["second"], it["tile"]) for it in game["collisions"]]
    assert match.turn == game["turns"]
    assert match.status == "completed"
    assert {1: "p1", 2: "p2", None: game["winner"]}[match.winner] == game["winner"]
    assert (game["winner"] in ("p1", "p2")) == (match.winner is not None)
