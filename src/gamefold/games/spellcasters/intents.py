"""What may be asked of a match, how it may be refused, and how a bot's answer is read.

`read_action` is the only way from the outside world to an `Action`. It looks at values through the base types'
own methods (`dict.items`, `list.__len__`, `int.__int__`), so it never runs a line of code that came with the answer.
"""

from typing import Annotated, Any, Final

import msgspec

from gamefold.engine.ruleset import Intent, Spec
from gamefold.games.spellcasters.balance import SPELLS
from gamefold.games.spellcasters.state import Action, Position, SeatNumber, SeatSpec, SpellCast

WRONG_TURN: Final = "WRONG_TURN"
ACTION_ALREADY_SUBMITTED: Final = "ACTION_ALREADY_SUBMITTED"
SESSION_OVER: Final = "SESSION_OVER"
NOT_A_PARTICIPANT: Final = "NOT_A_PARTICIPANT"

# Refusals of the plain services around the matches.
PLAYER_NOT_FOUND: Final = "PLAYER_NOT_FOUND"
PLAYER_NAME_TAKEN: Final = "PLAYER_NAME_TAKEN"
PLAYER_IS_BUILTIN: Final = "PLAYER_IS_BUILTIN"
PLAYER_IN_SESSION: Final = "PLAYER_IN_SESSION"
SESSION_NOT_FOUND: Final = "SESSION_NOT_FOUND"
SESSION_LIMIT: Final = "SESSION_LIMIT"
MATCH_NOT_FOUND: Final = "MATCH_NOT_FOUND"
BOT_NOT_FOUND: Final = "BOT_NOT_FOUND"

BOTS: Final = "bots"  # the actor under which the answers of bots come in, whichever seat they play

TARGETED_SPELLS: Final = frozenset({"fireball", "teleport", "blink", "melee_attack"})
COORDINATE_MOST: Final = 1_000_000  # targets beyond it are brought back to it: all of them are far off any board

Milliseconds = Annotated[int, msgspec.Meta(ge=0)]


class MatchSpec(Spec, frozen=True):
    """What a match is made from. `tick_delay_ms` passes between turns, `turn_timeout_ms` is waited for actions."""

    p1: SeatSpec
    p2: SeatSpec
    tick_delay_ms: Milliseconds
    turn_timeout_ms: Milliseconds
    turns_max: Annotated[int, msgspec.Meta(ge=1)]


class SubmitAction(Intent, frozen=True):
    """Play `action` in `turn`, which must be the one after the last resolved.

    Asked by the seat's player where it plays over HTTP, by `BOTS` where a bot plays. `action` None means that the
    bot failed or skips: the turn does not wait for it. `notes` are shown when the turn resolves. The same action
    again is accepted and changes nothing.

    Refused: SESSION_OVER, NOT_A_PARTICIPANT, WRONG_TURN, ACTION_ALREADY_SUBMITTED (a different action is in).
    """

    seat: SeatNumber
    turn: int
    action: Action | None
    notes: tuple[str, ...] = ()


class TurnDue(Intent, frozen=True):
    """From the clock: resolve `turn`, with no action for those that are missing if its deadline has passed.

    Refused: SESSION_OVER, WRONG_TURN (another turn is open, or this one may not resolve yet).
    """

    turn: int


class AbortMatch(Intent, frozen=True):
    """End the match without a winner, because an operator or the server says so.

    Refused: SESSION_OVER.
    """

    reason: str


def read_action(raw: object) -> tuple[Action | None, tuple[str, ...]]:
    """Read whatever a bot or a client answered; also give a reason for everything that was not as it should be.

    `{"move": [dx, dy], "spell": null | {"name": str, "target": [x, y]}}`, or flat: `"spell": str, "target": [x, y]`.
    Anything but a dict is no action at all. A wrong move counts as [0, 0], a wrong spell as none. Never raises.
    """
    fields = _fields(raw)
    if fields is None:
        return None, (f"answered {_shown(raw)} instead of a dict and skips the turn",)
    move, move_wrong = _read_move(fields.get("move"))
    spell, spell_wrong = _read_spell(fields.get("spell"), fields.get("target"))
    return Action(move, spell), tuple(wrong for wrong in (move_wrong, spell_wrong) if wrong)


def _read_move(raw: object) -> tuple[Position | None, str | None]:
    if raw is None or _items(raw) == ():
        return None, None
    move = _pair(raw)
    if move is None:
        return (0, 0), f"move {_shown(raw)} is not a pair of integers and counts as [0, 0]"
    if not (-1 <= move[0] <= 1 and -1 <= move[1] <= 1):
        return (0, 0), f"move {_shown(raw)} is more than one step and counts as [0, 0]"
    return move, None


def _read_spell(raw: object, flat_target: object) -> tuple[SpellCast | None, str | None]:
    if raw is None:
        return None, None
    fields = _fields(raw)
    raw_name, raw_target = (raw, flat_target) if fields is None else (fields.get("name"), fields.get("target"))
    name = str.__str__(raw_name) if issubclass(type(raw_name), str) else None
    if name not in SPELLS:
        return None, f"spell {_shown(raw_name)} is not known and is not cast"
    if name not in TARGETED_SPELLS:
        return SpellCast(name), None  # whatever target came along has no meaning
    target = _pair(raw_target)
    if target is None:
        return None, f"{name} needs a target [x, y], got {_shown(raw_target)}, and is not cast"
    return SpellCast(name, target), None


def _fields(raw: object) -> dict[str, object] | None:
    """Give the four known fields of a dict; None for anything else."""
    if not issubclass(type(raw), dict):
        return None
    # Looking a key up would call the __eq__ of a foreign key with the same hash; walking the items calls nothing.
    mapping: Any = raw
    return {key: value for key, value in dict.items(mapping) if type(key) is str and key in _FIELDS}


def _pair(raw: object) -> Position | None:
    items = _items(raw)
    if items is None or len(items) != 2:
        return None
    first, second = _integer(items[0]), _integer(items[1])
    return None if first is None or second is None else (first, second)


def _items(raw: object) -> tuple[object, ...] | None:
    """Give the items of a list or tuple, at most three of them; None for anything else."""
    kind = type(raw)
    sequence: Any = raw
    if issubclass(kind, list):
        return tuple(list.__getitem__(sequence, slice(3)))
    if issubclass(kind, tuple):
        return tuple.__getitem__(sequence, slice(3))
    return None


def _integer(raw: object) -> int | None:
    kind = type(raw)
    number: Any = raw
    if kind is bool:
        return None
    if issubclass(kind, int):
        whole = int.__int__(number)
    elif issubclass(kind, float) and float.is_integer(number):
        whole = float.__int__(number)
    else:
        return None
    return max(-COORDINATE_MOST, min(COORDINATE_MOST, whole))


def _shown(raw: object) -> str:
    """Name a value in a few harmless characters: a short piece of a text, a small number, else only its type."""
    kind = type(raw)
    if kind is str:
        return ascii(raw[:_SHOWN_MOST])  # type: ignore[index]
    if kind is int and -COORDINATE_MOST <= raw <= COORDINATE_MOST:  # type: ignore[operator]
        return str(raw)
    if pair := _pair(raw):
        return f"[{pair[0]}, {pair[1]}]"
    # Compared one by one: a foreign type's own hash must not be asked.
    return next((word for known, word in _KINDS if kind is known), "something else")


_FIELDS: Final = frozenset({"move", "spell", "target", "name"})
_SHOWN_MOST: Final = 20
_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (type(None), "nothing"),
    (bool, "a truth value"),
    (int, "a huge number"),
    (float, "a number"),
    (str, "a text"),
    (list, "a list"),
    (tuple, "a tuple"),
    (dict, "a dict"),
)

__all__ = [
    "ACTION_ALREADY_SUBMITTED",
    "BOTS",
    "BOT_NOT_FOUND",
    "MATCH_NOT_FOUND",
    "NOT_A_PARTICIPANT",
    "PLAYER_IN_SESSION",
    "PLAYER_IS_BUILTIN",
    "PLAYER_NAME_TAKEN",
    "PLAYER_NOT_FOUND",
    "SESSION_LIMIT",
    "SESSION_NOT_FOUND",
    "SESSION_OVER",
    "WRONG_TURN",
    "AbortMatch",
    "Action",
    "MatchSpec",
    "SeatSpec",
    "SpellCast",
    "SubmitAction",
    "TurnDue",
    "read_action",
]
