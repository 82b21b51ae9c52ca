"""What happened in a match. The structs encode to the JSON that viewers get: tuples become lists."""

from typing import Literal

import msgspec

from gamefold.engine.ruleset import Event
from gamefold.games.spellcasters.state import Action, ArtifactType, Position, SeatNumber

Reason = Literal["hp_zero", "max_turns"]


class WizardView(msgspec.Struct, frozen=True):
    """A wizard as everybody may see it."""

    player_id: str
    name: str
    hp: int
    mana: int
    position: Position
    cooldowns: dict[str, int]
    shield_active: bool


class ArtifactView(msgspec.Struct, frozen=True):
    """An artifact on the board."""

    type: ArtifactType
    position: Position
    spawn_turn: int


class MinionView(msgspec.Struct, frozen=True):
    """A living minion; `owner` is its wizard's name."""

    id: str
    owner: str
    hp: int
    position: Position


class BoardView(msgspec.Struct, frozen=True):
    """The board after `turn`, seen from neither side."""

    turn: int
    board_size: int
    player_1: WizardView
    player_2: WizardView
    artifacts: list[ArtifactView]
    minions: list[MinionView]


class SeatAction(msgspec.Struct, frozen=True):
    """What a player did in a turn; `resolved` is None where no action came."""

    player_id: str
    resolved: Action | None


class Collision(msgspec.Struct, frozen=True):
    """Two that met, and the chance it took: rolls as drawn (before shields) and the tiles they were thrown to.

    `first` and `second` are "p1", "p2", "minion:p1" or "minion:p2". `scatter` is None where both stayed.
    """

    first: str
    second: str
    tile: Position
    rolls: tuple[int, int]
    scatter: tuple[Position, Position] | None


class MatchBegun(Event, frozen=True):
    """A match began: the board of turn 0, and the artifact that already lies there for turn 1."""

    state: BoardView
    next_artifact: ArtifactView | None


class TurnResolved(Event, frozen=True):
    """A turn was played.

    `state` is the board after it. `artifact` appeared at the start of this turn; `next_artifact` appeared after it
    for the next one, is not in `state` yet, and is seen by both players before they decide.
    `events` are short lines for people, `log_line` is the turn in one.
    """

    turn: int
    state: BoardView
    actions: tuple[SeatAction, SeatAction]
    events: list[str]
    log_line: str
    artifact: ArtifactView | None
    collisions: list[Collision]
    next_artifact: ArtifactView | None


class MatchOver(Event, frozen=True):
    """A match ended by the rules. `winner` is a player id, None for a draw."""

    winner: str | None
    winner_seat: SeatNumber | None
    reason: Reason
    turns: int
    damage_p1: int
    damage_p2: int
    summary: str


class MatchAborted(Event, frozen=True):
    """A match was stopped from outside after `turns` turns; nobody won."""

    reason: str
    turns: int
