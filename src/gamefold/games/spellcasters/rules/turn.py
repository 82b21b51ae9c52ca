"""What one turn carries from stage to stage, and the two things every stage does: hurt somebody, tell a line."""

from dataclasses import dataclass, field

from gamefold.games.spellcasters.balance import Numbers
from gamefold.games.spellcasters.events import Collision
from gamefold.games.spellcasters.rules.board import Entity
from gamefold.games.spellcasters.rules.chance import Chance
from gamefold.games.spellcasters.state import Action, Artifact, Match, Minion, SeatNumber

Actions = tuple[Action | None, Action | None]  # of seat 1 and seat 2


@dataclass(slots=True)
class Turn:
    """A turn while it is being resolved."""

    match: Match
    number: int
    actions: Actions
    chance: Chance
    numbers: Numbers
    wizards_collided: bool = False
    collisions: list[Collision] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def tell(self, line: str) -> None:
        """Add a short line for people."""
        self.lines.append(line)

    def hurt(self, victim: Entity, damage: int, by: SeatNumber | None = None) -> None:
        """Take HP. A minion without HP is gone at once; a wizard plays on until the turn is judged.

        `by` is credited unless it hurt its own side; collisions are nobody's doing.
        """
        victim.hp -= damage
        if by is not None and self.seat_of(victim) != by:
            self.match.wizard(by).damage_dealt += damage
        if isinstance(victim, Minion) and is_gone(victim):
            self.match.minions.remove(victim)
            self.tell(f"{victim.id} is destroyed")

    def seat_of(self, entity: Entity) -> SeatNumber:
        """Give the seat on whose side an entity fights."""
        if isinstance(entity, Minion):
            return entity.seat
        return 1 if entity is self.match.wizards[0] else 2


def is_gone(entity: Entity) -> bool:
    """Say whether an entity has left the board: a minion without HP. A wizard stays until the turn is judged."""
    return isinstance(entity, Minion) and entity.hp <= 0


def name_of(entity: Entity) -> str:
    """Give the name that lines use for an entity."""
    return entity.id if isinstance(entity, Minion) else entity.name


@dataclass(frozen=True, slots=True)
class TurnReport:
    """What a resolved turn tells, besides the changed match."""

    lines: list[str]
    collisions: list[Collision]
    artifact: Artifact | None  # the one that appeared at the start of this turn
