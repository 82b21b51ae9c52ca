"""Balance sheets: the numbers a designer tunes, each with a description, a unit and bounds.

A sheet is a JSON file beside the game's rules. Its values enter a world with the world's first entry, so a
later edit of the file changes no running world; a live change is an intent of its own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gamefold.engine.refusal import Rejected

BALANCE_UNKNOWN = "BALANCE_UNKNOWN"
BALANCE_OUT_OF_BOUNDS = "BALANCE_OUT_OF_BOUNDS"

Values = dict[str, Any]


class Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tunable number: an integer, or integers by name (say damage by spell)."""

    value: int | dict[str, int]
    description: str
    unit: str
    least: int
    most: int

    def refuses(self, value: object) -> str | None:
        """Say why `value` may not stand here, or None."""
        if isinstance(self.value, dict):
            if not isinstance(value, dict) or set(value) != set(self.value):
                return f"needs exactly the keys {', '.join(sorted(self.value))}"
            reasons = (self._refuses_integer(part) for part in value.values())
            return next((reason for reason in reasons if reason), None)
        return self._refuses_integer(value)

    def _refuses_integer(self, value: object) -> str | None:
        if type(value) is not int:
            return "needs an integer"
        if not self.least <= value <= self.most:
            return f"needs {self.least} to {self.most} {self.unit}"
        return None


class BalanceSheet:
    """All numbers of a game. Reading a file that breaks its own bounds is an error at start-up."""

    def __init__(self, numbers: Mapping[str, Number]) -> None:
        self.numbers = dict(sorted(numbers.items()))
        self.check(self.values())

    @classmethod
    def read(cls, path: Path) -> "BalanceSheet":
        """Read `path`: {"name": {"value", "description", "unit", "least", "most"}, ...}."""
        return cls(msgspec.json.decode(path.read_bytes(), type=dict[str, Number]))

    def values(self) -> Values:
        """Give the values a new world starts with."""
        return {name: number.value for name, number in self.numbers.items()}

    def check(self, changes: Mapping[str, object]) -> None:
        """Refuse BALANCE_UNKNOWN or BALANCE_OUT_OF_BOUNDS unless every change may be made."""
        for name, value in changes.items():
            number = self.numbers.get(name)
            if number is None:
                raise Rejected(BALANCE_UNKNOWN, f"There is no number called {name}.")
            if reason := number.refuses(value):
                raise Rejected(BALANCE_OUT_OF_BOUNDS, f"{name} {reason}.")
