"""The games there are, and how they are tried. A new game adds itself here."""

from typing import Any

from sqlalchemy import Connection

from gamefold.engine.rng import Rng
from gamefold.games.spellcasters.balance import SPELLS
from gamefold.games.spellcasters.intents import BOTS, AbortMatch, MatchSpec, SeatSpec, SubmitAction
from gamefold.games.spellcasters.rules import RULESET as SPELLCASTERS
from gamefold.games.spellcasters.state import Action, Match, SpellCast
from gamefold.games.spellcasters.tables import METADATA as SPELLCASTERS_TABLES
from gamefold.games.spellcasters.tables import SpellcastersProjector, register_player
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.intents.region import RegionSpec
from gamefold.games.tycoon.rules import MARKET_RULESET as TYCOON_MARKET
from gamefold.games.tycoon.rules import REGION_RULESET as TYCOON_REGION
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.testkit.conformance import Ask, Game, Wait
from gamefold.testkit.toys import CLOCKWORK, LEDGER, METADATA, PROJECTORS, PURSE
from gamefold.testkit.toys.clockwork import Clockwork, ClockworkSpec, Ring, SetAlarm, StopClock
from gamefold.testkit.toys.ledger import CloseLedger, Deposit, Gamble, Ledger, LedgerSpec, Transfer
from gamefold.testkit.toys.purse import HOUR_MS, Earn, PayAllowance, PurseSpec, Spend

from .tycoon_steps import market_step, region_step

PLAYERS = ("p-1", "p-2", "p-3")


def ledger_step(rng: Rng, ledger: Ledger) -> Ask | Wait:
    if rng.below(8) == 0:
        return Wait(rng.below(10_000))
    amount = rng.between(-1, 30)
    intents = [Deposit(amount), Transfer(rng.choice(PLAYERS), amount), Gamble(amount), Deposit(amount * 100)]
    return Ask(rng.choice(PLAYERS), CloseLedger() if ledger.lines > 50 else rng.choice(intents))


def clockwork_step(rng: Rng, clockwork: Clockwork) -> Ask | Wait:
    if rng.below(2):
        return Wait(rng.below(3_000))
    stop = clockwork.ticks > 40 and rng.below(3) == 0
    alarm = SetAlarm(f"alarm {rng.below(4)}", rng.between(-100, 4_000))
    return Ask(rng.choice(PLAYERS), StopClock() if stop else rng.choice([alarm, alarm, Ring()]))


def purse_step(rng: Rng, purse: object) -> Ask | Wait:
    if rng.below(5) == 0:
        return Wait(rng.below(2 * HOUR_MS))
    return Ask("p-1", rng.choice([Earn(rng.below(10)), Spend(rng.below(20)), PayAllowance()]))


def match_spec(rng: Rng) -> MatchSpec:
    seats = [
        SeatSpec(PLAYERS[number], f"Wizard {number}", "http" if rng.below(2) else "bot", "sample_bot_1")
        for number in range(2)
    ]
    return MatchSpec(*seats, tick_delay_ms=rng.choice([0, 500]), turn_timeout_ms=3_000, turns_max=rng.between(3, 30))


def match_step(rng: Rng, match: Match) -> Ask | Wait:
    if rng.below(5) == 0:
        return Wait(rng.choice([0, 100, 500, 4_000]))
    if rng.below(150) == 0:
        return Ask("operator", AbortMatch("conformance"))
    number = rng.between(1, 2)
    seat = match.seats[number - 1]
    actor = rng.choice([BOTS if seat.source == "bot" else seat.player_id] * 9 + ["stranger"])
    turn = match.turn + rng.choice([1] * 9 + [0, 2])
    return Ask(actor, SubmitAction(number, turn, an_action(rng), rng.choice([(), ("a note",)])))


def an_action(rng: Rng) -> Action | None:
    if rng.below(10) == 0:
        return None
    move = rng.choice([None, *((dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))])
    target: Any = rng.choice([None, (rng.between(-3, 12), rng.between(-3, 12))])
    spell = SpellCast(rng.choice(sorted(SPELLS)), target) if rng.below(2) else None
    if spell is not None and spell.target is None and spell.name in {"fireball", "teleport", "blink", "melee_attack"}:
        spell = None  # `read_action` gives no such spell
    return Action(move, spell)


def two_players(connection: Connection) -> None:
    for number in range(2):
        register_player(connection, PLAYERS[number], f"Player {number}", None, 0)


TOYS = "gamefold.testkit.toys"
RULES = "gamefold.games.spellcasters"
TYCOON = "gamefold.games.tycoon"

GAMES = [
    Game(
        ruleset=LEDGER,
        address=f"{TOYS}:LEDGER",
        spec=lambda rng: LedgerSpec(f"ledger {rng.below(10)}"),
        step=ledger_step,
        projector=PROJECTORS["ledger"],
        metadata=METADATA,
        migrated=False,
    ),
    Game(
        ruleset=CLOCKWORK,
        address=f"{TOYS}:CLOCKWORK",
        spec=lambda _rng: ClockworkSpec(),
        step=clockwork_step,
        projector=PROJECTORS["clockwork"],
        metadata=METADATA,
        migrated=False,
    ),
    Game(
        ruleset=PURSE,
        address=f"{TOYS}:PURSE",
        spec=lambda rng: PurseSpec(rng.below(50)),
        step=purse_step,
        projector=PROJECTORS["purse"],
        metadata=METADATA,
        migrated=False,
    ),
    Game(
        ruleset=SPELLCASTERS,
        address=f"{RULES}.rules:RULESET",
        spec=match_spec,
        step=match_step,
        steps=90,
        projector=SpellcastersProjector(),
        metadata=SPELLCASTERS_TABLES,
        prepare=two_players,
        pure=tuple(f"{RULES}.{room}" for room in ("rules", "state", "intents", "events", "balance")),
    ),
    # Tables of rigs and sites are brought up to date at snapshots, which events alone do not tell: they have tests of
    # their own (tests/games/tycoon/tables).
    Game(
        ruleset=TYCOON_MARKET,
        address=f"{TYCOON}.rules:MARKET_RULESET",
        spec=lambda _rng: MarketSpec(9),
        step=market_step,
        steps=45,
        world="s9",
        pure=tuple(f"{TYCOON}.{room}" for room in ("rules", "state", "intents", "events", "balance")),
    ),
    Game(
        ruleset=TYCOON_REGION,
        address=f"{TYCOON}.rules:REGION_RULESET",
        spec=lambda rng: RegionSpec(9, rng.choice(REGIONS)),
        step=region_step,
        steps=120,
        world="s9/EUROPE",
    ),
]
