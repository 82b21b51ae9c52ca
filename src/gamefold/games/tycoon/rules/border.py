"""Numbering what crosses the border: nothing twice, nothing never."""

from bisect import insort
from collections.abc import Sequence

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.intents.border import ALREADY_RECEIVED, Receive
from gamefold.games.tycoon.state.border import AnyCargo, Border


def send(border: Border, to: str, cargo: Sequence[AnyCargo], tick: int = 0) -> Crossed:
    """Let cargo leave for `to` under the next number, in the sender's `tick`; the market takes what comes at any."""
    no = border.sent.get(to, 0) + 1
    border.sent[to] = no
    return Crossed(to, no, tuple(cargo), tick)


def check_new(border: Border, crossing: Receive) -> None:
    """Refuse ALREADY_RECEIVED where this crossing is in. Changes nothing."""
    sender, no = crossing.sender, crossing.no
    if no <= border.through.get(sender, 0) or no in border.ahead.get(sender, ()):
        raise Rejected(ALREADY_RECEIVED, f"Crossing {no} from {sender} has been received.")


def take_in(border: Border, crossing: Receive) -> None:
    """Remember that a crossing is in. A later number may come first; nothing is ever skipped."""
    sender = crossing.sender
    ahead = border.ahead.setdefault(sender, [])
    insort(ahead, crossing.no)
    through = border.through.get(sender, 0)
    while ahead and ahead[0] == through + 1:
        through = ahead.pop(0)
    border.through[sender] = through
    if not ahead:
        del border.ahead[sender]


__all__ = ["check_new", "send", "take_in"]
