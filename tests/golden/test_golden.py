"""Released rules give today what they gave when they were released."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gamefold.engine.entropy import Entropy
from gamefold.engine.history import fork
from gamefold.engine.journal import WorldNotFound
from gamefold.testkit.golden import GoldenDiffers, record, record_world, replay
from gamefold.testkit.hosted import hosted
from gamefold.testkit.toys import CLOCKWORK, LEDGER
from gamefold.testkit.toys.clockwork import ClockworkSpec, SetAlarm
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec

from .scripts import FOLDER, RULESETS, SCRIPTS

JOURNALS = sorted(FOLDER.glob("*.jsonl"))


def test_every_script_has_its_journal() -> None:
    assert {path.stem for path in JOURNALS} >= set(SCRIPTS)


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_a_golden_journal_gives_every_digest_again(path: Path) -> None:
    world = replay(path, RULESETS)
    assert world.head.seq == sum('"line":"entry"' in line for line in path.read_text().splitlines()) + 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_todays_rules_play_a_script_as_it_was_recorded(name: str, tmp_path: Path) -> None:
    # Not so for ever: when rules of version 2 come, their scripts get files of their own.
    ruleset, script = SCRIPTS[name]
    record(ruleset, script, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == (FOLDER / f"{name}.jsonl").read_text()


def test_the_first_entry_that_differs_is_named(tmp_path: Path) -> None:
    lines = (FOLDER / "ledger-1-a-closed-book.jsonl").read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if '"Deposit"' in line and number > 10)
    changed = json.loads(lines[at])
    changed["intent"]["amount"] += 1
    path = tmp_path / "changed.jsonl"
    path.write_text("\n".join([*lines[:at], json.dumps(changed), *lines[at + 1 :]]))
    with pytest.raises(GoldenDiffers) as differs:
        replay(path, RULESETS)
    assert differs.value.seq == changed["seq"] == at + 1


def test_changed_rules_do_not_pass(tmp_path: Path) -> None:
    deposit = LEDGER.handlers[Deposit]

    def generous(ledger, intent, ctx):
        yield from deposit(ledger, intent, ctx)
        ledger.accounts[ctx.actor] += 1

    changed = replace(LEDGER, handlers={**LEDGER.handlers, Deposit: generous})
    with pytest.raises(GoldenDiffers, match="gives another state"):
        replay(FOLDER / "ledger-1-a-closed-book.jsonl", {**RULESETS, "ledger": changed})
    stricter = replace(LEDGER, handlers={kind: rule for kind, rule in LEDGER.handlers.items() if kind is not Deposit})
    with pytest.raises((GoldenDiffers, ValueError)):
        replay(FOLDER / "ledger-1-a-closed-book.jsonl", {**RULESETS, "ledger": stricter})


async def test_a_stored_world_with_its_whole_past_can_be_recorded(tmp_path: Path) -> None:
    second = replace(LEDGER, version=2, previous=LEDGER)
    async with hosted(LEDGER, CLOCKWORK) as house:
        await house.host.ensure("ledger/1", LedgerSpec())
        for number in range(5):
            await house.host.submit("ledger/1", "anna", Deposit(number + 1), request=f"r{number}")
        await house.host.tune("ledger/1", "designer", {"amount_max": 5_000}, "inflation")
        await house.host.rollback("ledger/1", actor="operator", reason="test", seq=4)
        await house.crash()
        await house.reopen(ledger=second)
        await house.host.submit("ledger/1", "anna", Deposit(7))
        arguments = (house.journal, house.rulesets, Entropy(3), house.clock, "ledger/1", "ledger/what-if")
        await fork(*arguments, actor="designer", reason="what if")
        await house.host.submit("ledger/what-if", "anna", Deposit(8))
        await house.host.ensure("clockwork/1", ClockworkSpec())
        await house.host.submit("clockwork/1", "anna", SetAlarm("bell", 1_500))
        await house.clock.elapse(4_000)

        for world, entries in (("ledger/1", 7), ("ledger/what-if", 9), ("clockwork/1", 7)):
            path = tmp_path / f"{world.replace('/', '-')}.jsonl"
            assert await record_world(house.journal, house.rulesets, world, path) == entries
            again = replay(path, house.rulesets)
            now = await house.host.query(world, lambda state: state)
            assert again.state == now
        with pytest.raises(WorldNotFound):
            await record_world(house.journal, house.rulesets, "ledger/unknown", tmp_path / "none.jsonl")
