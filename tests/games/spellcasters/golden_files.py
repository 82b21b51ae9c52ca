"""Recorded evidence: where it lies, how a recorded board looks, and luck that comes from a record."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gamefold.games.spellcasters.balance import NUMBERS
from gamefold.games.spellcasters.state import Match, Position

FOLDER = Path(os.environ.get("SPELLCASTERS_GOLDEN_DIR") or Path(__file__).parent / "golden")
SPELL_ORDER = ("fireball", "shield", "teleport", "summon", "heal", "blink", "melee_attack")

assert set(SPELL_ORDER) == set(NUMBERS.spell_cost)


def recorded(kind: str) -> Iterator[tuple[str, Any]]:
    """Give the content of every file of a kind, with its name."""
    for path in sorted(FOLDER.glob(f"{kind}*.json")):
        yield path.stem, json.loads(path.read_bytes())


def compact(match: Match) -> dict[str, Any]:
    """Show a match in the compact form of the recorded games."""
    sides = {
        f"p{seat}": [
            wizard.hp,
            wizard.mana,
            [*wizard.position],
            [wizard.cooldowns[spell] for spell in SPELL_ORDER],
            int(wizard.shield_active),
        ]
        for seat, wizard in enumerate(match.wizards, 1)
    }
    return {
        "t": match.turn,
        **sides,
        "m": [[f"p{minion.seat}", minion.hp, [*minion.position]] for minion in match.minions],
        "a": [[artifact.type, [*artifact.position]] for artifact in match.artifacts],
    }


def tile(raw: Sequence[int]) -> Position:
    return raw[0], raw[1]


class Recorded:
    """The luck of a recorded game. It checks that chance is asked exactly where the record has an answer."""

    def __init__(self, game: dict[str, Any]) -> None:
        self.spawns = game["spawns"]
        self.collisions: dict[tuple[int, int], dict[str, Any]] = {}
        for collision in game["collisions"]:
            number = sum(turn == collision["turn"] for turn, _ in self.collisions)
            self.collisions[collision["turn"], number] = collision

    def artifact(self, turn: int, room: Sequence[Position]) -> Any:
        # The games were recorded with another rule for when none appears, so the record decides that too.
        spawn = self.spawns.get(str(turn))
        return (spawn[0], tile(spawn[1])) if spawn else None

    def rolls(self, turn: int, number: int, most: int) -> tuple[int, int]:
        first, second = self.collisions[turn, number]["rolls"]
        return first, second

    def scatter(self, turn: int, number: int, free: Sequence[Position]) -> tuple[Position, Position] | None:
        scatter = self.collisions[turn, number]["scatter"]
        return (tile(scatter[0]), tile(scatter[1])) if scatter else None
