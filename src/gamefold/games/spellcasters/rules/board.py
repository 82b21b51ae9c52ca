"""The board: distances, what stands where, and the eight tiles around one."""

from collections.abc import Iterator

from gamefold.games.spellcasters.balance import DIRECTIONS
from gamefold.games.spellcasters.state import Match, Minion, Position, Wizard

Entity = Wizard | Minion


def chebyshev(one: Position, other: Position) -> int:
    """Count king steps between two tiles."""
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def manhattan(one: Position, other: Position) -> int:
    """Count orthogonal steps between two tiles."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def on_board(tile: Position, size: int) -> bool:
    """Say whether a tile exists on a board of this size."""
    return 0 <= tile[0] < size and 0 <= tile[1] < size


def king_step(origin: Position, goal: Position) -> Position:
    """Give the tile one king step from `origin` toward `goal`."""
    return (
        origin[0] + (goal[0] > origin[0]) - (goal[0] < origin[0]),
        origin[1] + (goal[1] > origin[1]) - (goal[1] < origin[1]),
    )


def entities(match: Match) -> Iterator[Entity]:
    """Give all that stands on the board: wizard 1, wizard 2, minions in the order of their summoning."""
    yield from match.wizards
    yield from match.minions


def neighbours(tile: Position) -> list[Position]:
    """Give the eight tiles around one in DIRECTIONS order, those off the board included."""
    return [(tile[0] + dx, tile[1] + dy) for dx, dy in DIRECTIONS if dx or dy]


def free_tiles_around(match: Match, tile: Position, *leaving: Entity) -> list[Position]:
    """Give the neighbours of `tile`, in DIRECTIONS order, that are on the board and where nobody stands.

    Those `leaving` do not count as standing anywhere. Artifacts are in nobody's way.
    """
    taken = {entity.position for entity in entities(match) if entity not in leaving}
    return [other for other in neighbours(tile) if on_board(other, match.board_size) and other not in taken]
