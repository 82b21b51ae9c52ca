"""Saves to test with: ids, saves set up in a line, and worlds that are played without a server."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from gamefold.engine.ruleset import Event, Intent, Ruleset
from gamefold.games.focus.balance import ITEMS, NUMBERS, Item
from gamefold.games.focus.events import SessionCompleted
from gamefold.games.focus.intents import CompleteSession, SaveSpec, StartSession
from gamefold.games.focus.rules import RULESET, ruleset_with
from gamefold.games.focus.state import DAY_MS, MINUTE_MS, Equipped, Hero, Progress, Save, Session, world_of
from gamefold.testkit.play import SEED, Rehearsal

TENANT = "11111111-1111-4111-8111-111111111111"
USER = "22222222-2222-4222-8222-222222222222"
OTHER_TENANT = "33333333-3333-4333-8333-333333333333"
OTHER_USER = "44444444-4444-4444-8444-444444444444"
WORLD = world_of(TENANT, USER)

DAY = 20_000  # 2024-10-04
MIDNIGHT_MS = DAY * DAY_MS
NOON_MS = MIDNIGHT_MS + DAY_MS // 2

# Rules under which every session drops something, or none does.
LUCKY = ruleset_with({"drop_chance_bp": 10_000})
UNLUCKY = ruleset_with({"drop_chance_bp": 0})


def an_id(number: int) -> str:
    """Give the id numbered so."""
    return str(UUID(int=number, version=4))


def item_called(name: str) -> Item:
    return next(item for item in ITEMS.values() if item.name == name)


def a_session(minutes: int = 25, *, started_ms: int = NOON_MS, **changes: Any) -> Session:
    values = {
        "task_template_id": None,
        "duration_minutes": minutes,
        "room": "study_room",
        "started_ms": started_ms,
        "times_out_ms": started_ms + (minutes + NUMBERS.timeout_grace_minutes) * MINUTE_MS,
    }
    return Session(**(values | changes))


def a_save(
    *,
    hero: Hero | None = None,
    progress: Progress | None = None,
    owned: Iterable[str] = (),
    **sessions: Session,
) -> Save:
    """Set a save up. Sessions are named s1, s2 ... and have the ids `an_id(1)`, `an_id(2)` ..."""
    return Save(
        tenant_id=TENANT,
        user_id=USER,
        hero=hero or Hero(),
        progress=progress or Progress(),
        owned=sorted(owned),
        sessions={an_id(int(name.removeprefix("s"))): session for name, session in sessions.items()},
    )


def a_hero(level: int = 1, exp: int = 0, gold: int = 0, **equipped: str) -> Hero:
    return Hero(level, exp, gold, Equipped(**equipped))


class Player(Rehearsal):
    """A save that is played from its beginning, by one user and the clock."""

    def __init__(self, ruleset: Ruleset = RULESET, *, now_ms: int = NOON_MS, seed: bytes = SEED) -> None:
        super().__init__(ruleset, SaveSpec(TENANT, USER), world_id=WORLD, now_ms=now_ms, actor=USER, seed=seed)
        self.numbered = 0

    def ask(self, intent: Intent) -> tuple[Event, ...]:
        return self.submit(USER, intent)

    def ask_refused(self, intent: Intent) -> str:
        return self.refused(USER, intent).code

    def start(self, minutes: int = 25, room: Any = "study_room") -> str:
        """Start a session and give its id."""
        self.numbered += 1
        session_id = an_id(self.numbered)
        self.ask(StartSession(session_id, None, minutes, room))
        return session_id

    def focus(self, minutes: int = 25, room: Any = "study_room") -> SessionCompleted:
        """Start a session, wait until its end and complete it."""
        session_id = self.start(minutes, room)
        self.wait(minutes * MINUTE_MS)
        (completed, *_) = self.ask(CompleteSession(session_id))
        assert isinstance(completed, SessionCompleted)
        return completed

    def wait_until(self, at_ms: int) -> tuple[Event, ...]:
        return self.wait(at_ms - self.now_ms)
