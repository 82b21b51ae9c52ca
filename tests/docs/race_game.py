"""The example of `docs/writing-a-game.md`, imported from where readers find it."""

import importlib.util
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_spec = importlib.util.spec_from_file_location("race", DOCS / "examples" / "race.py")
assert _spec is not None
assert _spec.loader is not None
race = importlib.util.module_from_spec(_spec)
sys.modules["race"] = race
_spec.loader.exec_module(race)
