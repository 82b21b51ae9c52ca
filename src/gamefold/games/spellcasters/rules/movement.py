"""Moves: both wizards step at the same moment, and collide where they mean to stand on one tile."""

from gamefold.games.spellcasters.rules.board import on_board
from gamefold.games.spellcasters.rules.collision import collide
from gamefold.games.spellcasters.rules.turn import Turn
from gamefold.games.spellcasters.state import Action, Position, Wizard


def move_wizards(turn: Turn) -> None:
    """Check both moves on the board as it was, then apply both."""
    one, two = turn.match.wizards
    size = turn.match.board_size
    tile_one = _intended_tile(one, turn.actions[0], size)
    tile_two = _intended_tile(two, turn.actions[1], size)
    if tile_one is not None and tile_one == tile_two:
        turn.wizards_collided = True
        # Where there is no room to scatter, they stay where they were: neither has moved yet.
        collide(turn, one, two, tile_one)
        return
    for wizard, tile in ((one, tile_one), (two, tile_two)):
        if tile is not None:
            wizard.position = tile


def _intended_tile(wizard: Wizard, action: Action | None, size: int) -> Position | None:
    """Give the tile a wizard means to stand on; None where it asks for none or for one off the board."""
    if action is None or action.move is None:
        return None
    dx, dy = action.move
    if not (-1 <= dx <= 1 and -1 <= dy <= 1):
        dx = dy = 0
    tile = (wizard.position[0] + dx, wizard.position[1] + dy)
    return tile if on_board(tile, size) else None
