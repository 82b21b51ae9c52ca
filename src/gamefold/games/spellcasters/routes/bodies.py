"""What the playground's requests carry."""

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from gamefold.games.spellcasters.balance import SPELLS
from gamefold.web.bodies import Text, TolerantBody
from gamefold.web.validation import Unfit

DELAY_MS_MAX = 60_000
COORDINATE_MAX = 1_000_000
# Control, format, private and unassigned characters, surrogates, and separators of lines and paragraphs.
_UNFIT_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def _name(value: str) -> str:
    name = value.strip()
    if not 1 <= len(name) <= 50:
        raise Unfit("must have 1 to 50 characters")
    if any(sign in "/\\" or unicodedata.category(sign) in _UNFIT_CATEGORIES for sign in name):
        raise Unfit("must not hold control characters or path separators")
    return name


PlayerId = Annotated[Text, Field(min_length=1, max_length=64)]
DelayMs = Annotated[int, Field(ge=0, le=DELAY_MS_MAX)]


class Register(TolerantBody):
    """A player's name, unique whatever its letter case, and where the registration comes from."""

    player_name: Annotated[str, AfterValidator(_name), Field(examples=["FireMage"])]
    submitted_from: Annotated[Text, Field(min_length=1, max_length=50)] = "online"


class StartByIds(TolerantBody):
    """Start a match between two players; a built-in one is played by its bot."""

    player_1_id: PlayerId
    player_2_id: PlayerId
    tick_delay_ms: DelayMs | None = None


class StartAgainst(TolerantBody):
    """Start a match against a built-in bot, another player, or another player's bot."""

    player_id: PlayerId
    opponent_type: Literal["builtin", "player", "bot"]
    opponent_id: PlayerId | None = None
    tick_delay_ms: DelayMs | None = None

    @model_validator(mode="after")
    def _names_an_opponent(self) -> "StartAgainst":
        if self.opponent_id is None and self.opponent_type != "builtin":
            raise Unfit("must name an opponent_id unless opponent_type is builtin")
        return self


def _form(body: object) -> str:
    """Say which form a request is meant in, so that its faults are told in that form's words."""
    against = isinstance(body, dict) and not {"player_id", "opponent_type", "opponent_id"}.isdisjoint(body)
    return "against" if against else "by_ids"


Start = Annotated[Annotated[StartByIds, Tag("by_ids")] | Annotated[StartAgainst, Tag("against")], Discriminator(_form)]


Number = Annotated[int | float, Field(ge=-COORDINATE_MAX, le=COORDINATE_MAX)]


def _whole(values: list[int | float]) -> list[int | float]:
    if any(value != int(value) for value in values):
        raise Unfit("must hold whole numbers")
    return values


Pair = Annotated[list[Number], Field(min_length=2, max_length=2), AfterValidator(_whole)]
Move = Annotated[list[Number], Field(max_length=2), AfterValidator(_whole)]


def _spell_name(value: str) -> str:
    if value not in SPELLS:
        raise Unfit(f"must be one of {', '.join(SPELLS)}")
    return value


SpellName = Annotated[str, AfterValidator(_spell_name)]


class SpellBody(TolerantBody):
    """A spell; `target` is needed by fireball, teleport, blink and melee_attack."""

    name: SpellName
    target: Pair | None = None


class ActionBody(TolerantBody):
    """A move of one step in any direction, and a spell or none. `{"spell": "fireball", "target": [6, 5]}` works too.

    `move` null or [] means to stay without holding the tile; [0, 0] holds it.
    """

    move: Move | None = None
    spell: SpellBody | SpellName | None = None
    target: Pair | None = None

    @model_validator(mode="after")
    def _move_is_a_pair(self) -> "ActionBody":
        if self.move is not None and len(self.move) == 1:
            raise Unfit("must have a move of two numbers")
        return self

    def answer(self) -> dict[str, Any]:
        """Give the action in the form bots answer in."""
        return self.model_dump()


class Submit(TolerantBody):
    """A player's action for the turn that is being played. `action` null skips the turn."""

    player_id: PlayerId
    turn: Annotated[int, Field(ge=0, le=1_000_000)]
    action: ActionBody | None = Field(examples=[{"move": [1, 0], "spell": None}])


__all__ = ["Register", "Start", "StartAgainst", "StartByIds", "Submit"]
