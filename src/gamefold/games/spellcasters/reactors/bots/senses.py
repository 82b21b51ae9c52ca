"""What bots work out from the state they are given: distances, steps, who is near, what can be cast."""

from collections.abc import Iterable, Sequence
from typing import Any

from gamefold.games.spellcasters.balance import SPELLS

Seen = dict[str, Any]  # anything in the state that has a position


def chebyshev(one: Sequence[int], other: Sequence[int]) -> int:
    """Count king steps."""
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def manhattan(one: Sequence[int], other: Sequence[int]) -> int:
    """Count orthogonal steps."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def step_toward(origin: Sequence[int], goal: Sequence[int]) -> list[int]:
    """Give the king step that leads from `origin` toward `goal`."""
    return [(goal[0] > origin[0]) - (goal[0] < origin[0]), (goal[1] > origin[1]) - (goal[1] < origin[1])]


def step_away(origin: Sequence[int], danger: Sequence[int], board_size: int) -> list[int]:
    """Give the king step on the board that ends farthest from `danger`."""
    steps = [
        [dx, dy]
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
        if 0 <= origin[0] + dx < board_size and 0 <= origin[1] + dy < board_size
    ]

    def distance_after(step: list[int]) -> tuple[int, int]:
        tile = (origin[0] + step[0], origin[1] + step[1])
        return chebyshev(tile, danger), manhattan(tile, danger)

    return max(steps, key=distance_after)


def nearest(origin: Sequence[int], seen: Iterable[Seen]) -> Seen | None:
    """Give the one that is nearest to `origin` by king steps, the first of equals; None where there is none."""
    return min(seen, key=lambda one: chebyshev(origin, one["position"]), default=None)


def can_cast(me: Seen, spell: str) -> bool:
    """Say whether a spell is ready and paid for."""
    return bool(me["cooldowns"][spell] == 0 and me["mana"] >= SPELLS[spell]["cost"])


def own_minion(state: dict[str, Any]) -> Seen | None:
    """Give the minion that serves this bot, if it lives."""
    return next((minion for minion in state["minions"] if minion["owner"] == state["self"]["name"]), None)


def enemy_minions(state: dict[str, Any]) -> list[Seen]:
    """Give the minions that serve the opponent."""
    return [minion for minion in state["minions"] if minion["owner"] == state["opponent"]["name"]]


def enemies_in_melee(state: dict[str, Any]) -> list[Seen]:
    """Give the enemies that a melee attack reaches, those with the fewest HP first."""
    here, reach = state["self"]["position"], SPELLS["melee_attack"]["range"]
    enemies = [state["opponent"], *enemy_minions(state)]
    return sorted(
        (enemy for enemy in enemies if 1 <= manhattan(here, enemy["position"]) <= reach),
        key=lambda enemy: int(enemy["hp"]),
    )
