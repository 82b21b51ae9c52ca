"""The state of one match: two wizards on a board, what stands around them, and the turn that is being asked for."""

from typing import Final, Literal

import msgspec

Position = tuple[int, int]  # (x, y)
SeatNumber = Literal[1, 2]
Source = Literal["http", "bot"]
Status = Literal["running", "completed", "aborted"]
ArtifactType = Literal["health", "mana", "cooldown"]

SEATS: Final[tuple[SeatNumber, SeatNumber]] = (1, 2)


class SeatSpec(msgspec.Struct, frozen=True):
    """Who sits where: the player, the wizard's name, and whether its actions come over HTTP or from a bot."""

    player_id: str
    name: str  # of the bot itself where a bot plays, else of the player
    source: Source
    bot: str | None = None  # which bot plays, where source is "bot"


class SpellCast(msgspec.Struct, frozen=True):
    """A spell and, for those that need one, its target tile (which may lie off the board)."""

    name: str
    target: Position | None = None


class Action(msgspec.Struct, frozen=True):
    """What a wizard does in a turn. `move` None means no intended tile, which is not the same as (0, 0)."""

    move: Position | None = None
    spell: SpellCast | None = None


class Pending(msgspec.Struct, frozen=True):
    """An action that waits for its turn to resolve; None where the bot failed and skips the turn."""

    action: Action | None
    notes: tuple[str, ...] = ()


class Wizard(msgspec.Struct):
    """One seat's wizard. HP may be below 0 in the turn that ends the match."""

    name: str
    hp: int
    mana: int
    position: Position
    cooldowns: dict[str, int]  # every spell, 0 when ready
    shield_active: bool = False
    minions_summoned: int = 0
    damage_dealt: int = 0  # by spells and minions, to the enemy wizard and its minions


class Minion(msgspec.Struct):
    """A living minion. It acts from the turn after its summoning."""

    id: str
    seat: SeatNumber
    hp: int
    position: Position
    ready: bool = False


class Artifact(msgspec.Struct, frozen=True):
    """Something to pick up, since `spawn_turn`."""

    type: ArtifactType
    position: Position
    spawn_turn: int


class Match(msgspec.Struct):
    """A whole match. `turn` is the last one resolved; turn + 1 is open and its artifact already lies there."""

    seats: tuple[SeatSpec, SeatSpec]
    wizards: tuple[Wizard, Wizard]
    board_size: int
    tick_delay_ms: int
    turn_timeout_ms: int
    turns_max: int
    minions: list[Minion] = msgspec.field(default_factory=list)  # in the order of their summoning
    artifacts: list[Artifact] = msgspec.field(default_factory=list)
    turn: int = 0
    pending: tuple[Pending | None, Pending | None] = (None, None)
    opens_ms: int = 0  # from when the open turn may resolve
    deadline_ms: int = 0  # when it resolves with whatever is there
    status: Status = "running"
    winner: SeatNumber | None = None

    def wizard(self, seat: SeatNumber) -> Wizard:
        """Give the wizard of a seat."""
        return self.wizards[seat - 1]

    def enemy(self, seat: SeatNumber) -> Wizard:
        """Give the wizard that a seat plays against."""
        return self.wizards[2 - seat]
