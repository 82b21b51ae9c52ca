"""Focus keeps what the engine promises for every game."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gamefold.engine.feed import Record
from gamefold.engine.journal import Bulk
from gamefold.engine.rng import Rng
from gamefold.games.focus.balance import ITEMS, ROOMS, SLOTS
from gamefold.games.focus.intents import (
    CANCEL_REASONS,
    ActivateSession,
    CancelSession,
    CompleteSession,
    EquipItem,
    ResetStreak,
    SaveSpec,
    SetAutoEquip,
    StartSession,
    TimeOutSessions,
    UnequipSlot,
)
from gamefold.games.focus.state import DAY_MS, MINUTE_MS, Save, day_of
from gamefold.games.focus.tables import METADATA, FocusProjector
from gamefold.testkit import conformance
from gamefold.testkit.clock import START_MS
from gamefold.testkit.conformance import Ask, Wait

from .builders import LUCKY, TENANT, USER, WORLD, an_id
from .stores import add_people


class AsMe:
    """The projector, told that the suite's world is a save: whose rows they are stands in a world's id."""

    def __init__(self) -> None:
        self.projector = FocusProjector()

    def project(self, connection: Connection, record: Record) -> None:
        self.projector.project(connection, replace(record, world=WORLD))

    def forget(self, connection: Connection, world: str) -> None:
        self.projector.forget(connection, WORLD)

    def bulk(self, connection: Connection, world: str, bulk: Bulk) -> None:
        self.projector.bulk(connection, WORLD, bulk)


def step(rng: Rng, save: Save) -> Ask | Wait:
    if rng.below(3) == 0:
        return Wait(rng.choice([rng.below(30 * MINUTE_MS), rng.below(30 * MINUTE_MS), rng.below(3 * DAY_MS)]))
    session_id = rng.choice([*sorted(save.sessions), an_id(rng.below(200))])
    today = (save.progress.last_session_day or day_of(START_MS)) + rng.below(5)
    start = StartSession(an_id(rng.below(200)), None, rng.choice([25, 25, 50, 90, 26]), rng.choice(ROOMS))
    complete = CompleteSession(session_id)
    return Ask(
        USER,
        rng.choice(
            [
                *(start, start, start, complete, complete, complete),
                ActivateSession(session_id),
                CancelSession(session_id, rng.choice(CANCEL_REASONS)),
                TimeOutSessions(),
                EquipItem(rng.choice(save.owned or sorted(ITEMS))),
                UnequipSlot(rng.choice(SLOTS)),
                SetAutoEquip(enabled=rng.below(2) == 0),
                ResetStreak(today),
            ]
        ),
    )


GAME = conformance.Game(
    ruleset=LUCKY,
    address="gamefold.games.focus.rules:RULESET",
    spec=lambda _rng: SaveSpec(TENANT, USER),
    step=step,
    steps=120,
    projector=AsMe(),
    metadata=METADATA,
    prepare=add_people,
    pure=("gamefold.games.focus.rules", *(f"gamefold.games.focus.{room}" for room in ("state", "intents", "events"))),
)


def test_digests_are_the_same_under_every_hash_seed(tmp_path: Path) -> None:
    conformance.digests_are_the_same_under_every_hash_seed(GAME, tmp_path)


def test_refusals_change_nothing() -> None:
    assert sum(conformance.refusals_change_nothing(GAME, seed) for seed in range(6)) > 50


@pytest.mark.parametrize("seed", range(3))
def test_writing_down_is_exact_and_snapshots_change_nothing(seed: int) -> None:
    conformance.writing_down_is_exact(GAME, seed)
    conformance.snapshots_change_nothing(GAME, seed)


def test_rules_are_pure() -> None:
    conformance.rules_are_pure(GAME)


async def test_a_played_world_verifies() -> None:
    await conformance.journal_holds(GAME, 1)


async def test_tables_follow_from_events() -> None:
    await conformance.tables_follow_from_events(GAME, 2)


async def test_going_back_keeps_tables() -> None:
    await conformance.going_back_keeps_tables(GAME, 3)
