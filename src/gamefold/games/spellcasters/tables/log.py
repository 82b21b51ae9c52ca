"""What happened in a match, as lines of text."""

from gamefold.engine.feed import Record
from gamefold.games.spellcasters.events import MatchAborted, MatchBegun, MatchOver, TurnResolved
from gamefold.games.spellcasters.tables.schema import stamp


def log_line(record: Record) -> str:
    """Give one event as one line: time, turn, what happened. Nothing in it can begin a second line."""
    match record.event:
        case MatchBegun(state=state):
            text = f"turn=0 {state.player_1.name} against {state.player_2.name}"
        case TurnResolved(turn=turn, events=events, log_line=line):
            text = f"turn={turn} {'; '.join(events) or line}"
        case MatchOver(turns=turns, reason=reason, summary=summary):
            text = f"turn={turns} game over ({reason}): {summary}"
        case MatchAborted(turns=turns, reason=reason):
            text = f"turn={turns} aborted: {reason}"
        case other:
            text = type(other).__name__
    printable = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return f"{stamp(record.time_ms)} {printable}"
