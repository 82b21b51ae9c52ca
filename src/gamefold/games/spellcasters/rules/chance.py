"""The seam between rules and chance: the three things a match leaves to luck.

Rules ask a `Chance`; a live match answers from its own keyed streams, a recorded one from its record.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gamefold.engine.rng import Rng
from gamefold.games.spellcasters.state import ArtifactType, Position

ARTIFACT_TYPES: Final[tuple[ArtifactType, ...]] = ("health", "mana", "cooldown")


class Chance(Protocol):
    """Answers for one match. `number` counts the collisions of a turn from 0."""

    def artifact(self, turn: int, room: Sequence[Position]) -> tuple[ArtifactType, Position] | None:
        """Say what appears where at the start of `turn`; None where there is no room."""
        ...

    def rolls(self, turn: int, number: int, most: int) -> tuple[int, int]:
        """Roll the damage of both sides of a collision, 0 to `most` each."""
        ...

    def scatter(self, turn: int, number: int, free: Sequence[Position]) -> tuple[Position, Position] | None:
        """Pick where two that collided are thrown, the first one first; None where there is no room for both."""
        ...


class KeyedChance:
    """Chance from keyed streams, such as `ctx.world_rng`: every draw is named by its purpose, turn and collision."""

    def __init__(self, stream: Callable[..., Rng]) -> None:
        self._stream = stream

    def artifact(self, turn: int, room: Sequence[Position]) -> tuple[ArtifactType, Position] | None:
        """Draw a type and a tile, both uniformly."""
        if not room:
            return None
        rng = self._stream("artifact", turn)
        return rng.choice(ARTIFACT_TYPES), rng.choice(room)

    def rolls(self, turn: int, number: int, most: int) -> tuple[int, int]:
        """Draw two independent uniform rolls."""
        rng = self._stream("collision", turn, number)
        return rng.between(0, most), rng.between(0, most)

    def scatter(self, turn: int, number: int, free: Sequence[Position]) -> tuple[Position, Position] | None:
        """Shuffle the free tiles and deal out the first two."""
        if len(free) < 2:
            return None
        shuffled = list(free)
        self._stream("scatter", turn, number).shuffle(shuffled)
        return shuffled[0], shuffled[1]
