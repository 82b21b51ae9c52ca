"""A race: whoever has rolled the most pips when the time is up wins.

A whole game in one file, to show every part of one. A real game has a file for each part; see where-things-go.md.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from gamefold.engine.balance import BalanceSheet, Number
from gamefold.engine.ruleset import Context, Due, Event, Intent, Rejected, Ruleset, Spec

# -- intents: what may be asked, and how it may be refused --------------------------------------------------------

RACE_OVER: Final = "RACE_OVER"
TOO_SOON: Final = "TOO_SOON"


class RaceSpec(Spec, frozen=True):
    """What a new race is made from."""

    lasts_ms: int


class Roll(Intent, frozen=True):
    """Roll the die, and go as far as it says. Refused: RACE_OVER, TOO_SOON."""


class EndRace(Intent, frozen=True):
    """From the clock: the time is up. Refused: TOO_SOON."""


# -- events: what happened ----------------------------------------------------------------------------------------


class RaceBegun(Event, frozen=True):
    """The race is open until `ends_ms`."""

    ends_ms: int


class Rolled(Event, frozen=True):
    """A runner rolled `pips` and stands at `total`."""

    runner: str
    pips: int
    total: int


class RaceOver(Event, frozen=True):
    """Nobody moves any more. `winner` is None where nobody ran."""

    winner: str | None


# -- state: what is remembered ------------------------------------------------------------------------------------


class Runner(msgspec.Struct):
    """How far somebody is, and when they may roll again."""

    total: int = 0
    rested_ms: int = 0


class Race(msgspec.Struct):
    """One race."""

    ends_ms: int
    runners: dict[str, Runner] = {}
    over: bool = False


# -- rules: ask, change, tell -------------------------------------------------------------------------------------


def new_race(spec: RaceSpec, ctx: Context) -> tuple[Race, list[Event]]:
    """Open a race."""
    race = Race(ends_ms=ctx.now_ms + spec.lasts_ms)
    return race, [RaceBegun(race.ends_ms)]


def roll(race: Race, _intent: Roll, ctx: Context) -> Iterator[Event]:
    """Move the asker by one roll of the die."""
    if race.over:
        raise Rejected(RACE_OVER, "The race is over.")
    runner = race.runners.get(ctx.actor, Runner())
    if ctx.now_ms < runner.rested_ms:
        raise Rejected(TOO_SOON, f"{ctx.actor} rests for another {runner.rested_ms - ctx.now_ms} ms.")

    pips = ctx.rng("die", ctx.actor).between(1, ctx.balance["sides"])
    runner.total += pips
    runner.rested_ms = ctx.now_ms + ctx.balance["rest_ms"]
    race.runners[ctx.actor] = runner
    yield Rolled(ctx.actor, pips, runner.total)


def end_race(race: Race, _intent: EndRace, ctx: Context) -> Iterator[Event]:
    """Say who won. Of two that are equally far, the first by name."""
    if ctx.now_ms < race.ends_ms:
        raise Rejected(TOO_SOON, "The time is not up.")

    race.over = True
    yield RaceOver(max(sorted(race.runners), key=lambda name: race.runners[name].total, default=None))


def due(race: Race) -> Due | None:
    """Ask the clock to end the race."""
    return None if race.over else Due(race.ends_ms, EndRace())


def over(race: Race) -> bool:
    """Say whether nothing more will happen."""
    return race.over


RACE: Final = Ruleset(
    name="race",
    version=1,
    state=Race,
    spec=RaceSpec,
    new_world=new_race,
    handlers={Roll: roll, EndRace: end_race},
    events=(RaceBegun, Rolled, RaceOver),
    balance=BalanceSheet(
        {
            "sides": Number(6, "Sides of the die.", "sides", 2, 100),
            "rest_ms": Number(5_000, "How long a runner rests between two rolls.", "ms", 0, 60_000),
        }
    ),
    due=due,
    over=over,
)
