"""Every game keeps what the engine promises for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from gamefold.testkit import conformance
from gamefold.testkit.conformance import Game
from gamefold.testkit.toys import ledger
from gamefold.testkit.toys.tables import ToysProjector

from . import by_hash
from .games import GAMES

every_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
some_seeds = pytest.mark.parametrize("seed", range(4))
two_seeds = pytest.mark.parametrize("seed", range(2))  # a host and a store for each


@every_game
def test_digests_are_the_same_under_every_hash_seed(game: Game, tmp_path: Path) -> None:
    conformance.digests_are_the_same_under_every_hash_seed(game, tmp_path)


@every_game
def test_refusals_change_nothing(game: Game) -> None:
    refused = [conformance.refusals_change_nothing(game, seed) for seed in range(8)]
    assert all(refused), "nothing was refused: the steps are too well-behaved"


@every_game
@some_seeds
def test_writing_down_is_exact(game: Game, seed: int) -> None:
    conformance.writing_down_is_exact(game, seed)


@every_game
@some_seeds
def test_snapshots_change_nothing(game: Game, seed: int) -> None:
    conformance.snapshots_change_nothing(game, seed)


@every_game
def test_rules_are_pure(game: Game) -> None:
    conformance.rules_are_pure(game)


@every_game
@two_seeds
async def test_a_played_world_verifies(game: Game, seed: int) -> None:
    await conformance.journal_holds(game, seed)


@every_game
@two_seeds
async def test_tables_follow_from_events(game: Game, seed: int) -> None:
    await conformance.tables_follow_from_events(game, seed)


@every_game
@two_seeds
async def test_going_back_keeps_tables(game: Game, seed: int) -> None:
    await conformance.going_back_keeps_tables(game, seed)


# -- the suite itself finds what it is there for ----------------------------------------------------------------

LEDGER = GAMES[0]


def with_deposit(rule) -> Game:
    return replace(LEDGER, ruleset=replace(LEDGER.ruleset, handlers={**LEDGER.ruleset.handlers, ledger.Deposit: rule}))


def changes_before_it_asks(state, intent, ctx):
    state.lines += 1
    yield from ledger.deposit(state, intent, ctx)


def hides_a_change_from_the_snapshot(state, intent, ctx):
    _hidden.append(intent.amount)
    yield ledger.Booked(ctx.actor, len(_hidden), "hidden")


def tells_what_is_not_in_the_ruleset(state, intent, ctx):
    yield Unlisted()


class Unlisted(ledger.Event, frozen=True):
    pass


_hidden: list[int] = []


def test_a_refusal_that_changes_something_is_found() -> None:
    with pytest.raises(AssertionError, match="changed the world"):
        conformance.refusals_change_nothing(with_deposit(changes_before_it_asks), 0)


def test_a_state_outside_the_state_is_found() -> None:
    with pytest.raises(AssertionError, match="gives other events after a snapshot"):
        conformance.snapshots_change_nothing(with_deposit(hides_a_change_from_the_snapshot), 0)


def test_an_unlisted_event_is_found() -> None:
    with pytest.raises(AssertionError, match="Unlisted is not in the ruleset"):
        conformance.writing_down_is_exact(with_deposit(tells_what_is_not_in_the_ruleset), 0)


def test_an_order_that_depends_on_hashes_is_found(tmp_path: Path) -> None:
    game = replace(LEDGER, ruleset=by_hash.RULESET, address="tests.contract.by_hash:RULESET")
    with pytest.raises(AssertionError, match="gives another state"):
        conformance.digests_are_the_same_under_every_hash_seed(game, tmp_path)


async def test_tables_that_cannot_be_made_again_are_found() -> None:
    class Forgetful(ToysProjector):
        def forget(self, connection, world) -> None:
            pass

    with pytest.raises(AssertionError, match="is made again as"):
        await conformance.tables_follow_from_events(replace(LEDGER, projector=Forgetful()), 0)


def test_impure_rules_are_found(tmp_path: Path) -> None:
    source = tmp_path / "rules.py"
    source.write_text("import random\nfrom time import time\nfrom os.path import join\nx = hash('a')\nimport math\n")
    found = [line.partition(" ")[2] for line in conformance.impurities(source)]
    assert found == ["imports random", "imports time", "imports os.path", "calls hash()"]
