"""Matches as viewers see them: stream events, their names and their data."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from gamefold.engine.feed import Record
from gamefold.games.spellcasters.events import (
    ArtifactView,
    BoardView,
    MatchAborted,
    MatchBegun,
    MatchOver,
    TurnResolved,
)
from gamefold.web.cursor import Cursor
from gamefold.web.streams import encode_event

TURN_UPDATE = "turn_update"
REPLAY_TURN = "replay_turn"
GAME_OVER = "game_over"

# For the description of the API, which cannot see what a stream sends.
STREAMED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


def told(record: Record, turn_name: str = TURN_UPDATE) -> tuple[str, dict[str, Any]] | None:
    """Give the name and data of the stream event a record becomes."""
    match record.event:
        case MatchBegun(state=state, next_artifact=artifact):
            return turn_name, _turn(state, artifact, [], [], "the match begins")
        case TurnResolved() as turn:
            actions = [
                {"player_id": action.player_id, "resolved": msgspec.to_builtins(action.resolved)}
                for action in turn.actions
            ]
            return turn_name, _turn(turn.state, turn.next_artifact, actions, turn.events, turn.log_line)
        case MatchOver(winner=winner, reason=reason):
            return GAME_OVER, {"winner": winner, "reason": reason}
        case MatchAborted():
            return GAME_OVER, {"winner": None, "reason": "aborted"}
    return None


def _turn(
    state: BoardView, artifact: ArtifactView | None, actions: list[Any], events: list[str], log_line: str
) -> dict[str, Any]:
    # The artifact of the next turn lies there already, and whoever decides on that turn must see it.
    board = {**msgspec.to_builtins(state), "next_artifact": msgspec.to_builtins(artifact)}
    return {"turn": state.turn, "state": board, "actions": actions, "events": events, "log_line": log_line}


def ends_match(record: Record) -> bool:
    """Say whether nothing comes after a record."""
    return isinstance(record.event, MatchOver | MatchAborted)


def cursor_of(record: Record) -> Cursor:
    """Give a record's id in a stream: its position in the match, with the run once a match was rolled back."""
    return Cursor(record.position) if record.run == 1 else Cursor.of(record)


def _as_event(turn_name: str) -> Callable[[Record], bytes | None]:
    def render(record: Record) -> bytes | None:
        shown = told(record, turn_name)
        return shown and encode_event(shown[0], msgspec.json.encode(shown[1]).decode(), cursor_of(record))

    return render


# One function object each, because a record keeps what a renderer made of it for all viewers.
live_event = _as_event(TURN_UPDATE)
replay_event = _as_event(REPLAY_TURN)


def live_frame(record: Record) -> str | None:
    """Give a record as a WebSocket frame: {"id", "event", "data"}."""
    shown = told(record)
    frame = shown and {"id": str(cursor_of(record)), "event": shown[0], "data": shown[1]}
    return msgspec.json.encode(frame).decode() if frame else None
