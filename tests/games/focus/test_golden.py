"""A journal recorded under every released version gives the same digests, entry by entry, for ever.

`GAMEFOLD_RECORD_GOLDEN=1 uv run pytest tests/games/focus/test_golden.py` records those that are not there yet. What
is recorded stays; new rules get new files.
"""

import os
from pathlib import Path

import pytest

from gamefold.games.focus.events import ItemAwarded, ItemUnequipped, SessionCompleted, SessionTimedOut, StreakReset
from gamefold.games.focus.intents import SaveSpec
from gamefold.games.focus.rules import RULESET
from gamefold.testkit.golden import Script, record, replay

from .builders import LUCKY, NOON_MS, TENANT, USER
from .lives import a_hundred_days

FOLDER = Path(__file__).with_name("golden")
SCRIPT = Script(SaveSpec(TENANT, USER), a_hundred_days, now_ms=NOON_MS, actor=USER)
RULESETS = {"focus-1-a-hundred-days": RULESET, "focus-1-a-hundred-lucky-days": LUCKY}
ENDS = {  # level, exp, gold, items owned
    "focus-1-a-hundred-days": (15, 440, 5_470, 4),
    "focus-1-a-hundred-lucky-days": (15, 440, 5_470, 36),
}


@pytest.mark.parametrize("name", RULESETS)
def test_a_golden_journal_gives_every_digest_again(name: str) -> None:
    path = FOLDER / f"{name}.jsonl"
    if os.environ.get("GAMEFOLD_RECORD_GOLDEN") and not path.exists():
        record(RULESETS[name], SCRIPT, path)
    save = replay(path, {"focus": RULESET}).state
    assert (save.hero.level, save.hero.exp, save.hero.gold, len(save.owned)) == ENDS[name]


@pytest.mark.parametrize("name", RULESETS)
def test_todays_rules_play_the_life_as_it_was_recorded(name: str, tmp_path: Path) -> None:
    rehearsal = record(RULESETS[name], SCRIPT, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == (FOLDER / f"{name}.jsonl").read_text()
    for kind in (SessionCompleted, SessionTimedOut, ItemAwarded, ItemUnequipped, StreakReset):
        assert any(isinstance(event, kind) for event in rehearsal.events), kind
